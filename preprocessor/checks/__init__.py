"""The rules of `check`, one generator each. Pure: plans in, findings out.

A rule is a module: `RULE` is its name, `SEVERITY` how much it matters, `check` finds, and its docstring
is its manual, with a bad and a good example that the tests run.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.bindings import Bind, Bindings, Ignore, TemplateEntry
    from preprocessor.model import Finding, Severity
    from preprocessor.plan import ArtifactVersion, Plan
    from preprocessor.regions import Bound


class Scope(Enum):
    """What a rule looks at."""

    STAGE = "stage"
    """What reading, planning and choosing regions found; most of it stops a render too."""
    TEMPLATE = "template"
    """One template and its plan."""
    PROJECT = "project"
    """The binding file, the map, and what the templates use of them."""
    OUTPUT = "output"
    """The generated files."""


@dataclass(frozen=True, eq=False)
class Planned:
    """What the rules for a project know of one of its templates."""

    path: str
    entry: TemplateEntry
    bound: tuple[Bound, ...]
    """The artifact versions that it takes images from."""
    used: frozenset[Bind | Ignore]
    """The bindings and exceptions that apply to a field of it."""
    explicit: bool = False
    """Whether its entry is for this very file."""


@dataclass(frozen=True, eq=False)
class Generated:
    """A generated file, and whose variant it is."""

    path: str
    template: str
    region: str


@dataclass(frozen=True, eq=False)
class Output:
    """How the output tree differs from what a render would leave."""

    missing: tuple[Generated, ...] = ()
    stale: tuple[Generated, ...] = ()
    edited: tuple[Generated, ...] = ()
    orphans: tuple[Generated, ...] = ()
    """Files of earlier renders that none would make now."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What the rules look at; each rule knows the parts that it needs."""

    plans: tuple[Plan, ...] = ()
    """The plans of the templates concerned."""
    artifact_map: ArtifactMap | None = None
    targets: tuple[ArtifactVersion, ...] = ()
    """The artifact versions that the templates concerned take images from, sorted."""
    bindings: Bindings | None = None
    templates: tuple[Planned, ...] = ()
    """What the templates concerned use of the binding file."""
    whole: bool = False
    """Whether `templates` are all that the binding file lists."""
    output: Output | None = None
    """None where the generated files were not compared."""
    found: tuple[Finding, ...] = ()
    """What reading, planning and choosing regions found."""

    def reported(self, rule: str) -> Iterator[Finding]:
        """Yield what was found by the rule of this name."""
        return (finding for finding in self.found if finding.rule == rule)


class Rule(Protocol):
    """One rule: a module whose docstring is its manual."""

    RULE: str
    SEVERITY: Severity
    __doc__: str | None

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield what is wrong by this rule."""
        ...


RULES: Mapping[str, Scope] = {
    "syntax-error": Scope.STAGE,
    "file-error": Scope.STAGE,
    "invalid-bindings": Scope.STAGE,
    "invalid-map": Scope.STAGE,
    "unknown-artifact": Scope.STAGE,
    "unknown-version": Scope.STAGE,
    "missing-region": Scope.STAGE,
    "ambiguous-binding": Scope.STAGE,
    "unsafe-edit": Scope.STAGE,
    "foreign-output": Scope.STAGE,
    "unbound-image": Scope.TEMPLATE,
    "region-mismatch": Scope.PROJECT,
    "unsupported-region": Scope.PROJECT,
    "missing-output": Scope.OUTPUT,
    "stale-output": Scope.OUTPUT,
    "edited-output": Scope.OUTPUT,
    "orphan-output": Scope.OUTPUT,
    "invalid-ignore": Scope.STAGE,
    "unbound-placeholder": Scope.TEMPLATE,
    "unused-binding": Scope.PROJECT,
    "unused-ignore": Scope.STAGE,
    "duplicate-image": Scope.PROJECT,
    "shared-parameter": Scope.TEMPLATE,
    "condition-depends": Scope.TEMPLATE,
    "unbound-public-image": Scope.TEMPLATE,
    "dynamic-image": Scope.TEMPLATE,
    "unknown-image-field": Scope.TEMPLATE,
    "missing-map": Scope.PROJECT,
}
"""Every rule, with what it looks at. The module of `unbound-image` is `checks.unbound_image`."""

IGNORE_MARK = "region-image:"
"""Begins a comment that ignores findings: see `checks.ignores`."""

STAGE_RULES = frozenset(name for name, scope in RULES.items() if scope is Scope.STAGE)


def load_rule(name: str) -> Rule:
    """Return the rule called `name`, importing its module."""
    module = import_module(f"preprocessor.checks.{name.replace('-', '_')}")
    return cast("Rule", module)


def manual(rule: Rule) -> str:
    """Return the manual of a rule."""
    return (rule.__doc__ or "").strip() + "\n"


def summary(rule: Rule) -> str:
    """Return the first sentence of a rule's manual."""
    return (rule.__doc__ or "").strip().splitlines()[0]
