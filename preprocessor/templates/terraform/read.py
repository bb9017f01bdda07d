"""Texts of Terraform files to a template with its image fields. Pure: nothing is read from the disk."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from preprocessor.model import Field, Finding, Form, Location, Severity, Template, Via
from preprocessor.syntax.hcl import Place
from preprocessor.templates.terraform.fields import find_fields
from preprocessor.templates.terraform.files import Parsed, check_file, read_file
from preprocessor.templates.terraform.modules import MAX_INSTANCES, build_module, build_scope
from preprocessor.templates.terraform.names import is_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from preprocessor.catalog import Catalog
    from preprocessor.model import Passenger, Source, Step
    from preprocessor.surroundings import Surroundings
    from preprocessor.templates.terraform.model import Module

FORMAT = "terraform"

VALUES_DEPTH = 3
"""How many folders are looked at for the module of a single tfvars file: its own and those above it."""


def read_terraform(
    path: str,
    sources: Mapping[str, Source],
    catalog: Catalog,
    *,
    module: bool,
    passengers: tuple[Passenger, ...] = (),
    findings: tuple[Finding, ...] = (),
    parsed: dict[str, Parsed] | None = None,
) -> Template:
    """Return the template of the file or folder at `path`, whose texts are `sources`.

    `parsed` keeps what was parsed, by path; an entry counts only for the very source it was made from.
    A file that cannot hold an image field or a value behind one is not parsed in a module, only looked
    over for what is never closed; a file that is a template of its own always is.
    """
    folder = path if module else posixpath.dirname(path) or "."
    reader = _Reader(folder, sources, {} if parsed is None else parsed)
    found = list(findings)
    fields: list[Field] = []
    pattern = mentions(catalog)
    if not module or any(pattern.search(source.text) for source in sources.values()):
        fields = reader.fields(pattern if module else None, catalog, found)
    found.extend(reader.findings())

    def look() -> Surroundings:
        return reader.surroundings(catalog)

    return Template(path, FORMAT, sources, module, _ordered(fields), tuple(found), passengers, look)


def read_values(path: str, sources: Mapping[str, Source], catalog: Catalog) -> Template:
    """Return the template of the single tfvars file at `path`.

    Its image fields are the values that image fields of its module come from; `sources` are the texts of
    that module and this one. The module is the one in the file's folder, or in the next one above it.
    """
    folders = {posixpath.dirname(source) or "." for source in sources if not is_values(source)}
    folder = posixpath.dirname(path) or "."
    for _ in range(VALUES_DEPTH):
        if folder not in folders:
            folder = posixpath.normpath(posixpath.join(folder, ".."))
    reader = _Reader(folder, sources, {})
    found: list[Finding] = []
    fields: dict[Step, Field] = {}
    for field in reader.fields(mentions(catalog), catalog, found):
        for step in field.literals:
            if step.path == path:
                fields.setdefault(step, _value_field(step, field))
    own = sources[path]
    found.extend(finding for finding in reader.findings() if finding.location.path == own.path)
    return Template(path, FORMAT, sources, False, _ordered(fields.values()), tuple(found))


def _value_field(step: Step, behind: Field) -> Field:
    return Field(
        address=step.address,
        resource_type=behind.resource_type,
        role=behind.role,
        form=Form.LITERAL,
        value=step.value,
        path=step.path,
        start=step.start,
        end=step.end,
        slot=step.slot,
        trace=(replace(step, via=Via.VALUE),),
    )


def _ordered(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(sorted(fields, key=lambda field: (field.path, field.start, field.address)))


@lru_cache(maxsize=8)
def _pattern(types: tuple[str, ...]) -> re.Pattern[str]:
    names = (re.escape(name.removeprefix("data.")) for name in types)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(names, reverse=True))})(?![\w-])")


def mentions(catalog: Catalog) -> re.Pattern[str]:
    """Return the pattern that finds the catalog's resource types in a text."""
    return _pattern(tuple(sorted(catalog.terraform)))


_DECLARES = re.compile(r"\b(?:variable|locals|module)\b")
_DECLARES_IN_CHILD = re.compile(r"\b(?:variable|locals|module|output)\b")


class _Reader:
    """Makes modules of the sources, and parses only the files that matter."""

    def __init__(self, root: str, sources: Mapping[str, Source], parsed: dict[str, Parsed]) -> None:
        self.root = root
        self.sources = sources
        self.parsed = parsed
        self.by_folder: dict[str, list[Source]] = {}
        for path, source in sources.items():
            # Values are for the root module, wherever their files lie.
            folder = root if is_values(path) else posixpath.dirname(path) or "."
            self.by_folder.setdefault(folder, []).append(source)
        self.modules: dict[str, Module | None] = {}

    def fields(
        self, pattern: re.Pattern[str] | None, catalog: Catalog, findings: list[Finding]
    ) -> list[Field]:
        """Return the image fields of the root module; without `pattern` every file of it matters."""
        scope, complete = build_scope(self.root, lambda folder: self.module(folder, pattern))
        if not complete:
            findings.append(
                Finding(
                    "syntax-error",
                    Severity.ERROR,
                    f"more than {MAX_INSTANCES:,} module calls, or a module that calls itself",
                    "correct the module calls",
                    Location(self.root),
                )
            )
        return find_fields(scope, catalog) if scope is not None else []

    def surroundings(self, catalog: Catalog) -> Surroundings:
        """Return what stands around the image fields; every file of the modules is parsed for that."""
        from preprocessor.templates.terraform.surroundings import Piece, TerraformSurroundings

        whole = _Reader(self.root, self.sources, self.parsed)
        scope, _ = build_scope(self.root, lambda folder: whole.module(folder, None))

        def pieces() -> Iterator[Piece]:
            waiting = [scope] if scope is not None else []
            while waiting:
                one = waiting.pop()
                for source in whole.by_folder.get(one.module.folder, ()):
                    if not source.path.endswith(".json"):
                        body = whole.read(source).body
                        yield Piece(source.text, Place(source.path), body, one.prefix)
                waiting.extend(one.children.values())

        return TerraformSurroundings(scope, pieces, catalog)

    def module(self, folder: str, pattern: re.Pattern[str] | None) -> Module | None:
        if folder not in self.modules:
            files = [
                (posixpath.relpath(source.path, folder), self.read(source).body)
                for source in self.by_folder.get(folder, ())
                if pattern is None or self.matters(source, folder, pattern)
            ]
            listed = folder in self.by_folder
            alone = pattern is None
            self.modules[folder] = build_module(folder, files, alone=alone) if listed else None
        return self.modules[folder]

    def matters(self, source: Source, folder: str, pattern: re.Pattern[str]) -> bool:
        """Return whether a file can hold an image field or a value behind one."""
        if is_values(source.path):
            return True
        declares = _DECLARES if folder == self.root else _DECLARES_IN_CHILD
        return declares.search(source.text) is not None or pattern.search(source.text) is not None

    def read(self, source: Source) -> Parsed:
        known = self.parsed.get(source.path)
        if known is None or known.source is not source:
            known = self.parsed[source.path] = read_file(source)
        return known

    def findings(self) -> list[Finding]:
        """Return what is wrong with the sources: those that were not parsed are looked over."""
        found: list[Finding] = []
        for path, source in self.sources.items():
            known = self.parsed.get(path)
            if known is not None and known.source is source:
                found.extend(known.findings)
            else:
                found.extend(check_file(source))
        return found
