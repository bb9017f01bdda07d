"""Findings as workflow commands, which GitHub Actions shows beside the changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.model import Finding

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def report(findings: Sequence[Finding], *, color: bool = False) -> str:
    """Return one workflow command for each finding."""
    return "\n".join(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    where = finding.location
    values: dict[str, str] = {}
    if where.path:
        values["file"] = where.path
    if where.line:
        values["line"] = str(where.line)
        if where.column:
            values["col"] = str(where.column)
            values["endColumn"] = str(where.column + where.width)
    values["title"] = f"region-image {finding.rule}"
    properties = ",".join(f"{name}={_property(value)}" for name, value in values.items())
    text = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(text)}"


def _data(text: str) -> str:
    """Escape a message: a line break would end the command, and start another one."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
