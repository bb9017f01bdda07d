"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from preprocessor import __version__
from preprocessor.checks import RULES, load_rule, manual, summary
from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.model import Finding, Location

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_BASE = "%SRCROOT%"


def report(findings: Sequence[Finding], *, color: bool = False) -> str:
    """Return a SARIF log of one run: every rule with its manual, and a result for each finding."""
    names = list(dict.fromkeys((*RULES, *(finding.rule for finding in findings))))
    seen: dict[str, int] = {}
    run = {
        "tool": {
            "driver": {
                "name": "region-image",
                "semanticVersion": __version__,
                "rules": [_rule(name) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names.index(finding.rule), seen) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(name: str) -> dict[str, Any]:
    if name not in RULES:
        # A wrong call of the command, which is no rule's business.
        return {"id": name, "shortDescription": {"text": name}}
    rule = load_rule(name)
    text = manual(rule)
    return {
        "id": name,
        "shortDescription": {"text": summary(rule)},
        "fullDescription": {"text": _why(text)},
        "help": {"text": text, "markdown": _markdown(text)},
        "defaultConfiguration": {"level": _LEVELS[rule.SEVERITY]},
    }


def _why(text: str) -> str:
    """Return the manual's second paragraph as one line."""
    return " ".join(text.split("\n\n")[1].split())


def _markdown(text: str) -> str:
    """Return a manual as Markdown: its examples are marked by `::` and four spaces, as Markdown has them."""
    return text.replace("::\n\n    ", ":\n\n    ")


def _result(finding: Finding, index: int, seen: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}\n{finding.help}" if finding.help else finding.message},
    }
    if finding.location.path:
        result["locations"] = [_location(finding.location)]
        result["partialFingerprints"] = {"regionImage/v1": _fingerprint(finding, seen)}
    return result


def _location(where: Location) -> dict[str, Any]:
    artifact: dict[str, Any] = {"uri": quote(where.path, safe="/~@!$&'()*+,;=")}
    if not where.path.startswith("/"):
        artifact["uriBaseId"] = _BASE
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if where.line:
        region: dict[str, Any] = {"startLine": where.line}
        if where.column:
            region["startColumn"] = where.column
            region["endColumn"] = where.column + where.width
            snippet = where.text[where.column - 1 : where.column - 1 + where.width]
            if snippet:
                region["snippet"] = {"text": snippet}
        physical["region"] = region
    return {"physicalLocation": physical}


def _fingerprint(finding: Finding, seen: dict[str, int]) -> str:
    """Return what stays the same where only the lines above a finding change; equal ones are numbered."""
    where = finding.location
    text = "\0".join((finding.rule, where.path, finding.message, where.text.strip()))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    number = seen[digest] = seen.get(digest, 0) + 1
    return f"{digest}:{number}"
