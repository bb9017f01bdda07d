"""A template is allowed in a region that an artifact bound in it does not support.

A Compute Nest project says for each template the regions it may be deployed in (`AllowedRegions`), and for
each artifact the regions it is distributed to (`SupportRegionIds`). Each artifact on its own must support
every allowed region of the templates that it is bound in.

Bad::

    # .computenest/config.yaml
    Service:
      DeployMetadata:
        TemplateConfigs:
          - Name: Standard
            Url: web.yaml
            AllowedRegions: [cn-beijing, cn-shanghai]
        SupplierDeployMetadata:
          ArtifactRelation:
            my-app: {ArtifactId: "${Artifact.Web.ArtifactId}"}
    Artifact:
      Web:
        ArtifactType: EcsImage
        ArtifactName: web
        SupportRegionIds: [cn-beijing]
    # .computenest/web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: my-app
    $ region-image check -b .computenest/config.yaml

Good::

    # .computenest/config.yaml
    Service:
      DeployMetadata:
        TemplateConfigs:
          - Name: Standard
            Url: web.yaml
            AllowedRegions: [cn-beijing]
        SupplierDeployMetadata:
          ArtifactRelation:
            my-app: {ArtifactId: "${Artifact.Web.ArtifactId}"}
    Artifact:
      Web:
        ArtifactType: EcsImage
        ArtifactName: web
        SupportRegionIds: [cn-beijing]
    $ region-image check -b .computenest/config.yaml

What to do: distribute the artifact to the region and add it to `SupportRegionIds`, or take it out of
`AllowedRegions`. Where the project has an artifact map, the map counts instead: see `missing-region`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "unsupported-region"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each artifact that lacks a region of a template that it is bound in."""
    if subject.bindings is None or subject.artifact_map is not None:
        return
    declared = subject.bindings.declared
    for planned in subject.templates:
        supported = {bound: declared.get(bound.target.artifact, ()) for bound in planned.bound}
        everywhere = sorted({region for regions in supported.values() for region in regions})
        wanted = planned.entry.regions or subject.bindings.regions or everywhere
        for bound, regions in supported.items():
            missing = [region for region in wanted if region not in regions]
            if not regions or not missing:
                continue
            yield Finding(
                RULE,
                SEVERITY,
                f"artifact '{bound.target.artifact}' does not support {', '.join(missing)}, which "
                f"{planned.path} is written for; its SupportRegionIds: {', '.join(regions)}",
                "add the region to the artifact's SupportRegionIds, or take it out of the AllowedRegions",
                bound.location,
            )
