"""JSON reports: objects with `"version": 1`, for programs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from preprocessor.model import Finding

VERSION = 1
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def document(content: Mapping[str, Any]) -> str:
    """Return the JSON text of a report with `content`."""
    report = {"version": VERSION, **content}
    text = json.dumps(report, ensure_ascii=False, indent=2)
    # A template may hold half a surrogate pair as an escape; no output stream takes one as it is.
    return text if text.isascii() or _LONE_SURROGATE.search(text) is None else json.dumps(report, indent=2)


def findings_data(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as the `findings` list of a report."""
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity.value,
            "path": finding.location.path,
            "line": finding.location.line,
            "column": finding.location.column,
            "message": finding.message,
            "help": finding.help,
        }
        for finding in findings
    ]


def report(findings: Sequence[Finding], *, color: bool = False) -> str:
    """Return a report that has findings only."""
    return document({"findings": findings_data(findings)})
