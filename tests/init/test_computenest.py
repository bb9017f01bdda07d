"""The configuration of a Compute Nest project as a binding file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.checks.helpers import findings_of, found_by, place_of
from tests.projects import MAP, instance

if TYPE_CHECKING:
    from tests.conftest import Run, Write

CONFIG = """\
Service:
  RegionId: cn-hangzhou
  ServiceType: private
  DeployMetadata:
    SupplierDeployMetadata:
      ArtifactRelation:
        my-app:
          ArtifactId: ${Artifact.web.ArtifactId}
          ArtifactVersion: ${Artifact.web.ArtifactVersion}
    TemplateConfigs:
      - Name: Standard
        Url: ros_templates/template.yaml
        AllowedRegions: [cn-beijing, cn-hangzhou]
Artifact:
  web:
    ArtifactType: EcsImage
    ArtifactName: web
    SupportRegionIds: [cn-beijing, cn-hangzhou]
    ArtifactProperty: {RegionId: cn-hangzhou, ImageId: m-bp1xxxxxxxxxxxxxxxxx}
  scripts:
    ArtifactType: File
"""

TEMPLATE = ".computenest/ros_templates/template.yaml"


def project(write: Write, config: str = CONFIG, value: str = "my-app", map_text: str | None = MAP) -> None:
    write({".computenest/config.yaml": config, TEMPLATE: instance(value)})
    if map_text is not None:
        write({"artifact-map.yaml": map_text})


def test_it_is_found_where_there_is_no_binding_file(run: Run, write: Write) -> None:
    project(write)
    assert run("check", "--strict").status == 0
    assert run("check", "--strict", TEMPLATE).status == 0
    assert run("render", "-r", "cn-beijing").status == 0
    written = Path("dist/cn-beijing", TEMPLATE).read_text()
    assert written == instance("m-2zexxxxxxxxxxxxxxxxx")
    assert run("check").status == 1  # cn-hangzhou is allowed too, and its variant is missing
    assert run("render").status == 0
    assert run("check").status == 0


def test_it_can_be_named(run: Run, write: Write) -> None:
    project(write)
    assert (
        run("-C", ".computenest", "check", "-b", "config.yaml", "--map", "../artifact-map.yaml").status == 0
    )
    assert run("scan", "-b", ".computenest/config.yaml", TEMPLATE).out.count("web") > 0
    assert '"artifact": "web"' in run("scan", TEMPLATE, "--format", "json").out


@pytest.mark.parametrize("place", ["artifact-map.json", ".computenest/artifact-map.yaml", "maps/images.yaml"])
def test_where_the_map_is(place: str, run: Run, write: Write) -> None:
    import json

    project(write, map_text=None)
    images = {"cn-beijing": "m-2zexxxxxxxxxxxxxxxxx"}
    data = {"version": 1, "artifacts": {"web": {"versions": {"1": {"images": images}}}}}
    write({place: json.dumps(data)})
    options = ("--map", place) if place.startswith("maps") else ()
    done = run("check", "--format", "json", *options)
    assert [finding["rule"] for finding in findings_of(done.out)] == ["missing-region"]


def test_without_a_map_the_rest_is_checked(run: Run, write: Write) -> None:
    project(write, map_text=None)
    done = run("check", "--format", "json")
    assert [(finding["rule"], finding["message"]) for finding in findings_of(done.out)] == [
        ("missing-map", "there is no artifact map artifact-map.yaml: image IDs are not checked")
    ]
    assert done.status == 0
    project(write, value="m-2zexxxxxxxxxxxxxxxxx", map_text=None)
    assert found_by(run, "unbound-image") == [f"{TEMPLATE}:6:16"]
    assert found_by(run, "unused-binding") == [".computenest/config.yaml:7:9"]
    done = run("render")
    assert done.status == 2
    assert "there is no artifact map artifact-map.yaml" in done.err


REGIONS = """\
Service:
  DeployMetadata:
    SupplierDeployMetadata:
      ArtifactRelation:
        first-image: {ArtifactId: "${Artifact.First.ArtifactId}"}
        second-image: {ArtifactId: "${Artifact.Second.ArtifactId}"}
      SupplierTemplateConfigs:
        - {Name: Managed, Url: template.yaml, AllowedRegions: [cn-beijing, cn-hangzhou]}
Artifact:
  First: {ArtifactType: EcsImage, SupportRegionIds: [cn-beijing]}
  Second: {ArtifactType: EcsImage, SupportRegionIds: [cn-hangzhou, cn-beijing]}
"""
TWO = """\
Resources:
  A: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: first-image}}
  B: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: second-image}}
"""


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_each_artifact_must_support_every_allowed_region(
    swapped: bool, listed: bool, run: Run, write: Write
) -> None:
    config = REGIONS if listed else REGIONS.replace(", AllowedRegions: [cn-beijing, cn-hangzhou]", "")
    if swapped:
        lines = config.splitlines(keepends=True)
        config = "".join([*lines[:-2], lines[-1], lines[-2]])
    write({".computenest/config.yaml": config, ".computenest/template.yaml": TWO})
    done = run("check", "--format", "json", "--select", "unsupported-region")
    [finding] = findings_of(done.out)
    assert place_of(finding) == ".computenest/config.yaml:5:35"
    assert finding["message"] == (
        "artifact 'First' does not support cn-hangzhou, which .computenest/template.yaml is written for; "
        "its SupportRegionIds: cn-beijing"
    )
    assert done.status == 1


def test_templates_of_several_configurations_are_one(run: Run, write: Write) -> None:
    config = CONFIG.replace(
        "        AllowedRegions: [cn-beijing, cn-hangzhou]\n",
        "        AllowedRegions: [cn-beijing]\n"
        "      - {Name: Large, Url: ros_templates/template.yaml, AllowedRegions: [cn-hangzhou]}\n",
    )
    project(write, config)
    assert run("render").status == 0
    assert sorted(path.parts[1] for path in Path("dist").rglob("template.yaml")) == [
        "cn-beijing",
        "cn-hangzhou",
    ]


WRONG = {
    "${Artifact.wbe.ArtifactId}": "this file has no artifact 'wbe' of type EcsImage",
    "${Artifact.scripts.ArtifactId}": "this file has no artifact 'scripts' of type EcsImage",
    "${Parameters.x}": "found '${Parameters.x}'",
}


@pytest.mark.parametrize("reference", WRONG)
def test_a_reference_that_leads_nowhere(reference: str, run: Run, write: Write) -> None:
    project(write, CONFIG.replace("${Artifact.web.ArtifactId}", reference))
    done = run("check")
    assert done.status == 2
    assert f"error[invalid-bindings]: {WRONG[reference]}" in done.err
    assert "--> .computenest/config.yaml:8:23" in done.err


@pytest.mark.parametrize("url", ["https://example.org/template.yaml", "/srv/template.yaml"])
def test_a_template_that_is_not_here(url: str, run: Run, write: Write) -> None:
    project(write, CONFIG.replace("ros_templates/template.yaml", url))
    done = run("check")
    assert done.status == 2
    assert f"error[invalid-bindings]: found the Url '{url}'" in done.err


def test_a_region_that_is_none(run: Run, write: Write) -> None:
    project(
        write, CONFIG.replace("AllowedRegions: [cn-beijing, cn-hangzhou]", "AllowedRegions: [Beijing, {}]")
    )
    done = run("check")
    assert done.status == 2
    assert "found 'Beijing' under 'AllowedRegions'" in done.err
    assert "--> .computenest/config.yaml:13:26" in done.err


def test_an_artifact_by_its_id(run: Run, write: Write) -> None:
    config = CONFIG.replace("${Artifact.web.ArtifactId}", "artifact-0123456789abcdef0123")
    project(write, config.replace("${Artifact.web.ArtifactVersion}", "'1'"))
    assert run("render", "-r", "cn-beijing").status == 0
    assert "m-2ze11111111111111111" in Path("dist/cn-beijing", TEMPLATE).read_text()


def test_conversion_renders_the_same(run: Run, write: Write) -> None:
    project(write)
    assert run("render").status == 0
    before = {path: path.read_bytes() for path in Path("dist").rglob("*.yaml")}
    done = run("init", "--from", ".computenest/config.yaml")
    assert (done.status, "wrote image-bindings.yaml" in done.err) == (0, True)
    assert (
        Path("image-bindings.yaml").read_text()
        == """\
# Converted from .computenest/config.yaml.
# Which image fields of which templates belong to which artifact.
# Look at the fields with `region-image scan`, and at what is still to do with `region-image check`.
version: 1
artifact_map: artifact-map.yaml

bind:
  - image: my-app
    artifact: web

templates:
  - path: .computenest/ros_templates/template.yaml
    regions: [cn-beijing, cn-hangzhou]
"""
    )
    assert run("check", "--strict").status == 0
    assert "0 written, 2 unchanged" in run("render").out
    assert {path: path.read_bytes() for path in Path("dist").rglob("*.yaml")} == before


def test_conversion_without_a_map_writes_one_to_be_filled(run: Run, write: Write) -> None:
    project(write, map_text=None)
    assert run("init", "--from", ".computenest/config.yaml").status == 0
    done = run("check", "--format", "json")
    [finding] = findings_of(done.out)
    assert finding["rule"] == "missing-region"
    assert "region-image map set web --artifact-version 1 cn-beijing=IMAGE" in finding["help"]
    for region, image in (
        ("cn-beijing", "m-2zexxxxxxxxxxxxxxxxx"),
        ("cn-hangzhou", "m-bp1xxxxxxxxxxxxxxxxx"),
    ):
        assert run("map", "set", "web", "--artifact-version", "1", f"{region}={image}").status == 0
    assert run("check", "--strict").status == 0


def test_conversion_of_something_else(run: Run, write: Write) -> None:
    write({"x.yaml": "version: 1\nartifact_map: m.yaml\ntemplates: []\n"})
    done = run("init", "--from", "x.yaml")
    assert (done.status, Path("image-bindings.yaml").exists()) == (2, False)
    assert "not the configuration of a Compute Nest project" in done.err
