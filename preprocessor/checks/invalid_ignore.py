"""A comment that is to ignore a finding is malformed, names no known rule, or gives no reason.

The form is `# region-image: ignore[rule] reason`, at the end of the line that the finding names, or alone
on the line above it. Several rules are separated by commas. An exception without a reason is one that
nobody dares to remove later. Rules that stop a render cannot be ignored.

Bad::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: m-2zexxxxxxxxxxxxxxxxx  # region-image: ignore[unbound-image]

Good::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: m-2zexxxxxxxxxxxxxxxxx  # region-image: ignore[unbound-image] used in one region

What to do: complete the comment. `region-image check --explain RULE` tells what a rule finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "invalid-ignore"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the comments that are not understood."""
    yield from subject.reported(RULE)
