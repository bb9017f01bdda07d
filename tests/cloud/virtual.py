"""An event loop whose time only passes while nothing happens: hours of waiting take no time at all."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    T = TypeVar("T")


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type, unused-ignore]
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.loop.calls:
            # A call is under way on a thread; it ends in real time, while virtual time stands still.
            return super().select(None)
        self.loop.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Sleeping advances `now`; calls on threads take none of its time."""

    def __init__(self) -> None:
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self
        self.now = 0.0
        self.calls = 0

    def time(self) -> float:
        return self.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        self.calls += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._done)
        return future

    def _done(self, _: object) -> None:
        self.calls -= 1

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end."""
        task = self.create_task(main)
        try:
            return self.run_until_complete(task)
        finally:
            for other in asyncio.all_tasks(self):
                other.cancel()
                with contextlib.suppress(BaseException):
                    self.run_until_complete(other)
