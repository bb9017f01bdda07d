"""An image field has a value that is known only at deployment, so the tool cannot follow it.

What a function, another resource or the person who deploys gives cannot be checked here and is not
replaced. Nothing need be wrong with that; it is told so that nobody takes it for bound.

Bad::

    # web.yaml
    Parameters:
      Image: {Type: String}
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: {Ref: Image}

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {field: Resources.Web.Properties.ImageId, artifact: web}

What to do: bind the field by its address, which replaces its whole value; or give the parameter a `Default`
and bind that; or list the field under `ignore` with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Role, Severity, Via

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "dynamic-image"
SEVERITY = Severity.INFO


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each way from a deploy field that ends without a literal."""
    for plan in subject.plans:
        for planned in plan.fields:
            field = planned.field
            if planned.whole is not None or field.role is not Role.DEPLOY:
                continue
            ends = [
                (plan.template.location(step), step.note) for step in field.trace if step.via is Via.DYNAMIC
            ]
            if not ends and not field.literals:
                given = next((step.address for step in field.trace if step.via is Via.PARAMETER), None)
                why = f"{given} has no default" if given else "nothing gives it a value"
                ends = [(plan.template.location(field), why)]
            for location, why in dict.fromkeys(ends):
                yield Finding(
                    RULE,
                    SEVERITY,
                    f"the image of {field.address} is known only at deployment: {why}",
                    f"to have it replaced, bind the field: {{field: {field.address}, artifact: NAME}}",
                    location,
                )
