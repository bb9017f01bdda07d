"""The artifact map gives two regions one image ID.

A custom image has an ID of its own in each region, so one of the two rows is a copy of the other, and
deployments in that region fail.

Bad::

    # artifact-map.yaml
    version: 1
    artifacts:
      web:
        versions:
          "1":
            images:
              cn-beijing: m-2zexxxxxxxxxxxxxxxxx
              cn-hangzhou: m-2zexxxxxxxxxxxxxxxxx
    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
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

    $ region-image map set web cn-hangzhou=m-bp1xxxxxxxxxxxxxxxxx

What to do: store each region's own ID. Public images, whose ID is the same everywhere, are not told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.catalog import kind_of
from preprocessor.model import Finding, Kind, Severity
from preprocessor.regions import images_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "duplicate-image"
SEVERITY = Severity.WARNING


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each region of a bound artifact version whose image an earlier region has."""
    artifact_map = subject.artifact_map
    if artifact_map is None:
        return
    for target in subject.targets:
        first: dict[str, str] = {}
        for region, image in images_of(artifact_map, target).items():
            owner = first.setdefault(image, region)
            if owner == region or kind_of(image) in (Kind.PUBLIC, Kind.NAME):
                continue
            yield Finding(
                RULE,
                SEVERITY,
                f"{target} has the image {image} for {region} and for {owner}",
                f"correct it with: region-image map set {target.artifact} "
                f"--artifact-version {target.version} {region}=IMAGE",
                artifact_map.location(target.artifact, "versions", target.version, "images", region),
            )
