"""The words of the tool as frozen data: text and places in it, image fields, findings.

Nothing here reads a file or knows a format. Offsets count code points from 0 in the text of a
:class:`Source`; lines and columns count from 1.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from preprocessor.surroundings import Surroundings

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Severity(str, Enum):
    """How much a finding matters; only errors fail a run."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Role(str, Enum):
    """What an image field does with its image."""

    DEPLOY = "deploy"
    """Decides what a machine boots."""
    SOURCE = "source"
    """Names the image that an operation reads, such as a copy."""
    FILTER = "filter"
    """Narrows a query."""


class Form(str, Enum):
    """How an image field states its value."""

    LITERAL = "literal"
    PARAMETER = "parameter"
    LOCAL = "local"
    MAPPING = "mapping"
    CHOICE = "choice"
    DYNAMIC = "dynamic"


class Kind(str, Enum):
    """What sort of image a literal names."""

    CUSTOM = "custom"
    PUBLIC = "public"
    NAME = "name"
    PLACEHOLDER = "placeholder"


class Via(str, Enum):
    """How a step of a trace was reached from the one before it."""

    VALUE = "value"
    PARAMETER = "parameter"
    DEFAULT = "default"
    ALLOWED = "allowed-value"
    PASSED = "passed"
    LOCAL = "local"
    MAPPING = "mapping"
    FALLBACK = "fallback"
    BRANCH = "branch"
    TFVARS = "tfvars"
    DYNAMIC = "dynamic"


@dataclass(frozen=True)
class Location:
    """A place in a file as a person reads it: path, line, column, and the line's text."""

    path: str
    line: int = 0
    """From 1; 0 when the whole file is meant."""
    column: int = 0
    """From 1, in code points; 0 when the whole line or file is meant."""
    text: str = ""
    """The source line, without its line break."""
    width: int = 1
    """How many code points of the line are meant."""

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, eq=False)
class Source:
    """One decoded text file. `text` has no byte order mark and every line break as it was."""

    path: str
    text: str
    bom: bool = False

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(self.text))]

    def location(self, start: int, end: int | None = None) -> Location:
        """Return where the text from `start` to `end` stands; the width stops at the line's end."""
        starts = self._line_starts
        line = bisect_right(starts, start) - 1
        first = starts[line]
        last = starts[line + 1] if line + 1 < len(starts) else len(self.text)
        text = self.text[first:last].rstrip("\r\n")
        stop = min(start + 1 if end is None else end, first + len(text))
        return Location(self.path, line + 1, start - first + 1, text, max(1, stop - start))

    def encode(self, text: str) -> bytes:
        """Return `text` as it stands in a file of this source's encoding."""
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode("utf-8")


@dataclass(frozen=True)
class Slot:
    """A span of one file that an image ID can take: `before` + ID + `after` replaces the span."""

    path: str
    start: int
    end: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Step:
    """One place on the way from an image field to the literals behind it."""

    via: Via
    address: str
    path: str
    start: int
    end: int
    value: str | None = None
    """The literal that stands here, or None where the way goes on or ends without one."""
    slot: Slot | None = None
    """Where an `image` selector writes; None where there is no literal, or none that can be edited."""
    note: str = ""
    """For a dynamic step: why it cannot be followed. For a literal without a slot: why not."""


@dataclass(frozen=True)
class Field:
    """An image field: a position in a template that decides which image a machine boots."""

    address: str
    resource_type: str
    role: Role
    form: Form
    value: str | None
    """The single static value, or None where there is none or more than one."""
    path: str
    start: int
    end: int
    slot: Slot | None
    """Where a `field` selector writes; None where the value cannot be replaced exactly."""
    trace: tuple[Step, ...]
    note: str = ""
    """Why there is no slot."""

    @property
    def literals(self) -> tuple[Step, ...]:
        """The steps of the trace that hold a literal."""
        return tuple(step for step in self.trace if step.value is not None)


@dataclass(frozen=True)
class Finding:
    """One thing to tell the user: what was found, where, and what to do."""

    rule: str
    severity: Severity
    message: str
    help: str = ""
    location: Location = field(default_factory=lambda: Location(""))

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of a report: by file, then by place, then by rule."""
        where = self.location
        return (where.path, where.line, where.column, self.rule, self.message)


@dataclass(frozen=True)
class Passenger:
    """A file that belongs to every variant of a module but is never edited."""

    path: str
    """The file, as it can be opened."""
    target: str
    """Its place relative to the variant's folder, with forward slashes; it may begin with `../`."""
    link: str = ""
    """Where it points, if it is a symbolic link that is kept as one; else its content is copied."""


@dataclass(frozen=True, eq=False)
class Template:
    """A template as read: its texts and the image fields in them."""

    path: str
    """The file, or for a module its folder, with forward slashes."""
    format: str
    sources: Mapping[str, Source]
    """Every text that was parsed, by path. A single file has one; a module has many."""
    module: bool = False
    """Whether `path` is a folder whose files make one variant together."""
    fields: tuple[Field, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What went wrong while reading, such as a `syntax-error`."""
    passengers: tuple[Passenger, ...] = ()
    """Files of a module that go along unedited."""
    look: Callable[[], Surroundings] | None = None
    """Looks around the image fields, for `check`; None where the text could not be parsed."""
    aliased: bool = False
    """Whether values of the text stand for others (YAML's aliases), so that an edit may reach further."""

    def location(self, place: Field | Step | Slot) -> Location:
        """Return where a field, a step or a slot of this template stands."""
        return self.sources[place.path].location(place.start, place.end)
