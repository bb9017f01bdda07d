"""An image field holds a made-up name, and nothing binds it.

A name such as `my-app` is no image: it stands there to be bound to an artifact. Deployed as it is, the
template fails in every region.

Bad::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: my-app

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}

What to do: bind it to an artifact in the binding file. Where something else replaces the name before
deployment, list it under `ignore` with that reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.checks.literals import how_to_bind, unbound_literals
from preprocessor.model import Finding, Kind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "unbound-placeholder"
SEVERITY = Severity.WARNING


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each made-up name behind a deploy field that no selector names."""
    for plan, field, step in unbound_literals(subject, Kind.PLACEHOLDER):
        if step.value:
            yield Finding(
                RULE,
                SEVERITY,
                f"{field.address} has the placeholder '{step.value}' for an image, and nothing binds it",
                f"{how_to_bind(plan)}: {{image: {step.value}, artifact: NAME}}, and store its images "
                "with: region-image map set NAME REGION=IMAGE",
                plan.template.location(step),
            )
