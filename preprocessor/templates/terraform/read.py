"""Texts of Terraform files to a template with its image fields. Pure: nothing is read from the disk."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from preprocessor.model import Finding, Severity, Template
from preprocessor.templates.terraform.fields import find_fields
from preprocessor.templates.terraform.files import Parsed, check_file, is_values, read_file
from preprocessor.templates.terraform.modules import MAX_INSTANCES, build_module, build_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.catalog import Catalog
    from preprocessor.model import Field, Passenger, Source
    from preprocessor.templates.terraform.model import Module, Scope

FORMAT = "terraform"


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
    reader = _Reader(sources, {} if parsed is None else parsed)
    found = list(findings)
    fields: list[Field] = []
    pattern = mentions(catalog)
    if not module or any(pattern.search(source.text) for source in sources.values()):
        matters = None if not module else pattern
        scope, complete = build_scope(_folder(path, module), lambda folder: reader.module(folder, matters))
        if scope is not None:
            fields = _find(path, sources, scope, catalog, module=module)
        if not complete:
            found.append(
                Finding(
                    "syntax-error",
                    Severity.ERROR,
                    f"{path} calls more than {MAX_INSTANCES:,} modules, or calls itself",
                    "correct the module calls",
                )
            )
    found.extend(reader.findings())
    ordered = sorted(fields, key=lambda field: (field.path, field.start, field.address))
    return Template(path, FORMAT, sources, module, tuple(ordered), tuple(found), passengers)


def _find(
    path: str, sources: Mapping[str, Source], scope: Scope, catalog: Catalog, *, module: bool
) -> list[Field]:
    fields = find_fields(scope, catalog)
    return fields if module or not is_values(path) else []


def _folder(path: str, module: bool) -> str:
    return path if module else posixpath.dirname(path) or "."


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

    def __init__(self, sources: Mapping[str, Source], parsed: dict[str, Parsed]) -> None:
        self.sources = sources
        self.parsed = parsed
        self.by_folder: dict[str, list[Source]] = {}
        for path, source in sources.items():
            self.by_folder.setdefault(posixpath.dirname(path) or ".", []).append(source)
        self.modules: dict[str, Module | None] = {}
        self.root: str | None = None

    def module(self, folder: str, pattern: re.Pattern[str] | None) -> Module | None:
        """Return the module in `folder`; without `pattern` every file of it matters."""
        if self.root is None:
            self.root = folder
        if folder not in self.modules:
            files = [
                (posixpath.basename(source.path), self.read(source).body)
                for source in self.by_folder.get(folder, ())
                if pattern is None or self.matters(source, folder, pattern)
            ]
            listed = folder in self.by_folder
            self.modules[folder] = build_module(folder, files) if listed else None
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
