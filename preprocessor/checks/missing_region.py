"""A template is written for a region that a bound artifact has no image for.

A deployment in that region would fail, or would boot whatever the template happened to hold. The regions
of a template are its own `regions`, else the binding file's, else every region that any artifact bound in
it has.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    regions: [cn-beijing, cn-shanghai]
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

Good::

    $ region-image map set web cn-shanghai=m-uf6xxxxxxxxxxxxxxxxx

What to do: distribute the image to the region and store its ID, as the finding's command shows, or leave
the region out under `regions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "missing-region"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the regions that bound artifacts lack."""
    yield from subject.reported(RULE)
