"""What to do for each region of a custom artifact: pure decisions from what was found.

A copy is recognised by tags, then by its name, then by the journal: each works without the others. Names
and client tokens follow from what is copied where, so that a second run asks for the same copy again
instead of another one.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from preprocessor.distribution.ecs import ACCOUNTS_PER_CALL, AVAILABLE, BROKEN, IN_PROGRESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from preprocessor.distribution.ecs import Image
    from preprocessor.distribution.journal import Known
    from preprocessor.distribution.spec import CustomEntry

TAG_ARTIFACT = "region-image:artifact"
TAG_VERSION = "region-image:version"
TAG_SOURCE = "region-image:source"

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


class Action(str, Enum):
    """What is done for a region."""

    KEEP = "keep"
    """An Available copy is there: it is used."""
    WAIT = "wait"
    """A copy is on its way: it is waited for."""
    COPY = "copy"
    """There is none: CopyImage is called."""
    SOURCE = "source"
    """It is the source's own region: the source itself is used."""
    BLOCKED = "blocked"
    """It cannot be done; `detail` says why."""


@dataclass(frozen=True)
class Decision:
    """What is done for one region of one artifact."""

    action: Action
    region: str
    image: str | None = None
    """The copy that is kept or waited for."""
    percent: int | None = None
    attempt: int = 1
    """Which copy it would be; above 1 after one failed or went away."""
    detail: str = ""
    code: str = ""
    help: str = ""


def own_tags(entry: CustomEntry) -> dict[str, str]:
    """Return the tags by which copies of `entry` are found again."""
    return {
        TAG_ARTIFACT: entry.key,
        TAG_VERSION: entry.version,
        TAG_SOURCE: f"{entry.source.region}/{entry.source.image}",
    }


def is_copy(image: Image, entry: CustomEntry) -> bool:
    """Return whether `image` has the tags of a copy of `entry`."""
    return image.own and all(image.tags.get(key) == value for key, value in own_tags(entry).items())


def decide(region: str, found: Iterable[Image], known: Known, mapped: str | None) -> Decision:
    """Return what to do for `region`.

    Args:
        region: the target region.
        found: the images there that have the tags of the copy, or an ID from the journal or the map.
        known: what the journal knows.
        mapped: the image ID that the map has for it.
    """
    images = {image.id: image for image in found}

    def rank(image: Image) -> tuple[bool, bool, str, str]:
        return (image.id != known.done, image.id != mapped, image.created, image.id)

    ready = sorted((image for image in images.values() if image.status == AVAILABLE), key=rank)
    if ready:
        others = [image.id for image in ready[1:]]
        detail = f"also there: {', '.join(others)}" if others else ""
        return Decision(Action.KEEP, region, ready[0].id, detail=detail)
    moving = sorted((image for image in images.values() if image.status in IN_PROGRESS), key=rank)
    if moving:
        return Decision(Action.WAIT, region, moving[0].id, moving[0].progress)
    odd = [image for image in images.values() if image.status not in BROKEN]
    if odd:
        return Decision(
            Action.BLOCKED,
            region,
            odd[0].id,
            detail=f"the copy {odd[0].id} is in the state {odd[0].status}",
            code="ImageStatus",
            help="make it Available again, or delete it and run the same command",
        )
    lost = {*images, *known.images, *known.failed, *([mapped] if mapped else [])}
    return Decision(Action.COPY, region, attempt=len(lost) + 1)


def copy_name(entry: CustomEntry, attempt: int = 1) -> str:
    """Return the name of a copy: readable, unique to what is copied, and the same in every run."""
    identity = json.dumps([entry.key, entry.version, entry.source.region, entry.source.image])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:10]
    parts = [_UNSAFE.sub("-", entry.key)[:50], _UNSAFE.sub("-", entry.version)[:30], digest]
    return "-".join(["ri", *parts, *([f"try{attempt}"] if attempt > 1 else [])])


def copy_parameters(entry: CustomEntry, image: str, target: str, attempt: int = 1) -> dict[str, object]:
    """Return the parameters of the CopyImage call that copies `image` of the source's region to `target`.

    The client token stands for all of them: the service refuses a token that comes with other ones.
    """
    parameters: dict[str, object] = {
        "RegionId": entry.source.region,
        "ImageId": image,
        "DestinationRegionId": target,
        "DestinationImageName": copy_name(entry, attempt),
        "DestinationDescription": f"Copied by region-image from {entry.source.region}/{entry.source.image}",
        "Tag": [{"Key": key, "Value": value} for key, value in {**own_tags(entry), **entry.tags}.items()],
    }
    text = json.dumps([parameters, attempt], sort_keys=True)
    return {**parameters, "ClientToken": "ri-" + hashlib.sha256(text.encode()).hexdigest()[:61]}


def copy_rank(entry: CustomEntry, target: str, index: int) -> tuple[object, ...]:
    """Return the place of a copy in the queue of its source region.

    Copies to another part of the world take longest and start first, so that none of them is left over at
    the end. Copies to one region follow one another, so that one question serves them all.
    """
    near = entry.source.region.split("-")[0] == target.split("-")[0]
    return (near, target, index)


def is_shared(entry: CustomEntry, known: Known, image: Image | None) -> bool:
    """Return whether it is known, without asking, that a copy is shared as the spec says."""
    if entry.share.public:
        return known.public or (image is not None and image.public)
    return set(entry.share.accounts) <= known.accounts


def planned_calls(
    entry: CustomEntry, decisions: Mapping[str, Decision], shared: frozenset[str], *, share_source: bool
) -> dict[str, int]:
    """Return how often each call that changes something is made for `entry` at most, without retries.

    `decisions` are those for its regions, and for the copy of the account's own where there is one;
    `shared` are the regions whose copy needs no sharing.
    """
    copies = sum(decision.action is Action.COPY for decision in decisions.values())
    open_ = [
        region
        for region in entry.regions
        if decisions[region].action is not Action.BLOCKED and region not in shared
    ]
    per_image = 1 if entry.share.public else -(-len(entry.share.accounts) // ACCOUNTS_PER_CALL)
    calls = {
        "CopyImage": copies,
        "ModifyImageSharePermission": len(open_) * per_image + (1 if share_source else 0),
    }
    return {name: count for name, count in calls.items() if count}
