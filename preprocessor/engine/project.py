"""A project as it stands on disk: the binding file, its artifact map, and the templates it lists."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from preprocessor.artifacts import ArtifactMap, load_map
from preprocessor.bindings import DEFAULT_FILE, load_bindings
from preprocessor.catalog import load_catalog
from preprocessor.errors import InputError
from preprocessor.files import posix
from preprocessor.model import Finding, Location, Severity
from preprocessor.output import Pattern, generated_files
from preprocessor.plan import all_binds, plan_template, resolve_binds
from preprocessor.templates.terraform.names import is_module, is_terraform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.bindings import Bind, Bindings, TemplateEntry
    from preprocessor.catalog import Catalog
    from preprocessor.model import Template
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
    """A binding file with everything it names, looked up."""

    bindings: Bindings
    artifact_map: ArtifactMap
    catalog: Catalog
    pattern: Pattern
    listed: tuple[Listed, ...]
    resolved: Mapping[Bind, ArtifactVersion]
    findings: tuple[Finding, ...]
    """Bindings of unknown artifacts or versions, and entries that match no file."""
    by_path: Mapping[str, Listed] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    """Files that are no part of any template: generated ones, the binding file and the map."""
    apart: frozenset[str] = frozenset()
    """Files and folders that go into no module: those excluded, the output root, and other templates."""


def load_project(path: str | None = None) -> Project:
    """Load the binding file at `path` (None: `image-bindings.yaml` here), its map, and its list of templates.

    Raises:
        InputError: the binding file or the map cannot be read or is invalid.
    """
    bindings = load_bindings(posix(path or DEFAULT_FILE))
    try:
        artifact_map = load_map(bindings.map_path)
    except InputError as error:
        raise InputError(
            replace(
                finding, location=bindings.artifact_map_location, message=f"{bindings.map_path}: no such file"
            )
            if finding.location.path == bindings.map_path and "no such file" in finding.message
            else finding
            for finding in error.findings
        ) from error
    resolved, findings = resolve_binds(all_binds(bindings), artifact_map)
    pattern = Pattern(bindings.output, bindings.base, bindings.output_location)
    excluded = generated_files({pattern.root}) | {posix(bindings.path), bindings.map_path}
    listed = _list_templates(bindings, excluded, findings)
    return Project(
        bindings=bindings,
        artifact_map=artifact_map,
        catalog=load_catalog().with_fields(bindings.fields_ros, bindings.fields_terraform),
        pattern=pattern,
        listed=listed,
        resolved=MappingProxyType(resolved),
        findings=tuple(findings),
        by_path=MappingProxyType({found.path: found for found in listed}),
        excluded=excluded,
        apart=excluded | {pattern.root} | {found.path for found in listed if not is_terraform(found.path)},
    )


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
    names = sorted(glob.glob(pattern, root_dir=base or None, recursive=True))
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
    listed = project.by_path.get(template.path) if project is not None else None
    if project is None or listed is None:
        return plan_template(template, None, (), {})
    return plan_template(template, listed.entry, project.bindings.bind, project.resolved)


_ROS_HINT = (
    "a ROS template has ROSTemplateFormatVersion, or Resources with a Type such as ALIYUN::ECS::Instance"
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
