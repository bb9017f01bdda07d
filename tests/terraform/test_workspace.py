"""Terraform inside ROS: fields of the HCL scalars, edited where they stand in the YAML or JSON text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from preprocessor.catalog import load_catalog
from preprocessor.model import Source
from preprocessor.syntax import parse, plain
from preprocessor.templates.ros import read_ros
from tests.terraform.helpers import ID, edited, instance, only_field, steps_of

if TYPE_CHECKING:
    from preprocessor.model import Template

HEAD = "ROSTemplateFormatVersion: '2015-09-01'\nTransform: Aliyun::Terraform-v1.5\n"
FIELD = "alicloud_instance.web.image_id"


def read(text: str, name: str = "web.yaml") -> Template:
    template = read_ros(Source(name, text), load_catalog())
    assert template is not None
    return template


def workspace_of(text: str) -> dict[str, str]:
    files: dict[str, str] = plain(parse(Source("web.yaml", text)).root)["Workspace"]
    return files


HCL = 'resource "alicloud_instance" "web" {\n  image_id = "m-1"\n  note = "中😀 \\"m-1\\""\n}\n'


def block(header: str, text: str, indent: str = "    ", end: str = "\n") -> str:
    lines = "".join(f"{indent}{line}{end}" if line else end for line in text.splitlines())
    return f"{HEAD}Workspace:\n  main.tf: {header}\n{lines}Outputs: {{}}\n"


FOLDED = HCL.replace("\n", "\n\n").rstrip("\n") + "\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(block("|", HCL), id="literal"),
        pytest.param(block("|-", HCL), id="strip"),
        pytest.param(block("|+  # m-1", HCL + "\n\n"), id="keep-and-comment"),
        pytest.param(block("|2-", HCL, "    "), id="indentation-indicator"),
        pytest.param(block("&a !!str |", HCL, "\t".expandtabs(7)), id="anchor-and-tag"),
        pytest.param(block("|", "\n\n" + HCL), id="blank-lines-first"),
        pytest.param(block("|", HCL).replace("\n", "\r\n"), id="crlf"),
        pytest.param(block(">", FOLDED), id="folded"),
        pytest.param(HEAD + "Workspace:\n  main.tf: " + json.dumps(HCL) + "\n", id="double-quoted"),
        pytest.param(
            HEAD + "Workspace:\n  main.tf: " + json.dumps(HCL, ensure_ascii=False) + "\n",
            id="double-quoted-plain",
        ),
        pytest.param(
            HEAD + "Workspace: {main.tf: '" + HCL.replace("\n", "\n\n") + "'}\n", id="single-quoted"
        ),
        pytest.param(
            HEAD + 'Workspace:\n  main.tf: "resource \\"alicloud_instance\\" \\"web\\" {\n\n'
            '    image_id =\\\n      \\x20\\"m-1\\"\n\n    note = 1 }"\n',
            id="double-quoted-folded",
        ),
        pytest.param(
            '{"ROSTemplateFormatVersion": "2015-09-01", "Transform": ["Aliyun::Terraform-v1.5"],\n'
            ' "Workspace": {"main.tf": ' + json.dumps(HCL) + "}}\n",
            id="json",
        ),
        pytest.param(
            HEAD
            + "Workspace: {main.tf: *hcl}\nMetadata:\n  x: &hcl |\n".replace("Workspace", "Workspace2")
            + "\n".join(f"    {line}" for line in HCL.splitlines())
            + "\nWorkspace: {main.tf: *hcl}\n",
            id="alias",
        ),
    ],
)
def test_every_kind_of_scalar_is_edited_in_place(text: str) -> None:
    text = text.replace("Workspace2: {main.tf: *hcl}\n", "")
    template = read(text)
    field = only_field(template)
    assert (field.address, field.value) == (FIELD, "m-1")
    before = workspace_of(text)["main.tf"]
    for slot in (field.slot, field.literals[0].slot):
        after = edited(template, slot)
        assert workspace_of(after)["main.tf"] == before.replace('"m-1"', f'"{ID}"', 1)
        place = text.index("m-1", text.index("image_id"))
        assert after == text[:place] + ID + text[place + 3 :]


@pytest.mark.parametrize("scalar", ["|\n", '"', "json"])
def test_a_whole_expression_is_replaced_with_the_quotes_of_its_place(scalar: str) -> None:
    hcl = instance('true ? "m-1" : var.x') + 'variable "x" {}\n'
    if scalar == "|\n":
        text = block("|", hcl)
    elif scalar == '"':
        text = f"{HEAD}Workspace:\n  main.tf: {json.dumps(hcl)}\n"
    else:
        text = json.dumps(
            {
                "ROSTemplateFormatVersion": "1",
                "Transform": "Aliyun::Terraform-v1.5",
                "Workspace": {"main.tf": hcl},
            }
        )
    template = read(text)
    after = edited(template, only_field(template).slot)
    assert workspace_of(after)["main.tf"] == instance(f'"{ID}"') + 'variable "x" {}\n'


def test_parameters_of_the_template_are_variables() -> None:
    hcl = instance("var.image", "a") + instance("var.other", "b") + instance("var.bare", "c")
    hcl += 'variable "image" {\n  default = "m-hcl"\n}\nvariable "other" {\n  default = "m-other"\n}\n'
    text = (
        HEAD
        + "Parameters:\n  image:\n    Type: String\n    Default: m-ros\n    AllowedValues: ['m-ros', m-two]\n"
        "  bare: {Type: String}\n  other: {Type: String}\n"
        "Workspace:\n  main.tf: |\n" + "".join(f"    {line}\n" for line in hcl.splitlines())
    )
    template = read(text)
    assert [(field.address, field.form.value, field.value, steps_of(field)) for field in template.fields] == [
        (
            "alicloud_instance.a.image_id",
            "parameter",
            "m-ros",
            [
                ("parameter", "variable.image", None),
                ("parameter", "Parameters.image", None),
                ("default", "Parameters.image.Default", "m-ros"),
                ("allowed-value", "Parameters.image.AllowedValues[0]", "m-ros"),
                ("allowed-value", "Parameters.image.AllowedValues[1]", "m-two"),
                ("default", "variable.image.default", "m-hcl"),
            ],
        ),
        (
            "alicloud_instance.b.image_id",
            "parameter",
            "m-other",
            [
                ("parameter", "variable.other", None),
                ("parameter", "Parameters.other", None),
                ("default", "variable.other.default", "m-other"),
            ],
        ),
        (
            "alicloud_instance.c.image_id",
            "parameter",
            None,
            [("parameter", "Parameters.bare", None)],
        ),
    ]
    slots = [step.slot for step in template.fields[0].literals]
    assert edited(template, slots[1]) == text.replace("['m-ros'", f"['{ID}'")


def test_modules_of_the_workspace() -> None:
    text = (
        HEAD + "Workspace:\n"
        '  main.tf: |\n    module "app" {\n      source = "./modules/app"\n'
        "      image  = local.image\n    }\n"
        '  locals.tf: |\n    locals {\n      image = "m-1"\n    }\n'
        '  modules/app/main.tf: |\n    variable "image" {}\n    resource "alicloud_instance" "web" {\n'
        "      image_id = var.image\n    }\n"
        '  scripts/run.sh: |\n    image_id = "m-1"\n'
    )
    template = read(text)
    field = only_field(template)
    assert (field.address, field.value) == ("module.app.alicloud_instance.web.image_id", "m-1")
    assert edited(template, field.literals[0].slot) == text.replace(
        'image = "m-1"\n    }', f'image = "{ID}"\n    }}'
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (
            block("|", 'x {\n  y = "m-1\n}\n'),
            "web.yaml:6:11",
            "not HCL: this string is not closed on its line",
        ),
        (block("|", "alicloud_instance = =\n"), "web.yaml:5:25", "not HCL: '=' is not expected here"),
        (
            HEAD + 'Workspace:\n  main.tf: "x {\\n\\u4f60 \\"\\n}"\n',
            "web.yaml:4:25",
            "not HCL: this string is not closed on its line",
        ),
    ],
)
def test_hcl_that_does_not_parse_is_told_at_its_place_in_the_template(
    text: str, place: str, message: str
) -> None:
    template = read(text)
    assert [(str(found.location), found.rule, found.message) for found in template.findings] == [
        (place, "syntax-error", message)
    ]


def test_a_template_without_the_transform_has_no_such_fields() -> None:
    assert read(block("|", HCL).replace("Transform: Aliyun::Terraform-v1.5\n", "")).fields == ()


def test_a_scalar_that_cannot_be_traced_back_is_read_and_never_edited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("preprocessor.templates.ros_terraform.place_of", lambda *_, **__: None)
    field = only_field(read(block("|", HCL)))
    note = "the scalar it stands in cannot be traced back; write it as a block (|)"
    assert (field.value, field.slot, field.note) == ("m-1", None, note)
    assert [(step.slot, step.note) for step in field.trace] == [(None, note)]


def test_a_workspace_file_in_json_syntax_is_refused() -> None:
    text = HEAD + 'Workspace:\n  main.tf.json: |\n    {"resource": {"alicloud_instance": {}}}\n'
    (found,) = read(text).findings
    assert (found.rule, str(found.location)) == ("unsafe-edit", "web.yaml:4:17")
