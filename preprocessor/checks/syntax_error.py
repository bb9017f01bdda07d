"""A template, the binding file or the map cannot be parsed, or has one key twice.

ROS and Terraform refuse such a text, or of two equal keys silently keep the last one, so nothing in it
can be checked or written. The place is where reading stopped; the fault may stand a line above.

Bad::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: "centos_7

Good::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: "centos_7"

What to do: correct the text at the place that is named. A file that is no template at all can be left out
of the paths and of the binding file's `templates`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "syntax-error"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield what the readers of YAML, JSON and HCL refused."""
    yield from subject.reported(RULE)
