"""The artifact map says something that cannot be: an unknown key, a malformed region or image ID.

What the map says goes into templates as it stands, so it is checked to the letter first.

Bad::

    # artifact-map.yaml
    version: 1
    artifacts:
      web:
        default: "2"
        versions:
          "1":
            images: {cn-beijing: m-2zexxxxxxxxxxxxxxxxx}
    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates: []

Good::

    # artifact-map.yaml
    version: 1
    artifacts:
      web:
        default: "1"
        versions:
          "1":
            images: {cn-beijing: m-2zexxxxxxxxxxxxxxxxx}

What to do: correct the entry that is named, or let the tool write it: `region-image map set`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "invalid-map"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong in the artifact map."""
    yield from subject.reported(RULE)
