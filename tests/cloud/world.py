"""The state behind the emulated APIs: accounts, images in regions, and copies that take their time."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from preprocessor.catalog import load_regions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COPIES_AT_ONCE = 5
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class ApiError(Exception):
    """An error answer of the service."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass
class Account:
    """An account with one access key."""

    id: str
    key: str
    secret: str
    token: str = ""


@dataclass
class Image:
    """An image in a region."""

    id: str
    region: str
    owner: str
    name: str
    created: float
    status: str = "Available"
    progress: int = 100
    alias: str = ""
    """`system` or `marketplace`; empty for an account's own image."""
    family: str = ""
    version: str = ""
    product: str = ""
    architecture: str = "x86_64"
    description: str = ""
    copied: bool = False
    public: bool = False
    encrypted: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    source: tuple[str, str] = ("", "")
    """Region and ID of what it was copied from; the API does not tell."""
    ready_at: float = 0.0
    """When its copy was done."""


@dataclass
class Copy:
    """A copy that waits or runs."""

    image: Image
    owner: str
    source_region: str
    seconds: float
    outcome: str = "done"
    """`done`, `fails` or `hangs`."""
    started: float | None = None


class World:
    """All accounts, images and copies. `clock` gives the emulated seconds."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.clock = clock or time.monotonic
        self.accounts: dict[str, Account] = {}
        """By access key ID."""
        self.images: dict[tuple[str, str], Image] = {}
        """By region and image ID."""
        self.regions: set[str] = {region.id for region in load_regions().values()}
        self.no_copy_regions: set[str] = set()
        self.image_quota: dict[tuple[str, str], int] = {}
        """By account and region; 100 where nothing is said."""
        self.share_quota = 50
        self.settle = 0.0
        """Seconds after a copy is done in which copying it on is refused with ImageCopying."""
        self.near_seconds = 600.0
        self.far_seconds = 1500.0
        self.tokens: dict[tuple[str, str], tuple[dict[str, str], str]] = {}
        """Client token -> the call's parameters and the image it made."""
        self.created: list[Image] = []
        """Every image that a copy ever made, in order."""
        self.products: dict[str, dict[str, Any]] = {}
        self.artifacts: dict[str, list[dict[str, Any]]] = {}
        self.waiting: dict[tuple[str, str], deque[Copy]] = {}
        self.running: dict[tuple[str, str], list[Copy]] = {}
        self.most_running = 0
        """The most copies that ran or waited at once for one account and source region."""
        self._serial = 0
        self._ids: set[str] = set()

    def account(self, id_: str, key: str, secret: str, token: str = "") -> Account:
        """Add an account."""
        account = Account(id_, key, secret, token)
        self.accounts[key] = account
        return account

    def image(self, region: str, owner: Account | str, name: str = "", **facts: Any) -> Image:
        """Add an image that is there already."""
        owner_id = owner.id if isinstance(owner, Account) else owner
        image_id = facts.pop("id", "") or self.new_id(region)
        image = Image(image_id, region, owner_id, name or f"image-{image_id}", self.clock(), **facts)
        self.images[region, image_id] = image
        return image

    def new_id(self, region: str, name: str = "") -> str:
        """Return a new image ID with the region's code in it; a copy's follows from its name."""
        known = load_regions().get(region)
        code = (known.code if known else None) or hashlib.sha256(region.encode()).hexdigest()[:3]
        while True:
            self._serial += not name
            digest = hashlib.sha256(f"{region}/{name}/{0 if name else self._serial}".encode()).digest()
            found = f"m-{code}" + "".join(_ALPHABET[byte % 36] for byte in digest[:17])
            if found not in self._ids:
                self._ids.add(found)
                return found
            name = f"{name}+" if name else ""

    def copy_seconds(self, source: str, target: str) -> float:
        """Return how long a copy takes: longer to another part of the world, and never quite the same."""
        base = self.near_seconds if source.split("-")[0] == target.split("-")[0] else self.far_seconds
        jitter = hashlib.sha256(f"{source}>{target}".encode()).digest()[0] / 255
        return base * (0.8 + 0.4 * jitter)

    def start_copy(self, image: Image, owner: str, source_region: str, outcome: str) -> None:
        """Queue a copy behind the others of its account and source region."""
        self.images[image.region, image.id] = image
        self.created.append(image)
        seconds = self.copy_seconds(source_region, image.region)
        queue = (owner, source_region)
        self.waiting.setdefault(queue, deque()).append(Copy(image, owner, source_region, seconds, outcome))
        self.running.setdefault(queue, [])
        now = self.clock()
        self._start(queue, now)
        self.most_running = max(self.most_running, len(self.running[queue]) + len(self.waiting[queue]))

    def _start(self, queue: tuple[str, str], now: float) -> None:
        running, waiting = self.running[queue], self.waiting[queue]
        while waiting and len(running) < COPIES_AT_ONCE:
            copy = waiting.popleft()
            copy.started = now
            running.append(copy)

    def advance(self) -> None:
        """Bring every copy to the present; one that ends makes room for the next at that very moment."""
        now = self.clock()
        for queue, running in self.running.items():
            while True:
                ends = [(self._end(copy), index) for index, copy in enumerate(running)]
                due = min(((end, index) for end, index in ends if end <= now), default=None)
                if due is None:
                    break
                self._finish(running.pop(due[1]), due[0])
                self._start(queue, due[0])
            for copy in running:
                assert copy.started is not None
                part = min(0.99, (now - copy.started) / copy.seconds)
                copy.image.progress = int(part * 100)
                copy.image.status = "Waiting" if part < 0.05 else "Creating"

    def _end(self, copy: Copy) -> float:
        if copy.outcome == "hangs":
            return float("inf")
        return (copy.started or 0.0) + copy.seconds * (0.5 if copy.outcome == "fails" else 1.0)

    def _finish(self, copy: Copy, now: float) -> None:
        failed = copy.outcome == "fails"
        copy.image.status = "CreateFailed" if failed else "Available"
        copy.image.progress = 50 if failed else 100
        copy.image.ready_at = now

    def copies_in_progress(self) -> Iterator[Copy]:
        """Yield the copies that wait or run."""
        for queue, running in self.running.items():
            yield from running
            yield from self.waiting[queue]
