"""render(): the variants of templates, written from the artifact map."""

from __future__ import annotations

import contextlib
import os
import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from preprocessor.artifacts import REGION_ID
from preprocessor.checks import Subject, load_rule
from preprocessor.copies import KeptLink
from preprocessor.engine.choosing import (
    Written,
    choose_all,
    entries_without_template,
    no_such_region,
    select_templates,
)
from preprocessor.engine.compiling import compile_plan
from preprocessor.engine.diffing import diff_lines, lines_of, standing_lines
from preprocessor.engine.outputs import images_in, inputs_of, outputs_of
from preprocessor.engine.project import Listed, Project, load_project, no_map, not_a_template
from preprocessor.engine.variant import Prepared, prepare_template
from preprocessor.errors import InputError, RefusedError
from preprocessor.files import locked
from preprocessor.model import Finding, Severity, Source
from preprocessor.output.plan import OutputFile, WritePlan, plan_writes
from preprocessor.output.write import apply
from preprocessor.parallel import fork_map
from preprocessor.plan import plan_template
from preprocessor.regions import Bound, bound_in, choose_regions
from preprocessor.templates.formats import read_source_as_template

_LEAST_TEMPLATES = 16
"""How many templates make a further process worth its start."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from preprocessor.output.manifest import Entry


@dataclass(frozen=True)
class RenderResult:
    """What a render did, or would do. Paths can be opened from the current directory."""

    root: str
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    """What is worth telling and did not stop the render."""
    templates: int = 0
    regions: tuple[str, ...] = ()
    left_out: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Templates with the regions that were asked for and that their lists leave out."""
    no_templates: tuple[str, ...] = ()
    """Files that a glob matches and that are no templates."""


@dataclass(frozen=True, eq=False)
class Rendering:
    """Everything of a render that was settled before the first write."""

    project: Project
    templates: tuple[Written, ...]
    outputs: tuple[OutputFile, ...]
    inputs: Mapping[str, str]
    findings: tuple[Finding, ...]
    left_out: tuple[tuple[str, tuple[str, ...]], ...]
    no_templates: tuple[str, ...]
    in_scope: Callable[[Entry], bool]
    narrowed: bool = False
    """Whether only some templates or regions were asked for."""


def prepare(
    templates: Sequence[str] = (),
    *,
    bindings: str | None = None,
    regions: Sequence[str] = (),
    strict: bool = False,
    jobs: int = 1,
) -> Rendering:
    """Settle everything that a render of `templates` (none: all) for `regions` (none: all) can fail at.

    Raises:
        InputError: the binding file, the map, a template or a region stands against it; every finding
            of the run is in it. With `strict` what is else only told counts too.
    """
    _check_regions(regions)
    project = load_project(bindings)
    if not project.has_map:
        raise InputError([no_map(project)])
    findings = list(project.findings)
    chosen = select_templates(project, templates)

    def prepare_part(part: Sequence[Listed]) -> list[Prepared]:
        return [prepare_template(listed, project) for listed in part]

    prepared = fork_map(prepare_part, chosen, jobs, _LEAST_TEMPLATES)
    found = [(listed, one) for listed, one in zip(chosen, prepared, strict=True) if one.is_template]
    findings.extend(finding for one in prepared for finding in one.findings)
    findings.extend(entries_without_template(chosen, [listed for listed, _ in found]))
    written, left_out = choose_all(project, found, regions, findings)
    told = _told(project, [one for _, one in found])
    findings.extend(told if strict else map(_as_warning, told))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InputError(dict.fromkeys(findings))
    return Rendering(
        project=project,
        templates=tuple(written),
        outputs=outputs_of(project, written),
        inputs=inputs_of(project, written),
        findings=tuple(sorted(map(_as_warning, told), key=lambda finding: finding.sort_key)),
        left_out=tuple(left_out),
        no_templates=tuple(
            listed.path for listed, one in zip(chosen, prepared, strict=True) if not one.is_template
        ),
        in_scope=_scope(chosen if templates else None, regions),
        narrowed=bool(templates or regions),
    )


def render(
    templates: Sequence[str] = (),
    *,
    bindings: str | None = None,
    regions: Sequence[str] = (),
    strict: bool = False,
    force: bool = False,
    write: bool = True,
    jobs: int = 1,
) -> RenderResult:
    """Write the variants of `templates` (none: all that the binding file lists) for `regions` (none: all).

    `bindings` is the binding file (None: `image-bindings.yaml` here). With `write` False nothing is
    written, and the result says what would be. With `force` generated files that were edited by hand are
    overwritten. Nothing is written unless everything can be.

    Raises:
        InputError: something in the binding file, the map or a template stands against it.
        RefusedError: a file in the output tree that this tool did not write, or that was edited by hand,
            or that cannot be written.

    >>> import os, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "web.yaml").write_text(
    ...     "Resources: {Web: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: centos_7}}}"
    ... )
    >>> _ = (folder / "map.yaml").write_text(
    ...     "{version: 1, artifacts: "
    ...     "{web: {versions: {'1': {images: {cn-beijing: m-2zexxxxxxxxxxxxxxxxx}}}}}}"
    ... )
    >>> _ = (folder / "image-bindings.yaml").write_text(
    ...     "{version: 1, artifact_map: map.yaml, bind: [{image: centos_7, artifact: web}], "
    ...     "templates: [{path: web.yaml}]}"
    ... )
    >>> result = render(bindings=str(folder / "image-bindings.yaml"))
    >>> [os.path.relpath(path, folder) for path in result.written]
    ['dist/cn-beijing/web.yaml']
    >>> print(pathlib.Path(result.written[0]).read_text())
    Resources: {Web: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: m-2zexxxxxxxxxxxxxxxxx}}}
    """
    rendering = prepare(templates, bindings=bindings, regions=regions, strict=strict, jobs=jobs)
    root = rendering.project.pattern.root
    # The binding file's folder is locked, not the output root, which may not be there yet.
    with locked(rendering.project.bindings.base or ".") if write else contextlib.nullcontext():
        plan = plan_output(rendering, force=force, jobs=jobs)
        if plan.findings:
            raise RefusedError(plan.findings)
        if write:
            apply(plan, jobs=jobs)
    return RenderResult(
        root=root,
        written=tuple(posixpath.normpath(posixpath.join(root, output.path)) for output in plan.writes),
        unchanged=tuple(posixpath.normpath(posixpath.join(root, path)) for path in plan.unchanged),
        removed=tuple(posixpath.normpath(posixpath.join(root, path)) for path in plan.removes),
        findings=rendering.findings,
        templates=len(rendering.templates),
        regions=tuple(sorted({region for one in rendering.templates for region in one.regions})),
        left_out=rendering.left_out,
        no_templates=rendering.no_templates,
    )


def plan_output(rendering: Rendering, *, force: bool = False, jobs: int = 1) -> WritePlan:
    """Return what writing `rendering` would do to its output tree."""
    root = rendering.project.pattern.root
    return plan_writes(
        root,
        rendering.outputs,
        rendering.inputs,
        rendering.in_scope,
        force=force,
        jobs=jobs,
        narrowed=rendering.narrowed,
    )


def diff(rendering: Rendering, *, force: bool = False) -> Iterable[str]:
    """Yield the lines of a unified diff from what stands in the output tree to what would be written.

    A variant that does not exist yet is compared with its template.

    Raises:
        RefusedError: a file stands in the way.
    """
    plan = plan_output(rendering, force=force)
    if plan.findings:
        raise RefusedError(plan.findings)
    for output in plan.writes:
        path = posixpath.normpath(posixpath.join(plan.root, output.path))
        old = path if os.path.lexists(path) else output.source
        if isinstance(output.text, KeptLink):
            after = [f"a link to {output.text.target}\n"]
        else:
            after = lines_of(output.content())
        yield from diff_lines(standing_lines(old), after, old, path)
    for name in plan.removes:
        path = posixpath.normpath(posixpath.join(plan.root, name))
        yield from diff_lines(standing_lines(path), [], path, "/dev/null")


@dataclass(frozen=True)
class RenderedText:
    """The variant of one text, and what is worth telling about it."""

    content: bytes
    findings: tuple[Finding, ...] = ()


def render_text(
    source: Source, region: str, *, bindings: str | None = None, strict: bool = False
) -> RenderedText:
    """Return the variant of one text for `region`: the filter `region-image render -r REGION -`.

    The text is bound as the template at `source.path`, where the binding file lists it, else by the
    file's top-level bindings.

    Raises:
        InputError: the text is no template, or something stands against rendering it.
    """
    _check_regions((region,))
    project = load_project(bindings)
    template = read_source_as_template(source, project.catalog)
    if template is None:
        raise InputError([not_a_template(source.path)])
    listed = project.by_path.get(source.path)
    entry = listed.entry if listed is not None else None
    plan = plan_template(template, entry, project.bindings.bind, project.resolved)
    bound = bound_in(plan)
    regions = entry.regions if entry is not None and entry.regions is not None else project.bindings.regions
    choice = choose_regions(source.path, bound, regions, (region,), project.artifact_map)
    if choice.left_out:
        raise InputError([no_such_region(project, choice.left_out)])
    told = [*load_rule("unbound-image").check(Subject((plan,))), *_mismatches(project, bound)]
    if not strict:
        told = [_as_warning(finding) for finding in told]
    findings = [*project.findings, *template.findings, *plan.findings, *choice.findings, *told]
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InputError(dict.fromkeys(findings))
    content = compile_plan(plan, project)[source.path].content(images_in(project, region))
    return RenderedText(content, tuple(findings))


def _check_regions(regions: Sequence[str]) -> None:
    for region in regions:
        if not REGION_ID.fullmatch(region):
            raise InputError.of(
                "invalid-usage", f"found the region {region!r}", "expected a region ID, such as cn-hangzhou"
            )


def _scope(chosen: Sequence[Listed] | None, regions: Sequence[str]) -> Callable[[Entry], bool]:
    keys = None if chosen is None else {listed.key for listed in chosen}
    wanted = set(regions)
    return lambda entry: (keys is None or entry.template in keys) and (not wanted or entry.region in wanted)


def _as_warning(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING)


def _told(project: Project, prepared: Sequence[Prepared]) -> list[Finding]:
    """Return the findings that a render only tells."""
    unbound = [finding for one in prepared for finding in one.told]
    return [*unbound, *_mismatches(project, [bound for one in prepared for bound in one.bound])]


def _mismatches(project: Project, bound: Iterable[Bound]) -> list[Finding]:
    subject = Subject((), project.artifact_map, tuple(sorted({one.target for one in bound})))
    return list(load_rule("region-mismatch").check(subject))
