"""Every rule in every format where it applies: a template that it tells of, at this place, and one that passes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.checks.helpers import CUSTOM, FORMATS, PUBLIC, USES, Format, found_by, places, project
from tests.projects import MAP

if TYPE_CHECKING:
    from tests.conftest import Run, Write

every_format = pytest.mark.parametrize("name", FORMATS)

LITERALS = {
    "unbound-image": CUSTOM,
    "unbound-placeholder": "my-app",
    "unbound-public-image": PUBLIC,
}


@every_format
@pytest.mark.parametrize("rule", LITERALS)
def test_a_literal_that_nothing_binds(rule: str, name: str, run: Run, write: Write) -> None:
    kind, value = FORMATS[name], LITERALS[rule]
    text, expected = places(kind.path, kind.literal(f"@{value}"))
    write({kind.path: text})
    assert found_by(run, rule, kind.path) == expected != []
    project(write, kind.path, text, f"{{image: {value}, artifact: web}}")
    assert found_by(run, rule, kind.path) == []


@every_format
@pytest.mark.parametrize("rule", LITERALS)
def test_a_default_that_nothing_binds(rule: str, name: str, run: Run, write: Write) -> None:
    kind, value = FORMATS[name], LITERALS[rule]
    text, expected = places(kind.path, kind.parameter(f"@{value}"))
    write({kind.path: text})
    assert found_by(run, rule, kind.path) == expected != []
    project(write, kind.path, text, f"{{image: {value}, reason: meant to stay}}")
    assert found_by(run, rule, kind.path) == []


@every_format
@pytest.mark.parametrize("value", [PUBLIC, "centos_7", "aliyun_3_x64*", "ubuntu_22_04"])
def test_public_images_and_names_are_no_errors(value: str, name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    write({kind.path: kind.literal(value)})
    done = run("check", kind.path, "--strict")
    assert (done.status, done.out) == (0, "")


DYNAMIC = {
    "ros-yaml": ("!GetAtt Other.ImageId", "centos_7"),
    "ros-json": ('{"Fn::GetAtt": ["Other", "ImageId"]}', '"centos_7"'),
    "hcl": ("data.alicloud_images.all.ids[0]", '"centos_7"'),
    "terraform-in-ros": ("data.alicloud_images.all.ids[0]", '"centos_7"'),
}


@every_format
def test_an_image_that_is_known_only_at_deployment(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    value, known = DYNAMIC[name]
    whole = kind.literal("IMAGE")
    field = whole.replace('"IMAGE"', "IMAGE")
    text, expected = places(kind.path, field.replace("IMAGE", f"@{value}"))
    write({kind.path: text})
    assert found_by(run, "dynamic-image", kind.path) == expected != []
    write({kind.path: field.replace("IMAGE", known)})
    assert found_by(run, "dynamic-image", kind.path) == []


@every_format
def test_a_parameter_that_feeds_something_else_too(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    text, expected = places(kind.path, kind.extended("my-app", USES[name], ""))
    project(write, kind.path, text, "{image: my-app, artifact: web}")
    assert found_by(run, "shared-parameter", kind.path) == expected != []
    project(write, kind.path, text, f"{{field: {kind.address}, artifact: web}}")
    assert found_by(run, "shared-parameter", kind.path) == []
    project(write, kind.path, kind.parameter("my-app"), "{image: my-app, artifact: web}")
    assert found_by(run, "shared-parameter", kind.path) == []


@every_format
def test_a_condition_on_the_value_that_goes(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    text, expected = places(kind.path, kind.extended("my-app", "", "@my-app"))
    project(write, kind.path, text, "{image: my-app, artifact: web}")
    assert found_by(run, "condition-depends", kind.path) == expected != []
    project(write, kind.path, text, f"{{field: {kind.address}, artifact: web}}")
    assert found_by(run, "condition-depends", kind.path) == []
    project(write, kind.path, kind.parameter("my-app"), "{image: my-app, artifact: web}")
    assert found_by(run, "condition-depends", kind.path) == []


UNKNOWN_TYPE = {
    "ros-yaml": ("ALIYUN::ECS::Instance", "MODULE::ACME::Web", "ALIYUN::ENS::Instance"),
    "ros-json": ("ALIYUN::ECS::Instance", "MODULE::ACME::Web", "ALIYUN::ENS::Instance"),
    "hcl": ("alicloud_instance", "alicloud_acme", "alicloud_ens_instance"),
    "terraform-in-ros": ("alicloud_instance", "alicloud_acme", "alicloud_ens_instance"),
}


@every_format
def test_a_property_that_only_looks_like_an_image_field(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    known, unknown, other = UNKNOWN_TYPE[name]
    text, expected = places(kind.path, kind.literal("@my-app"))
    write({kind.path: text.replace(known, unknown)})
    assert found_by(run, "unknown-image-field", kind.path) == expected != []
    write({kind.path: text.replace(known, other)})
    assert found_by(run, "unknown-image-field", kind.path) == []
    assert run("check", kind.path).out == ""


@every_format
def test_text_that_cannot_be_parsed(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    text = kind.literal("centos_7")
    broken = {
        "ros-yaml": (text.replace("centos_7", '"centos_7'), "web.yaml:7:1"),
        "ros-json": (text.replace('"centos_7"', "centos_7"), "web.json:3:29"),
        "hcl": (text.replace('centos_7"', "centos_7"), "main.tf:2:14"),
        "terraform-in-ros": (text.replace('centos_7"', "centos_7"), "stack.yaml:6:18"),
    }[name]
    write({kind.path: broken[0]})
    assert found_by(run, "syntax-error", kind.path) == [broken[1]]
    write({kind.path: text})
    assert found_by(run, "syntax-error", kind.path) == []


@every_format
def test_two_bindings_for_one_field(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    text, expected = places(kind.path, kind.literal("@my-app"))
    both = ("{image: my-app, artifact: web}", "{image: my-app, artifact: db}")
    project(write, kind.path, text, *both)
    assert found_by(run, "ambiguous-binding", kind.path) == expected != []
    project(write, kind.path, text, both[0], f"{{field: {kind.address}, artifact: db}}")
    assert found_by(run, "ambiguous-binding", kind.path) == []


BINDING = {
    "unknown-artifact": ("{image: my-app, artifact: wbe}", 6, 35),
    "unknown-version": ('{image: my-app, artifact: web, version: "9"}', 6, 49),
    "unused-binding": ("{image: my-db, artifact: web}", 6, 17),
}


@every_format
@pytest.mark.parametrize("rule", BINDING)
def test_a_binding_that_leads_nowhere(rule: str, name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    line, row, column = BINDING[rule]
    project(write, kind.path, kind.literal("my-app"), line)
    for paths in ((), (kind.path,)):
        assert found_by(run, rule, *paths) == [f"image-bindings.yaml:{row}:{column}"]
    project(write, kind.path, kind.literal("my-app"), "{image: my-app, artifact: web}")
    for paths in ((), (kind.path,)):
        assert found_by(run, rule, *paths) == []


@every_format
def test_a_region_that_an_artifact_lacks(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    line = "{image: my-app, artifact: web}"
    project(write, kind.path, kind.literal("my-app"), line, regions="[cn-beijing, cn-qingdao]")
    for paths in ((), (kind.path,)):
        assert found_by(run, "missing-region", *paths) == ["image-bindings.yaml:7:35"]
    project(write, kind.path, kind.literal("my-app"), line, regions="[cn-beijing]")
    for paths in ((), (kind.path,)):
        assert found_by(run, "missing-region", *paths) == []


WRONG_MAP = {
    "region-mismatch": (
        MAP.replace("m-2zexxxxxxxxxxxxxxxxx", "m-uf6xxxxxxxxxxxxxxxxx"),
        "artifact-map.yaml:23:23",
    ),
    "duplicate-image": (
        MAP.replace("m-bp1xxxxxxxxxxxxxxxxx", "m-2zexxxxxxxxxxxxxxxxx"),
        "artifact-map.yaml:24:24",
    ),
}


@every_format
@pytest.mark.parametrize("rule", WRONG_MAP)
def test_a_wrong_row_of_the_map(rule: str, name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    map_text, place = WRONG_MAP[rule]
    line = "{image: my-app, artifact: web}"
    project(write, kind.path, kind.literal("my-app"), line, map_text=map_text)
    for paths in ((), (kind.path,)):
        assert found_by(run, rule, *paths) == [place]
    # Another version, which nothing takes images from, is nobody's business.
    project(
        write,
        kind.path,
        kind.literal("my-app"),
        '{image: my-app, artifact: web, version: "1"}',
        map_text=map_text,
    )
    for paths in ((), (kind.path,)):
        assert found_by(run, rule, *paths) == []


def rendered(kind: Format, run: Run, write: Write) -> str:
    """Write and render a project of one template for Beijing; return the path of its variant."""
    project(
        write, kind.path, kind.literal("my-app"), "{image: my-app, artifact: web}", regions="[cn-beijing]"
    )
    assert run("render").status == 0
    assert run("check").status == 0
    return f"dist/cn-beijing/{kind.path}"


@every_format
def test_output_that_is_missing(name: str, run: Run, write: Write) -> None:
    variant = rendered(FORMATS[name], run, write)
    Path(variant).unlink()
    assert found_by(run, "missing-output") == [f"{variant}:0:0"]
    assert run("check", FORMATS[name].path).status == 0


@every_format
def test_output_that_is_stale(name: str, run: Run, write: Write) -> None:
    variant = rendered(FORMATS[name], run, write)
    assert run("map", "set", "web", "cn-beijing=m-2ze22222222222222222").status == 0
    assert found_by(run, "stale-output") == [f"{variant}:0:0"]
    assert run("check", FORMATS[name].path).status == 0


@every_format
def test_output_that_was_edited(name: str, run: Run, write: Write) -> None:
    variant = rendered(FORMATS[name], run, write)
    write({variant: Path(variant).read_text() + "\n"})
    assert found_by(run, "edited-output") == [f"{variant}:0:0"]
    assert found_by(run, "stale-output") == []


@every_format
def test_output_that_belongs_to_nothing(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    variant = rendered(kind, run, write)
    line = "{image: my-app, artifact: web}"
    project(write, kind.path, kind.literal("my-app"), line, regions="[cn-hangzhou]")
    assert found_by(run, "orphan-output") == [f"{variant}:0:0"]
    assert found_by(run, "missing-output") == [f"dist/cn-hangzhou/{kind.path}:0:0"]


@every_format
def test_a_file_in_the_way(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    rendered(kind, run, write)
    other = f"dist/cn-hangzhou/{kind.path}"
    write({other: "by hand"})
    line = "{image: my-app, artifact: web}"
    project(write, kind.path, kind.literal("my-app"), line, regions="[cn-beijing, cn-hangzhou]")
    assert found_by(run, "foreign-output") == [f"{other}:0:0"]


def test_output_where_no_render_has_been_is_not_asked_for(run: Run, write: Write) -> None:
    project(write, "web.yaml", FORMATS["ros-yaml"].literal("my-app"), "{image: my-app, artifact: web}")
    assert run("check").status == 0
    done = run("check", "-v")
    assert "no render has been here" in done.err
    assert found_by(run, "missing-output", "--select", "missing-output") == [
        "dist/cn-beijing/web.yaml:0:0",
        "dist/cn-hangzhou/web.yaml:0:0",
    ]


UNSAFE = {
    "hcl": ("alicloud_ehpc_queue", "compute_nodes = var.nodes"),
    "terraform-in-ros": ("alicloud_ehpc_queue", "compute_nodes = var.nodes"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_a_value_that_cannot_be_replaced_exactly(name: str, run: Run, write: Write) -> None:
    kind = FORMATS[name]
    text = (
        kind.parameter("x")
        .replace('default = "x"', 'default = [{ image_id = "my-app" }]')
        .replace("alicloud_instance", "alicloud_ehpc_queue")
        .replace("image_id      = var.app", "compute_nodes = @var.app")
    )
    text, expected = places(kind.path, text)
    field = '{field: "alicloud_ehpc_queue.web.compute_nodes[0].image_id", artifact: web}'
    project(write, kind.path, text, field)
    assert found_by(run, "unsafe-edit", kind.path) == expected != []
    project(write, kind.path, text, "{image: my-app, artifact: web}")
    assert found_by(run, "unsafe-edit", kind.path) == []
