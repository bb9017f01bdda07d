"""Compute Nest services that a search for keys named ImageId gets wrong, checked by what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.checks.helpers import CUSTOM, findings_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run, Write

HEAD = "ROSTemplateFormatVersion: '2015-09-01'\n"


def config(
    *images: str,
    regions: str = "[cn-beijing]",
    supported: str = "[cn-beijing]",
    url: str = "template.yaml",
    artifacts: str = "",
) -> str:
    """Return a configuration that binds these images, each to an artifact of its own."""
    relation = "".join(
        f"        '{image}': {{ArtifactId: '${{Artifact.A{number}.ArtifactId}}', ArtifactVersion: draft}}\n".replace(
            ", ArtifactVersion: draft", ""
        )
        for number, image in enumerate(images)
    )
    listed = artifacts or "".join(
        f"  A{number}: {{ArtifactType: EcsImage, ArtifactName: a{number}, SupportRegionIds: {supported}}}\n"
        for number in range(len(images))
    )
    allowed = f"        AllowedRegions: {regions}\n" if regions else ""
    return (
        "Service:\n  RegionId: cn-hangzhou\n  DeployType: ros\n  ServiceType: private\n  DeployMetadata:\n"
        f"    SupplierDeployMetadata:\n      ArtifactRelation:\n{relation}"
        f"    TemplateConfigs:\n      - Name: Standard\n        Url: {url}\n{allowed}"
        f"Artifact:\n{listed}"
    )


def instance(value: str, more: str = "") -> str:
    return (
        HEAD
        + f"{more}Resources:\n  Web:\n    Type: ALIYUN::ECS::Instance\n    Properties:\n      ImageId: {value}\n"
    )


@dataclass(frozen=True)
class Service:
    """A service and what is wrong with it: rules of errors and warnings."""

    config: str
    template: str
    wrong: tuple[str, ...] = ()
    name: str = "template.yaml"
    more: dict[str, str] = field(default_factory=dict)


TWO_REGIONS = (
    "  A0: {ArtifactType: EcsImage, ArtifactName: a0, SupportRegionIds: [cn-beijing]}\n"
    "  A1: {ArtifactType: EcsImage, ArtifactName: a1, SupportRegionIds: [cn-beijing, cn-hangzhou]}\n"
)
SWAPPED = "".join(reversed(TWO_REGIONS.splitlines(keepends=True)))
TWO = HEAD + (
    "Resources:\n  A: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: one}}\n"
    "  B: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: two}}\n"
)
BOTH = "[cn-beijing, cn-hangzhou]"

SERVICES = {
    "Fn::If": Service(
        config("my-app", "my-other"),
        instance("{'Fn::If': [Old, my-app, my-other]}", "Conditions: {Old: {'Fn::Equals': [a, b]}}\n"),
    ),
    "!Ref to a parameter": Service(
        config("my-app"), instance("!Ref Image", "Parameters:\n  Image: {Type: String, Default: my-app}\n")
    ),
    "Ref to a parameter": Service(
        config("my-app"), instance("{Ref: Image}", "Parameters:\n  Image: {Type: String, Default: my-app}\n")
    ),
    "Fn::FindInMap on ALIYUN::Region": Service(
        config("my-app"),
        instance(
            "{'Fn::FindInMap': [Images, {Ref: 'ALIYUN::Region'}, web]}",
            "Mappings: {Images: {cn-beijing: {web: my-app}, cn-hangzhou: {web: my-app}}}\n",
        ),
    ),
    "a second image that nothing binds": Service(
        config("one"), TWO.replace("ImageId: two", f"ImageId: {CUSTOM}"), ("unbound-image",)
    ),
    "a parameter named ImageId": Service(
        config("my-app"),
        instance("centos_7", "Parameters:\n  ImageId: {Type: String, Default: my-app}\n"),
        ("unused-binding",),
    ),
    "an ENS instance": Service(
        config("my-app"),
        instance("my-app").replace("ALIYUN::ECS::Instance", "ALIYUN::ENS::Instance"),
        ("unused-binding",),
    ),
    "JSON with tabs": Service(
        config("my-app", url="template.json"),
        '{\n\t"ROSTemplateFormatVersion": "2015-09-01",\n\t"Resources": {"Web": {\n'
        '\t\t"Type": "ALIYUN::ECS::Instance",\n\t\t"Properties": {"ImageId": "my-app"}}}}\n',
        name="template.json",
    ),
    "an empty key": Service(config("my-app"), instance("my-app") + "Outputs:\n  : x\n"),
    "two artifacts, the narrow one first": Service(
        config("one", "two", regions=BOTH, artifacts=TWO_REGIONS), TWO, ("unsupported-region",)
    ),
    "two artifacts, the narrow one last": Service(
        config("one", "two", regions=BOTH, artifacts=SWAPPED), TWO, ("unsupported-region",)
    ),
    "no AllowedRegions": Service(config("my-app", regions=""), instance("my-app")),
    "a Terraform project, well bound": Service(
        config("my-app", url="app/infrastructure").replace("  DeployType: ros\n", ""),
        'resource "alicloud_instance" "web" {\n  image_id = "my-app"\n}\n',
        name="app/infrastructure/main.tf",
    ),
    "a Terraform project, not bound": Service(
        config("my-ap", url="app/infrastructure").replace("  DeployType: ros\n", ""),
        f'resource "alicloud_instance" "web" {{\n  image_id = "{CUSTOM}"\n}}\n',
        ("unbound-image", "unused-binding"),
        name="app/infrastructure/main.tf",
    ),
}


def lay(service: Service, folder: Path) -> None:
    """Write a service's files below `folder`."""
    for name, text in (
        (".computenest/config.yaml", service.config),
        (f".computenest/{service.name}", service.template),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service(name: str, run: Run, write: Write) -> None:
    service = SERVICES[name]
    lay(service, write({}))
    done = run("check", "--format", "json")
    told = {finding["rule"] for finding in findings_of(done.out) if finding["severity"] != "info"}
    assert told == set(service.wrong)
    assert done.status == (1 if told & {"unbound-image", "unsupported-region"} else 0)
