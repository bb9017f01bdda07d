"""A file that the tool did not write stands where a variant would go.

A render never overwrites or removes what is not its own, so it refuses to start.

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
    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}
    # dist/cn-hangzhou/web.yaml
    written: by hand

Good::

    $ rm dist/cn-hangzhou/web.yaml
    $ region-image render

What to do: move the file away, or choose another `output` in the binding file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "foreign-output"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the files that stand in the way of a render."""
    yield from subject.reported(RULE)
