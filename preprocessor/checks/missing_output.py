"""A variant that a render would write is not there.

Where generated files are kept in the repository, each template and region has one, so that what is
deployed can be reviewed. This is checked where a manifest shows that a render has been here, or where the
rule is asked for by name: `region-image check --select missing-output`.

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
    $ rm dist/cn-beijing/web.yaml

Good::

    $ region-image render

What to do: run `region-image render` and commit what it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "missing-output"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the variants that are not there."""
    for file in subject.output.missing if subject.output is not None else ():
        yield Finding(
            RULE,
            SEVERITY,
            f"the variant of {file.template} for {file.region} is missing",
            "write it with: region-image render",
            Location(file.path),
        )
