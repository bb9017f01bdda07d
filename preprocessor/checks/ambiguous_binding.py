"""Two equally specific bindings give one image field different artifacts.

Of two bindings the more specific one counts: `field` before `image`, a template's own list before the
top-level list, an exact address before one with `*`. Where that leaves two, the tool does not choose.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}
          - {image: my-app, artifact: db}
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

What to do: remove one of the two, or bind the field by its address, which counts more:
`{field: Resources.Web.Properties.ImageId, artifact: web}`. `region-image explain TEMPLATE FIELD` shows what
binds a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "ambiguous-binding"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the image fields that two bindings claim."""
    yield from subject.reported(RULE)
