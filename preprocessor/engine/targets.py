"""What `check` looks at: paths, and for each the binding file that stands for it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from preprocessor.bindings import COMPUTE_NEST_FILE, DEFAULT_FILE, find_bindings, output_folder
from preprocessor.catalog import load_catalog
from preprocessor.engine.look import Target
from preprocessor.errors import InputError
from preprocessor.files import posix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from preprocessor.catalog import Catalog
    from preprocessor.engine.project import Listed, Project
    from preprocessor.model import Finding, Source


@dataclass(frozen=True, eq=False)
class Group:
    """The templates that one binding file (or none) stands for."""

    project: Project | None
    catalog: Catalog
    targets: tuple[Target, ...]
    complete: bool
    """Whether they are all that the binding file lists."""
    whole: bool
    """Whether the generated files are to be looked at too."""
    generated: tuple[str, ...]
    """Generated files that were named."""
    findings: tuple[Finding, ...]


@dataclass(eq=False)
class _Collected:
    """A group in the making."""

    project: Project | None
    targets: dict[str, Target] = field(default_factory=dict)
    complete: bool = False
    whole: bool = False
    generated: set[str] = field(default_factory=set)


def find_targets(
    paths: Sequence[str],
    load: Callable[[str], Project] | None,
    *,
    bindings: str | None = None,
    skip_others: bool = False,
    stdin: Source | None = None,
) -> list[Group]:
    """Return the templates that `paths` mean (none: the whole project), by binding file.

    `load` loads a binding file; without it no binding file counts.

    Raises:
        InputError: a path does not exist, or a binding file or a map cannot be used.
    """
    finder = _Finder(load, bindings, skip_others)
    if paths:
        missing = [path for path in paths if path != "-" and not os.path.lexists(path)]
        if missing:
            raise InputError(
                finding
                for path in missing
                for finding in InputError.of(
                    "file-error", "cannot read: no such file", "check the path", posix(path)
                ).findings
            )
        for path in paths:
            if path == "-" and stdin is not None:
                finder.add(stdin.path, named=True)
            else:
                finder.path(_relative(path))
    else:
        finder.project()
    return finder.groups()


def _relative(path: str) -> str:
    """Return a path below the current directory as relative to it, as binding files list it."""
    if os.path.isabs(path):
        here = os.getcwd()
        if path == here or path.startswith(here.rstrip(os.sep) + os.sep):
            path = os.path.relpath(path, here)
    return posix(path)


class _Finder:
    """Collects targets, and loads each binding file once."""

    def __init__(
        self, load: Callable[[str], Project] | None, bindings: str | None, skip_others: bool
    ) -> None:
        self.load = load
        self.given = posix(bindings) if bindings is not None else None
        self.skip_others = skip_others
        self.collected: dict[str | None, _Collected] = {}
        self.nearest: dict[str, str | None] = {}

    def project(self) -> None:
        """Add everything that belongs to the project here: what its binding file lists, and the rest."""
        path = self.given or find_bindings()
        if self.given is None and not os.path.lexists(path):
            self.folder(".")
            return
        group = self.group(path)
        self.whole(group)
        group.whole = True
        if group.project is not None:
            self.folder(group.project.bindings.base or ".")

    def path(self, path: str) -> None:
        """Add what a path means: a folder, a template, or a binding file or map, for its whole project."""
        if os.path.isdir(path):
            self.folder(path)
            return
        group = self.group(self.binding_file(path))
        project = group.project
        if project is not None and path in (project.bindings.path, project.bindings.map_path):
            self.whole(group)
        elif project is not None and _is_generated(project, path):
            group.generated.add(path)
        else:
            self.add(path, named=True)

    def whole(self, group: _Collected) -> None:
        """Add every template that the binding file of a group lists."""
        if group.project is not None:
            group.complete = True
            for listed in group.project.listed:
                group.targets.setdefault(listed.path, Target(listed.path, listed, False))

    def folder(self, folder: str) -> None:
        """Add the templates below a folder; generated files are left out."""
        from preprocessor.output.manifest import MANIFEST, generated_files
        from preprocessor.templates.formats import find_templates

        roots = [posix(place) for place, _, names in os.walk(folder) if MANIFEST in names]
        group = self.group(self.binding_file(posix(os.path.join(folder, "x"))))
        own = group.project.excluded if group.project is not None else frozenset()
        kept = tuple(group.project.by_path) if group.project is not None else ()
        for path in find_templates(folder, generated_files(roots) | own, kept):
            self.add(path, named=False)

    def add(self, path: str, *, named: bool) -> None:
        """Add one template, to the group of its binding file."""
        group = self.group(self.binding_file(path))
        if not named and group.project is not None and _listed_by_file(group.project, path):
            # No module here: each file is a template of its own, listed or not.
            for file in _terraform_files(path):
                group.targets.setdefault(file, Target(file, group.project.listed_at(file), False))
            return
        path, listed = _template_of(path, group.project)
        if path not in group.targets:
            group.targets[path] = Target(path, listed, named and not self.skip_others)

    def group(self, bindings: str | None) -> _Collected:
        if bindings not in self.collected:
            project = self.load(bindings) if bindings is not None and self.load is not None else None
            self.collected[bindings] = _Collected(project)
        return self.collected[bindings]

    def binding_file(self, path: str) -> str | None:
        """Return the binding file that stands for `path`: the given one, or the nearest one upwards."""
        if self.load is None:
            return None
        if self.given is not None:
            return self.given
        folder = path if os.path.isdir(path) else os.path.dirname(path)
        if folder not in self.nearest:
            self.nearest[folder] = self._look_upwards(folder)
        return self.nearest[folder]

    def _look_upwards(self, folder: str) -> str | None:
        while folder and os.path.dirname(folder) != folder:
            for name in (DEFAULT_FILE, COMPUTE_NEST_FILE):
                found = posix(os.path.join(folder, name))
                if os.path.lexists(found):
                    return found
            folder = os.path.dirname(folder)
        here = find_bindings()
        return here if os.path.lexists(here) else None

    def groups(self) -> list[Group]:
        result = []
        for found in self.collected.values():
            project = found.project
            findings = () if project is None else project.findings if found.complete else project.unresolved
            targets = tuple(found.targets[path] for path in sorted(found.targets))
            catalog = project.catalog if project is not None else load_catalog()
            generated = tuple(sorted(found.generated))
            result.append(Group(project, catalog, targets, found.complete, found.whole, generated, findings))
        return result


def _is_generated(project: Project, path: str) -> bool:
    """Return whether `path` is a generated file; the manifest is read only for files in the output root."""
    root = posix(os.path.join(project.bindings.base, output_folder(project.bindings.output)))
    return (root == "." or path.startswith(root + "/")) and path in project.excluded


def _template_of(path: str, project: Project | None) -> tuple[str, Listed | None]:
    """Return the template that the file at `path` belongs to, and its entry in the binding file."""
    listed = project.listed_at(path) if project is not None else None
    if listed is None and path.endswith(_TERRAFORM):
        folder = os.path.dirname(path) or "."
        place = folder
        while project is not None:
            # A file of a module that another one calls is read with the one that is listed.
            found = project.listed_at(place)
            if found is not None:
                return place, found
            if place in (".", "/") or os.path.dirname(place) == place:
                break
            place = os.path.dirname(place) or "."
        return folder, None
    return path, listed


def _listed_by_file(project: Project, folder: str) -> bool:
    """Return whether a module's folder has files that are listed one by one; then it is no module here."""
    return folder not in project.by_path and any(
        path.endswith(_TERRAFORM) and (os.path.dirname(path) or ".") == folder for path in project.by_path
    )


def _terraform_files(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.name.endswith(_TERRAFORM) and entry.is_file())
    return [posix(os.path.join(folder, name)) for name in names]


_TERRAFORM = (".tf", ".tf.json", ".tofu", ".tfvars", ".tfvars.json")
