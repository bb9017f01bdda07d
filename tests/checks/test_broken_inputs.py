"""Broken inputs end in a finding or an error message, never in a traceback, and quickly."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from preprocessor.templates import formats
from tests.checks.helpers import ROS_YAML, binding_file, findings_of, found_by, place_of, project
from tests.projects import MAP

if TYPE_CHECKING:
    from tests.conftest import Run, Write

TEMPLATE = ROS_YAML.literal("centos_7")
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 60)
)

BROKEN: dict[str, tuple[bytes, str, str]] = {
    "wrong encoding": (TEMPLATE.encode() + "# 镜像".encode("gbk"), "file-error", "web.yaml:7:3"),
    "UTF-16": (TEMPLATE.encode("utf-16"), "file-error", "web.yaml:0:0"),
    "binary": (b"\x7fELF\x02\x01\x01\x00\x00\x00", "file-error", "web.yaml:1:8"),
    "NUL in a template": (TEMPLATE.encode() + b"a: \x00", "file-error", "web.yaml:7:4"),
    "1 MB in one line": (b"Resources: {a: " + b"x" * 1_000_000, "syntax-error", "web.yaml:1:1000016"),
    "10,000 levels of lists": (
        b"ROSTemplateFormatVersion: " + b"[" * 10_000,
        "syntax-error",
        "web.yaml:1:226",
    ),
    "1,000 levels of mappings": (
        b"".join(b" " * level + b"a:\n" for level in range(1_000)),
        "syntax-error",
        "web.yaml:201:201",
    ),
    "10,000 levels of JSON": (b'{"Resources": ' + b"[" * 10_000, "syntax-error", "web.yaml:1:214"),
    "two documents": (TEMPLATE.encode() + b"---\n" + TEMPLATE.encode(), "syntax-error", "web.yaml:7:1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_template(name: str, run: Run, write: Write) -> None:
    data, rule, place = BROKEN[name]
    project(write, "web.yaml", "", "{image: my-app, artifact: web}")
    write({"web.yaml": data})
    start = time.monotonic()
    for paths in ((), ("web.yaml",)):
        done = run("check", "--format", "json", *paths)
        assert done.status == 1
        told = [finding for finding in findings_of(done.out) if finding["path"] == "web.yaml"]
        assert [(finding["rule"], place_of(finding)) for finding in told] == [(rule, place)]
    assert time.monotonic() - start < 20


def test_an_alias_bomb_in_a_template(run: Run, write: Write) -> None:
    write({"web.yaml": TEMPLATE + BOMB})
    assert run("check", "web.yaml").status == 0


def test_a_bomb_of_merges(run: Run, write: Write) -> None:
    merges = "m0: &m0 {ImageId: my-app}\n" + "".join(
        f"m{number}: &m{number} {{<<: [{', '.join([f'*m{number - 1}'] * 10)}]}}\n" for number in range(1, 60)
    )
    write({"web.yaml": merges + TEMPLATE.replace("ImageId: centos_7", "<<: *m59")})
    assert found_by(run, "unbound-placeholder", "web.yaml") == ["web.yaml:1:19"]


@pytest.mark.parametrize("name", ["image-bindings.yaml", "artifact-map.yaml"])
def test_an_alias_bomb_in_a_file_of_ours(name: str, run: Run, write: Write) -> None:
    project(write, "web.yaml", TEMPLATE)
    write({name: BOMB})
    done = run("check")
    assert done.status == 2
    assert f"--> {name}:1:1" in done.err
    assert "aliases of aliases make this file too large" in done.err


def test_a_map_of_100_mb(run: Run, write: Write) -> None:
    project(write, "web.yaml", TEMPLATE)
    with Path("artifact-map.yaml").open("ab") as stream:
        stream.truncate(100 * 1024 * 1024)
    done = run("check")
    assert done.status == 2
    assert "error[file-error]: cannot read: 104,857,600 bytes, more than the limit of 16,777,216" in done.err
    assert "--> artifact-map.yaml" in done.err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_template(run: Run, write: Write) -> None:
    write({"web.yaml": TEMPLATE})
    Path("web.yaml").chmod(0)
    done = run("check", "web.yaml")
    assert (done.status, "cannot read: permission denied" in done.out) == (1, True)


def test_a_loop_of_links(run: Run, write: Write) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("down").symlink_to(".")
    write({"web.yaml": TEMPLATE})
    for paths in ((), (".",), ("loop.yaml",)):
        done = run("check", *paths)
        assert done.status == 1
        assert "cannot read: a loop of symbolic links" in done.out
        assert done.out.count("error[file-error]") == 1


def test_a_directory_with_a_templates_name(run: Run, write: Write) -> None:
    project(write, "web.yaml", TEMPLATE, regions="[cn-beijing]")
    write({"x.yaml/web.yaml": TEMPLATE, "x.yaml/main.tf/readme": ""})
    assert run("check").status == 0
    assert run("check", "x.yaml").status == 0
    write({"image-bindings.yaml": binding_file(path="x.yaml", regions="[cn-beijing]")})
    done = run("check")
    assert done.status == 1
    assert "error[file-error]: not a template" in done.out


def test_a_pipe(run: Run) -> None:
    os.mkfifo("web.yaml")
    done = run("check", "web.yaml")
    assert (done.status, "cannot read: not a regular file" in done.out) == (1, True)


def test_a_template_deleted_on_the_way(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    project(write, "web.yaml", TEMPLATE, regions="[cn-beijing]")
    read = formats.read_template

    def delete_and_read(path: str, *arguments: Any) -> object:
        Path(path).unlink()
        return read(path, *arguments)

    monkeypatch.setattr("preprocessor.engine.look.read_template", delete_and_read)
    done = run("check")
    assert done.status == 1
    assert done.out.startswith("error[file-error]: cannot read: no such file\n  --> web.yaml\n")


def test_a_path_that_does_not_exist(run: Run) -> None:
    done = run("check", "web.yaml", "db.yaml")
    assert (done.status, done.out) == (2, "")
    assert done.err.count("error[file-error]: cannot read: no such file") == 2


def test_a_damaged_manifest(run: Run, write: Write) -> None:
    project(write, "web.yaml", ROS_YAML.literal("my-app"), "{image: my-app, artifact: web}")
    assert run("render").status == 0
    write({"dist/.region-image-manifest.json": "{"})
    done = run("check")
    assert done.status in (1, 2)
    assert "the manifest is damaged" in done.out + done.err


def test_no_broken_input_shows_a_traceback(tmp_path: Path) -> None:
    for number, (data, _, _) in enumerate(BROKEN.values()):
        (tmp_path / f"{number}.yaml").write_bytes(data)
    (tmp_path / "artifact-map.yaml").write_text(MAP)
    command = [sys.executable, "-m", "preprocessor", "-C", str(tmp_path), "check", "--format"]
    for form in ("text", "json", "sarif", "github"):
        done = subprocess.run([*command, form], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stdout + done.stderr
