"""The binding file says something that cannot be: an unknown key, a path without a file, a wrong region.

A typing error in it would leave an image field unbound without a word, so everything in it is taken by
the letter.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    regions: [cn-beijing]
    templates:
      - path: wbe.yaml
    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: centos_7

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    regions: [cn-beijing]
    templates:
      - path: web.yaml

What to do: correct the entry that is named; paths are relative to the binding file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "invalid-bindings"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong in the binding file."""
    yield from subject.reported(RULE)
