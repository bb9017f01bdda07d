"""A generated file was edited by hand.

The change is in no template, so the next render would lose it; it refuses to do that, and stops.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    regions: [cn-beijing]
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}
    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: my-app
    $ region-image render
    # dist/cn-beijing/web.yaml
    Resources: {}

Good::

    $ region-image render --force

What to do: move the change into the template and render again; `region-image render --force` overwrites it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "edited-output"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the generated files that are not as they were written."""
    for file in subject.output.edited if subject.output is not None else ():
        yield Finding(
            RULE,
            SEVERITY,
            f"the variant of {file.template} for {file.region} was edited by hand",
            "move the change into the template; lose it with: region-image render --force",
            Location(file.path),
        )
