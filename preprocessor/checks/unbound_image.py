"""An image field holds a custom image's ID, and nothing binds it.

A custom image exists in one region only, so the template works in that region and fails in all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.catalog import kind_of, region_of
from preprocessor.model import Finding, Kind, Role, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "unbound-image"


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each custom literal behind a deploy field that no selector names."""
    for plan in subject.plans:
        seen = set()
        for field in plan.fields:
            if field.field.role is not Role.DEPLOY:
                continue
            for step, decision in field.literals:
                place = (step.path, step.start)
                if decision is not None or step.value is None or place in seen:
                    continue
                if kind_of(step.value) is not Kind.CUSTOM:
                    continue
                seen.add(place)
                region = region_of(step.value)
                where = f" of {region}" if region else ""
                yield Finding(
                    RULE,
                    Severity.ERROR,
                    f"{field.field.address} boots the custom image {step.value}{where}, and nothing binds it",
                    f"bind it in the binding file: {{image: {step.value}, artifact: NAME}}; or list it under "
                    "'ignore' with a reason",
                    plan.template.location(step),
                )
