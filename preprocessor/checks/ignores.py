"""Comments that ignore findings: `# region-image: ignore[rule, rule] reason`. Pure.

A comment is for its own line, or, where it stands alone on its line, for the next line that is no comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.checks import RULES, Scope, load_rule
from preprocessor.model import Finding
from preprocessor.schema import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from preprocessor.model import Location, Source
    from preprocessor.surroundings import Comment

_COMMENT = re.compile(r"(?:#+|//+)\s*region-image:\s*(?P<body>.*?)\s*", re.DOTALL)
_IGNORE = re.compile(r"ignore\s*\[(?P<rules>[^\]]*)\]\s*(?P<reason>.*)", re.DOTALL)
_NO_CODE = re.compile(r"\s*(?:(?:#|//)[^\r\n]*)?")
_FORM = "write: # region-image: ignore[RULE] reason"

IGNORABLE = frozenset(
    name
    for name, scope in RULES.items()
    if scope in (Scope.TEMPLATE, Scope.PROJECT) and name not in ("missing-map",)
)
"""Rules that a comment can ignore. Those that stop a render cannot: it would stop all the same."""


@dataclass(frozen=True)
class Ignoring:
    """One rule that one comment ignores."""

    rule: str
    path: str
    line: int
    """The line whose findings are meant."""
    location: Location
    """Where the comment stands."""


def ignorings(source: Source, comments: Iterable[Comment]) -> tuple[list[Ignoring], list[Finding]]:
    """Return what the comments of a text ignore, and those that are not understood."""
    found: list[Ignoring] = []
    findings: list[Finding] = []
    for comment in comments:
        where = source.location(comment.start, comment.end)
        match = _COMMENT.fullmatch(source.text[comment.start : comment.end])
        if match is None:
            continue  # the mark stands in the middle of another comment
        body = _IGNORE.fullmatch(match["body"])
        if body is None:
            findings.append(_invalid(f"the comment '{match['body']}' is not understood", _FORM, where))
            continue
        if not body["reason"]:
            findings.append(_invalid("the comment gives no reason", _FORM, where))
            continue
        line = _line_meant(where)
        for name in (name.strip() for name in body["rules"].split(",")):
            if name in IGNORABLE:
                found.append(Ignoring(name, source.path, line if line else _next_line(source, where), where))
            else:
                findings.append(_no_such_rule(name, where))
    return found, findings


def _line_meant(where: Location) -> int:
    """Return the comment's own line, or 0 where it stands alone on it."""
    return where.line if where.text[: where.column - 1].strip() else 0


def _next_line(source: Source, where: Location) -> int:
    """Return the first line after the comment that is not empty and no comment."""
    lines = re.split(r"\r\n|\n|\r", source.text)
    for number, text in enumerate(lines[where.line :], start=where.line + 1):
        if not _NO_CODE.fullmatch(text):
            return number
    return len(lines)


def _no_such_rule(name: str, where: Location) -> Finding:
    if name in RULES:
        return _invalid(
            f"findings of '{name}' cannot be ignored by a comment", "correct what it tells", where
        )
    return _invalid(f"there is no rule '{name}'", did_you_mean(name, IGNORABLE), where)


def _invalid(message: str, help_: str, where: Location) -> Finding:
    rule = load_rule("invalid-ignore")
    return Finding(rule.RULE, rule.SEVERITY, message, help_, where)


def apply(
    findings: Iterable[Finding], ignored: Collection[Ignoring], active: Collection[str]
) -> list[Finding]:
    """Return the findings that no comment ignores, and a finding for each comment that ignores none.

    Only comments for the rules in `active` are judged.
    """
    by_place = {(one.rule, one.path, one.line): one for one in ignored}
    kept: list[Finding] = []
    used = set()
    for finding in findings:
        key = (finding.rule, finding.location.path, finding.location.line)
        if key in by_place:
            used.add(key)
        else:
            kept.append(finding)
    rule = load_rule("unused-ignore") if len(used) < len(by_place) else None
    for key, one in by_place.items():
        if rule is not None and key not in used and one.rule in active:
            kept.append(
                Finding(
                    rule.RULE,
                    rule.SEVERITY,
                    f"there is no finding of '{one.rule}' on line {one.line} to ignore",
                    "remove the comment, or move it to the line that the finding names",
                    one.location,
                )
            )
    return kept
