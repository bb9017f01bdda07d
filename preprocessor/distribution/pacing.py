"""Waiting: places among the copies that run at once, and asking a region about many copies in one call."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.distribution import ecs
from preprocessor.distribution.client import CallError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from preprocessor.distribution.client import Cloud
    from preprocessor.distribution.ecs import Image
    from preprocessor.distribution.pace import Pace

GONE = "ImageNotFound"
"""The code of a copy that DescribeImages no longer lists."""
COPY_FAILED = "CopyFailed"
"""The code of a copy that ended in a state from which it cannot become Available."""

_ABSENT_POLLS = 4
_SLACK = 0.001
"""A timer may go off this much early."""
_AHEAD = 0.9
"""Part of the time that a copy seems to need still after which it is asked about again."""


class Places:
    """A fixed number of places, given to those who wait by their rank, lowest first."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: list[tuple[tuple[object, ...], int, asyncio.Future[None]]] = []
        self._serial = 0

    @contextlib.asynccontextmanager
    async def place(self, rank: tuple[object, ...]) -> AsyncIterator[None]:
        """Hold a place."""
        await self._acquire(rank)
        try:
            yield
        finally:
            self._free += 1
            self._give()

    async def _acquire(self, rank: tuple[object, ...]) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._serial += 1
        heapq.heappush(self._waiting, (rank, self._serial, future))
        # Whoever else is about to ask gets the chance to do so, so that ranks count from the start.
        asyncio.get_running_loop().call_soon(self._give)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._free += 1
                self._give()
            raise

    def _give(self) -> None:
        while self._free and self._waiting:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                self._free -= 1
                future.set_result(None)


@dataclass
class _Watch:
    future: asyncio.Future[Image]
    report: Callable[[Image], None]
    due: float
    since: float
    """When progress was first seen, and how much: what is left is reckoned from there."""
    percent: int = 0
    absent: int = 0
    """How many times in a row the image was not listed."""


class Poller:
    """Asks one region, for one account, about all copies that are waited for there."""

    def __init__(self, cloud: Cloud, region: str, pace: Pace) -> None:
        self._cloud = cloud
        self._region = region
        self._pace = pace
        self._watches: dict[str, _Watch] = {}
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def until_available(
        self, image: str, report: Callable[[Image], None], *, percent: int = 0, soon: bool = False
    ) -> Image:
        """Return `image` once it is Available; `report` hears of its progress.

        `percent` is how far it is known to be; with `soon` it is asked about at once.

        Raises:
            CallError: `CopyFailed` where it ended otherwise, `ImageNotFound` where it is gone, or what the
                service answers to the question.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        due = now if soon else now + self._pace.poll
        watch = _Watch(loop.create_future(), report, due, now, percent)
        self._watches[image] = watch
        self._woken.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            return await watch.future
        finally:
            self._watches.pop(image, None)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._watches:
            self._woken.clear()
            left = min(watch.due for watch in self._watches.values()) - loop.time()
            if left > _SLACK:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), left)
                continue
            await self._ask(tuple(self._watches))

    async def _ask(self, ids: Iterable[str]) -> None:
        """Ask about all copies at once: one call serves up to a hundred."""
        loop = asyncio.get_running_loop()
        try:
            images, _ = await ecs.describe(self._cloud, self._region, ids=ids)
        except CallError as error:
            for watch in self._watches.values():
                watch.due = loop.time() + self._pace.poll
                if not error.retryable and not watch.future.done():
                    watch.future.set_exception(error)
            return
        found = {image.id: image for image in images}
        for id_ in ids:
            asked = self._watches.get(id_)
            if asked is not None and not asked.future.done():
                self._judge(id_, found.get(id_), asked, loop.time())

    def _judge(self, id_: str, image: Image | None, watch: _Watch, now: float) -> None:
        watch.due = now + self._pace.poll
        if image is None:
            watch.absent += 1
            if watch.absent >= _ABSENT_POLLS:
                reason = f"the copy {id_} is not there any longer"
                watch.future.set_exception(CallError(GONE, reason, region=self._region))
            return
        watch.absent = 0
        if image.status == ecs.AVAILABLE:
            watch.future.set_result(image)
        elif image.status in ecs.IN_PROGRESS:
            watch.due = now + self._interval(image, watch, now)
            watch.report(image)
        else:
            reason = f"the copy {id_} ended in the state {image.status}"
            watch.future.set_exception(CallError(COPY_FAILED, reason, region=self._region))

    def _interval(self, image: Image, watch: _Watch, now: float) -> float:
        """Return when to ask again: often where the copy must be nearly done, seldom where it is not."""
        if image.progress is None or image.progress <= watch.percent:
            return min(self._pace.poll * 2, self._pace.poll_most)
        left = (now - watch.since) * (100 - image.progress) / (image.progress - watch.percent)
        return min(max(left * _AHEAD, self._pace.poll), self._pace.poll_most)
