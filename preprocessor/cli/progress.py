"""Progress of a distribution on standard error: a live table on a terminal, else a line for each change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from preprocessor.cli.common import note, use_color
from preprocessor.distribution.events import Row, State, summary
from preprocessor.distribution.report import row_text
from preprocessor.reports.text import printable

if TYPE_CHECKING:
    from typing_extensions import Self

    from preprocessor.cli.common import Settings

_ORDER = [State.COPYING, State.SHARING, State.FAILED, State.RUNNING, State.QUEUED, State.DONE, State.SKIPPED]
_STYLES = {State.DONE: "green", State.FAILED: "red", State.RUNNING: "yellow", State.COPYING: "cyan"}
_FRAME = 6
"""Lines of the terminal that are no rows: head, summary, and some room."""


class Lines:
    """A line whenever a row's state changes; with -v also when its percentage does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._states: dict[tuple[str, str, bool], tuple[State, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to end."""

    def __call__(self, row: Row) -> None:
        """Tell a change."""
        before = self._states.get(row.key)
        self._states[row.key] = (row.state, row.detail)
        changed = before != (row.state, row.detail)
        if row.state is State.QUEUED and not row.detail:
            return
        if changed or self._settings.verbose:
            note(self._settings, f"{row.artifact} {row.version}  {row_text(row)}")


class Table:
    """A table of rows that is drawn anew as they change."""

    def __init__(self, settings: Settings) -> None:
        from rich.console import Console
        from rich.live import Live

        color = use_color(settings, err=True)
        self._rows: dict[tuple[str, str, bool], Row] = {}
        self._console = Console(stderr=True, no_color=not color, highlight=False)
        self._live: Live = Live(get_renderable=self._draw, console=self._console, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, row: Row) -> None:
        """Tell a change."""
        self._rows[row.key] = row

    def _draw(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table as Grid
        from rich.text import Text

        now = tuple(self._rows.values())  # it is drawn on another thread
        rows = sorted(now, key=lambda row: _ORDER.index(row.state))
        shown = rows[: max(3, self._console.height - _FRAME)]
        grid = Grid("artifact", "region", "state", "", "image", box=None, padding=(0, 2, 0, 0))
        for row in shown:
            bar = ProgressBar(100, row.percent, width=20) if row.percent is not None else Text("")
            state = Text(
                row.state.value + (f" {row.percent}%" if row.percent is not None else ""),
                style=_STYLES.get(row.state, ""),
            )
            region = row.region + (" (own copy)" if row.base else "")
            words = row.image or printable(row.detail)
            grid.add_row(
                f"{row.artifact} {row.version}", region, state, bar, Text(words, overflow="ellipsis")
            )
        hidden = len(rows) - len(shown)
        foot = summary(rows) + (f" ({hidden} rows not shown)" if hidden else "")
        return Group(grid, Text(foot, style="bold"))


def progress(settings: Settings) -> Lines | Table:
    """Return what shows a run's progress on this terminal, as a context manager to be called with rows."""
    if sys.stderr.isatty() and not settings.quiet:
        return Table(settings)
    return Lines(settings)
