"""Where a piece of HCL stands: a whole file, or text inside a YAML or JSON scalar of another file."""

from __future__ import annotations

from bisect import bisect_right
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.model import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Run:
    """A stretch of inner text and its place outside.

    Within a run the characters correspond one to one from its start, except that the last one may take
    more room outside: an escape such as `\\"`, or a line break with what follows it.
    """

    inner: int
    length: int
    start: int
    end: int


class Place:
    """Translates offsets of a piece of HCL to offsets in the file at `path`.

    `quote` is how a double quote is written there: `\\"` inside a JSON string. A place that is not `exact`
    knows only where the whole text stands.
    """

    __slots__ = ("_inner", "_runs", "exact", "path", "quote", "shift")

    def __init__(
        self, path: str, runs: Sequence[Run] | None = None, quote: str = '"', shift: int = 0
    ) -> None:
        self.path = path
        self.quote = quote
        self.shift = shift
        self.exact = True
        self._runs = runs
        self._inner = [run.inner for run in runs] if runs is not None else []

    @classmethod
    def blurred(cls, path: str, start: int, end: int) -> Place:
        """Return a place for a text whose characters cannot be traced back: all stand at `start`..`end`."""
        place = cls(path, [Run(0, 0, start, end)])
        place.exact = False
        return place

    def shifted(self, shift: int) -> Place:
        """Return this place for a text that has `shift` characters more in front."""
        place = copy(self)  # it shares the runs: a long text has many, and is shifted often
        place.shift += shift
        return place

    def at(self, offset: int) -> int:
        """Return where the character at `offset` starts."""
        offset -= self.shift
        if self._runs is None:
            return offset
        if not self.exact:
            return self._runs[0].start
        run = self._runs[max(0, bisect_right(self._inner, offset) - 1)]
        taken = offset - run.inner
        return run.end if taken >= run.length else run.start + taken

    def end(self, offset: int) -> int:
        """Return where the character before `offset` ends."""
        offset -= self.shift
        if self._runs is None:
            return offset
        run = self._runs[max(0, bisect_right(self._inner, offset - 1) - 1)]
        taken = offset - run.inner
        return run.end if taken >= run.length else run.start + taken

    def whole(self, start: int, end: int) -> Slot | None:
        """Return the slot that replaces the expression at `start`..`end` (already outside) by a string."""
        if not self.exact:
            return None
        return Slot(self.path, start, end, self.quote, self.quote)
