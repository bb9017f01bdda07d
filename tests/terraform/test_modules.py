"""Modules: variables set from outside, child modules, override files, both syntaxes side by side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from preprocessor import scan
from tests.terraform.helpers import ID, edited, instance, module, only_field, single, steps_of

if TYPE_CHECKING:
    from tests.conftest import Write

VARIABLE = 'variable "image" {\n  default = "m-default"\n}\n'
CHILD = 'variable "image" {\n  default = "m-child"\n}\n' + instance("var.image")


def values_of(text: str) -> str:
    return f'image = "{text}"\n'


@pytest.mark.parametrize(
    ("files", "value", "literals"),
    [
        ({}, "m-default", ["m-default"]),
        ({"terraform.tfvars": "m-t"}, "m-t", ["m-t", "m-default"]),
        ({"terraform.tfvars": "m-t", "terraform.tfvars.json": "m-j"}, "m-j", ["m-j", "m-t", "m-default"]),
        ({"a.auto.tfvars": "m-a", "terraform.tfvars": "m-t"}, "m-a", ["m-a", "m-t", "m-default"]),
        ({"a.auto.tfvars": "m-a", "b.auto.tfvars": "m-b"}, "m-b", ["m-b", "m-a", "m-default"]),
        ({"a.auto.tfvars": "m-a", "a.auto.tfvars.json": "m-j"}, "m-j", ["m-j", "m-a", "m-default"]),
        # A file that must be named may or may not be: there is no single value.
        ({"prod.tfvars": "m-p"}, None, ["m-p", "m-default"]),
        ({"envs/prod.tfvars": "m-p"}, None, ["m-p", "m-default"]),
        ({"envs/x.auto.tfvars": "m-p"}, None, ["m-p", "m-default"]),
        ({"prod.tfvars": "m-default"}, "m-default", ["m-default", "m-default"]),
    ],
)
def test_values_files_in_the_order_of_terraform(
    files: dict[str, str], value: str | None, literals: list[str]
) -> None:
    texts = {
        name: json.dumps({"image": image}) if name.endswith(".json") else values_of(image)
        for name, image in files.items()
    }
    template = module({"main.tf": VARIABLE + instance("var.image"), **texts})
    field = only_field(template)
    assert (field.value, [step.value for step in field.literals]) == (value, literals)


def test_values_of_maps() -> None:
    template = module(
        {
            "main.tf": 'variable "images" {}\nvariable "region" {}\n' + instance("var.images[var.region]"),
            "terraform.tfvars": 'images = {\n  cn-beijing = "m-1"\n  "cn-hangzhou" = "m-2" # x\n}\n',
        }
    )
    field = only_field(template)
    assert steps_of(field) == [
        ("parameter", "variable.images", None),
        ("mapping", "var.images.cn-beijing", "m-1"),
        ("mapping", "var.images.cn-hangzhou", "m-2"),
    ]
    assert edited(template, field.literals[1].slot) == (
        f'images = {{\n  cn-beijing = "m-1"\n  "cn-hangzhou" = "{ID}" # x\n}}\n'
    )


def test_an_input_is_followed_into_a_child_module_and_its_default_is_out_of_reach() -> None:
    template = module(
        {
            "main.tf": 'module "app" {\n  source = "./app"\n  image  = local.image\n}\n'
            'module "own" {\n  source = "./app"\n}\n'
            'module "lit" {\n  source = "./app"\n  image  = "m-lit"\n}\n'
            'locals {\n  image = "m-local"\n}\n',
            "app/main.tf": CHILD,
        }
    )
    found = {field.address: (field.value, steps_of(field)) for field in template.fields}
    assert found == {
        "module.app.alicloud_instance.web.image_id": (
            "m-local",
            [
                ("parameter", "module.app.variable.image", None),
                ("passed", "module.app.image", None),
                ("local", "local.image", None),
                ("value", "local.image", "m-local"),
            ],
        ),
        "module.own.alicloud_instance.web.image_id": (
            "m-child",
            [
                ("parameter", "module.own.variable.image", None),
                ("default", "module.own.variable.image.default", "m-child"),
            ],
        ),
        "module.lit.alicloud_instance.web.image_id": (
            "m-lit",
            [("parameter", "module.lit.variable.image", None), ("passed", "module.lit.image", "m-lit")],
        ),
    }
    assert {field.path for field in template.fields} == {"app/main.tf"}
    assert len({field.slot for field in template.fields}) == 1


def test_an_input_goes_through_two_modules_and_a_repeated_call() -> None:
    template = module(
        {
            "main.tf": 'module "a" {\n  source = "./a"\n  for_each = { x = "m-x", y = "m-y" }\n'
            "  image = each.value\n}\n",
            "a/main.tf": 'variable "image" {}\nmodule "b" {\n  source = "../b"\n  image = var.image\n}\n',
            "b/main.tf": CHILD,
        }
    )
    field = only_field(template)
    assert field.address == "module.a.module.b.alicloud_instance.web.image_id"
    assert [(step.address, step.value) for step in field.literals] == [
        ("module.a.image.each.x", "m-x"),
        ("module.a.image.each.y", "m-y"),
    ]


def test_an_output_of_a_child_module_is_followed() -> None:
    template = module(
        {
            "main.tf": 'module "images" {\n  source = "./images"\n}\n' + instance("module.images.web"),
            "images/main.tf": 'output "web" {\n  value = local.web\n}\nlocals {\n  web = "m-1"\n}\n',
        }
    )
    assert steps_of(only_field(template)) == [
        ("local", "module.images.output.web", None),
        ("local", "module.images.local.web", None),
        ("value", "module.images.local.web", "m-1"),
    ]


def test_a_module_that_calls_itself_is_an_error_and_no_endless_loop() -> None:
    template = module({"main.tf": 'module "a" {\n  source = "./"\n}\n' + instance('"m-1"')})
    assert [finding.rule for finding in template.findings] == ["syntax-error"]
    assert template.findings[0].message == "more than 1,000 module calls, or a module that calls itself"


def test_override_files_come_before_the_others() -> None:
    template = module(
        {
            "main.tf": VARIABLE + instance('"m-base"') + instance("var.image", "two"),
            "override.tf": instance('"m-over"'),
            "x_override.tf": 'variable "image" {\n  default = "m-o"\n}\n',
        }
    )
    assert [(field.path, field.address, field.value) for field in template.fields] == [
        ("main.tf", "alicloud_instance.two.image_id", "m-o"),
        ("override.tf", "alicloud_instance.web.image_id", "m-over"),
    ]
    assert [step.value for step in template.fields[0].literals] == ["m-o", "m-default"]


def test_both_syntaxes_of_terraform_and_opentofu_together() -> None:
    template = module(
        {
            "a.tf": instance("local.x", "a"),
            "b.tofu": 'locals {\n  x = "m-1"\n}\n',
            "c.tf.json": '{"resource": {"alicloud_instance": {"c": {"image_id": "${local.x}"}}}}',
        }
    )
    assert [(field.address, field.value) for field in template.fields] == [
        ("alicloud_instance.a.image_id", "m-1"),
        ("alicloud_instance.c.image_id", "m-1"),
    ]


JSON = """\
{
  "//": "alicloud_instance",
  "variable": {"image": {"default": "m-1"}, "odd": {"default": "${not a template}"}},
  "locals": [{"images": {"a": "m-2"}, "\\u4f60": 1}, {"more": "m-3"}],
  "resource": {"alicloud_instance": {
    "lit": {"image_id": "m-0", "user_data": "m-0"},
    "var": [{"image_id": "${var.image}"}],
    "two": {"image_id": "\\u4f60${var.x ? \\"m-4\\" : local.images[\\"a\\"]}"},
    "cond": {"image_id": "${\\"\\u4f60\\" == var.x ? \\"m-4\\" : local.images[\\"a\\"]}"},
    "data": {"image_id": "${data.x.y.z}", "lifecycle": {"ignore_changes": ["image_id"]}},
    "null": {"image_id": null}
  }, "alicloud_ehpc_queue": {
    "one": {"compute_nodes": {"image_id": "m-5"}},
    "list": {"compute_nodes": [{"image_id": "m-6"}, {"image_id": "${local.more}"}]},
    "dyn": {"dynamic": {"compute_nodes": {
      "for_each": ["m-7"], "content": {"image_id": "${compute_nodes.value}"}}}}
  }}
}
"""


def test_json_syntax() -> None:
    template = single(JSON, "main.tf.json")
    assert [str(found) for found in template.findings] == []
    found = {
        field.address.removeprefix("alicloud_"): (field.form.value, [step.value for step in field.literals])
        for field in template.fields
    }
    assert found == {
        "instance.lit.image_id": ("literal", ["m-0"]),
        "instance.var.image_id": ("parameter", ["m-1"]),
        "instance.two.image_id": ("dynamic", []),
        "instance.cond.image_id": ("choice", ["m-4", "m-2"]),
        "instance.data.image_id": ("dynamic", []),
        "ehpc_queue.one.compute_nodes[0].image_id": ("literal", ["m-5"]),
        "ehpc_queue.list.compute_nodes[0].image_id": ("literal", ["m-6"]),
        "ehpc_queue.list.compute_nodes[1].image_id": ("local", ["m-3"]),
        "ehpc_queue.dyn.compute_nodes[0].image_id": ("mapping", ["m-7"]),
    }


@pytest.mark.parametrize(
    ("old", "literal"), [("m-0", '"image_id": "m-0"'), ("m-4", '== var.x ? \\"m-4\\"'), ("m-2", '"a": "m-2"')]
)
def test_json_literals_are_edited_inside_their_quotes(old: str, literal: str) -> None:
    template = single(JSON, "main.tf.json")
    slots = {step.slot for field in template.fields for step in field.literals if step.value == old}
    (slot,) = slots
    after = edited(template, slot)
    assert after == JSON.replace(literal, literal.replace(old, ID))
    assert json.loads(after)


def test_json_fields_are_replaced_as_a_whole() -> None:
    template = single(JSON, "main.tf.json")
    (slot,) = [field.slot for field in template.fields if field.address == "alicloud_instance.cond.image_id"]
    after = json.loads(edited(template, slot))
    assert after["resource"]["alicloud_instance"]["cond"] == {"image_id": ID}


@pytest.mark.parametrize(
    ("name", "text", "place", "message"),
    [
        ("a.tf", 'x {\n  y = "m-1\n}\n', "a.tf:2:7", "not HCL: this string is not closed on its line"),
        ("a.tf", "# 😀\nx = = 1\n", "a.tf:2:5", "not HCL: '=' is not expected here"),
        ("a.tofu", "x {", "a.tofu:1:3", "not HCL: this '{' is never closed"),
        ("a.tf.json", '{"a": }', "a.tf.json:1:7", "not JSON: found '}', expected a JSON value"),
        ("a.tf.json", "[]", "a.tf.json:1:1", "found another value, where a JSON object was expected"),
        (
            "a.tf.json",
            '{"resource": {"alicloud_instance": {"a": {"image_id": "\\u4f60${x ? }"}}}}',
            "a.tf.json:1:68",
            "not HCL: '}' is not expected here",
        ),
        ("a.tfvars", "x = [\n", "a.tfvars:1:5", "not HCL: this '[' is never closed"),
    ],
)
def test_a_file_that_does_not_parse_is_told_and_the_others_are_read(
    write: Write, name: str, text: str, place: str, message: str
) -> None:
    write({f"m/{name}": text, "m/good.tf": instance('"m-1"'), "other/main.tf": instance('"m-2"')})
    result = scan(["m", "other"])
    assert [found.field.value for found in result.fields if found.field.value] == ["m-1", "m-2"]
    assert [(str(found.location), found.message) for found in result.findings] == [(f"m/{place}", message)]


def test_files_that_cannot_matter_are_looked_over_for_what_is_never_closed() -> None:
    template = module(
        {"main.tf": instance('"m-1"'), "net.tf": 'resource "alicloud_vpc" "x" {\n  a = "b\n}\n'}
    )
    assert [str(found.location) for found in template.findings] == ["net.tf:2:7"]
    assert [field.value for field in template.fields] == ["m-1"]


def test_text_that_is_no_utf8_is_told(write: Write) -> None:
    write({"m/main.tf": instance('"m-1"'), "m/x.tf": b'a = "\xff"\n'})
    result = scan(["m"])
    assert [(str(found.location), found.rule) for found in result.findings] == [("m/x.tf:1:6", "file-error")]
    assert len(result.fields) == 1


def test_a_byte_order_mark_shifts_nothing(write: Write) -> None:
    write({"main.tf": b"\xef\xbb\xbf" + instance('"m-1"').encode()})
    (found,) = scan(["main.tf"]).fields
    assert (found.location.line, found.location.column) == (2, 14)


def test_a_single_values_file_shows_the_values_that_image_fields_come_from(write: Write) -> None:
    write(
        {
            "m/main.tf": 'variable "image" {}\nvariable "zone" {}\n' + instance("var.image"),
            "m/terraform.tfvars": 'zone = "m-no"\nimage = "m-1"\n',
            "m/envs/prod.tfvars": 'image = "m-2"\n',
            "lonely.tfvars": 'image = "m-3"\n',
        }
    )
    result = scan(["m/terraform.tfvars", "m/envs/prod.tfvars", "lonely.tfvars"])
    assert [
        (str(found.location), found.field.address, found.field.value, found.field.form.value)
        for found in result.fields
    ] == [
        ("m/terraform.tfvars:2:9", "var.image", "m-1", "literal"),
        ("m/envs/prod.tfvars:1:9", "var.image", "m-2", "literal"),
    ]


def test_a_scan_of_a_folder_names_each_module_once(write: Write) -> None:
    write(
        {
            "main.tf": 'module "a" {\n  source = "./modules/a"\n}\n',
            "terraform.tfvars": 'x = "m-1"\n',
            "envs/prod.tfvars": 'x = "m-1"\n',
            "modules/a/main.tf": instance('"m-1"'),
            "modules/unused/main.tf": instance('"m-2"'),
            ".terraform/modules/a/main.tf": instance('"m-3"'),
            "web.yaml": "Resources: {A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: m-4}}}\n",
        }
    )
    result = scan([])
    assert [(found.field.path, found.field.address) for found in result.fields] == [
        ("modules/a/main.tf", "module.a.alicloud_instance.web.image_id"),
        ("modules/unused/main.tf", "alicloud_instance.web.image_id"),
        ("web.yaml", "Resources.A.Properties.ImageId"),
    ]
    assert result.templates == 3


def test_text_on_standard_input_is_known_by_its_content() -> None:
    from preprocessor.catalog import load_catalog
    from preprocessor.model import Source
    from preprocessor.templates.formats import read_source_as_template

    template = read_source_as_template(Source("-", instance('"m-1"')), load_catalog())
    assert template is not None
    assert (template.format, len(template.fields)) == ("terraform", 1)
