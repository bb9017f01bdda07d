"""Distributes images to 29 regions of the emulated cloud, beside two loops as one writes them by hand.

    python -m tests.benchmarks.distribution

Each loop asks once about the image in the region, calls CopyImage once, and looks every 15 seconds whether
the copy is done: `one by one` waits for each copy before it starts the next, `start all, then wait` starts
all copies first and then waits for one after another. Time is the emulator's: a copy takes some 10 minutes
nearby and some 25 far away, five run at once for a source region, calls take no time. Same run, same client.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.catalog import load_regions
from preprocessor.distribution.pace import Pace, duration_text
from preprocessor.distribution.run import distribute
from preprocessor.distribution.spec import read_spec
from preprocessor.model import Source
from tests.cloud import Emulator
from tests.cloud.virtual import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from preprocessor.distribution.client import Cloud

SOURCE = "cn-hangzhou"
POLL = 15.0


@dataclass(frozen=True)
class Measure:
    """What a way of distributing took."""

    calls: int
    seconds: float
    copies: int
    most_at_once: int


def targets() -> list[str]:
    """Return 29 regions."""
    current = [
        region.id for region in load_regions().values() if region.status in ("current", "closing", "closed")
    ]
    return [region for region in current if region != SOURCE][:29]


def measure(artifacts: int, way: Callable[[VirtualLoop, Sequence[str], Sequence[str]], None]) -> Measure:
    """Run one way in a cloud of its own, and check that every copy is there once."""
    loop = VirtualLoop()
    regions = targets()
    with Emulator(clock=lambda: loop.now) as cloud:
        owner = cloud.world.account("1000000000000001", "bench-key-id", "bench-key-secret")
        os.environ.update(cloud.environment(owner))
        images = [cloud.world.image(SOURCE, owner, f"source-{number}").id for number in range(artifacts)]
        cloud.world.image_quota = {(owner.id, region): 1000 for region in regions}
        way(loop, images, regions)
        cloud.world.advance()
        made = {
            (image.source[1], image.region) for image in cloud.world.created if image.status == "Available"
        }
        assert len(made) == len(cloud.world.created) == artifacts * len(regions)
        return Measure(len(cloud.calls), loop.now, len(made), cloud.world.most_running)


def region_image(loop: VirtualLoop, images: Sequence[str], regions: Sequence[str]) -> None:
    """`region-image distribute`."""
    entries = "".join(
        f'  web{number}:\n    kind: custom\n    version: "1"\n    source: {{region: {SOURCE}, image: {image}}}\n'
        f"    regions: [{', '.join(regions)}]\n"
        for number, image in enumerate(images)
    )
    spec = read_spec(Source("artifacts.yaml", f"version: 1\nartifacts:\n{entries}"))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "artifact-map.yaml")
        outcome = distribute(spec.select(()), path, pace=Pace(poll=POLL, timeout=1e9), runner=loop.run)
        assert outcome.complete


def loop_by_hand(start_all: bool) -> Callable[[VirtualLoop, Sequence[str], Sequence[str]], None]:
    """Return the obvious loop, which starts all copies first or waits for each."""

    async def run(images: Sequence[str], regions: Sequence[str]) -> None:
        from preprocessor.distribution.client import Account as Client

        cloud: Cloud = Client()
        started: list[tuple[str, str]] = []
        for image in images:
            for region in regions:
                name = f"{image}-{region}"
                await cloud.call("ecs", "DescribeImages", region, {"RegionId": region, "ImageName": name})
                answer = await cloud.call(
                    "ecs",
                    "CopyImage",
                    SOURCE,
                    {
                        "RegionId": SOURCE,
                        "ImageId": image,
                        "DestinationRegionId": region,
                        "DestinationImageName": name,
                    },
                )
                started.append((region, answer["ImageId"]))
                if not start_all:
                    await wait(cloud, *started[-1])
        for region, copy in started if start_all else ():
            await wait(cloud, region, copy)

    async def wait(cloud: Cloud, region: str, image: str) -> None:
        while True:
            answer = await cloud.call("ecs", "DescribeImages", region, {"RegionId": region, "ImageId": image})
            if answer["TotalCount"]:
                return
            await asyncio.sleep(POLL)

    return lambda loop, images, regions: loop.run(run(images, regions))


WAYS = {
    "region-image distribute": region_image,
    "loop: start all, then wait": loop_by_hand(start_all=True),
    "loop: one by one": loop_by_hand(start_all=False),
}


def main() -> None:
    """Print a table."""
    for artifacts in (1, 10):
        print(f"{artifacts} artifact(s) to {len(targets())} regions")
        for name, way in WAYS.items():
            found = measure(artifacts, way)
            at_once = f"at most {found.most_at_once} copies asked for at once"
            print(f"  {name:28} {found.calls:6} calls  {duration_text(found.seconds):>8}  {at_once}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
