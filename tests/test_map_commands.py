"""`map show` and `map set`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import MAP, bindings

if TYPE_CHECKING:
    from tests.conftest import Run, Write


def test_show(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP})
    done = run("map", "show", "web")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "web 1  (custom)\n"
        "  cn-beijing   m-2ze11111111111111111  China (Beijing)\n"
        "  cn-hangzhou  m-bp111111111111111111  China (Hangzhou)\n"
        "\n"
        "web 2  (custom, default, artifact-0123456789abcdef0123)\n"
        "  cn-beijing   m-2zexxxxxxxxxxxxxxxxx  China (Beijing)\n"
        "  cn-hangzhou  m-bp1xxxxxxxxxxxxxxxxx  China (Hangzhou)\n"
    )


def test_show_as_json_of_one_region(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP})
    report = json.loads(run("map", "show", "--format", "json", "-r", "cn-beijing", "db").out)
    assert report == {
        "version": 1,
        "artifacts": {
            "db": {
                "default": "3",
                "versions": {"3": {"kind": "custom", "images": {"cn-beijing": "m-2zeddddddddddddddddd"}}},
            }
        },
    }


def test_show_of_an_unknown_artifact(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP})
    done = run("map", "show", "wbe")
    assert done.status == 2
    assert "the artifact map artifact-map.yaml has no artifact 'wbe'" in done.err
    assert "did you mean 'web'?" in done.err


def test_set_makes_a_map(run: Run) -> None:
    done = run("map", "set", "web", "cn-hangzhou=m-bp1xxxxxxxxxxxxxxxxx", "cn-beijing=m-2zexxxxxxxxxxxxxxxxx")
    assert done.status == 0
    assert Path("artifact-map.yaml").read_text() == (
        "version: 1\n"
        "artifacts:\n"
        "  web:\n"
        '    default: "1"\n'
        "    versions:\n"
        '      "1":\n'
        "        kind: custom\n"
        "        origin: manual\n"
        "        images:\n"
        "          cn-beijing: m-2zexxxxxxxxxxxxxxxxx\n"
        "          cn-hangzhou: m-bp1xxxxxxxxxxxxxxxxx\n"
    )
    assert done.err == (
        "web 1: cn-hangzhou: none -> m-bp1xxxxxxxxxxxxxxxxx\nweb 1: cn-beijing: none -> m-2zexxxxxxxxxxxxxxxxx\n"
    )


def test_set_twice_changes_nothing(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP})
    before = Path("artifact-map.yaml").stat()
    done = run("map", "set", "db", "cn-beijing=m-2zeddddddddddddddddd")
    assert (done.status, done.err) == (0, "artifact-map.yaml: nothing to change\n")
    after = Path("artifact-map.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_set_changes_one_line_and_keeps_comments(run: Run, write: Write) -> None:
    text = "# yaml-language-server: $schema=x\n" + MAP.replace("  web:", "  # the front\n  web: # ours")
    write({"artifact-map.yaml": text})
    assert (
        run("map", "set", "web", "--artifact-version", "1", "cn-beijing=m-2zennnnnnnnnnnnnnnnn").status == 0
    )
    assert Path("artifact-map.yaml").read_text() == text.replace(
        "cn-beijing: m-2ze11111111111111111", "cn-beijing: m-2zennnnnnnnnnnnnnnnn"
    )


def test_set_adds_in_order_and_removes(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP})
    assert run("map", "set", "db", "cn-chengdu=m-2vcddddddddddddddddd", "cn-hangzhou=").status == 0
    assert Path("artifact-map.yaml").read_text() == MAP.replace(
        "          cn-hangzhou: m-bp1ddddddddddddddddd\n", "          cn-chengdu: m-2vcddddddddddddddddd\n", 1
    )


def test_set_a_new_default_version(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP})
    run("map", "set", "db", "--artifact-version", "4", "--default", "cn-beijing=m-2ze44444444444444444")
    text = Path("artifact-map.yaml").read_text()
    assert text.startswith(MAP.split("  web:")[0].replace('default: "3"', 'default: "4"'))
    assert '      "4":\n        kind: custom\n        origin: manual\n' in text


def test_set_by_artifact_id(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP})
    run("map", "set", "artifact-0123456789abcdef0123", "us-west-1=m-rj9xxxxxxxxxxxxxxxxx")
    assert Path("artifact-map.yaml").read_text() == MAP + "          us-west-1: m-rj9xxxxxxxxxxxxxxxxx\n"


def test_set_uses_the_map_of_the_binding_file(run: Run, write: Write) -> None:
    write(
        {
            "p/image-bindings.yaml": bindings().replace("artifact-map.yaml", "maps/m.json"),
            "p/maps/m.json": "{}",
        }
    )
    write({"p/maps/m.json": '{"version": 1, "artifacts": {}}', "p/web.yaml": ""})
    assert run("map", "set", "-b", "p/image-bindings.yaml", "web", "cn-beijing=m-1").status == 0
    data = json.loads(Path("p/maps/m.json").read_text())
    assert data["artifacts"]["web"]["versions"]["1"]["images"] == {"cn-beijing": "m-1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["web", "cn-beijing"], "found 'cn-beijing'"),
        (["web", "CN=m-1"], "found 'CN=m-1'"),
        (["web", "cn-beijing=m 1"], "found the image ID 'm 1' for cn-beijing"),
        (["web", "cn-beijing=${x}"], "found the image ID '${x}' for cn-beijing"),
        (["web", "cn-beijing=yes"], "found the image ID 'yes' for cn-beijing"),
        (["we b", "cn-beijing=m-1"], "found the artifact name 'we b'"),
    ],
)
def test_set_refuses_what_no_map_may_hold(run: Run, arguments: list[str], message: str) -> None:
    done = run("map", "set", *arguments)
    assert done.status == 2
    assert f"error[invalid-usage]: {message}\n" in done.err
    assert not Path("artifact-map.yaml").exists()


def test_set_refuses_a_map_whose_entries_are_tied_together(run: Run, write: Write) -> None:
    text = (
        "version: 1\nartifacts:\n  web:\n    versions:\n"
        '      "1": {images: &same {cn-beijing: m-1}}\n      "2": {images: *same}\n'
    )
    write({"artifact-map.yaml": text})
    done = run("map", "set", "web", "--artifact-version", "2", "cn-beijing=m-2")
    assert (done.status, "anchors or merges in this file tie entries together" in done.err) == (2, True)
    assert Path("artifact-map.yaml").read_text() == text


def test_set_keeps_line_breaks_mark_permissions_and_links(run: Run, write: Write) -> None:
    text = (
        b"\xef\xbb\xbf" + MAP.replace("kind: custom", "kind: custom  # ours").replace("\n", "\r\n").encode()
    )
    write({"real.yaml": text})
    Path("real.yaml").chmod(0o600)
    Path("artifact-map.yaml").symlink_to("real.yaml")
    assert run("map", "set", "db", "cn-beijing=m-2zennnnnnnnnnnnnnnnn").status == 0
    assert Path("real.yaml").read_bytes() == text.replace(
        b"m-2zeddddddddddddddddd", b"m-2zennnnnnnnnnnnnnnnn"
    )
    assert Path("real.yaml").stat().st_mode & 0o777 == 0o600
    assert Path("artifact-map.yaml").is_symlink()


def test_set_means_the_only_version(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": 'version: 1\nartifacts:\n  web:\n    versions:\n      "3": {images: {}}\n'})
    assert run("map", "set", "web", "cn-beijing=m-1").err == "web 3: cn-beijing: none -> m-1\n"
    assert run("map", "set", "web", "--artifact-version", "", "cn-beijing=m-1").status == 2


def test_set_leaves_an_invalid_map_alone(run: Run, write: Write) -> None:
    write({"artifact-map.yaml": MAP + "extra: 1\n"})
    assert run("map", "set", "web", "cn-beijing=m-1").status == 2
    assert Path("artifact-map.yaml").read_text() == MAP + "extra: 1\n"
