"""Image fields x bindings x artifact map -> replacements and findings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor import address
from preprocessor.bindings import Bind
from preprocessor.errors import InputError
from preprocessor.model import Finding, Role, Severity, Via

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.bindings import Bindings, Ignore, TemplateEntry
    from preprocessor.model import Field, Slot, Step, Template


@dataclass(frozen=True, order=True)
class ArtifactVersion:
    """One version of one artifact; the artifact by its key in the map."""

    artifact: str
    version: str

    def __str__(self) -> str:
        return f"artifact '{self.artifact}' version '{self.version}'"


@dataclass(frozen=True)
class Decision:
    """What the selectors say of one image field or of one literal behind it."""

    rule: Bind | Ignore
    target: ArtifactVersion | None
    """None where the place is to be left alone."""


@dataclass(frozen=True, eq=False)
class Replacement:
    """A slot that takes an artifact's image ID."""

    slot: Slot
    target: ArtifactVersion
    bind: Bind
    old: str
    """The text that stands in the slot."""


@dataclass(frozen=True)
class FieldPlan:
    """What becomes of one image field."""

    field: Field
    whole: Decision | None
    """The decision on the field itself, by a `field` selector."""
    literals: tuple[tuple[Step, Decision | None], ...]
    """The decision on each literal behind it; empty where `whole` says it all."""

    @property
    def targets(self) -> tuple[ArtifactVersion, ...]:
        """The artifact versions that the field takes its image from, sorted."""
        decisions = [self.whole, *(decision for _, decision in self.literals)]
        return tuple(sorted({found.target for found in decisions if found and found.target}))

    @property
    def rules(self) -> tuple[Bind | Ignore, ...]:
        """The bindings and exceptions that apply to the field."""
        decisions = [self.whole, *(decision for _, decision in self.literals)]
        return tuple(dict.fromkeys(found.rule for found in decisions if found))


@dataclass(frozen=True, eq=False)
class Plan:
    """What becomes of a template: a replacement for each slot that changes, sorted by place."""

    template: Template
    entry: TemplateEntry | None
    fields: tuple[FieldPlan, ...]
    replacements: tuple[Replacement, ...]
    findings: tuple[Finding, ...]

    @property
    def targets(self) -> tuple[ArtifactVersion, ...]:
        """The artifact versions bound in the template, sorted."""
        return tuple(sorted({replacement.target for replacement in self.replacements}))


def resolve_binds(
    binds: Iterable[Bind], artifact_map: ArtifactMap
) -> tuple[dict[Bind, ArtifactVersion], list[Finding]]:
    """Look up the artifact and version of each binding; return them and what was not found."""
    resolved: dict[Bind, ArtifactVersion] = {}
    findings: list[Finding] = []
    for bind in binds:
        try:
            artifact, version = artifact_map.look_up(bind.artifact, bind.version, bind.location)
        except InputError as error:
            findings.extend(error.findings)
        else:
            resolved[bind] = ArtifactVersion(artifact.key, version)
    return resolved, findings


def all_binds(bindings: Bindings) -> tuple[Bind, ...]:
    """Return every binding of the file."""
    return (*bindings.bind, *(bind for entry in bindings.templates for bind in entry.bind))


def plan_template(
    template: Template,
    entry: TemplateEntry | None,
    common: Sequence[Bind],
    resolved: Mapping[Bind, ArtifactVersion],
) -> Plan:
    """Decide what becomes of each image field of `template`.

    `entry` is the template's own entry in the binding file, `common` its top-level bindings, and
    `resolved` the artifact versions of both; a binding that is not in `resolved` binds nothing.
    """
    return _Planner(template, entry, common, resolved).plan()


class _Planner:
    def __init__(
        self,
        template: Template,
        entry: TemplateEntry | None,
        common: Sequence[Bind],
        resolved: Mapping[Bind, ArtifactVersion],
    ) -> None:
        self.template = template
        self.entry = entry
        self.resolved = resolved
        own: list[Bind | Ignore] = [*entry.bind, *entry.ignore] if entry is not None else []
        ranked = [(rule, True) for rule in own] + [(rule, False) for rule in common]
        self.by_field = [(rule, is_own) for rule, is_own in ranked if rule.selector.field is not None]
        self.by_image: dict[str, list[tuple[Bind | Ignore, bool]]] = {}
        for rule, is_own in ranked:
            if rule.selector.image is not None:
                self.by_image.setdefault(rule.selector.image, []).append((rule, is_own))
        self.findings: list[Finding] = []

    def plan(self) -> Plan:
        fields = tuple(self.field_plan(field) for field in self.template.fields)
        replacements = self.replacements(fields)
        return Plan(self.template, self.entry, fields, replacements, tuple(self.findings))

    def field_plan(self, field: Field) -> FieldPlan:
        """Decide on one image field: on the field itself first, else on each literal behind it."""
        whole = self.decide(field, field.address, self.field_rules(field.address))
        if whole is not None:
            return FieldPlan(field, whole, ())
        literals = []
        for step in field.literals:
            rules = self.field_rules(step.address) if step.address != field.address else []
            if field.role is Role.DEPLOY and step.value is not None:
                rules = rules + self.by_image.get(step.value, [])
            literals.append((step, self.decide(field, step.address, rules)))
        return FieldPlan(field, None, tuple(_with_allowed_values(literals)))

    def field_rules(self, place: str) -> list[tuple[Bind | Ignore, bool]]:
        return [
            (rule, is_own)
            for rule, is_own in self.by_field
            if rule.selector.field is not None and address.matches(rule.selector.field, place)
        ]

    def decide(self, field: Field, place: str, rules: list[tuple[Bind | Ignore, bool]]) -> Decision | None:
        """Return the decision of the most specific rules; they must agree.

        A field selector beats an image selector, the template's own beats a common one, and an exact
        address beats one with a wildcard.
        """
        if not rules:
            return None

        def rank(rule: Bind | Ignore, is_own: bool) -> tuple[bool, bool, bool]:
            pattern = rule.selector.field
            return (pattern is None, not is_own, pattern is not None and "*" in pattern)

        best = min(rank(rule, is_own) for rule, is_own in rules)
        decisions: dict[ArtifactVersion | None, Decision] = {}
        for rule, is_own in rules:
            if rank(rule, is_own) == best:
                target = self.resolved.get(rule) if isinstance(rule, Bind) else None
                if isinstance(rule, Bind) and target is None:
                    continue  # unknown artifact: told where the binding stands
                decisions.setdefault(target, Decision(rule, target))
        if len(decisions) > 1:
            first, second, *_ = decisions.values()
            self.findings.append(_ambiguous(self.template, field, place, first, second))
        return next(iter(decisions.values()), None)

    def replacements(self, fields: Sequence[FieldPlan]) -> tuple[Replacement, ...]:
        """Return one replacement for each slot; fields that share a slot must agree on it."""
        claims: dict[Slot, list[tuple[Field, Decision]]] = {}
        whole_slots: dict[Slot, Field] = {}
        for plan in fields:
            if plan.whole is not None:
                slot = plan.field.slot
                if plan.whole.target is not None:
                    if slot is None:
                        self.findings.append(_no_slot(self.template, plan.field, plan.field.note))
                        continue
                    claims.setdefault(slot, []).append((plan.field, plan.whole))
                    whole_slots.setdefault(slot, plan.field)
                else:
                    for step in plan.field.literals:
                        if step.slot is not None:
                            claims.setdefault(step.slot, []).append((plan.field, plan.whole))
            for step, decision in plan.literals:
                if decision is None:
                    continue
                if step.slot is None:
                    if decision.target is not None:
                        self.findings.append(_no_slot(self.template, plan.field, step.note, step))
                    continue
                claims.setdefault(step.slot, []).append((plan.field, decision))
        for slot, claimed in claims.items():
            self.agree(slot, claimed)
        for plan in fields:
            self.keep_others(plan, whole_slots)
        chosen = {
            slot: next(decision for _, decision in claimed if decision.target is not None)
            for slot, claimed in claims.items()
            if any(decision.target is not None for _, decision in claimed)
        }
        return tuple(self.replacement(slot, chosen[slot]) for slot in _outermost(chosen))

    def replacement(self, slot: Slot, decision: Decision) -> Replacement:
        if decision.target is None or not isinstance(decision.rule, Bind):
            raise TypeError(decision)
        old = self.template.sources[slot.path].text[slot.start : slot.end]
        return Replacement(slot, decision.target, decision.rule, old)

    def agree(self, slot: Slot, claimed: list[tuple[Field, Decision]]) -> None:
        """Tell where fields that share one literal want different things of it."""
        field, first = claimed[0]
        for other, second in claimed[1:]:
            if second.target != first.target:
                place = f"{field.address} (shared with {other.address})"
                self.findings.append(_ambiguous(self.template, field, place, first, second, slot))
                return

    def keep_others(self, plan: FieldPlan, whole_slots: Mapping[Slot, Field]) -> None:
        """Tell where replacing one field as a whole would change another one that nothing binds."""
        if plan.whole is not None:
            return
        shared = [(step.slot, decision) for step, decision in plan.literals if step.slot is not None]
        for slot, decision in shared:
            owner = whole_slots.get(slot)
            if owner is not None and owner is not plan.field and decision is None:
                self.findings.append(
                    Finding(
                        "ambiguous-binding",
                        Severity.ERROR,
                        f"{owner.address} is bound, but {plan.field.address} has its value from the same "
                        "place and is not bound",
                        "bind both, or give each its own value in the template",
                        self.template.location(plan.field),
                    )
                )


def _with_allowed_values(
    literals: Sequence[tuple[Step, Decision | None]],
) -> Iterable[tuple[Step, Decision | None]]:
    """Let the allowed value that equals a parameter's default go where the default goes.

    A default that is not among the allowed values is refused by the service.
    """
    defaults = {
        (step.address.removesuffix("Default"), step.value): decision
        for step, decision in literals
        if step.via is Via.DEFAULT
    }
    for step, decision in literals:
        if step.via is Via.ALLOWED and decision is None:
            owner = step.address.rpartition("AllowedValues[")[0]
            decision = defaults.get((owner, step.value))
        yield step, decision


def _outermost(slots: Iterable[Slot]) -> list[Slot]:
    """Return the slots sorted by place, without those that lie inside another one."""
    kept: list[Slot] = []
    for slot in sorted(slots, key=lambda found: (found.path, found.start, -found.end)):
        last = kept[-1] if kept else None
        if last is None or last.path != slot.path or slot.end > last.end or slot.start < last.start:
            kept.append(slot)
    return kept


def _ambiguous(
    template: Template, field: Field, place: str, first: Decision, second: Decision, slot: Slot | None = None
) -> Finding:
    def said(decision: Decision) -> str:
        what = "is to be left alone" if decision.target is None else f"is bound to {decision.target}"
        where = decision.rule.selector.location
        return f"{what} by '{decision.rule.selector}' ({where.path}:{where.line})"

    return Finding(
        "ambiguous-binding",
        Severity.ERROR,
        f"{place} {said(first)}, but {said(second)}",
        "remove one of the two, or bind this field in the template's own list by 'field'",
        template.location(slot or field),
    )


def _no_slot(template: Template, field: Field, why: str, step: Step | None = None) -> Finding:
    return Finding(
        "unsafe-edit",
        Severity.ERROR,
        f"the value of {(step or field).address} cannot be replaced exactly: {why or 'no literal'}",
        "write the value in another way, or leave it unbound",
        template.location(step or field),
    )
