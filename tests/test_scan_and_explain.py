"""`scan` and `explain` as a person and a program see them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.projects import BEIJING, HANGZHOU, MAP, bindings, instance

if TYPE_CHECKING:
    from tests.conftest import Run, Write

TEMPLATE = """\
Parameters:
  Image: {Type: String, Default: m-bp1ooooooooooooooooo}
Resources:
  Web: {Type: 'ALIYUN::ECS::InstanceGroup', Properties: {ImageId: {Ref: Image}}}
  Db: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: centos_7}}
"""
PROJECT = {
    "web.yaml": TEMPLATE,
    "artifact-map.yaml": MAP,
    "image-bindings.yaml": bindings("{image: m-bp1ooooooooooooooooo, artifact: web}"),
}


def test_scan_prints_a_table(run: Run, write: Write) -> None:
    write(PROJECT)
    done = run("scan")
    assert (done.status, done.err) == (0, "2 image fields in 1 template\n")
    assert done.out == (
        "web.yaml\n"
        "line  address                           form       kind    value                   artifact\n"
        "4:67  Resources.Web.Properties.ImageId  parameter  custom  m-bp1ooooooooooooooooo  web\n"
        "5:61  Resources.Db.Properties.ImageId   literal    name    centos_7                -\n"
    )


def test_scan_reports_json(run: Run, write: Write) -> None:
    write(PROJECT)
    report = json.loads(run("scan", "--format", "json", "web.yaml").out)
    assert (report["version"], report["findings"]) == (1, [])
    assert report["fields"][0] == {
        "path": "web.yaml",
        "line": 4,
        "column": 67,
        "address": "Resources.Web.Properties.ImageId",
        "resource_type": "ALIYUN::ECS::InstanceGroup",
        "role": "deploy",
        "form": "parameter",
        "kind": "custom",
        "value": "m-bp1ooooooooooooooooo",
        "trace": [
            {
                "via": "parameter",
                "path": "web.yaml",
                "line": 2,
                "column": 10,
                "address": "Parameters.Image",
                "value": None,
            },
            {
                "via": "default",
                "path": "web.yaml",
                "line": 2,
                "column": 34,
                "address": "Parameters.Image.Default",
                "value": "m-bp1ooooooooooooooooo",
            },
        ],
        "artifact": "web",
    }
    assert report["fields"][1]["artifact"] is None


def test_scan_searches_folders(run: Run, write: Write) -> None:
    write(
        {
            "a/one.yml": instance("centos_7"),
            "a/.hidden/two.yml": instance("centos_7"),
            "a/node_modules/three.yml": instance("centos_7"),
            "a/four.template": instance("centos_7"),
            "a/readme.md": instance("centos_7"),
            "a/values.yaml": "image: x\n",
            "b.yaml": instance("centos_7"),
        }
    )
    done = run("scan", "--format", "json")
    assert [field["path"] for field in json.loads(done.out)["fields"]] == [
        "a/four.template",
        "a/one.yml",
        "b.yaml",
    ]
    assert json.loads(run("scan", "--format", "json", "a/readme.md").out)["fields"][0]["value"] == "centos_7"


def test_scan_leaves_generated_files_out(run: Run, write: Write) -> None:
    write(PROJECT)
    run("render")
    assert Path("dist/cn-beijing/web.yaml").exists()
    assert run("scan").err == "2 image fields in 1 template\n"


def test_scan_of_a_broken_file_still_lists_the_others(run: Run, write: Write) -> None:
    write({"good.yaml": instance("centos_7"), "bad.yaml": "# ALIYUN::ECS\nResources: {"})
    os.symlink("nowhere", "link.yaml")
    os.symlink("loop.yaml", "loop.yaml")
    Path("folder.yaml").mkdir()
    done = run("scan", "--format", "json")
    report = json.loads(done.out)
    assert done.status == 2
    assert [field["path"] for field in report["fields"]] == ["good.yaml"]
    assert [(found["rule"], found["path"]) for found in report["findings"]] == [
        ("syntax-error", "bad.yaml"),
        ("file-error", "link.yaml"),
        ("file-error", "loop.yaml"),
    ]


def test_scan_reads_standard_input(run: Run) -> None:
    done = run("scan", "-", stdin=instance("centos_7").encode())
    assert done.status == 0
    assert done.out.splitlines()[0] == "-"
    assert "centos_7" in done.out


def test_scan_of_something_else_says_so(run: Run, write: Write) -> None:
    write({"x.yaml": "a: 1\n"})
    done = run("scan", "x.yaml")
    assert done.status == 2
    assert "error[file-error]: not a template: neither ROS nor Terraform\n  --> x.yaml\n" in done.err
    assert run("scan", "nowhere.yaml").status == 2


def test_scan_without_a_valid_map_still_lists(run: Run, write: Write) -> None:
    write({**PROJECT, "artifact-map.yaml": "version: 2\n"})
    done = run("scan")
    assert done.status == 2
    assert "Resources.Db.Properties.ImageId" in done.out
    assert "error[invalid-map]" in done.err


def test_scan_shows_no_control_characters(run: Run, write: Write) -> None:
    write({"x.yaml": instance('"a\\x1b[31mb"')})
    done = run("scan", "x.yaml")
    assert "\x1b" not in done.out
    assert "a�[31mb" in done.out


def test_explain_goes_from_the_field_to_the_images(run: Run, write: Write) -> None:
    write(PROJECT)
    done = run("explain", "web.yaml", "Resources.Web.*.ImageId")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "Resources.Web.Properties.ImageId\n"
        "  ALIYUN::ECS::InstanceGroup, role deploy, form parameter\n"
        "  web.yaml:4:67\n"
        "\n"
        "  parameter  web.yaml:2  Parameters.Image\n"
        "  default    web.yaml:2  Parameters.Image.Default  = m-bp1ooooooooooooooooo  (custom, made in cn-hangzhou)\n"
        "\n"
        "  bound by image-bindings.yaml:4  image: m-bp1ooooooooooooooooo\n"
        "\n"
        "  artifact 'web' version '2'\n"
        f"    cn-beijing   {BEIJING}\n"
        f"    cn-hangzhou  {HANGZHOU}\n"
    )


def test_explain_an_unbound_and_an_ignored_field(run: Run, write: Write) -> None:
    entry = "    ignore: [{image: centos_7, reason: public image}]\n"
    write({**PROJECT, "image-bindings.yaml": PROJECT["image-bindings.yaml"] + entry})
    assert (
        "left alone by image-bindings.yaml:7  image: centos_7: public image\n"
        in run("explain", "web.yaml").out
    )
    write({"image-bindings.yaml": bindings()})
    assert "nothing binds it: every variant keeps the value as it is\n" in run("explain", "web.yaml").out


def test_explain_as_json(run: Run, write: Write) -> None:
    write(PROJECT)
    (field,) = json.loads(run("explain", "--format", "json", "web.yaml", "Resources.Web.*.*").out)["fields"]
    assert field["images"] == [
        {"artifact": "web", "version": "2", "regions": {"cn-beijing": BEIJING, "cn-hangzhou": HANGZHOU}}
    ]
    assert field["bindings"][0]["selector"] == "image: m-bp1ooooooooooooooooo"


def test_explain_of_a_field_that_is_not_there(run: Run, write: Write) -> None:
    write(PROJECT)
    done = run("explain", "web.yaml", "Resources.Wbe.Properties.ImageId")
    assert done.status == 2
    assert "the template has no image field 'Resources.Wbe.Properties.ImageId'" in done.err
    assert "did you mean 'Resources.Web.Properties.ImageId'?" in done.err


def test_half_a_surrogate_pair_is_shown_somehow(run: Run, write: Write) -> None:
    write(
        {
            "x.json": '{"Resources": {"W": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": "a\\ud83d"}}}}'
        }
    )
    done = run("scan", "x.json")
    assert (done.status, "a�" in done.out) == (0, True)
    done = run("scan", "--format", "json", "x.json")
    assert (done.status, json.loads(done.out)["fields"][0]["value"]) == (0, "a\ud83d")
    assert run("explain", "x.json").status == 0
