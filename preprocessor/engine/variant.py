"""One template made ready to be written: read, planned, compiled and verified."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from preprocessor.checks import Subject, rules
from preprocessor.compile import compile_text
from preprocessor.engine.project import not_a_template, plan_for
from preprocessor.engine.verify import verify
from preprocessor.errors import InputError
from preprocessor.files import posix
from preprocessor.plan import bound_in
from preprocessor.styles import STYLES
from preprocessor.templates.formats import read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.compile import CompiledText
    from preprocessor.engine.project import Listed, Project
    from preprocessor.model import Finding, Template
    from preprocessor.plan import Bound, Plan


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a render keeps of a template; its text and its tree are gone."""

    is_template: bool
    findings: tuple[Finding, ...] = ()
    """What stands against rendering it."""
    told: tuple[Finding, ...] = ()
    """Unbound images, which a render only tells."""
    bound: tuple[Bound, ...] = ()
    texts: Mapping[str, CompiledText] = field(default_factory=dict)
    """The compiled texts, by the path of the source."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The digest of each source, by its path relative to the binding file."""


def prepare_template(listed: Listed, project: Project) -> Prepared:
    """Read, plan, compile and verify one template that the binding file lists."""
    try:
        template = read_template(listed.path, project.catalog)
    except InputError as error:
        return Prepared(True, error.findings)
    if template is None:
        return Prepared(False, (not_a_template(listed.path),) if listed.explicit else ())
    plan = plan_for(template, project)
    findings = (*template.findings, *plan.findings)
    told = tuple(rules()["unbound-image"].check(Subject((plan,))))
    texts: Mapping[str, CompiledText] = {}
    if not findings:
        try:
            texts = compile_plan(plan, project)
        except InputError as error:
            findings = error.findings
    return Prepared(True, findings, told, bound_in(plan), texts, _digests(template, project))


def _digests(template: Template, project: Project) -> dict[str, str]:
    base = project.bindings.base or "."
    return {
        posix(os.path.relpath(source.path, base)): hashlib.sha256(source.encode(source.text)).hexdigest()
        for source in template.sources.values()
    }


def compile_plan(plan: Plan, project: Project) -> dict[str, CompiledText]:
    """Compile the texts of a plan and read the result again: only the bound fields may have changed.

    Raises:
        InputError: the style is not known, or the result reads differently than planned.
    """
    style_name = plan.entry.style if plan.entry is not None else "inline"
    style = STYLES.get(style_name)
    if style is None:
        raise InputError.of(
            "invalid-bindings",
            f"the style '{style_name}' cannot be written by this version",
            f"known: {', '.join(STYLES)}",
            plan.entry.location if plan.entry is not None else plan.template.path,
        )
    edits = style.edits(plan)
    texts = {
        path: compile_text(source, [edit for edit in edits if edit.slot.path == path])
        for path, source in plan.template.sources.items()
    }
    if edits:
        verify(plan, texts, project.catalog)
    return texts
