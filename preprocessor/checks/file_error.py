"""A file cannot be used: it is not there, cannot be read, is too large, or is no text in UTF-8.

A file that nobody can read is a file that nobody has checked, so it counts as an error rather than
being skipped.

Bad::

    # web.yaml
    just a list of words, named on the command line

    $ region-image check web.yaml

Good::

    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: centos_7

    $ region-image check web.yaml

What to do: correct the path or the permissions, or save the file as UTF-8. A file that is no template
does not belong among the paths; a folder may be named, and is searched for templates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "file-error"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield what could not be read."""
    yield from subject.reported(RULE)
