"""Image fields of ROS templates: which properties, which forms, which values, at which places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preprocessor import scan
from tests.projects import HANGZHOU, instance

if TYPE_CHECKING:
    from preprocessor.engine import ScannedField
    from tests.conftest import Write

Steps = list[tuple[str, str, str | None]]


def fields_of(text: str | bytes, name: str = "web.yaml") -> list[ScannedField]:
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
    result = scan([name])
    assert [str(found) for found in result.findings] == []
    return list(result.fields)


def only_field(text: str | bytes, name: str = "web.yaml") -> ScannedField:
    (found,) = fields_of(text, name)
    return found


def steps_of(found: ScannedField) -> Steps:
    return [(step.via.value, step.address, step.value) for step in found.field.trace]


def template(value: str, *, sections: str = "") -> str:
    return sections + instance(value)


PARAMETERS = """\
Parameters:
  Image:
    Type: String
    Default: centos_7
    AllowedValues: [centos_7, ubuntu_22]
  Bare: {Type: String}
"""

MAPPINGS = """\
Mappings:
  Images:
    cn-beijing: {Web: m-2zexxxxxxxxxxxxxxxxx, Db: b}
    cn-hangzhou: {Web: m-bp1xxxxxxxxxxxxxxxxx, Db: d}
"""

FIELD = "Resources.Web.Properties.ImageId"


@pytest.mark.parametrize(
    ("value", "sections", "form", "static", "trace"),
    [
        pytest.param("m-1", "", "literal", "m-1", [("value", FIELD, "m-1")], id="plain"),
        pytest.param('"m-1"', "", "literal", "m-1", [("value", FIELD, "m-1")], id="quoted"),
        pytest.param("'m-1'", "", "literal", "m-1", [("value", FIELD, "m-1")], id="single-quoted"),
        pytest.param('"\\x6d-1"', "", "literal", "m-1", [("value", FIELD, "m-1")], id="escaped"),
        pytest.param("\n        m-1", "", "literal", "m-1", [("value", FIELD, "m-1")], id="next-line"),
        pytest.param("|-\n        m-1", "", "literal", "m-1", [("value", FIELD, "m-1")], id="block"),
        pytest.param(
            '&img !Anything "m-1"', "", "literal", "m-1", [("value", FIELD, "m-1")], id="anchor-tag"
        ),
        pytest.param("12345", "", "literal", "12345", [("value", FIELD, "12345")], id="number"),
        pytest.param('""', "", "literal", "", [("value", FIELD, "")], id="empty"),
        pytest.param("", "", "literal", None, [("value", FIELD, None)], id="nothing"),
        pytest.param("~", "", "literal", None, [("value", FIELD, None)], id="null"),
        pytest.param(
            "{Ref: Image}",
            PARAMETERS,
            "parameter",
            "centos_7",
            [
                ("parameter", "Parameters.Image", None),
                ("default", "Parameters.Image.Default", "centos_7"),
                ("allowed-value", "Parameters.Image.AllowedValues[0]", "centos_7"),
                ("allowed-value", "Parameters.Image.AllowedValues[1]", "ubuntu_22"),
            ],
            id="ref",
        ),
        pytest.param(
            "!Ref Bare",
            PARAMETERS,
            "parameter",
            None,
            [("parameter", "Parameters.Bare", None)],
            id="no-default",
        ),
        pytest.param(
            "!Ref Other", PARAMETERS, "dynamic", None, [("dynamic", FIELD, None)], id="ref-to-resource"
        ),
        pytest.param(
            "{Ref: Image}",
            "Locals: {Image: {Value: m-1}}\n",
            "local",
            "m-1",
            [("local", "Locals.Image", None), ("value", "Locals.Image.Value", "m-1")],
            id="local",
        ),
        pytest.param(
            "{'Fn::FindInMap': [Images, {Ref: 'ALIYUN::Region'}, Web]}",
            MAPPINGS,
            "mapping",
            None,
            [
                ("mapping", "Mappings.Images.cn-beijing.Web", "m-2zexxxxxxxxxxxxxxxxx"),
                ("mapping", "Mappings.Images.cn-hangzhou.Web", "m-bp1xxxxxxxxxxxxxxxxx"),
            ],
            id="map-region-first",
        ),
        pytest.param(
            "!FindInMap [Images, v1, !Ref 'ALIYUN::Region']",
            "Mappings: {Images: {v1: {cn-beijing: a, cn-hangzhou: b}, v2: {cn-beijing: c}}}\n",
            "mapping",
            None,
            [
                ("mapping", "Mappings.Images.v1.cn-beijing", "a"),
                ("mapping", "Mappings.Images.v1.cn-hangzhou", "b"),
            ],
            id="map-region-second",
        ),
        pytest.param(
            "{'Fn::FindInMap': [Images, cn-hangzhou, Db]}",
            MAPPINGS,
            "mapping",
            "d",
            [("mapping", "Mappings.Images.cn-hangzhou.Db", "d")],
            id="map-literal-keys",
        ),
        pytest.param(
            "{'Fn::FindInMap': [Images, cn-hangzhou, Db, {DefaultValue: e}]}",
            MAPPINGS,
            "mapping",
            None,
            [
                ("mapping", "Mappings.Images.cn-hangzhou.Db", "d"),
                ("fallback", f"{FIELD}.Fn::FindInMap[3]", "e"),
            ],
            id="map-default",
        ),
        pytest.param(
            "{'Fn::FindInMap': [Nope, a, b]}",
            MAPPINGS,
            "dynamic",
            None,
            [("dynamic", FIELD, None)],
            id="no-map",
        ),
        pytest.param(
            "{'Fn::If': [c, m-1, {Ref: Bare}]}",
            PARAMETERS,
            "choice",
            "m-1",
            [("branch", f"{FIELD}.Fn::If[1]", "m-1"), ("parameter", "Parameters.Bare", None)],
            id="if",
        ),
        pytest.param(
            "!If [c, m-1, m-2]",
            "",
            "choice",
            None,
            [("branch", f"{FIELD}.Fn::If[1]", "m-1"), ("branch", f"{FIELD}.Fn::If[2]", "m-2")],
            id="if-tag",
        ),
        pytest.param(
            "{'Fn::Select': ['1', [a, b]]}",
            "",
            "choice",
            "b",
            [("branch", f"{FIELD}.Fn::Select[1][0]", "a"), ("branch", f"{FIELD}.Fn::Select[1][1]", "b")],
            id="select",
        ),
        pytest.param(
            "{'Fn::Join': ['-', [m, '1']]}", "", "literal", "m-1", [("value", FIELD, "m-1")], id="join"
        ),
        pytest.param(
            "{'Fn::Join': ['-', [m, {Ref: Bare}]]}",
            PARAMETERS,
            "dynamic",
            None,
            [("dynamic", FIELD, None)],
            id="join-ref",
        ),
        pytest.param("!Sub m-1", "", "literal", "m-1", [("value", FIELD, "m-1")], id="sub"),
        pytest.param(
            "{'Fn::Sub': 'm-${x}'}", "", "dynamic", None, [("dynamic", FIELD, None)], id="sub-reference"
        ),
        pytest.param("!GetAtt Copy.ImageId", "", "dynamic", None, [("dynamic", FIELD, None)], id="getatt"),
        pytest.param(
            "{'Fn::MarketplaceImage': cmjj000001}",
            "",
            "dynamic",
            None,
            [("dynamic", FIELD, None)],
            id="marketplace",
        ),
        pytest.param(
            "'{{resolve:oos:aliyun/x}}'", "", "dynamic", None, [("dynamic", FIELD, None)], id="resolve"
        ),
        pytest.param("[m-1]", "", "dynamic", None, [("dynamic", FIELD, None)], id="list"),
        pytest.param("{a: m-1, b: m-2}", "", "dynamic", None, [("dynamic", FIELD, None)], id="mapping-value"),
    ],
)
def test_forms(value: str, sections: str, form: str, static: str | None, trace: Steps) -> None:
    found = only_field(template(value, sections=sections))
    assert (found.field.address, found.field.form.value, found.field.value) == (FIELD, form, static)
    assert steps_of(found) == trace


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (HANGZHOU, "custom"),
        ("m-bp1xxxxxxxxxxxxxxxx", "placeholder"),
        ("m-bp1xxxxxxxxxxxxxxxxxxx", "placeholder"),
        ("centos_7_9_x64_20G_alibase_20240403.vhd", "public"),
        ("centos_7", "name"),
        ("CentOS", "name"),
        ("aliyun_3_x64_20G_alibase_", "name"),
        ("win2019_1809_x64", "name"),
        ("my*image", "name"),
        ("dify", "placeholder"),
        ("windmill", "placeholder"),
        ("", "placeholder"),
    ],
)
def test_kinds(value: str, kind: str) -> None:
    found = only_field(instance(f"'{value}'"))
    assert found.kind is not None
    assert found.kind.value == kind


@pytest.mark.parametrize(
    ("resource_type", "properties", "addresses"),
    [
        ("ALIYUN::ECS::InstanceGroup", "{ImageId: a}", ["ImageId"]),
        (
            "ALIYUN::ECS::LaunchTemplateVersion",
            "{LaunchTemplateData: {ImageId: a}}",
            ["LaunchTemplateData.ImageId"],
        ),
        (
            "ALIYUN::ECS::AutoProvisioningGroup",
            "{LaunchConfiguration: {ImageId: a}, LaunchTemplateConfig: [{ImageId: b}, {X: 1}, {ImageId: c}]}",
            [
                "LaunchConfiguration.ImageId",
                "LaunchTemplateConfig[0].ImageId",
                "LaunchTemplateConfig[2].ImageId",
            ],
        ),
        (
            "ALIYUN::EHPC::ClusterV2",
            "{Queues: [{ComputeNodes: [{ImageId: a}, {ImageId: b}]}], Manager: {ManagerNode: {ImageId: c}}}",
            [
                "Queues[0].ComputeNodes[0].ImageId",
                "Queues[0].ComputeNodes[1].ImageId",
                "Manager.ManagerNode.ImageId",
            ],
        ),
        ("ALIYUN::EHPC::AutoScaleConfig", "{Queues: [{QueueImageId: a}]}", ["Queues[0].QueueImageId"]),
        (
            "ALIYUN::CS::AnyCluster",
            "{ClusterConfig: {nodepools: [{scaling_group: {image_id: a}}]}}",
            ["ClusterConfig.nodepools[0].scaling_group.image_id"],
        ),
        (
            "ALIYUN::ECS::LaunchTemplateVersion",
            "{LaunchTemplateData: {'Fn::If': [c, {ImageId: a}, {ImageId: b}]}}",
            ["LaunchTemplateData.Fn::If[1].ImageId", "LaunchTemplateData.Fn::If[2].ImageId"],
        ),
        ("ALIYUN::ENS::Instance", "{ImageId: a}", []),
        ("ALIYUN::SWAS::Instance", "{ImageId: a}", []),
        ("ALIYUN::ECD::Bundle", "{ImageId: a}", []),
        ("ALIYUN::ECS::Instance", "{Tags: [{ImageId: a}], UserData: {ImageId: b}}", []),
    ],
)
def test_the_catalog_says_which_properties(resource_type: str, properties: str, addresses: list[str]) -> None:
    text = f"Resources:\n  R: {{Type: '{resource_type}', Properties: {properties}}}\n"
    found = fields_of(text)
    assert [one.field.address for one in found] == [f"Resources.R.Properties.{rest}" for rest in addresses]


def test_roles() -> None:
    text = """\
Resources:
  Copy: {Type: 'ALIYUN::ECS::CopyImage', Properties: {ImageId: a}}
  Query: {Type: 'DATASOURCE::ECS::Images', Properties: {ImageId: b}}
  Web: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: c}}
"""
    assert [(one.field.value, one.field.role.value) for one in fields_of(text)] == [
        ("a", "source"),
        ("b", "filter"),
        ("c", "deploy"),
    ]


def test_fields_of_the_binding_file_extend_the_catalog(write: Write) -> None:
    write(
        {
            "t.yaml": "Resources: {R: {Type: 'MODULE::ACME::Web', Properties: {Nodes: [{ImageId: a}]}}}",
            "artifact-map.yaml": "version: 1\nartifacts: {}\n",
            "image-bindings.yaml": "version: 1\nartifact_map: artifact-map.yaml\ntemplates: [{path: t.yaml}]\n"
            "fields: {ros: {'MODULE::ACME::Web': ['Nodes[].ImageId']}}\n",
        }
    )
    (found,) = scan(["t.yaml"]).fields
    assert (found.field.address, found.field.value) == ("Resources.R.Properties.Nodes[0].ImageId", "a")


def test_odd_names_stand_in_quotes() -> None:
    text = """\
Resources:
  "a.b": {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: x}}
  机器: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: y}}
  "": {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: z}}
"""
    assert [one.field.address for one in fields_of(text)] == [
        'Resources["a.b"].Properties.ImageId',
        "Resources.机器.Properties.ImageId",
        'Resources[""].Properties.ImageId',
    ]


NESTED = """\
Parameters: {Outer: {Type: String, Default: centos_7}}
Resources:
  Stack:
    Type: ALIYUN::ROS::Stack
    Properties:
      Parameters: {Given: {Ref: Outer}, Fixed: m-1}
      TemplateBody:
        Parameters:
          Given: {Type: String, Default: unused}
          Fixed: {Type: String}
          Own: {Type: String, Default: own}
        Resources:
          A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: Given}}}
          B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: Fixed}}}
          C: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: Own}}}
"""


def test_nested_templates_take_what_their_stack_passes() -> None:
    inside = "Resources.Stack.Properties.TemplateBody"
    found = fields_of(NESTED)
    assert [(one.field.address, one.field.value) for one in found] == [
        (f"{inside}.Resources.A.Properties.ImageId", "centos_7"),
        (f"{inside}.Resources.B.Properties.ImageId", "m-1"),
        (f"{inside}.Resources.C.Properties.ImageId", "own"),
    ]
    assert steps_of(found[0]) == [
        ("parameter", f"{inside}.Parameters.Given", None),
        ("parameter", "Parameters.Outer", None),
        ("default", "Parameters.Outer.Default", "centos_7"),
        ("default", f"{inside}.Parameters.Given.Default", "unused"),
    ]


def test_merge_keys_and_aliases_are_followed() -> None:
    text = """\
Resources:
  A:
    Type: ALIYUN::ECS::Instance
    Properties: &base
      ImageId: &image m-1
      Name: a
  B:
    Type: ALIYUN::ECS::Instance
    Properties:
      <<: *base
      Name: b
  C:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: *image
"""
    assert [(one.field.address, one.field.value, one.location.line) for one in fields_of(text)] == [
        ("Resources.A.Properties.ImageId", "m-1", 5),
        ("Resources.B.Properties.ImageId", "m-1", 5),
        ("Resources.C.Properties.ImageId", "m-1", 15),
    ]


@pytest.mark.parametrize(
    ("prefix", "line_break"),
    [(b"", b"\n"), (b"\xef\xbb\xbf", b"\r\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\n")],
)
def test_places_count_code_points(prefix: bytes, line_break: bytes) -> None:
    text = """\
ROSTemplateFormatVersion: '2015-09-01'
Description: 镜像 🚀 image
Resources:
  网页🚀: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: m-1}}
"""
    found = only_field(prefix + text.encode().replace(b"\n", line_break))
    assert (found.location.line, found.location.column) == (4, 62)


def test_json_with_tabs_and_surrogate_escapes() -> None:
    text = (
        '{"ROSTemplateFormatVersion": "2015-09-01", "Description": "\\ud83d\\ude00",\n'
        '\t"Resources": {"W": {"Type": "ALIYUN::ECS::Instance",\n'
        '\t\t"Properties": {"ImageId": "m-1"}}}}\n'
    )
    found = only_field(text, "web.json")
    assert (found.location.line, found.location.column, found.field.value) == (3, 29, "m-1")


def test_an_empty_mapping_key_is_read() -> None:
    found = only_field(instance("m-1") + "Outputs:\n  : x\n")
    assert found.field.value == "m-1"


def test_references_in_circles_end() -> None:
    text = "Locals: {A: {Value: {Ref: B}}, B: {Value: {Ref: A}}}\n" + instance("{Ref: A}")
    assert only_field(text).field.form.value == "dynamic"


def test_aliases_of_aliases_end() -> None:
    bomb = "x0: &x0 {'Fn::If': [c, a, b]}\n" + "".join(
        f"x{n}: &x{n} {{'Fn::If': [c, *x{n - 1}, *x{n - 1}]}}\n" for n in range(1, 60)
    )
    found = only_field(bomb + instance("*x59"))
    assert found.field.form.value == "choice"
    assert len(found.field.trace) <= 2000


def test_deep_nesting_is_refused_with_its_place() -> None:
    Path("deep.json").write_text('{"Resources": ' + "[" * 10_000 + "]" * 10_000 + ', "x": "ALIYUN::ECS"}')
    (finding,) = scan(["deep.json"]).findings
    assert (finding.rule, finding.message) == ("syntax-error", "not JSON: nested more than 200 levels deep")
    assert (finding.location.line, finding.location.column) == (1, 214)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (
            "Resources: [",
            "not YAML: expected the node content, but found '<stream end>' while parsing a flow node",
            1,
            13,
        ),
        ("a: 1\n---\nb: 2\n", "not YAML: a second document starts here; a file holds one document", 2, 1),
        (
            "ROSTemplateFormatVersion: x\nA: {}\nA: {}\n",
            "the key 'A' stands here a second time; the first is on line 2",
            3,
            1,
        ),
        ("a: *b\n", "not YAML: the alias *b has no anchor before it", 1, 4),
        ("a: &a [*a]\n", "not YAML: the alias *a stands inside its own anchor", 1, 8),
        ("a: \x07\n", "not YAML: the control character U+0007 is not allowed in YAML", 1, 4),
    ],
)
def test_broken_text_is_told_with_its_place(text: str, message: str, line: int, column: int) -> None:
    Path("bad.yaml").write_text("# ALIYUN::ECS\n" + text)
    (finding,) = scan(["bad.yaml"]).findings
    assert (finding.rule, finding.message) == ("syntax-error", message.replace("line 2", "line 3"))
    assert (finding.location.line, finding.location.column) == (line + 1, column)


def test_broken_json_is_told_with_its_place() -> None:
    Path("bad.json").write_text('{"Resources": {"A": {"Type": "ALIYUN::ECS::Instance",}}}')
    (finding,) = scan(["bad.json"]).findings
    assert finding.message == "not JSON: found '}', expected a key in double quotes"
    assert (finding.location.line, finding.location.column) == (1, 54)
