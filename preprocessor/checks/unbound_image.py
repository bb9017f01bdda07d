"""An image field holds a custom image's ID, and nothing binds it.

A custom image exists in one region only, so the template works in that region and fails in all others.

Bad::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: m-2zexxxxxxxxxxxxxxxxx

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: m-2zexxxxxxxxxxxxxxxxx, artifact: web}

What to do: bind the image to an artifact in the binding file and store the artifact's images with
`region-image map set`; or, where the image is meant to stay, list it under `ignore` with a reason, or put
`# region-image: ignore[unbound-image] reason` behind it. `region-image init` writes a first binding file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.catalog import region_of
from preprocessor.checks.literals import how_to_bind, unbound_literals
from preprocessor.model import Finding, Kind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "unbound-image"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each custom literal behind a deploy field that no selector names."""
    for plan, field, step in unbound_literals(subject, Kind.CUSTOM):
        region = region_of(step.value or "")
        where = f" of {region}" if region else ""
        row = f" {region}={step.value}" if region else " REGION=IMAGE"
        yield Finding(
            RULE,
            SEVERITY,
            f"{field.address} boots the custom image {step.value}{where}, and nothing binds it",
            f"{how_to_bind(plan)}: {{image: {step.value}, artifact: NAME}}, and store its images "
            f"with: region-image map set NAME{row}; or list it under 'ignore' with a reason",
            plan.template.location(step),
        )
