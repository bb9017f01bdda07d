"""The formats in which findings are reported, in one table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from preprocessor.model import Finding


class Report(Protocol):
    """A module that writes findings in one format."""

    def report(self, findings: Sequence[Finding], *, color: bool = False) -> str:
        """Return the findings as text, without a line break at the end; empty where nothing is to say."""
        ...


REPORTS: Mapping[str, str] = {
    "text": "preprocessor.reports.text",
    "json": "preprocessor.reports.json",
    "sarif": "preprocessor.reports.sarif",
    "github": "preprocessor.reports.github",
}
"""The module of each format; it is imported when it is asked for."""


def load_report(name: str) -> Report:
    """Return the format called `name`."""
    return cast("Report", import_module(REPORTS[name]))
