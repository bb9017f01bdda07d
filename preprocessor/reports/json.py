"""JSON reports: objects with `"version": 1`, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from preprocessor.model import Finding

VERSION = 1


def document(content: Mapping[str, Any]) -> str:
    """Return the JSON text of a report with `content`."""
    return json.dumps({"version": VERSION, **content}, ensure_ascii=False, indent=2)


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
