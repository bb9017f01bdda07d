"""scan(): the image fields of templates, with what binds them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.bindings import find_bindings
from preprocessor.catalog import kind_of, load_catalog
from preprocessor.engine.project import load_project, not_a_template, plan_for
from preprocessor.errors import InputError
from preprocessor.files import posix, relative
from preprocessor.output.manifest import MANIFEST, generated_files
from preprocessor.templates.formats import find_templates, read_source_as_template, read_template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from preprocessor.model import Field, Finding, Kind, Location, Source, Template
    from preprocessor.plan import FieldPlan


@dataclass(frozen=True)
class ScannedField:
    """An image field with what the binding file says of it."""

    field: Field
    location: Location
    kind: Kind | None
    """What sort of image its single static value names; None where there is no such value."""
    artifact: str | None
    """The artifact it is bound to; several, separated by commas, where its branches are bound apart."""
    trace_locations: tuple[Location, ...]
    """The place of each step of the field's trace."""


@dataclass(frozen=True)
class ScanResult:
    """The image fields found, sorted by place, and what could not be read."""

    fields: tuple[ScannedField, ...]
    templates: int
    """How many templates were read."""
    findings: tuple[Finding, ...] = ()


def scan(
    paths: Sequence[str] = (), *, bindings: str | None = None, stdin: Source | None = None
) -> ScanResult:
    """List the image fields of the templates at `paths`: files, or folders, which are searched.

    Without paths the current directory is searched. `bindings` is the binding file (None:
    the one here, if there is one); fields of templates that it lists come with their
    artifact. `stdin` is a text to read in place of the path `-`.

    What cannot be read, or is invalid, is told in `findings`, and the rest is still listed.

    >>> import tempfile, pathlib
    >>> template = pathlib.Path(tempfile.mkdtemp(), "web.yaml")
    >>> text = "Resources: {Web: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: centos_7}}}"
    >>> _ = template.write_text(text)
    >>> [(found.field.address, found.field.value) for found in scan([str(template)]).fields]
    [('Resources.Web.Properties.ImageId', 'centos_7')]
    """
    findings: list[Finding] = []
    project = None
    if bindings is not None or os.path.lexists(find_bindings()):
        try:
            loaded = load_project(bindings)
            findings.extend(loaded.findings)
            project = loaded
        except InputError as error:
            findings.extend(error.findings)
    fields: list[ScannedField] = []
    count = 0
    catalog = project.catalog if project else load_catalog()
    kept = tuple(project.by_path) if project is not None else ()
    excluded = project.excluded if project is not None else frozenset()
    for path, explicit in _paths(paths or (".",), kept, excluded, findings):
        try:
            if path == "-" and stdin is not None:
                template = read_source_as_template(stdin, catalog)
            else:
                template = read_template(path, catalog, project.apart if project else frozenset())
        except InputError as error:
            findings.extend(error.findings)
            continue
        if template is None:
            if explicit:
                findings.append(not_a_template(path))
            continue
        count += 1
        plan = plan_for(template, project)
        findings.extend((*template.findings, *plan.findings))
        fields.extend(scanned_field(template, found) for found in plan.fields)
    return ScanResult(tuple(fields), count, tuple(sorted(set(findings), key=lambda found: found.sort_key)))


def scanned_field(template: Template, plan: FieldPlan) -> ScannedField:
    """Return a planned field with its places."""
    field = plan.field
    artifacts = dict.fromkeys(target.artifact for target in plan.targets)
    return ScannedField(
        field=field,
        location=template.location(field),
        kind=kind_of(field.value) if field.value is not None else None,
        artifact=", ".join(artifacts) or None,
        trace_locations=tuple(template.location(step) for step in field.trace),
    )


def _paths(
    paths: Iterable[str], kept: Collection[str], excluded: frozenset[str], findings: list[Finding]
) -> Iterable[tuple[str, bool]]:
    """Yield the templates that `paths` mean, each once, and whether the user named that very one."""
    seen: set[str] = set()
    for path in paths:
        if path != "-" and os.path.isdir(path):
            try:
                roots = [folder for folder, _, names in os.walk(path) if MANIFEST in names]
                own = generated_files(map(posix, roots)) | excluded
                found = list(find_templates(relative(path), own, kept))
            except InputError as error:
                findings.extend(error.findings)
                continue
        else:
            found = [path if path == "-" else relative(path)]
        for name in found:
            if name not in seen:
                seen.add(name)
                yield name, not os.path.isdir(path)
