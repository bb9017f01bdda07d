"""Runs a function over slices of a list in forked processes, where the system can."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Item = TypeVar("Item")
    Result = TypeVar("Result")


def available_jobs() -> int:
    """Return how many processes are worth running here: the processors at hand, 8 at most."""
    if sys.platform != "linux":
        return 1  # elsewhere a forked process may not use the system's libraries
    return min(8, len(os.sched_getaffinity(0)))


def fork_map(
    function: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item], jobs: int, least: int
) -> list[Result]:
    """Return `function(items)`, computed in `jobs` processes for parts of `items` of `least` or more.

    `function` gives one result for each item of the part it gets. The processes are forks: they see
    everything that the caller sees, and only their results travel.

    Raises:
        Whatever `function` raises; of several errors that of the first part.
    """
    count = max(1, min(jobs, len(items) // least))
    if count == 1 or not hasattr(os, "fork"):
        return function(items)
    workers = [_Worker(function, items[number::count]) for number in range(1, count)]
    try:
        parts = [function(items[0::count]), *(worker.result() for worker in workers)]
    finally:
        for worker in workers:
            worker.close()
    results: list[Result] = [parts[0][0]] * len(items)
    for number, part in enumerate(parts):
        results[number::count] = part
    return results


class _Worker:
    """One forked process that computes one part."""

    def __init__(self, function: Callable[[Sequence[Item]], list[Result]], part: Sequence[Item]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        reader, writer = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            status = 1
            try:
                os.close(reader)
                with open(writer, "wb") as stream:
                    stream.write(_computed(function, part))
                status = 0
            finally:
                # Leaves at once: nothing of the caller's is to be flushed or cleaned up twice.
                os._exit(status)
        os.close(writer)
        self.stream = open(reader, "rb")  # noqa: SIM115 - closed by close()

    def result(self) -> list[Result]:
        import pickle

        data = self.stream.read()
        if not data:
            raise RuntimeError("a worker process ended without a result")
        value, error = pickle.loads(data)  # noqa: S301 - from our own fork
        if error is not None:
            raise error
        results: list[Result] = value
        return results

    def close(self) -> None:
        self.stream.close()
        os.waitpid(self.process, 0)


def _computed(function: Callable[[Sequence[Item]], list[Result]], part: Sequence[Item]) -> bytes:
    import pickle

    try:
        return pickle.dumps((function(part), None), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - raised again in the caller's process
        return pickle.dumps((None, error), pickle.HIGHEST_PROTOCOL)
