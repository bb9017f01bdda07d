"""A comment that is to ignore a finding has nothing to ignore.

What it was made for is gone. Left there it would one day hide something else.

Bad::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: centos_7  # region-image: ignore[unbound-image] used in one region

Good::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: centos_7

What to do: remove the comment, or move it to the line that the finding names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "unused-ignore"
SEVERITY = Severity.WARNING


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the comments that ignore nothing."""
    yield from subject.reported(RULE)
