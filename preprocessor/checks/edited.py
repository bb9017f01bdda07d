"""What several rules share: the parameters whose values a plan edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.model import Via

if TYPE_CHECKING:
    from preprocessor.model import Step
    from preprocessor.plan import ArtifactVersion, Plan


@dataclass
class Edited:
    """A parameter that a plan edits: the values that go, and the artifact versions that come."""

    parameter: str
    values: dict[str, ArtifactVersion]


def edited_parameters(plan: Plan) -> dict[str, Edited]:
    """Return the parameters that `plan` edits, by address."""
    found: dict[str, Edited] = {}
    for planned in plan.fields:
        parameters: list[Step] = []
        decided = {step: decision for step, decision in planned.literals if decision is not None}
        for step in planned.field.trace:
            if step.via is Via.PARAMETER:
                parameters.append(step)
            decision = decided.get(step)
            if decision is None or decision.target is None or step.value is None:
                continue
            if step.via not in (Via.DEFAULT, Via.ALLOWED, Via.TFVARS) or not parameters:
                continue
            owner = next(
                (one for one in reversed(parameters) if step.address.startswith(one.address + ".")),
                parameters[-1],
            )
            edited = found.setdefault(owner.address, Edited(owner.address, {}))
            edited.values.setdefault(step.value, decision.target)
    return found
