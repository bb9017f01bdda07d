"""Collects the files of a Terraform module: the only part of this package that looks at the disk.

A unit is a folder with everything in it, and the folders of the local modules it calls, wherever they lie.
What Terraform makes itself (`.terraform`, state), version control's folders and the tool's own output stay
behind.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.files import posix, read_source, reason
from preprocessor.model import Finding, Passenger
from preprocessor.templates.terraform.files import Parsed, read_file
from preprocessor.templates.terraform.modules import build_module, child_folder
from preprocessor.templates.terraform.names import is_module, is_terraform, is_values
from preprocessor.templates.terraform.read import VALUES_DEPTH, read_terraform, read_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preprocessor.catalog import Catalog
    from preprocessor.model import Source, Template

MAX_FILES = 20_000
"""How many files a unit has at most; more means that the folder is something else than a module."""

_LEFT_BEHIND = re.compile(
    r"\.terraform|\.terragrunt-cache|\.tflint\.d|\.infracost|\.git|\.hg|\.svn|\.jj|\.bzr|CVS"
    r"|\.github|\.gitlab|\.circleci|\.idea|\.vscode|\.venv|__pycache__|node_modules"
    r"|.*\.tfstate|.*\.tfstate\..*|\.terraform\.tfstate\.lock\.info|crash(\..*)?\.log"
    r"|\.region-image-manifest\.json|\..*\.region-image-tmp"
)
_LOCAL_SOURCE = re.compile(r"\"\.\.?/")


@dataclass(frozen=True, eq=False)
class Unit:
    """The texts of a module and of the local modules it calls, and its other files."""

    path: str
    sources: Mapping[str, Source]
    """The Terraform files of every folder that is a module of this unit, by path."""
    passengers: tuple[Passenger, ...] = ()
    findings: tuple[Finding, ...] = ()
    parsed: dict[str, Parsed] = field(default_factory=dict)
    """What was parsed on the way, by path, so that it is not parsed again."""


def read_module(path: str, catalog: Catalog, excluded: frozenset[str] = frozenset()) -> Template:
    """Read the Terraform module in the folder `path`; what is in `excluded` and not called stays behind.

    Raises:
        InputError: the folder cannot be listed. A file that cannot be read is a finding.
    """
    unit = _Gatherer(path, excluded).gather()
    return read_terraform(
        unit.path,
        unit.sources,
        catalog,
        module=True,
        passengers=unit.passengers,
        findings=unit.findings,
        parsed=unit.parsed,
    )


def read_values_file(source: Source, catalog: Catalog) -> Template:
    """Read the tfvars file `source`, with the module that it is for: in its folder or in one above it.

    Raises:
        InputError: the module's folder cannot be listed.
    """
    folder = posixpath.dirname(source.path) or "."
    for _ in range(VALUES_DEPTH):
        if is_module(folder):
            gatherer = _Gatherer(folder, frozenset())
            gatherer.modules()
            sources = {path: text for path, text in gatherer.sources.items() if not is_values(path)}
            return read_values(source.path, {**sources, source.path: source}, catalog)
        folder = posixpath.normpath(posixpath.join(folder, ".."))
    return read_terraform(source.path, {source.path: source}, catalog, module=False)


def called_modules(path: str, excluded: frozenset[str] = frozenset()) -> set[str]:
    """Return the folders of the local modules that the module in `path` calls, directly or not."""
    gatherer = _Gatherer(path, excluded)
    gatherer.modules()
    return gatherer.folders - {path}


class _Gatherer:
    def __init__(self, path: str, excluded: frozenset[str]) -> None:
        self.path = path
        self.excluded = excluded
        self.sources: dict[str, Source] = {}
        self.parsed: dict[str, Parsed] = {}
        self.findings: list[Finding] = []
        self.links: dict[str, str] = {}
        """Symbolic links by path, with what they say."""
        self.files: list[str] = []
        self.folders: set[str] = {path}
        """The folders of the unit's modules."""

    def gather(self) -> Unit:
        self.modules()
        outside = sorted(folder for folder in self.folders if not _is_inside(folder, self.path))
        tops = [
            top for top in outside if not any(_is_inside(top, other) for other in outside if other != top)
        ]
        for top in (self.path, *tops):
            self.walk(top, whole=top == self.path, seen=(os.path.realpath(top),))
        self.files = sorted(set(self.files))
        if len(self.files) > MAX_FILES:
            raise InputError.of(
                "file-error",
                f"the folder has more than {MAX_FILES:,} files",
                "name the folder of a Terraform module, not one that holds whole projects",
                self.path,
            )
        passengers = [
            Passenger(path, _relative(path, self.path))
            for path in self.files
            if path not in self.sources and path not in self.links
        ]
        passengers += [
            Passenger(path, _relative(path, self.path), text) for path, text in sorted(self.links.items())
        ]
        return Unit(
            self.path,
            dict(sorted(self.sources.items())),
            tuple(sorted(passengers, key=lambda passenger: passenger.target)),
            tuple(self.findings),
            self.parsed,
        )

    def modules(self) -> None:
        """Read the files of the root module and of every local module that it leads to."""
        waiting = [self.path]
        while waiting:
            folder = waiting.pop()
            for name in self.terraform_files(folder):
                source = self.read(posixpath.join(folder, name) if folder != "." else name)
                if source is None:
                    continue
                if not is_values(name) and "module" in source.text and _LOCAL_SOURCE.search(source.text):
                    for child in self.children(folder, source):
                        if child not in self.folders and is_module(child, self.excluded):
                            self.folders.add(child)
                            waiting.append(child)

    def read(self, path: str) -> Source | None:
        try:
            self.sources[path] = read_source(path)
        except InputError as error:
            self.findings.extend(error.findings)
            return None
        return self.sources[path]

    def terraform_files(self, folder: str) -> list[str]:
        """Return the names of a module's files. Values files count in the root module only."""
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            raise InputError.of(
                "file-error", f"cannot list: {reason(error)}", "check the path and its permissions", folder
            ) from error
        return [
            name
            for name in names
            if is_terraform(name)
            and not name.startswith((".", "#"))
            and not name.endswith("~")
            and (folder == self.path or not is_values(name))
            and posixpath.normpath(posixpath.join(folder, name)) not in self.excluded
            and os.path.isfile(posixpath.join(folder, name))
        ]

    def children(self, folder: str, source: Source) -> Iterator[str]:
        parsed = self.parsed[source.path] = read_file(source)
        module = build_module(folder, [(posixpath.basename(source.path), parsed.body)])
        for call in module.calls.values():
            if call.local:
                yield child_folder(folder, call)

    def walk(self, folder: str, *, whole: bool, seen: tuple[str, ...]) -> None:
        """Collect the files below `folder`.

        Unless `whole`, modules that nothing calls are left out: of a module elsewhere only what it needs.
        """
        if len(self.files) > MAX_FILES:
            return
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            raise InputError.of(
                "file-error", f"cannot list: {reason(error)}", "check the path and its permissions", folder
            ) from error
        for entry in entries:
            path = posix(entry.path)
            if _LEFT_BEHIND.fullmatch(entry.name) or self.stays_behind(path):
                continue
            if entry.is_symlink() and self.keeps(path):
                self.links[path] = os.readlink(path).replace(os.sep, "/")
            elif entry.is_dir():
                real = os.path.realpath(path)
                if real in seen or (
                    not whole and path not in self.folders and is_module(path, self.excluded)
                ):
                    continue
                self.walk(path, whole=whole, seen=(*seen, real))
            elif entry.is_file():
                self.files.append(path)
                if whole and is_values(path) and folder not in self.folders and not is_module(folder):
                    self.read(path)  # values to be named with -var-file, such as those in envs/

    def stays_behind(self, path: str) -> bool:
        """Return whether a path is none of this unit's; a module that is called always belongs to it."""
        return path in self.excluded and path not in self.folders

    def keeps(self, path: str) -> bool:
        """Return whether a link stays a link: it must point to something that goes along with it."""
        text = os.readlink(path).replace(os.sep, "/")
        if posixpath.isabs(text) or not os.path.exists(path):
            return False
        if any(_is_inside(folder, path) for folder in self.folders):
            return False  # a module of its own, whose texts may be edited
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
        parts = target.split("/")
        if any(_LEFT_BEHIND.fullmatch(part) for part in parts) or self.stays_behind(target):
            return False
        return any(_is_inside(target, folder) for folder in self.folders)


def _is_inside(path: str, folder: str) -> bool:
    if folder == ".":
        return not posixpath.isabs(path) and path.split("/")[0] != ".."
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _relative(path: str, folder: str) -> str:
    return posixpath.relpath(path, folder)
