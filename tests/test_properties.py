"""Whatever text stands around an image ID, rendering changes the ID and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preprocessor import render, scan
from preprocessor.address import extend, join, matches, split
from tests.projects import BEIJING, MAP

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff\x85"),
    max_size=40,
)
"""Anything that a YAML or JSON string can hold on one line."""

STYLES = ("double", "single", "anchor", "tag", "json")
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def quoted(text: str, style: str) -> str:
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    return {"anchor": "&x ", "tag": "!Odd "}.get(style, "") + json.dumps(text, ensure_ascii=False)


def yaml_template(name: str, comment: str, value: str, line_break: str) -> str:
    return line_break.join(
        (
            f"# {comment}",
            f"Description: {quoted(comment, 'double')}",
            "Resources:",
            f"  {quoted(name, 'double')}:",
            "    Type: ALIYUN::ECS::Instance",
            "    Properties:",
            f"      Name: {quoted(name, 'single')}  # {comment}",
            f"      ImageId: {value}  # {comment}",
            "",
        )
    )


def json_template(name: str, comment: str, value: str) -> str:
    resource = f'{{"Type": "ALIYUN::ECS::Instance", "Properties": {{"Name": {json.dumps(comment)}, "ImageId": {value}}}}}'
    return f'{{"Resources": {{{json.dumps(name)}:\t{resource}}}, "Description": {json.dumps(comment)}}}'


@QUICK
@given(TEXT, TEXT, TEXT, st.sampled_from(STYLES), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_only_the_image_changes(
    name: str, comment: str, image: str, style: str, line_break: str, bom: bool
) -> None:
    if style == "json":
        text, expected = (
            json_template(name, comment, value) for value in (json.dumps(image), json.dumps(BEIJING))
        )
    else:
        text, expected = (
            yaml_template(name, comment, quoted(value, style), line_break) for value in (image, BEIJING)
        )
    mark = b"\xef\xbb\xbf" if bom else b""
    Path("web.yaml").write_bytes(mark + text.encode())
    Path("artifact-map.yaml").write_text(MAP)
    bindings = {
        "version": 1,
        "artifact_map": "artifact-map.yaml",
        "bind": [{"image": image, "artifact": "web"}],
        "templates": [{"path": "web.yaml"}],
    }
    Path("image-bindings.yaml").write_text(json.dumps(bindings))
    render(regions=["cn-beijing"], force=True)
    assert Path("dist/cn-beijing/web.yaml").read_bytes() == mark + expected.encode()


@QUICK
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    Path("any.yaml").write_bytes(f"ROSTemplateFormatVersion: x\n{text}".encode("utf-8", "surrogatepass"))
    result = scan(["any.yaml"])
    for finding in result.findings:
        assert finding.rule in ("syntax-error", "file-error")
        assert finding.location.path == "any.yaml"


@QUICK
@given(st.lists(st.one_of(TEXT, st.integers(0, 99)), min_size=1, max_size=6))
def test_addresses_can_be_taken_apart_again(parts: list[str | int]) -> None:
    address = join(tuple(parts))
    sorts = [("index", str(part)) if isinstance(part, int) else ("key", part) for part in parts]
    assert [("key" if sort == "quoted" else sort, text) for sort, text in split(address)] == sorts
    assert matches(address, address)
    assert extend(join(tuple(parts[:1])), *parts[1:]) == address


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("a.*.c", "a.b.c", True),
        ("a.*", "a.b.c", False),
        ("a.*.c", 'a["x.y"].c', True),
        ("a[*].c", "a[12].c", True),
        ("a.*.c", "a[12].c", False),
        ('a["*"]', "a.b", False),
        ("*Web*", "MyWebServer", True),
    ],
)
def test_wildcards_stay_within_one_segment(pattern: str, address: str, expected: bool) -> None:
    assert matches(pattern, address) is expected
