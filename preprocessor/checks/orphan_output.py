"""A generated file belongs to a template or a region that is no longer in the project.

It would be deployed by whoever takes the whole folder, and no change of a template reaches it any more.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    regions: [cn-beijing, cn-hangzhou]
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
    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    regions: [cn-beijing]
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}

Good::

    $ region-image render

What to do: run `region-image render`, which removes it, or bring the template or region back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "orphan-output"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the generated files that no render would make now."""
    for file in subject.output.orphans if subject.output is not None else ():
        yield Finding(
            RULE,
            SEVERITY,
            f"no template is written to this file any more; it was {file.template} for {file.region}",
            "remove it with: region-image render",
            Location(file.path),
        )
