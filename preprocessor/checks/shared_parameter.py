"""A parameter that a binding edits feeds other properties too, which change with it.

An `image` selector writes the image ID where the literal stands, here into the parameter's `Default`. A
bucket name or a script that takes the same parameter then gets the image ID of the region as well.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}
    # web.yaml
    Parameters:
      App: {Type: String, Default: my-app}
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: {Ref: App}
          InstanceName: {Ref: App}

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {field: Resources.Web.Properties.ImageId, artifact: web}

What to do: bind the image field by its address, which leaves the parameter alone; or give the image a
parameter of its own. Where the other property is meant to follow, say so in a comment:
`# region-image: ignore[shared-parameter] reason`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.checks.edited import edited_parameters
from preprocessor.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "shared-parameter"
SEVERITY = Severity.WARNING


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each place, no image field, that takes the value of an edited parameter."""
    for plan in subject.plans:
        edited = edited_parameters(plan)
        if not edited or plan.template.look is None:
            continue
        ways = {field.address: field for field in plan.template.fields}
        on_the_way = [step.address for field in plan.template.fields for step in field.trace]
        places = (*ways, *on_the_way)
        seen = set()
        for use in plan.template.look().uses():
            found = edited.get(use.parameter)
            if found is None or (use.path, use.start) in seen:
                continue
            if any(_within(use.address, place) for place in places):
                continue
            seen.add((use.path, use.start))
            target = next(iter(found.values.values()))
            field = next(
                address
                for address, one in ways.items()
                if any(step.address == use.parameter for step in one.trace)
            )
            yield Finding(
                RULE,
                SEVERITY,
                f"{use.address} takes the value of {use.parameter} too, which {target} replaces for {field}",
                f"bind the image field alone: {{field: {field}, artifact: {target.artifact}}}, or give it a "
                "parameter of its own",
                plan.template.sources[use.path].location(use.start, use.end),
            )


def _within(place: str, outer: str) -> bool:
    return place == outer or place.startswith((outer + ".", outer + "["))
