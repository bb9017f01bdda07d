"""What a run tells while it goes on, and what it comes to: rows of artifact and region."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class State(str, Enum):
    """Where one region of one artifact stands."""

    QUEUED = "queued"
    """Waits for a free place among the copies of its source region, or for its source."""
    COPYING = "copying"
    SHARING = "sharing"
    DONE = "done"
    """In the map: Available, and shared as the spec says."""
    FAILED = "failed"
    RUNNING = "still copying"
    """The run no longer waits for it; the copy goes on in the cloud."""
    SKIPPED = "skipped"
    """Left out by the spec."""


ENDED = frozenset({State.DONE, State.FAILED, State.RUNNING, State.SKIPPED})
"""States that a row keeps for the rest of a run."""


@dataclass(frozen=True)
class Row:
    """One region of one artifact."""

    artifact: str
    version: str
    region: str
    state: State
    percent: int | None = None
    """How far a copy is; None where that is not known."""
    image: str | None = None
    detail: str = ""
    """What was found or went wrong, in words."""
    code: str = ""
    """The service's error code, for a failed row."""
    help: str = ""
    """What to do about it."""
    base: bool = False
    """Whether it is the distributor's own copy that the others are made from, in the source's region."""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it in this run."""
        return self.state in ENDED

    @property
    def key(self) -> tuple[str, str, bool]:
        """What the row is about, whatever its state."""
        return (self.artifact, self.region, self.base)


class Board:
    """The rows of one run. It tells each change to one listener."""

    def __init__(self, listener: Callable[[Row], None] | None = None) -> None:
        self.rows: dict[tuple[str, str, bool], Row] = {}
        self._listener = listener

    def set(self, row: Row) -> None:
        """Add a row, or put it in the place of the one before."""
        if self.rows.get(row.key) == row:
            return
        self.rows[row.key] = row
        if self._listener is not None:
            self._listener(row)

    def update(self, key: tuple[str, str, bool], state: State, **facts: object) -> None:
        """Change a row's state, and its percentage, image, detail, code or help."""
        cleared = {"percent": None, "detail": "", "code": "", "help": ""}
        self.set(replace(self.rows[key], state=state, **{**cleared, **facts}))  # type: ignore[arg-type]


def summary(rows: Sequence[Row]) -> str:
    """Return the counts of a run in one line, such as `27 done, 1 failed, 1 still copying`."""
    counts = Counter(row.state for row in rows if not row.base)
    words = [f"{counts[state]} {state.value}" for state in State if counts[state]]
    return ", ".join(words) or "nothing to do"
