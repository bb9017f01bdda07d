"""What several rules share: the literals behind image fields that nothing binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.catalog import kind_of
from preprocessor.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Field, Kind, Step
    from preprocessor.plan import Plan


def unbound_literals(subject: Subject, kind: Kind) -> Iterator[tuple[Plan, Field, Step]]:
    """Yield each literal of this kind behind a deploy field that no selector names, each place once."""
    for plan in subject.plans:
        seen = set()
        for planned in plan.fields:
            if planned.field.role is not Role.DEPLOY:
                continue
            for step, decision in planned.literals:
                place = (step.path, step.start)
                if decision is not None or step.value is None or place in seen:
                    continue
                if kind_of(step.value) is kind:
                    seen.add(place)
                    yield plan, planned.field, step


def how_to_bind(plan: Plan) -> str:
    """Return where a binding for the template of `plan` goes."""
    if plan.entry is not None:
        return "bind it in the binding file"
    return "list the template in a binding file (region-image init writes a first one) and bind it there"
