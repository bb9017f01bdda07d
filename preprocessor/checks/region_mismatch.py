"""The artifact map gives a region an image ID whose code belongs to another region.

The three characters after `m-` tell the region an image was made in. An ID in the wrong row of the map
makes every deployment in that region fail, or boot nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.catalog import region_of
from preprocessor.model import Finding, Severity
from preprocessor.plan import images_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "region-mismatch"


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
                Severity.ERROR,
                f"{target} has {image} for {region}, but its code belongs to {other}",
                f"correct it with: region-image map set {target.artifact} "
                f"--artifact-version {target.version} {region}=IMAGE",
                artifact_map.location(target.artifact, "versions", target.version, "images", region),
            )
