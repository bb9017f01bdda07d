"""One template looked at by `check`: read, planned, compiled, and judged by the rules for templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.checks import IGNORE_MARK, RULES, Planned, Scope, Subject, load_rule
from preprocessor.engine.project import not_a_template, plan_for
from preprocessor.errors import InputError
from preprocessor.regions import bound_in
from preprocessor.templates.formats import read_source_as_template, read_template

if TYPE_CHECKING:
    from collections.abc import Collection

    from preprocessor.catalog import Catalog
    from preprocessor.engine.project import Listed, Project
    from preprocessor.engine.variant import Prepared
    from preprocessor.model import Finding, Source, Template
    from preprocessor.plan import Plan

TEMPLATE_RULES = tuple(name for name, scope in RULES.items() if scope is Scope.TEMPLATE)


@dataclass(frozen=True, eq=False)
class Target:
    """A template to look at."""

    path: str
    listed: Listed | None
    named: bool
    """Whether the user named this very file, so that it must be a template."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What looking at a template gave; its text and its tree are gone."""

    is_template: bool
    found: tuple[Finding, ...] = ()
    """What reading, planning and compiling found."""
    judged: tuple[Finding, ...] = ()
    """What the rules found, and what is wrong with the comments that ignore findings."""
    planned: Planned | None = None
    """What the template uses of the binding file, where that lists it and it could be read."""
    prepared: Prepared | None = None
    """What a render would make of it, where that was asked for."""


def look_at(
    target: Target,
    project: Project | None,
    catalog: Catalog,
    active: Collection[str],
    *,
    prepare: bool,
    stdin: Source | None = None,
) -> Looked:
    """Look at one template. With `prepare` its variants are made ready too, for a look at the output."""
    try:
        template = _read(target, project, catalog, stdin)
    except InputError as error:
        return Looked(True, error.findings)
    if template is None:
        must_be = target.named or (target.listed is not None and target.listed.explicit)
        return Looked(False, (not_a_template(target.path),) if must_be else ())
    plan = plan_for(template, project)
    found = (*template.findings, *plan.findings)
    prepared = None
    if not found and project is not None and target.listed is not None and (prepare or plan.replacements):
        found, prepared = _compiled(plan, project, prepare=prepare)
    planned = None
    if target.listed is not None and not template.findings:
        used = frozenset(rule for field in plan.fields for rule in field.rules)
        planned = Planned(target.path, target.listed.entry, bound_in(plan), used, target.listed.explicit)
    return Looked(True, found, _judged(plan, active), planned, prepared)


def _read(target: Target, project: Project | None, catalog: Catalog, stdin: Source | None) -> Template | None:
    if stdin is not None and target.path == stdin.path:
        return read_source_as_template(stdin, catalog)
    # Only a module asks which files are no part of it; to know them, the manifest must be read.
    excluded = project.apart if project is not None and not target.path.endswith(_SINGLE) else frozenset()
    return read_template(target.path, catalog, excluded)


_SINGLE = (".yaml", ".yml", ".json", ".template", ".ros")
"""Endings of templates that are one file."""


def _compiled(plan: Plan, project: Project, *, prepare: bool) -> tuple[tuple[Finding, ...], Prepared | None]:
    """Compile a plan as a render would; return what stands against it, and what was made ready."""
    from preprocessor.engine.compiling import compile_plan

    try:
        if prepare:
            from preprocessor.engine.variant import prepared_of

            return (), prepared_of(plan, project)
        compile_plan(plan, project)
    except InputError as error:
        return error.findings, None
    return (), None


def _judged(plan: Plan, active: Collection[str]) -> tuple[Finding, ...]:
    """Return what the rules for templates find, less what comments in the template ignore."""
    subject = Subject((plan,))
    findings = [
        finding for name in TEMPLATE_RULES if name in active for finding in load_rule(name).check(subject)
    ]
    template = plan.template
    marked = any(IGNORE_MARK in source.text for source in template.sources.values())
    if not marked or template.look is None:
        return tuple(findings)
    from preprocessor.checks import ignores

    ignored: list[ignores.Ignoring] = []
    comments = list(template.look().comments(IGNORE_MARK))
    for path, source in template.sources.items():
        more, wrong = ignores.ignorings(source, [one for one in comments if one.path == path])
        ignored.extend(more)
        findings.extend(wrong)
    return tuple(ignores.apply(findings, ignored, active))
