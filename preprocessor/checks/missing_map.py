"""A Compute Nest project has no artifact map yet, so image IDs cannot be checked or written.

Its configuration names artifacts and regions, but the image IDs are known to the service alone. Bindings
and regions are checked all the same.

Bad::

    # .computenest/config.yaml
    Service:
      DeployMetadata:
        TemplateConfigs:
          - {Name: Standard, Url: web.yaml, AllowedRegions: [cn-beijing]}
    # .computenest/web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: centos_7
    $ region-image check -b .computenest/config.yaml

Good::

    # artifact-map.yaml
    version: 1
    artifacts: {}
    $ region-image check -b .computenest/config.yaml

What to do: write the map, `artifact-map.yaml` beside the folder `.computenest`, with
`region-image map import` or `region-image map set`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "missing-map"
SEVERITY = Severity.INFO


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where a binding file without a map of its own has none beside it."""
    if subject.bindings is None or subject.artifact_map is not None:
        return
    yield Finding(
        RULE,
        SEVERITY,
        f"there is no artifact map {subject.bindings.map_path}: image IDs are not checked",
        "store the images of an artifact with: region-image map set ARTIFACT REGION=IMAGE",
        Location(subject.bindings.path),
    )
