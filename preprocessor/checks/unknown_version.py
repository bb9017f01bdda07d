"""A binding names a version that the artifact does not have, or none where there is no default.

Which image is meant is then open, and the tool does not guess.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web, version: "9"}
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
          - {image: my-app, artifact: web, version: "2"}

What to do: name a version that `region-image map show` lists, or leave `version` out and let the
artifact's `default` in the map decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "unknown-version"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the bindings of versions that the map does not have."""
    yield from subject.reported(RULE)
