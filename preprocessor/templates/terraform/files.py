"""The text of one Terraform file, in either syntax, as a body of attributes and blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.model import Finding, Severity
from preprocessor.syntax.hcl import Body, HclError, Place, check_text, read_body
from preprocessor.templates.terraform.json_files import read_json_body
from preprocessor.templates.terraform.names import is_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.model import Source


@dataclass(frozen=True, eq=False)
class Parsed:
    """What a file holds, or why it could not be read."""

    source: Source
    body: Body
    findings: Sequence[Finding] = ()
    """It may grow: templates in JSON strings are read when they are looked at."""


def read_file(source: Source) -> Parsed:
    """Return what the file `source` holds; what is no Terraform gives a `syntax-error`."""
    findings: list[Finding] = []
    try:
        if source.path.endswith(".json"):
            body = read_json_body(source, findings, values=is_values(source.path))
        else:
            body = read_body(source.text, Place(source.path))
    except HclError as error:
        return Parsed(source, Body(), (syntax_error(source, error),))
    except InputError as error:
        return Parsed(source, Body(), error.findings)
    return Parsed(source, body, findings)


def check_file(source: Source) -> tuple[Finding, ...]:
    """Return what a quick look finds at a file that cannot matter: whether it can be a file of its kind."""
    if source.path.endswith(".json"):
        return tuple(read_file(source).findings)
    try:
        check_text(source.text)
    except HclError as error:
        return (syntax_error(source, error),)
    return ()


def syntax_error(source: Source, error: HclError, place: Place | None = None) -> Finding:
    """Return the finding for text in `source` that is not HCL."""
    offset = place.at(error.offset) if place is not None else error.offset
    where = source.location(min(offset, len(source.text)))
    return Finding("syntax-error", Severity.ERROR, f"not HCL: {error.message}", error.help, where)
