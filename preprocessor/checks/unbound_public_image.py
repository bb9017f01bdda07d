"""An image field holds a public image's exact ID, and nothing binds it.

A public image has the same ID in every region, so nothing has to be replaced. It is told because public
images are withdrawn in the end, and because a product usually ships an image of its own.

Bad::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: aliyun_3_x64_20G_alibase_20240528.vhd

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    regions: [cn-beijing]
    templates:
      - path: web.yaml
        ignore:
          - image: aliyun_3_x64_20G_alibase_20240528.vhd
            reason: the plain system is what this template is about

What to do: nothing, or list it under `ignore` with a reason, or bind it to an artifact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.checks.literals import unbound_literals
from preprocessor.model import Finding, Kind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "unbound-public-image"
SEVERITY = Severity.INFO


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each public image behind a deploy field that no selector names."""
    for plan, field, step in unbound_literals(subject, Kind.PUBLIC):
        yield Finding(
            RULE,
            SEVERITY,
            f"{field.address} boots the public image {step.value}, which is the same in every region",
            f"fine as it is; to replace it, bind it: {{image: {step.value}, artifact: NAME}}",
            plan.template.location(step),
        )
