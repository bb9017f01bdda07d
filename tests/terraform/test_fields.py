"""Image fields of modules: which arguments, which forms, which values, and where each literal lives."""

from __future__ import annotations

import pytest

from preprocessor.model import Form, Role
from tests.terraform.helpers import (
    ID,
    edited,
    instance,
    module,
    only_field,
    single,
    steps_of,
)

FIELD = "alicloud_instance.web.image_id"

DECLARATIONS = """\
variable "image" {
  default = "m-1"
}
variable "bare" {}
variable "region" {
  default = "cn-beijing"
}
variable "images" {
  default = { cn-beijing = "m-2", "cn-hangzhou" = "m-3" }
}
variable "nested" {
  default = { web = { image = "m-4", size = "m-no" } }
}
locals {
  image  = "m-5"
  hop    = local.image
  of_var = var.image
  images = { cn-beijing = "m-6", cn-hangzhou = "m-7" }
  list   = ["m-8", "m-9"]
  key    = "cn-hangzhou"
  data   = data.alicloud_images.x.ids[0]
  loop_a = local.loop_b
  loop_b = local.loop_a
}
"""

IMAGE = [("parameter", "variable.image", None), ("default", "variable.image.default", "m-1")]
LOCAL = [("local", "local.image", None), ("value", "local.image", "m-5")]


@pytest.mark.parametrize(
    ("value", "form", "static", "trace"),
    [
        pytest.param('"m-0"', "literal", "m-0", [("value", FIELD, "m-0")], id="literal"),
        pytest.param('("m-0")', "literal", "m-0", [("value", FIELD, "m-0")], id="parentheses"),
        pytest.param("<<EOT\nm-0\nEOT", "literal", "m-0", [("value", FIELD, "m-0")], id="heredoc"),
        pytest.param('trimspace("m-0")', "literal", "m-0", [("value", FIELD, "m-0")], id="trimspace"),
        pytest.param('""', "literal", "", [("value", FIELD, "")], id="empty"),
        pytest.param("12", "literal", "12", [("value", FIELD, "12")], id="number"),
        pytest.param("var.image", "parameter", "m-1", IMAGE, id="variable"),
        pytest.param('"${var.image}"', "parameter", "m-1", IMAGE, id="only-a-template"),
        pytest.param("var.bare", "parameter", None, [("parameter", "variable.bare", None)], id="no-default"),
        pytest.param("local.image", "local", "m-5", LOCAL, id="local"),
        pytest.param(
            "local.hop", "local", "m-5", [("local", "local.hop", None), *LOCAL], id="local-of-local"
        ),
        pytest.param(
            "local.of_var", "local", "m-1", [("local", "local.of_var", None), *IMAGE], id="of-variable"
        ),
        pytest.param(
            "local.images[var.region]",
            "mapping",
            None,
            [
                ("local", "local.images", None),
                ("mapping", "local.images.cn-beijing", "m-6"),
                ("mapping", "local.images.cn-hangzhou", "m-7"),
            ],
            id="map-by-region",
        ),
        pytest.param(
            'local.images["cn-beijing"]',
            "mapping",
            "m-6",
            [("local", "local.images", None), ("mapping", "local.images.cn-beijing", "m-6")],
            id="map-by-key",
        ),
        pytest.param(
            "local.images[local.key]",
            "mapping",
            "m-7",
            [("local", "local.images", None), ("mapping", "local.images.cn-hangzhou", "m-7")],
            id="map-by-local",
        ),
        pytest.param(
            "local.images.cn-beijing",
            "mapping",
            "m-6",
            [("local", "local.images", None), ("mapping", "local.images.cn-beijing", "m-6")],
            id="map-by-attribute",
        ),
        pytest.param(
            'lookup(var.images, var.region, "m-0")',
            "mapping",
            None,
            [
                ("parameter", "variable.images", None),
                ("mapping", "variable.images.default.cn-beijing", "m-2"),
                ("mapping", "variable.images.default.cn-hangzhou", "m-3"),
                ("fallback", f"{FIELD}.lookup[2]", "m-0"),
            ],
            id="lookup",
        ),
        pytest.param(
            'lookup(local.images, "cn-x", "m-0")',
            "mapping",
            "m-0",
            [("fallback", f"{FIELD}.lookup[2]", "m-0")],
            id="lookup-of-nothing",
        ),
        pytest.param(
            "var.nested.web.image",
            "mapping",
            "m-4",
            [("parameter", "variable.nested", None), ("mapping", "variable.nested.default.web.image", "m-4")],
            id="nested-map",
        ),
        pytest.param(
            '{ a = "m-0", b = "m-x" }["a"]', "mapping", "m-0", [("mapping", f"{FIELD}.a", "m-0")], id="object"
        ),
        pytest.param(
            "local.list[1]",
            "mapping",
            "m-9",
            [("local", "local.list", None), ("mapping", "local.list[1]", "m-9")],
            id="list-item",
        ),
        pytest.param(
            'merge(local.images, { cn-beijing = "m-0" }, { x = "m-no" })["cn-hangzhou"]',
            "mapping",
            "m-7",
            [("local", "local.images", None), ("mapping", "local.images.cn-hangzhou", "m-7")],
            id="merged-maps",
        ),
        pytest.param(
            "element(local.list, count.index)",
            "mapping",
            None,
            [
                ("local", "local.list", None),
                ("mapping", "local.list[0]", "m-8"),
                ("mapping", "local.list[1]", "m-9"),
            ],
            id="element",
        ),
        pytest.param(
            'var.region == "x" ? local.image : "m-0"',
            "choice",
            None,
            [*LOCAL, ("branch", f"{FIELD}.false", "m-0")],
            id="conditional",
        ),
        pytest.param(
            'var.region == "x" ? "m-0" : (true ? "m-0" : null)',
            "choice",
            "m-0",
            [("branch", f"{FIELD}.true", "m-0"), ("branch", f"{FIELD}.false.true", "m-0")],
            id="conditional-agreeing",
        ),
        pytest.param(
            'coalesce(var.bare, "", try(local.nope, "m-0"))',
            "choice",
            None,
            [
                ("parameter", "variable.bare", None),
                ("dynamic", f"{FIELD}.coalesce[2].try[0]", None),
                ("branch", f"{FIELD}.coalesce[2].try[1]", "m-0"),
            ],
            id="coalesce-and-try",
        ),
        pytest.param(
            "var.region == null ? data.alicloud_images.x.ids[0] : local.image",
            "choice",
            None,
            [("dynamic", f"{FIELD}.true", None), *LOCAL],
            id="conditional-with-data",
        ),
    ],
)
def test_a_form_and_the_way_to_its_literals(
    value: str, form: str, static: str | None, trace: list[tuple[str, str, str | None]]
) -> None:
    template = module({"main.tf": instance(value), "all.tf": DECLARATIONS})
    field = only_field(template)
    assert (field.form.value, field.value) == (form, static)
    assert steps_of(field) == trace


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("data.alicloud_images.x.images[0].id", "data.alicloud_images.x is known only when Terraform runs"),
        ("alicloud_image.x.id", "alicloud_image.x is known only when Terraform runs"),
        (
            "element(distinct(compact(concat([var.image], local.list))), count.index)",
            "the result of distinct() is known only when Terraform runs",
        ),
        ('"m-${var.image}"', "a string that is put together from parts is known only when Terraform runs"),
        (
            "<<E\nm-${var.image}\nE",
            "a heredoc that is put together from parts is known only when Terraform runs",
        ),
        ("[for x in local.list : x][0]", "a for expression is known only when Terraform runs"),
        ('format("m-%s", 1)', "the result of format() is known only when Terraform runs"),
        ("local.data", "data.alicloud_images.x is known only when Terraform runs"),
        ("local.nope", "the local value 'nope' is not declared in these files"),
        ("var.nope", "the variable 'nope' is not declared in these files"),
        ("local.loop_a", "the references go too deep to follow"),
        ("local.images", "found a map, where an image ID was expected"),
        ('local.images["cn-x"]', "the map has no entry 'cn-x'"),
        ("local.image.id", "found a string, where a map or a list was expected"),
        ("module.nope.id", "an output of the module 'nope' is known only when Terraform runs"),
    ],
)
def test_what_cannot_be_followed_is_dynamic_and_says_why(value: str, note: str) -> None:
    field = only_field(module({"main.tf": instance(value), "all.tf": DECLARATIONS}))
    assert (field.form, field.value) == (Form.DYNAMIC, None)
    assert field.trace[-1].note == note
    assert field.literals == ()


def test_a_field_selector_takes_the_whole_expression_and_an_image_selector_the_literal() -> None:
    text = instance('var.x ? ( # c\n    "m-1") : local.y /* "m-1" */ // m-1')
    template = module({"main.tf": text, "x.tf": 'locals {\r\n  y\t= "m-2" # 😀\r\n}\r\n'})
    field = only_field(template)
    assert edited(template, field.slot) == instance(f'"{ID}" /* "m-1" */ // m-1')
    first, second = field.literals
    assert edited(template, first.slot) == text.replace('"m-1") :', f'"{ID}") :')
    assert edited(template, second.slot) == f'locals {{\r\n  y\t= "{ID}" # 😀\r\n}}\r\n'


@pytest.mark.parametrize(
    ("value", "by_image", "by_field"),
    [
        ('"m-1"', f'"{ID}"', f'"{ID}"'),
        ("<<EOT\nm-1\nEOT", f"<<EOT\n{ID}\nEOT", f'"{ID}"'),
        ("<<-EOT\n\t m-1\r\n\t EOT", f"<<-EOT\n\t {ID}\r\n\t EOT", f'"{ID}"'),
        ("12", f'"{ID}"', f'"{ID}"'),
        (r'"\u006d-1"', f'"{ID}"', f'"{ID}"'),
        ('("m-1")', f'("{ID}")', f'"{ID}"'),
        ('"${"m-1"}"', f'"${{"{ID}"}}"', f'"{ID}"'),
    ],
)
def test_edits_of_a_literal_keep_what_is_around_it(value: str, by_image: str, by_field: str) -> None:
    template = single(instance(value))
    field = only_field(template)
    assert edited(template, field.literals[0].slot) == instance(by_image)
    assert edited(template, field.slot) == instance(by_field)


def test_nested_blocks_lists_of_blocks_and_dynamic_blocks() -> None:
    template = module(
        {
            "main.tf": """\
resource "alicloud_ehpc_cluster_v2" "c" {
  manager {
    manager_node { image_id = "m-1" }
  }
  queues {
    compute_nodes { image_id = "m-2" }
    compute_nodes { image_id = "m-3" }
  }
  dynamic "queues" {
    for_each = [{ image = "m-4" }, { image = "m-5" }]
    iterator = q
    content {
      compute_nodes { image_id = q.value.image }
    }
  }
}
"""
        }
    )
    base = "alicloud_ehpc_cluster_v2.c"
    assert [
        (field.address, field.form.value, [step.value for step in field.literals])
        for field in template.fields
    ] == [
        (f"{base}.manager[0].manager_node[0].image_id", "literal", ["m-1"]),
        (f"{base}.queues[0].compute_nodes[0].image_id", "literal", ["m-2"]),
        (f"{base}.queues[0].compute_nodes[1].image_id", "literal", ["m-3"]),
        (f"{base}.queues[1].compute_nodes[0].image_id", "mapping", ["m-4", "m-5"]),
    ]


@pytest.mark.parametrize(
    ("for_each", "value", "literals"),
    [
        ('{ a = { image = "m-1" }, b = { image = "m-2" } }', "each.value.image", ["m-1", "m-2"]),
        ('{ a = "m-1", b = "m-2" }', "each.value", ["m-1", "m-2"]),
        ('toset(["m-1", "m-2"])', "each.key", ["m-1", "m-2"]),
        ('{ a = "m-1" }', "each.key", []),
        ("local.sizes", 'local.sizes[each.key]["image"]', ["m-3"]),
    ],
)
def test_for_each(for_each: str, value: str, literals: list[str]) -> None:
    text = f'resource "alicloud_instance" "web" {{\n  for_each = {for_each}\n  image_id = {value}\n}}\n'
    template = module({"main.tf": text + 'locals {\n  sizes = { s = { image = "m-3" } }\n}\n'})
    assert [step.value for step in only_field(template).literals] == literals


def test_which_arguments_are_image_fields_and_in_which_role() -> None:
    template = module(
        {
            "main.tf": """\
resource "alicloud_instance" "a" {
  image_id  = "m-1"
  user_data = "image_id = m-1"
  lifecycle { ignore_changes = [image_id] }
}
resource "alicloud_image_copy" "b" { source_image_id = "m-1" }
data "alicloud_instance_types" "c" { image_id = "m-1" }
resource "alicloud_ens_instance" "d" { image_id = "m-1" }
resource "acme_server" "e" { image_id = "m-1" }
resource "alicloud_instance" "f" { image_id = null }
output "image_id" { value = "m-1" }
"""
        }
    )
    assert [(field.address, field.resource_type, field.role) for field in template.fields] == [
        ("alicloud_instance.a.image_id", "alicloud_instance", Role.DEPLOY),
        ("alicloud_image_copy.b.source_image_id", "alicloud_image_copy", Role.SOURCE),
        ("data.alicloud_instance_types.c.image_id", "data.alicloud_instance_types", Role.FILTER),
    ]


@pytest.mark.parametrize(
    ("path", "value", "addresses"),
    [
        ("input", '"m-1"', ["terraform_data.x.input"]),
        ("input.image", '{ image = "m-1", other = "m-2" }', ["terraform_data.x.input.image"]),
        (
            "input[].image",
            '[{ image = "m-1" }, { image = "m-2" }]',
            ["terraform_data.x.input[0].image", "terraform_data.x.input[1].image"],
        ),
        ("input.**.image", '{ a = [{ image = "m-1" }] }', ["terraform_data.x.input.a[0].image"]),
        ("input.image", "local.conf", ["terraform_data.x.input.image"]),
        ("input.image", "data.x.y", []),
    ],
)
def test_fields_that_the_user_names(path: str, value: str, addresses: list[str]) -> None:
    texts = {
        "main.tf": f'resource "terraform_data" "x" {{\n  input = {value}\n}}\n',
        "locals.tf": 'locals {\n  conf = { image = "m-1" }\n}\n',
    }
    template = module(texts, more={"terraform_data": [path]})
    assert [field.address for field in template.fields] == addresses


def test_a_part_of_a_referenced_object_is_edited_only_where_it_lives() -> None:
    text = (
        'resource "terraform_data" "x" {\n  input = local.conf\n}\nlocals {\n  conf = { image = "m-1" }\n}\n'
    )
    template = module({"main.tf": text}, more={"terraform_data": ["input.image"]})
    field = only_field(template)
    assert (field.slot, field.note) == (None, "the value around it comes as a whole from somewhere else")
    assert edited(template, field.literals[0].slot) == text.replace("m-1", ID)


def test_inputs_of_a_module_from_elsewhere_that_the_user_names_by_its_source() -> None:
    text = 'module "ecs" {\n  source   = "alibaba/ecs-instance/alicloud"\n  image_id = "m-1"\n}\n'
    template = module({"main.tf": text}, more={"alibaba/ecs-instance/alicloud": ["image_id"]})
    field = only_field(template)
    assert (field.address, field.value) == ("module.ecs.image_id", "m-1")


def test_a_file_without_its_module() -> None:
    template = single(instance("var.image"))
    note = "the variable 'image' is not declared in this file; read the module's folder to follow it"
    assert only_field(template).trace[0].note == note
