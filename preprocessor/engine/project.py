"""A project as it stands on disk: the binding file, its artifact map, and the templates it lists."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from preprocessor import globs
from preprocessor.artifacts import Artifact, ArtifactMap, Version, load_map
from preprocessor.bindings import find_bindings, load_bindings
from preprocessor.catalog import load_catalog
from preprocessor.errors import InputError
from preprocessor.files import posix
from preprocessor.model import Finding, Location, Severity
from preprocessor.plan import all_binds, plan_template, resolve_binds
from preprocessor.templates.terraform.names import is_module, is_terraform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.bindings import Bind, Bindings, TemplateEntry
    from preprocessor.catalog import Catalog
    from preprocessor.model import Template
    from preprocessor.output.pattern import Pattern
    from preprocessor.plan import ArtifactVersion, Plan


@dataclass(frozen=True)
class Listed:
    """A template that the binding file lists."""

    path: str
    """As it can be opened."""
    key: str
    """Relative to the binding file's folder; names the template in the output pattern and the manifest."""
    entry: TemplateEntry
    explicit: bool
    """Whether its entry names this very file, so that it must be a template."""


@dataclass(frozen=True, eq=False)
class Project:
    """A binding file with what it names, looked up; its templates are listed when they are asked for."""

    bindings: Bindings
    artifact_map: ArtifactMap
    has_map: bool
    """Whether the map is a file. A Compute Nest project may have none; its artifacts then have no images."""
    catalog: Catalog
    resolved: Mapping[Bind, ArtifactVersion]
    unresolved: tuple[Finding, ...]
    """Bindings of unknown artifacts or versions."""

    @cached_property
    def pattern(self) -> Pattern:
        """Where variants go."""
        from preprocessor.output.pattern import Pattern

        return Pattern(self.bindings.output, self.bindings.base, self.bindings.output_location)

    @cached_property
    def _listing(self) -> tuple[tuple[Listed, ...], tuple[Finding, ...]]:
        findings: list[Finding] = []
        return _list_templates(self.bindings, self.excluded, findings), tuple(findings)

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Files that are no part of any template: generated ones, the binding file and the map."""
        from preprocessor.output.manifest import generated_files

        own = {posix(self.bindings.path), self.bindings.map_path}
        return generated_files({self.pattern.root}) | own

    @cached_property
    def apart(self) -> frozenset[str]:
        """Files and folders that go into no module: those excluded, the output root, and other templates."""
        others = {found.path for found in self.listed if not is_terraform(found.path)}
        return self.excluded | {self.pattern.root} | others

    @property
    def listed(self) -> tuple[Listed, ...]:
        """The templates that the binding file lists, each once, sorted."""
        return self._listing[0]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Bindings of unknown artifacts or versions, and entries that match no file."""
        return (*self.unresolved, *self._listing[1])

    @cached_property
    def by_path(self) -> Mapping[str, Listed]:
        """The listed templates, by the path that opens them."""
        return MappingProxyType({found.path: found for found in self.listed})

    def listed_at(self, path: str) -> Listed | None:
        """Return the template at `path` if the binding file lists it, without a look at the other files."""
        if "_listing" in self.__dict__:
            return self.by_path.get(path)
        key = posix(os.path.relpath(path, self.bindings.base or "."))
        globbed = None
        for entry in self.bindings.templates:
            if posix(entry.path) == key:
                return Listed(path, key, entry, True)
            if globbed is None and glob.has_magic(entry.path) and globs.matches(entry.path, key):
                globbed = Listed(path, key, entry, False)
        return globbed


def load_project(path: str | None = None, *, artifact_map: str | None = None) -> Project:
    """Load the binding file at `path` (None: the one here, see `find_bindings`) and its map.

    `artifact_map` is a map to take in place of the one that the binding file names.

    Raises:
        InputError: the binding file or the map cannot be read or is invalid.
    """
    bindings = load_bindings(posix(path or find_bindings()))
    if artifact_map is not None:
        bindings = replace(bindings, map_path=posix(artifact_map))
    found = _load_map(bindings, required=artifact_map is not None)
    known = found if found is not None else _declared(bindings)
    resolved, findings = resolve_binds(all_binds(bindings), known)
    return Project(
        bindings=bindings,
        artifact_map=known,
        has_map=found is not None,
        catalog=load_catalog().with_fields(bindings.fields_ros, bindings.fields_terraform),
        resolved=MappingProxyType(resolved),
        unresolved=tuple(findings),
    )


def _load_map(bindings: Bindings, *, required: bool) -> ArtifactMap | None:
    """Return the map of a binding file; None where it may be missing, and is."""
    path = bindings.map_path
    if bindings.map_optional and not required and not os.path.lexists(path):
        return None
    try:
        return load_map(path)
    except InputError as error:
        raise InputError(
            replace(finding, location=bindings.artifact_map_location, message=f"{path}: no such file")
            if finding.location.path == path and "no such file" in finding.message and not required
            else finding
            for finding in error.findings
        ) from error


def _declared(bindings: Bindings) -> ArtifactMap:
    """Return a map of the artifacts that the binding file itself declares; their images are not known."""
    named: dict[str, dict[str, Version]] = {key: {} for key in bindings.declared}
    for bind in all_binds(bindings):
        if bind.version is not None and bind.artifact in named:
            named[bind.artifact][bind.version] = Version({})
    artifacts = {
        key: Artifact(key, {"default": Version({}), **versions}, "default") for key, versions in named.items()
    }
    return ArtifactMap(bindings.map_path, MappingProxyType(artifacts))


def _list_templates(
    bindings: Bindings, excluded: frozenset[str], findings: list[Finding]
) -> tuple[Listed, ...]:
    """Return the templates of all entries, each once; what does not fit goes into `findings`."""
    own = {posix(bindings.path), bindings.map_path}
    explicit: dict[str, Listed] = {}
    globbed: dict[str, Listed] = {}
    for entry in bindings.templates:
        named = os.path.lexists(os.path.join(bindings.base, entry.path))
        names = [entry.path] if named else _glob(entry.path, bindings.base, excluded)
        if not names:
            findings.append(_unmatched(entry))
        into = explicit if named else globbed
        for name in names:
            if not _is_text(name):
                findings.append(_no_text(entry, name))
                continue
            listed = Listed(posix(os.path.join(bindings.base, name)), posix(name), entry, named)
            # An entry that names the binding file or the map by mistake is told that it is no template.
            if listed.path in excluded and not (named and listed.path in own):
                continue
            other = into.setdefault(listed.path, listed)
            if other is not listed:
                findings.append(_listed_twice(listed, other))
    # An entry that names a file beats a glob that matches it.
    found = {**globbed, **explicit}
    return tuple(found[path] for path in sorted(found))


def _glob(pattern: str, base: str, excluded: frozenset[str]) -> list[str]:
    """Return the files and the folders of modules that `pattern` matches; a module's files are not listed."""
    names = _without_loops(sorted(glob.glob(pattern, root_dir=base or None, recursive=True)), base)
    modules = {
        posix(name)
        for name in names
        if os.path.isdir(os.path.join(base, name)) and is_module(posix(os.path.join(base, name)), excluded)
    }
    files = [
        name
        for name in names
        if os.path.isfile(os.path.join(base, name))
        and not (is_terraform(name) and posix(os.path.dirname(name) or ".") in modules)
    ]
    return sorted([*modules, *files])


def _without_loops(names: list[str], base: str) -> list[str]:
    """Leave out what a link to a folder reaches a second time; the shortest way counts."""
    real: dict[str, str] = {}
    kept: dict[tuple[str, str], str] = {}
    for name in sorted(names, key=lambda one: (one.count("/"), one)):
        folder, last = os.path.split(name.rstrip("/"))
        if folder not in real:
            real[folder] = os.path.realpath(os.path.join(base, folder))
        kept.setdefault((real[folder], last), name)
    return sorted(kept.values())


def _is_text(name: str) -> bool:
    """Return whether a file name is UTF-8; Python stands in for other bytes with half characters."""
    return not any(0xD800 <= ord(character) < 0xE000 for character in name)


def _no_text(entry: TemplateEntry, name: str) -> Finding:
    return Finding(
        "file-error",
        Severity.ERROR,
        f"the file name {os.fsencode(name)!r} is not UTF-8",
        "rename the file",
        entry.location,
    )


def _unmatched(entry: TemplateEntry) -> Finding:
    is_glob = glob.has_magic(entry.path)
    return Finding(
        "invalid-bindings",
        Severity.ERROR,
        f"'{entry.path}' matches no file" if is_glob else f"there is no file '{entry.path}'",
        "correct the path, which is relative to this file, or remove the entry",
        entry.location,
    )


def _listed_twice(listed: Listed, other: Listed) -> Finding:
    return Finding(
        "invalid-bindings",
        Severity.ERROR,
        f"'{listed.key}' is listed by '{other.entry.path}' too (line {other.entry.location.line})",
        "list each template once; an entry that names a file beats a glob",
        listed.entry.location,
    )


def plan_for(template: Template, project: Project | None) -> Plan:
    """Plan a template by its project; one that no binding file lists is bound by nothing."""
    listed = project.listed_at(template.path) if project is not None else None
    if project is None or listed is None:
        return plan_template(template, None, (), {})
    return plan_template(template, listed.entry, project.bindings.bind, project.resolved)


_ROS_HINT = (
    "a ROS template has ROSTemplateFormatVersion, or Resources with a Type such as ALIYUN::ECS::Instance"
)


def no_map(project: Project) -> Finding:
    """Return what to tell where images are to be written and there is no map."""
    return Finding(
        "invalid-map",
        Severity.ERROR,
        f"there is no artifact map {project.bindings.map_path}, and {project.bindings.path} has no image IDs",
        "store the images of an artifact with: region-image map set ARTIFACT REGION=IMAGE",
        Location(project.bindings.path),
    )


def not_a_template(path: str) -> Finding:
    """Return what to tell of a file that was named as a template and is none."""
    return Finding(
        "file-error",
        Severity.ERROR,
        "not a template: neither ROS nor Terraform",
        "the folder of a Terraform module has .tf files in it" if os.path.isdir(path) else _ROS_HINT,
        Location(path),
    )
