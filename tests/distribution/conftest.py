"""An emulated cloud for each test, with two accounts whose credentials the official client finds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from preprocessor.distribution.pace import Pace
from preprocessor.distribution.run import Outcome, distribute
from preprocessor.distribution.spec import read_spec
from preprocessor.model import Source
from tests.cloud import Account, Emulator, Image
from tests.cloud.virtual import VirtualLoop

if TYPE_CHECKING:
    from preprocessor.distribution.events import Row

OWNER = "1000000000000001"
PUBLISHER = "1000000000000002"
SPEED = 20_000
"""Emulated seconds per second in tests of the command line: a copy takes some 30 milliseconds."""

QUICK = ("--poll", "5ms")


def use_account(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Let this process sign with the account of `environment`."""
    from alibabacloud_credentials.utils import auth_util

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    # The official client reads its environment once, when it is imported.
    for name, variable in (
        ("environment_access_key_id", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ("environment_access_key_secret", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ("environment_security_token", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ):
        monkeypatch.setattr(auth_util, name, environment.get(variable))
    monkeypatch.setattr(auth_util, "environment_ecs_metadata_disabled", "true")


def write_profiles(home: str, **accounts: Account) -> None:
    """Write a profile of the Alibaba Cloud CLI for each account."""
    profiles = [
        {"name": name, "mode": "AK", "access_key_id": account.key, "access_key_secret": account.secret}
        for name, account in accounts.items()
    ]
    path = Path(home, ".aliyun", "config.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"current": "", "profiles": profiles}))


@dataclass
class Lab:
    """A cloud, two accounts, a source image, and a folder to work in."""

    cloud: Emulator
    owner: Account
    publisher: Account
    source: Image
    loop: VirtualLoop | None = None
    rows: list[Row] = field(default_factory=list)
    """What the listener heard."""

    def spec(self, regions: str = "cn-beijing, cn-shanghai", *more: str, name: str = "web") -> str:
        """Write `artifacts.yaml` for the source image and return its text; `more` are further lines."""
        lines = "".join(f"    {line}\n" for line in more)
        text = (
            "version: 1\nartifacts:\n"
            f'  {name}:\n    kind: custom\n    version: "2"\n'
            f"    source: {{region: {self.source.region}, image: {self.source.id}}}\n"
            f"    regions: [{regions}]\n{lines}"
        )
        Path("artifacts.yaml").write_text(text)
        return text

    def many(self, number: int, regions: str) -> str:
        """Return a spec of several artifacts, each of a source image of its own."""
        entries = []
        for index in range(number):
            source = self.cloud.world.image("cn-hangzhou", self.owner, f"source-{index}")
            entries.append(
                f'  web{index}:\n    kind: custom\n    version: "2"\n'
                f"    source: {{region: cn-hangzhou, image: {source.id}}}\n    regions: [{regions}]\n"
            )
        return "version: 1\nartifacts:\n" + "".join(entries)

    def run(self, text: str | None = None, *, make_default: bool = False, **pace: Any) -> Outcome:
        """Distribute `artifacts.yaml`, or `text`, in virtual time."""
        assert self.loop is not None
        spec = read_spec(Source("artifacts.yaml", text or Path("artifacts.yaml").read_text()))
        return distribute(
            spec.select(()),
            "artifact-map.yaml",
            pace=Pace(**pace),
            listener=self.rows.append,
            make_default=make_default,
            runner=self.loop.run,
        )

    def copies(self) -> list[tuple[str, str]]:
        """Return region and ID of every image that a copy ever made."""
        return [(image.region, image.id) for image in self.cloud.world.created]

    def images(self, artifact: str = "web", version: str = "2") -> dict[str, str]:
        """Return what the map has."""
        from preprocessor.artifacts import load_map

        if not os.path.exists("artifact-map.yaml"):
            return {}
        found = load_map("artifact-map.yaml").artifacts.get(artifact)
        return dict(found.versions[version].images) if found else {}

    def proved(self, artifact: str = "web", version: str = "2") -> bool:
        """Return whether every image of the map is there, Available, and in its region."""
        images = self.cloud.world.images
        self.cloud.world.advance()
        return all(
            (region, id_) in images and images[region, id_].status == "Available"
            for region, id_ in self.images(artifact, version).items()
        )


def _lab(cloud: Emulator, monkeypatch: pytest.MonkeyPatch, loop: VirtualLoop | None) -> Lab:
    owner = cloud.world.account(OWNER, "owner-key-id", "owner-key-secret")
    publisher = cloud.world.account(PUBLISHER, "publisher-key-id", "publisher-key-secret")
    write_profiles(os.environ["HOME"], publisher=publisher, owner=owner)
    use_account(monkeypatch, cloud.environment(owner))
    source = cloud.world.image("cn-hangzhou", owner, "web-2024")
    return Lab(cloud, owner, publisher, source, loop)


@pytest.fixture
def lab(sealed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A cloud in virtual time: hours take no time, and nothing depends on how fast the machine is."""
    loop = VirtualLoop()
    with Emulator(clock=lambda: loop.now) as cloud:
        yield _lab(cloud, monkeypatch, loop)
    loop.close()


@pytest.fixture
def live(sealed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A cloud in real, fast time, for the command line."""
    with Emulator(speed=SPEED) as cloud:
        yield _lab(cloud, monkeypatch, None)


Environment = Callable[[Lab], dict[str, str]]


@pytest.fixture
def shell(sealed: None) -> Environment:
    """Return the whole environment of a command of its own process."""

    def environment(lab: Lab) -> dict[str, str]:
        return {
            **{key: os.environ[key] for key in ("PATH", "HOME")},
            **lab.cloud.environment(lab.owner),
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }

    return environment
