"""check(): everything that would go wrong, found without writing anything."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.checks import IGNORE_MARK, RULES, STAGE_RULES, Scope, Subject, load_rule
from preprocessor.engine.look import Looked, Target, look_at
from preprocessor.engine.project import load_project
from preprocessor.engine.targets import Group, find_targets
from preprocessor.errors import InputError
from preprocessor.model import Severity
from preprocessor.parallel import fork_map
from preprocessor.regions import choose_regions
from preprocessor.schema import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from preprocessor.checks import Output, Planned
    from preprocessor.engine.project import Project
    from preprocessor.model import Finding, Source
    from preprocessor.syntax import Document

_LEAST_TEMPLATES = 16
"""How many templates make a further process worth its start."""

_ALWAYS = frozenset(("file-error", "syntax-error", "invalid-bindings", "invalid-map"))
"""Rules that `select` does not switch off: where they find something, the others have not seen everything."""


@dataclass(frozen=True, eq=False)
class CheckResult:
    """What a check found, sorted, and how much it looked at."""

    findings: tuple[Finding, ...]
    templates: int
    """How many templates were read."""
    output: str | None = None
    """How the generated files were looked at: `compared`, `none` (no render has been here), or `skipped`
    (something stands against a render); None where they were not asked for."""

    def failed(self, *, strict: bool = False) -> bool:
        """Return whether there are errors, or with `strict` warnings."""
        bad = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
        return any(finding.severity in bad for finding in self.findings)


def check(
    paths: Sequence[str] = (),
    *,
    bindings: str | None = None,
    artifact_map: str | None = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    skip_others: bool = False,
    stdin: Source | None = None,
    jobs: int = 1,
) -> CheckResult:
    """Find what would go wrong with the templates at `paths`, or without paths with the whole project.

    With paths only what concerns those files is told: templates, folders that are searched for templates, or
    a binding file or map, which stands for its whole project. Without paths the generated files are compared
    with what a render would write too. Each template is judged by the nearest binding file, from its folder
    up to the current one, or by `bindings` where that is given; a template that its binding file does not
    list is judged as one that nothing binds.

    `select` and `ignore` name rules. With `skip_others` a named file that is no template is passed over.

    Raises:
        InputError: the binding file or the map cannot be used, a path does not exist, or a rule does not.
    """
    active = _active(select, ignore)
    forced = not {name for name in select if RULES.get(name) is Scope.OUTPUT}.isdisjoint(active)
    groups = find_targets(
        paths,
        lambda path: load_project(path, artifact_map=artifact_map),
        bindings=bindings,
        skip_others=skip_others,
        stdin=stdin,
    )
    findings: list[Finding] = []
    templates = 0
    output = None
    for group in groups:
        part = _check_group(group, active, forced=forced, stdin=stdin, jobs=jobs)
        findings.extend(part.findings)
        templates += part.templates
        output = output or part.output
    kept = {finding for finding in findings if finding.rule in active}
    return CheckResult(tuple(sorted(kept, key=lambda finding: finding.sort_key)), templates, output)


def _active(select: Collection[str], ignore: Collection[str]) -> frozenset[str]:
    """Return the names of the rules to apply."""
    for name in (*select, *ignore):
        if name not in RULES:
            raise InputError.of("invalid-usage", f"there is no rule '{name}'", did_you_mean(name, RULES))
    chosen = (set(select) | _ALWAYS) if select else set(RULES)
    return frozenset(chosen - set(ignore))


def _check_group(
    group: Group, active: frozenset[str], *, forced: bool, stdin: Source | None, jobs: int
) -> CheckResult:
    """Check the templates that one binding file, or none, stands for."""
    project = group.project
    outputs = [name for name in active if RULES[name] is Scope.OUTPUT]
    output = "none" if group.whole and project is not None and outputs else None
    if output and project is not None and (forced or _has_manifest(project)):
        output = "compared" if project.has_map else "skipped"

    def look(part: Sequence[Target]) -> list[Looked]:
        return [
            look_at(target, project, group.catalog, active, prepare=output == "compared", stdin=stdin)
            for target in part
        ]

    looked = fork_map(look, group.targets, jobs, _LEAST_TEMPLATES)
    found = [*group.findings, *(finding for one in looked for finding in one.found)]
    judged = [finding for one in looked for finding in one.judged]
    if project is not None:
        planned = tuple(one.planned for one in looked if one.planned is not None)
        listed = sum(target.listed is not None for target in group.targets)
        whole = group.complete and len(planned) == listed
        state = None
        if group.complete and project.has_map:
            compare = output == "compared"
            state = _settle(project, group, looked, found, compare=compare, jobs=jobs)
        else:
            found.extend(_regions(project, planned))
        if state is None and group.generated:
            from preprocessor.engine.currency import look_at_files

            state = look_at_files(project, group.generated, found)
        if output == "compared" and state is None:
            output = "skipped"
        judged.extend(_project_rules(project, planned, found, active, whole=whole, output=state))
    subject = Subject(found=tuple(found))
    names = {finding.rule for finding in found}
    judged.extend(
        finding for name in names & STAGE_RULES & active for finding in load_rule(name).check(subject)
    )
    return CheckResult(tuple(judged), sum(one.is_template for one in looked), output)


def _has_manifest(project: Project) -> bool:
    from preprocessor.output.manifest import MANIFEST

    return os.path.lexists(os.path.join(project.pattern.root, MANIFEST))


def _regions(project: Project, templates: Iterable[Planned]) -> Iterable[Finding]:
    """Yield the regions that artifacts bound in the templates lack."""
    if not project.has_map:
        return
    for one in templates:
        listed = one.entry.regions if one.entry.regions is not None else project.bindings.regions
        yield from choose_regions(one.path, one.bound, listed, (), project.artifact_map).findings


def _settle(
    project: Project,
    group: Group,
    looked: Sequence[Looked],
    found: list[Finding],
    *,
    compare: bool,
    jobs: int,
) -> Output | None:
    """Settle what a render of the whole project would; what stands against it goes into `found`.

    With `compare` the generated files are compared with what it would write, unless anything stands
    against it.
    """
    from preprocessor.engine.currency import compare_output, settle

    pairs = [
        (target.listed, one)
        for target, one in zip(group.targets, looked, strict=True)
        if target.listed is not None
    ]
    try:
        # What is wrong with templates that the binding file does not list stands against no render.
        own = [*group.findings, *(finding for _, one in pairs for finding in one.found)]
        written = settle(project, pairs, own)
        found.extend(own)
        if compare and not any(finding.severity is Severity.ERROR for finding in own):
            return compare_output(project, written, found, jobs=jobs)
    except InputError as error:
        found.extend(error.findings)
    return None


def _project_rules(
    project: Project,
    planned: tuple[Planned, ...],
    found: Sequence[Finding],
    active: Collection[str],
    *,
    whole: bool,
    output: Output | None,
) -> list[Finding]:
    """Return what the rules for the binding file, the map and the output find."""
    subject = Subject(
        artifact_map=project.artifact_map if project.has_map else None,
        targets=tuple(sorted({bound.target for one in planned for bound in one.bound})),
        bindings=project.bindings,
        templates=planned,
        whole=whole,
        output=output,
        found=tuple(found),
    )
    scopes = (Scope.PROJECT,) if output is None else (Scope.PROJECT, Scope.OUTPUT)
    findings = [
        finding
        for name, scope in RULES.items()
        if scope in scopes and name in active
        for finding in load_rule(name).check(subject)
    ]
    documents = [
        document
        for document in (project.bindings.document, project.artifact_map.document)
        if document is not None and IGNORE_MARK in document.source.text
    ]
    # Whether a comment is of use can only be said where everything was looked at.
    return _not_ignored(documents, findings, active if whole else ()) if documents else findings


def _not_ignored(
    documents: Sequence[Document], findings: list[Finding], active: Collection[str]
) -> list[Finding]:
    """Return the findings less those that comments in the binding file and the map ignore."""
    from preprocessor.checks import ignores
    from preprocessor.surroundings import Comment
    from preprocessor.syntax.comments import comments

    ignored: list[ignores.Ignoring] = []
    for document in documents:
        path = document.source.path
        more, wrong = ignores.ignorings(
            document.source, [Comment(path, *span) for span in comments(document, IGNORE_MARK)]
        )
        ignored.extend(more)
        findings.extend(wrong)
    return ignores.apply(findings, ignored, active)
