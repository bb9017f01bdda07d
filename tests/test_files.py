"""The binding file and the artifact map: what is accepted, and what an error says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from preprocessor.schema import load_schema
from tests.projects import MAP, bindings, instance

if TYPE_CHECKING:
    from tests.conftest import Run, Write

GOOD = bindings("{image: a, artifact: web}")


def said_by_render(
    run: Run, write: Write, text: str | bytes, artifact_map: str | bytes = MAP
) -> list[tuple[str, str, str]]:
    """Render and return rule and message, place, and help of each finding."""
    write({"web.yaml": instance("a"), "artifact-map.yaml": artifact_map, "image-bindings.yaml": text})
    done = run("render", "--format", "json")
    assert done.status == 2
    report = json.loads(done.out)
    assert report["version"] == 1
    return [
        (
            f"{found['rule']}: {found['message']}",
            f"{found['path']}:{found['line']}:{found['column']}",
            found["help"],
        )
        for found in report["findings"]
    ]


@pytest.mark.parametrize(
    ("text", "message", "place", "help_"),
    [
        ("", "the file is empty", "1:1", "expected region-image binding file (the keys version, artifact_map, templates, [regions], [output], [bind], [fields])"),
        ("[1]\n", "found a list for this", "1:1", "expected region-image binding file"),
        (GOOD + "regionz: [x]\n", "unknown key 'regionz'", "7:1", "did you mean 'regions'?"),
        (GOOD.replace("version: 1", "version: 2"), "found the number 2 for 'version'", "1:10", "expected 1"),
        (GOOD.replace("version: 1", "version: '1'"), "found the string \"1\" for 'version'", "1:10", "expected 1"),
        (GOOD.replace("image: a", "image: 5"), "found the number 5 for 'image'", "4:13", "expected a string: write it in quotes"),
        (GOOD.replace("artifact: web}", "artifact: web, version: 2}"), "found the number 2 for 'version'", "4:40", "expected a string: write it in quotes"),
        (GOOD.replace("image: a, ", ""), "found neither or several of the alternatives", "4:5", "expected a binding: either image or field, with an artifact (the keys artifact, [image], [field], [version])"),
        (GOOD.replace("artifact: web", "artifct: web"), "the key 'artifact' is missing", "4:5", "expected a binding: either image or field, with an artifact (the keys artifact, [image], [field], [version])"),
        (GOOD.replace("path: web.yaml", "path: web.yaml\n    style: inlin"), "found the string \"inlin\" for 'style'", "7:12", "did you mean 'inline'? (known: inline, mapping, parameters)"),
        (GOOD.replace("path: web.yaml", "path: web.yaml\n    regions: [cn_bad]"), "found the string \"cn_bad\" for this", "7:15", "expected a region ID: lower-case words joined by hyphens, such as cn-hangzhou"),
        (GOOD.replace("image: a", "field: 'a..b'"), "'a..b' is no address: expected a name or [index] at position 3", "4:13", "write it as scan prints it, such as Resources.Web.Properties.ImageId"),
        (GOOD + "bind: []\n", "the key 'bind' stands here a second time; the first is on line 3", "7:1", "keep one of them"),
        (GOOD.replace("path: web.yaml", "path: web.yaml\n    style: mapping"), "the style 'mapping' cannot be written by this version", "6:11", "known: inline"),
    ],
)  # fmt: skip
def test_a_binding_file_that_is_wrong(
    run: Run, write: Write, text: str, message: str, place: str, help_: str
) -> None:
    found = said_by_render(run, write, text)
    assert (f"invalid-bindings: {message}", f"image-bindings.yaml:{place}") in [one[:2] for one in found]
    assert any(one[2].startswith(help_) for one in found)


def test_a_key_misspelt_twice_is_told_twice(run: Run, write: Write) -> None:
    found = said_by_render(run, write, GOOD.replace("artifact: web", "artifct: web"))
    assert [one[0] for one in found] == [
        "invalid-bindings: the key 'artifact' is missing",
        "invalid-bindings: unknown key 'artifct'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ("kind: custom", "kind: costum", "found the string \"costum\" for 'kind'", "7:15"),
        ("version: 1", "versoin: 1", "unknown key 'versoin'", "1:1"),
        ("cn-beijing: m-2zeddddddddddddddddd", "CN: m-2zeddddddddddddddddd", "found the name 'CN'", "9:11"),
        ("m-2zeddddddddddddddddd", "'m-\"x'", "found the string \"m-\\\"x\" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", '"m-x\\ny: z"', "found the string \"m-x\\ny: z\" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "'${x}'", "found the string \"${x}\" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "'{{ x }}'", "found the string \"{{ x }}\" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "'a: b'", "found the string \"a: b\" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "'m-x '", "found the string \"m-x \" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "'a #b'", "found the string \"a #b\" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "镜像", 'found the string "镜像" for \'cn-beijing\'', "9:23"),
        ("m-2zeddddddddddddddddd", "m-" + "x" * 130, f"found the string \"m-{'x' * 55}...\" for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "123", "found the number 123 for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "null", "found nothing for 'cn-beijing'", "9:23"),
        ("m-2zeddddddddddddddddd", "'No'", "found the image ID 'No', which YAML reads as something else", "9:23"),
        ('default: "3"', 'default: "4"', "the default of artifact 'db' is version '4', which it does not have", "4:14"),
    ],
)  # fmt: skip
def test_an_artifact_map_that_is_wrong(
    run: Run, write: Write, old: str, new: str, message: str, place: str
) -> None:
    found = said_by_render(run, write, GOOD, MAP.replace(old, new, 1))
    assert (f"invalid-map: {message}", f"artifact-map.yaml:{place}") in [one[:2] for one in found]
    assert not Path("dist").exists()


def test_an_artifact_id_belongs_to_one_artifact(run: Run, write: Write) -> None:
    twice = MAP.replace("kind: custom", "kind: custom\n        artifact_id: artifact-0123456789abcdef0123", 1)
    (found,) = said_by_render(run, write, GOOD, twice)
    assert (
        found[0]
        == "invalid-map: artifact_id 'artifact-0123456789abcdef0123' belongs to the artifact 'db' too"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfev\x00", "file-error: the text is UTF-16"),
        (b"version: \xff", "file-error: not UTF-8 text: byte 0xff"),
        (b"version: 1\n\0", "file-error: not a text file: it holds a NUL byte"),
        (b"version: [", "syntax-error: not YAML: expected the node content, but found '<stream end>' while parsing a flow node"),
        (b"{\"version\": 1,}", "syntax-error: not JSON: found '}', expected a key in double quotes"),
        (b"a: &x [*x]", "syntax-error: not YAML: the alias *x stands inside its own anchor"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_map(run: Run, write: Write, data: bytes, message: str) -> None:
    text = GOOD.replace("artifact-map.yaml", "artifact-map.json") if data.startswith(b"{") else GOOD
    write({"artifact-map.json": data})
    (found,) = said_by_render(run, write, text, data)
    assert found[0] == message


def test_a_bomb_of_aliases_is_refused(run: Run, write: Write) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(10)
    )
    (found,) = said_by_render(run, write, GOOD, bomb)
    assert found[0] == "invalid-map: aliases of aliases make this file too large"


def test_a_huge_map_is_refused(run: Run, write: Write) -> None:
    write({"web.yaml": instance("a"), "image-bindings.yaml": GOOD})
    with Path("artifact-map.yaml").open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    done = run("render")
    assert done.status == 2
    assert "cannot read: 104,857,600 bytes, more than the limit of 16,777,216" in done.err


def test_a_missing_map_is_told_where_it_is_named(run: Run, write: Write) -> None:
    write({"web.yaml": instance("a"), "image-bindings.yaml": GOOD})
    done = run("render")
    assert done.status == 2
    assert "artifact-map.yaml: no such file\n  --> image-bindings.yaml:2:15\n" in done.err


def test_a_missing_binding_file_says_what_to_do(run: Run) -> None:
    done = run("render")
    assert done.status == 2
    assert "error[file-error]: cannot read: no such file\n  --> image-bindings.yaml\n" in done.err


def test_a_json_map_is_as_good(run: Run, write: Write) -> None:
    data = {"version": 1, "artifacts": {"web": {"versions": {"1": {"images": {"cn-beijing": "m-1"}}}}}}
    write({"web.yaml": instance("a"), "map.json": json.dumps(data)})
    write({"image-bindings.yaml": GOOD.replace("artifact-map.yaml", "map.json")})
    assert run("render", "-q").status == 0
    assert Path("dist/cn-beijing/web.yaml").read_text() == instance("m-1")


def test_unknown_regions_and_codes_are_accepted(run: Run, write: Write) -> None:
    artifact_map = MAP.replace("cn-beijing: m-2zeddddddddddddddddd", "xx-new-9: m-zzzddddddddddddddddd")
    write({"web.yaml": instance("a"), "artifact-map.yaml": artifact_map})
    write({"image-bindings.yaml": bindings("{image: a, artifact: db}")})
    assert run("render", "-q", "-r", "xx-new-9").status == 0
    assert Path("dist/xx-new-9/web.yaml").read_text() == instance("m-zzzddddddddddddddddd")


SCHEMAS = ("image-bindings", "artifact-map", "manifest")


def described(part: Any, path: str = "") -> list[str]:
    """Return the keys of a schema that say nothing about themselves."""
    missing = []
    if isinstance(part, dict):
        for name, value in part.get("properties", {}).items():
            if isinstance(value, dict) and "description" not in value and "$ref" not in value:
                missing.append(f"{path}/{name}")
        for name, value in part.items():
            missing.extend(described(value, f"{path}/{name}"))
    elif isinstance(part, list):
        for item in part:
            missing.extend(described(item, path))
    return missing


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid_and_describe_every_key(name: str) -> None:
    schema = load_schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(schema)
    assert described(schema) == []
