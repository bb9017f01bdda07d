"""A generated file is not what a render would write now.

The template, the binding file or the artifact map has changed since. What would be deployed is not what
the sources say.

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
    $ region-image map set web cn-beijing=m-2ze22222222222222222

Good::

    $ region-image render

What to do: run `region-image render` and commit what it writes. `region-image render --diff` shows what
would change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "stale-output"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the generated files that a render would write differently."""
    for file in subject.output.stale if subject.output is not None else ():
        yield Finding(
            RULE,
            SEVERITY,
            f"the variant of {file.template} for {file.region} is not what a render would write now",
            "write it again with: region-image render; see what changes with: region-image render --diff",
            Location(file.path),
        )
