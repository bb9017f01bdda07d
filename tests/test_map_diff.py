"""`map diff`: files, git revisions, and the effect on bound templates."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import BEIJING, HANGZHOU, MAP, bindings, instance

if TYPE_CHECKING:
    from tests.conftest import Run

NEW = "m-2zeyyyyyyyyyyyyyyyyy"
LOST = "  deploying this replaces the system disk of machines that run: what is on it is lost\n"


def git(*arguments: str) -> None:
    names = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    subprocess.run(["git", *arguments], check=True, capture_output=True, env={**os.environ, **names})


@pytest.fixture
def project() -> None:
    """A project in git whose map was changed once since."""
    Path("artifact-map.yaml").write_text(MAP)
    Path("web.yaml").write_text(instance("placeholder"))
    Path("image-bindings.yaml").write_text(bindings("{image: placeholder, artifact: web}"))
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    Path("artifact-map.yaml").write_text(MAP.replace(BEIJING, NEW))


CHANGE = f"web 2: cn-beijing: {BEIJING} -> {NEW}\n"
EFFECT = (
    "\nweb.yaml:6:16: Resources.Web.Properties.ImageId (ALIYUN::ECS::Instance)\n"
    f"  cn-beijing: {BEIJING} -> {NEW}\n{LOST}1 image field changed\n"
)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("HEAD",),
        ("HEAD:artifact-map.yaml",),
        ("HEAD", "artifact-map.yaml"),
        ("HEAD:./artifact-map.yaml",),
    ],
)
def test_revisions(project: None, run: Run, arguments: tuple[str, ...]) -> None:
    done = run("map", "diff", *arguments)
    assert (done.status, done.out, done.err) == (0, CHANGE + EFFECT, "")


def test_from_a_folder_below(project: None, run: Run) -> None:
    Path("below").mkdir()
    done = run("-C", "below", "map", "diff", "-b", "../image-bindings.yaml")
    assert (done.status, done.out.splitlines()[0]) == (0, CHANGE.rstrip())


def test_files(run: Run) -> None:
    Path("old.yaml").write_text(MAP)
    Path("new.json").write_text(
        json.dumps(
            {
                "version": 1,
                "artifacts": {
                    "web": {
                        "default": "3",
                        "versions": {
                            "2": {"kind": "custom", "images": {"cn-hangzhou": HANGZHOU}},
                            "3": {"kind": "custom", "images": {"cn-beijing": NEW}},
                        },
                    }
                },
            }
        )
    )
    done = run("map", "diff", "old.yaml", "new.json", "--map", "new.json")
    assert done.out == (
        "db 3: cn-beijing: m-2zeddddddddddddddddd -> none\n"
        "db 3: cn-hangzhou: m-bp1ddddddddddddddddd -> none\n"
        "web 1: cn-beijing: m-2ze11111111111111111 -> none\n"
        "web 1: cn-hangzhou: m-bp111111111111111111 -> none\n"
        f"web 2: cn-beijing: {BEIJING} -> none\n"
        f"web 3: cn-beijing: none -> {NEW}\n"
        "db: default 3 -> none\n"
        "web: default 2 -> 3\n"
    )


def test_no_difference(project: None, run: Run) -> None:
    done = run("map", "diff", "artifact-map.yaml")
    assert (done.status, done.out) == (0, "")
    assert done.err == "no difference between artifact-map.yaml and artifact-map.yaml\n"


def test_a_change_of_the_default_changes_templates(project: None, run: Run) -> None:
    Path("artifact-map.yaml").write_text(MAP.replace('default: "2"', 'default: "1"'))
    done = run("map", "diff")
    assert done.out == (
        "web: default 2 -> 1\n"
        "\nweb.yaml:6:16: Resources.Web.Properties.ImageId (ALIYUN::ECS::Instance)\n"
        f"  cn-beijing: {BEIJING} -> m-2ze11111111111111111\n"
        f"  cn-hangzhou: {HANGZHOU} -> m-bp111111111111111111\n{LOST}1 image field changed\n"
    )


def test_a_pinned_version_does_not_change(project: None, run: Run) -> None:
    Path("image-bindings.yaml").write_text(bindings('{image: placeholder, artifact: web, version: "1"}'))
    assert run("map", "diff").out == CHANGE + "\nno bound template changes\n"


def test_a_new_region_wipes_nothing(project: None, run: Run) -> None:
    Path("artifact-map.yaml").write_text(
        MAP.replace(
            f"          cn-hangzhou: {HANGZHOU}\n",
            f"          cn-hangzhou: {HANGZHOU}\n          us-west-1: m-rj9x\n",
        )
    )
    done = run("map", "diff")
    assert "  us-west-1: none -> m-rj9x\n1 image field changed\n" in done.out
    assert "system disk" not in done.out


def test_other_resources_keep_their_disks(project: None, run: Run) -> None:
    Path("web.yaml").write_text(
        instance("placeholder").replace("ALIYUN::ECS::Instance", "ALIYUN::ECS::LaunchTemplate")
    )
    done = run("map", "diff")
    assert "ALIYUN::ECS::LaunchTemplate" in done.out
    assert "system disk" not in done.out


def test_a_template_that_cannot_be_read_is_left_out(project: None, run: Run) -> None:
    Path("web.yaml").write_text("Resources: {")
    assert run("map", "diff").out == CHANGE + "\nno bound template changes\n"


def test_json(project: None, run: Run) -> None:
    data = json.loads(run("map", "diff", "--format", "json").out)
    assert data["images"] == [
        {"artifact": "web", "artifact_version": "2", "region": "cn-beijing", "before": BEIJING, "after": NEW}
    ]
    assert data["fields"] == [
        {
            "path": "web.yaml",
            "line": 6,
            "column": 16,
            "address": "Resources.Web.Properties.ImageId",
            "resource_type": "ALIYUN::ECS::Instance",
            "artifact": "web",
            "region": "cn-beijing",
            "before": BEIJING,
            "after": NEW,
            "replaces_system_disk": True,
        }
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("HEAD~7", "git has no such file: invalid object name 'HEAD~7'"),
        ("HEAD:nothing.yaml", "git has no such file"),
        ("--upload-pack=x", "No such option"),
        ("nonsense", "git has no such file"),
    ],
)
def test_what_is_not_there(project: None, run: Run, name: str, message: str) -> None:
    done = run("map", "diff", name)
    assert (done.status, message in done.err) == (2, True)
    assert "Traceback" not in done.err


def test_no_repository_and_no_git(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("artifact-map.yaml").write_text(MAP)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    done = run("map", "diff")
    assert (done.status, "git has no such file: not a git repository" in done.err) == (2, True)
    monkeypatch.setenv("PATH", "")
    done = run("map", "diff")
    assert (done.status, "git cannot be run" in done.err) == (2, True)


def test_terraform_modules_and_files(project: None, run: Run) -> None:
    Path("stack").mkdir()
    Path("stack/variables.tf").write_text('variable "image_id" {\n  default = "placeholder"\n}\n')
    Path("stack/main.tf").write_text(
        'resource "alicloud_instance" "web" {\n  image_id = var.image_id\n}\n'
        'resource "alicloud_ess_scaling_configuration" "web" {\n  image_id = "placeholder"\n}\n'
    )
    Path("image-bindings.yaml").write_text(bindings("{image: placeholder, artifact: web}", path="stack"))
    done = run("map", "diff")
    assert done.out == (
        CHANGE + "\nstack/main.tf:2:14: alicloud_instance.web.image_id (alicloud_instance)\n"
        f"  cn-beijing: {BEIJING} -> {NEW}\n{LOST}"
        "stack/main.tf:5:14: alicloud_ess_scaling_configuration.web.image_id "
        "(alicloud_ess_scaling_configuration)\n"
        f"  cn-beijing: {BEIJING} -> {NEW}\n2 image fields changed\n"
    )
