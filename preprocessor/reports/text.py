"""Text reports for people, laid out like a compiler's."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from preprocessor.model import Finding, Location

_COLORS = {
    Severity.ERROR: "1;31",
    Severity.WARNING: "1;33",
    Severity.INFO: "1;36",
}
_BOLD = "1"
_FAINT = "2"
_TAB_WIDTH = 4
_MAX_LINE = 160
"""Columns of a source line that are shown; a longer line is cut around the place that is meant."""


def paint(text: str, code: str, color: bool) -> str:
    """Return `text` in the terminal style `code` (SGR parameters), or as it is without `color`."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def printable(text: str) -> str:
    """Return `text` with control characters made visible, so that a file cannot drive the terminal."""
    return "".join(
        character if character == "\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs") else "�"
        for character in text
    )


def columns(text: str) -> int:
    """Return how many terminal columns `text` takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def finding_text(finding: Finding, *, color: bool = False) -> str:
    """Return one finding: rule, message, place, source line with a caret, and what to do."""
    head = paint(f"{finding.severity.value}[{finding.rule}]", _COLORS[finding.severity], color)
    lines = [f"{head}: {paint(printable(finding.message), _BOLD, color)}"]
    where = finding.location
    if where.path:
        lines.append(f"  {paint('-->', _FAINT, color)} {printable(str(where))}")
    if where.line and where.column:
        lines.extend(_excerpt(where, color))
    if finding.help:
        lines.append(f"  {paint('=', _FAINT, color)} help: {printable(finding.help)}")
    return "\n".join(lines)


def _excerpt(where: Location, color: bool) -> list[str]:
    """Return the source line and, below it, carets under the place that is meant."""
    start = where.column - 1
    text, cut = where.text, ""
    if len(text) > _MAX_LINE:
        first = max(0, start - _MAX_LINE // 4)
        text, start = text[first : first + _MAX_LINE], start - first
        cut = "... " if first else ""
    before = printable(text[:start]).replace("\t", " " * _TAB_WIDTH)
    meant = printable(text[start : start + where.width]).replace("\t", " " * _TAB_WIDTH)
    line = cut + printable(text).replace("\t", " " * _TAB_WIDTH)
    number = str(where.line)
    gutter = paint(f"{' ' * len(number)} |", _FAINT, color)
    mark = paint("^" * max(1, columns(meant)), _COLORS[Severity.ERROR], color)
    return [
        f"  {gutter}",
        f"  {paint(f'{number} |', _FAINT, color)} {line.rstrip()}",
        f"  {gutter} {' ' * (len(cut) + columns(before))}{mark}",
    ]


def findings_text(findings: Sequence[Finding], *, color: bool = False) -> str:
    """Return all findings, a blank line between them."""
    return "\n\n".join(finding_text(finding, color=color) for finding in findings)


def report(findings: Sequence[Finding], *, color: bool = False) -> str:
    """Return all findings, a blank line between them."""
    return findings_text(findings, color=color)


def count_text(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity, such as `2 errors, 1 warning`."""
    counts = Counter(finding.severity for finding in findings)
    words = [
        f"{counts[severity]} {name}{'s' if counts[severity] != 1 else ''}"
        for severity, name in (
            (Severity.ERROR, "error"),
            (Severity.WARNING, "warning"),
            (Severity.INFO, "note"),
        )
        if counts[severity]
    ]
    return ", ".join(words) or "no findings"


def diff_line(line: str, *, color: bool = False) -> str:
    """Return one line of a unified diff, coloured by its first character."""
    if line.startswith(("+++", "---")):
        return paint(line, _BOLD, color)
    code = {"+": "32", "-": "31", "@": "36"}.get(line[:1])
    return paint(line, code, color) if code else line
