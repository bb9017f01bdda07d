"""A binding names an artifact that the artifact map does not have.

Without the artifact there is no image to write, so no variant can be made.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: wbe}
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

What to do: correct the name, or add the artifact: `region-image map set NAME cn-beijing=IMAGE`. An
artifact is found by its key in the map and by its `artifact_id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "unknown-artifact"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the bindings of artifacts that the map does not have."""
    yield from subject.reported(RULE)
