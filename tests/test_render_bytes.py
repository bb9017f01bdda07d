"""The byte rule: a variant differs from its template in the image IDs and in nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import BEIJING, HANGZHOU, MAP, bindings, instance

if TYPE_CHECKING:
    from tests.conftest import Run, Write

OLD = "m-bp1ooooooooooooooooo"


def variant(
    run: Run, write: Write, text: str | bytes, *binds: str, region: str = "cn-beijing", name: str = "web.yaml"
) -> bytes:
    """Render `text` with these bindings and return the variant of one region."""
    write(
        {
            name: text,
            "artifact-map.yaml": MAP,
            "image-bindings.yaml": bindings(*(binds or (f"{{image: {OLD}, artifact: web}}",)), path=name),
        }
    )
    done = run("render", "-q", "-r", region)
    assert (done.status, done.err) == (0, "")
    return Path("dist", region, name).read_bytes()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OLD, BEIJING),
        (f'"{OLD}"', f'"{BEIJING}"'),
        (f"'{OLD}'   # why", f"'{BEIJING}'   # why"),
        (f"\n        {OLD}", f"\n        {BEIJING}"),
        (f'&img !Anything "{OLD}"', f'&img !Anything "{BEIJING}"'),
        (f"!Anything &img {OLD}", f"!Anything &img {BEIJING}"),
        (f"&img\n        # comment\n        '{OLD}'", f"&img\n        # comment\n        '{BEIJING}'"),
        (f"|-\n        {OLD}\n", f"|-\n        {BEIJING}\n"),
        (f">- # folded\n        {OLD}\n", f">- # folded\n        {BEIJING}\n"),
        (f'"\\x6d{OLD[1:]}"', f'"{BEIJING}"'),
        (f"{{'Fn::If': [c, {OLD}, other]}}", f"{{'Fn::If': [c, {BEIJING}, other]}}"),
        (f"!If [c, '{OLD}', other]", f"!If [c, '{BEIJING}', other]"),
        (f"{{'Fn::Join': ['-', [m, {OLD[2:]}]]}}", BEIJING),
        (f"!Sub {OLD}", BEIJING),
    ],
)
def test_an_image_selector_edits_the_literal_where_it_lives(
    run: Run, write: Write, value: str, expected: str
) -> None:
    assert variant(run, write, instance(value)).decode() == instance(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref Image", BEIJING),
        ("&x !Ref Image", f"&x {BEIJING}"),
        ("{Ref: Image} # note", f"{BEIJING} # note"),
        ("\n        Ref: Image", f"\n        {BEIJING}"),
        ("\n        Fn::If:\n          - c\n          - a\n          - b\n", f"\n        {BEIJING}\n"),
        ("[a, b]", BEIJING),
        ("''", f"'{BEIJING}'"),
        ("", f"{BEIJING} "),
        ("|\n        centos\n", f"{BEIJING}\n"),
        ("| # why\n        centos\n", f"{BEIJING} # why\n"),
    ],
)
def test_a_field_selector_replaces_the_whole_value(run: Run, write: Write, value: str, expected: str) -> None:
    text = instance(value)
    found = variant(run, write, text, "{field: Resources.Web.Properties.ImageId, artifact: web}")
    assert found.decode() == instance(expected)


ODD = """\
# 一个模板 🚀\r
ROSTemplateFormatVersion: '2015-09-01'   \r
Description: >-\r
  Boots OLD in every region,\r
  with 中文 and 🚀.\r
Parameters:\r
\r
  Image:\r
    Type:    String\r
    Default: OLD  \r
    AllowedValues: [ OLD , "centos_7", ]\r
    Label: {en: "use OLD", zh-cn: 用 OLD}\r
Conditions:\r
  Old: {'Fn::Equals': [OLD, {Ref: Image}]}\r
Resources:\r
  Web:\r
    Type: 'ALIYUN::ECS::InstanceGroup'\r
    Properties: {ImageId: {Ref: Image}, UserData: 'echo OLD', Tags: [{Key: image, Value: OLD}]}\r
  Run:\r
    Type: ALIYUN::ECS::RunCommand\r
    Properties:\r
      CommandContent: |\r
        echo OLD\r
Outputs:\r
  : x\r
  Image: {Value: OLD}\r
""".replace("OLD", OLD)


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_everything_else_stays(run: Run, write: Write, prefix: bytes) -> None:
    text = prefix + ODD.encode()
    found = variant(run, write, text)
    expected = ODD.replace(f"Default: {OLD}", f"Default: {BEIJING}").replace(f"[ {OLD} ,", f"[ {BEIJING} ,")
    assert found == prefix + expected.encode()


def test_an_aliased_image_is_edited_at_its_anchor_once(run: Run, write: Write) -> None:
    text = (
        "Resources:\n"
        f"  A: {{Type: 'ALIYUN::ECS::Instance', Properties: {{ImageId: &i {OLD}}}}}\n"
        "  B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: *i}}\n"
    )
    assert variant(run, write, text).decode() == text.replace(OLD, BEIJING)


def test_an_anchor_outside_the_image_fields_stays_as_it_is(run: Run, write: Write) -> None:
    text = (
        f"Description: &i {OLD}\n"
        "Resources:\n"
        "  B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: *i }}\n"
    )
    assert variant(run, write, text).decode() == text.replace("*i", BEIJING)


def test_a_field_selector_on_an_alias_leaves_the_anchor(run: Run, write: Write) -> None:
    text = (
        "Resources:\n"
        f"  A: {{Type: 'ALIYUN::ECS::Instance', Properties: {{ImageId: &i {OLD}}}}}\n"
        "  B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: *i }}\n"
    )
    found = variant(run, write, text, "{field: Resources.B.Properties.ImageId, artifact: web}")
    assert found.decode() == text.replace("*i", BEIJING)


def test_a_merged_image_is_edited_in_its_base(run: Run, write: Write) -> None:
    text = (
        f"x-base: &base {{ImageId: {OLD}, Name: a}}\n"
        "Resources:\n"
        "  A: {Type: 'ALIYUN::ECS::Instance', Properties: {<<: *base}}\n"
        "  B: {Type: 'ALIYUN::ECS::Instance', Properties: {<<: *base, Name: b}}\n"
    )
    assert variant(run, write, text).decode() == text.replace(OLD, BEIJING)


MAPPED = """\
Mappings:
  Images:
    v1: {cn-beijing: OLD, cn-hangzhou: centos_7, us-west-1: OLD}
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: {'Fn::FindInMap': [Images, v1, {Ref: 'ALIYUN::Region'}]}
""".replace("OLD", OLD)


def test_the_leaves_of_a_mapping_are_edited(run: Run, write: Write) -> None:
    assert variant(run, write, MAPPED).decode() == MAPPED.replace(OLD, BEIJING)


def test_a_leaf_can_be_bound_by_its_own_address(run: Run, write: Write) -> None:
    found = variant(run, write, MAPPED, "{field: Mappings.Images.v1.us-*, artifact: web}")
    assert found.decode() == MAPPED.replace(f"us-west-1: {OLD}", f"us-west-1: {BEIJING}")


def test_minified_json(run: Run, write: Write) -> None:
    text = (
        '{"ROSTemplateFormatVersion":"2015-09-01","Description":"OLD \\ud83d\\ude00","Resources":{"W":'
        '{"Type":"ALIYUN::ECS::Instance","Properties":{"ImageId":"OLD"}},"V":{"Type":"ALIYUN::ECS::Instance",'
        '"Properties":{"ImageId":{"Ref":"P"}}}},"Parameters":{"P":{"Type":"String","Default":"OLD"}}}'
    ).replace("OLD", OLD)
    found = variant(run, write, text, name="web.json")
    expected = text.replace(f'"ImageId":"{OLD}"', f'"ImageId":"{BEIJING}"')
    assert found.decode() == expected.replace(f'"Default":"{OLD}"', f'"Default":"{BEIJING}"')


def test_json_with_tabs_takes_a_field_selector(run: Run, write: Write) -> None:
    text = (
        '{\n\t"Resources": {\n\t\t"W": {\n\t\t\t"Type": "ALIYUN::ECS::Instance",\n'
        '\t\t\t"Properties": {"ImageId": {"Ref": "P"}, "X": null}\n\t\t}\n\t}\n}\n'
    )
    found = variant(
        run, write, text, "{field: Resources.W.Properties.ImageId, artifact: web}", name="web.json"
    )
    assert found.decode() == text.replace('{"Ref": "P"}', f'"{BEIJING}"')


def test_flow_style_on_one_line(run: Run, write: Write) -> None:
    text = f"{{Resources: {{W: {{Type: 'ALIYUN::ECS::Instance', Properties: {{ImageId: {OLD}}}}}}}}}"
    assert variant(run, write, text).decode() == text.replace(OLD, BEIJING)


def test_without_a_binding_the_variant_is_the_template(run: Run, write: Write) -> None:
    write(
        {
            "web.yaml": b"\xef\xbb\xbf" + ODD.encode(),
            "artifact-map.yaml": MAP,
            "image-bindings.yaml": "regions: [cn-beijing, us-west-1]\n" + bindings(),
        }
    )
    assert run("render", "-q").status == 0
    assert Path("dist/cn-beijing/web.yaml").read_bytes() == b"\xef\xbb\xbf" + ODD.encode()
    assert Path("dist/us-west-1/web.yaml").read_bytes() == b"\xef\xbb\xbf" + ODD.encode()


def test_each_region_gets_its_own_image(run: Run, write: Write) -> None:
    assert variant(run, write, instance(OLD)) == instance(BEIJING).encode()
    assert variant(run, write, instance(OLD), region="cn-hangzhou") == instance(HANGZHOU).encode()


def test_an_anchor_inside_a_replaced_value_that_others_use_is_refused(run: Run, write: Write) -> None:
    write(
        {
            "web.yaml": "Resources:\n"
            "  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: &n Image}}}\n"
            "  B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: *n }}}\n",
            "artifact-map.yaml": MAP,
            "image-bindings.yaml": bindings("{field: Resources.A.Properties.ImageId, artifact: web}"),
        }
    )
    done = run("render")
    assert done.status == 2
    assert "error[unsafe-edit]: writing image IDs into this template would change more" in done.err
    assert not Path("dist").exists()


@pytest.mark.parametrize(
    "text",
    [
        "Resources:\n  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: &d OLD, UserData: *d }}\n",
        "Resources:\n  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: &d OLD}}\n"
        "  E: {Type: 'ALIYUN::ENS::Instance', Properties: {ImageId: *d }}\n",
        "Resources:\n  A: {Type: 'ALIYUN::ECS::Instance', Properties: &p {ImageId: OLD}}\n"
        "  E: {Type: 'ALIYUN::ENS::Instance', Properties: {<<: *p }}\n",
        "Resources:\n  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: &d OLD}}\nOutputs: {I: {Value: *d }}\n",
    ],
)
def test_an_alias_that_carries_the_image_elsewhere_is_refused(run: Run, write: Write, text: str) -> None:
    write(
        {
            "web.yaml": text.replace("OLD", OLD),
            "artifact-map.yaml": MAP,
            "image-bindings.yaml": bindings(f"{{image: {OLD}, artifact: web}}"),
        }
    )
    done = run("render")
    assert done.status == 2
    assert "error[unsafe-edit]: an image ID would also be written to " in done.err
    assert not Path("dist").exists()
