"""The artifact map gives a region an image ID whose code belongs to another region.

The three characters after `m-` tell the region an image was made in. An ID in the wrong row of the map
makes every deployment in that region fail, or boot nothing.

Bad::

    # artifact-map.yaml
    version: 1
    artifacts:
      web:
        versions:
          "1":
            images: {cn-beijing: m-bp1xxxxxxxxxxxxxxxxx}
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

    $ region-image map set web cn-beijing=m-2zexxxxxxxxxxxxxxxxx

What to do: store the ID that the image has in that region. The code is a habit of the service and no
contract: where an ID is right all the same, put
`# region-image: ignore[region-mismatch] reason` behind it in the map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.catalog import region_of
from preprocessor.model import Finding, Severity
from preprocessor.regions import images_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "region-mismatch"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each image of a bound artifact version that carries another region's code."""
    artifact_map = subject.artifact_map
    if artifact_map is None:
        return
    for target in subject.targets:
        for region, image in images_of(artifact_map, target).items():
            other = region_of(image)
            if other is None or other == region:
                continue
            yield Finding(
                RULE,
                SEVERITY,
                f"{target} has {image} for {region}, but its code belongs to {other}",
                f"correct it with: region-image map set {target.artifact} "
                f"--artifact-version {target.version} {region}=IMAGE",
                artifact_map.location(target.artifact, "versions", target.version, "images", region),
            )
