"""The hooks' file, the action and the CI recipes: well formed, and every command in them is one."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from preprocessor.cli import COMMANDS
from preprocessor.cli import command as region_image
from preprocessor.files import read_source
from preprocessor.syntax import parse, plain
from tests.checks.helpers import ROS_YAML

if TYPE_CHECKING:
    from tests.conftest import Write

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "samples" / "ci").iterdir())
CALL = re.compile(r"(?<![\w/.-])(?:\.venv/bin/)?region-image ((?:check|render|map|init|scan)\b[^\n>|&']*)")


def data(path: Path) -> Any:
    return plain(parse(read_source(str(path))).root)


def options_are_known(arguments: list[str]) -> None:
    """Parse a call as the command line would, without running it."""
    name, *rest = arguments
    assert name in COMMANDS
    found = region_image.get_command(click.Context(region_image), name)
    assert found is not None
    found.make_context(name, rest, resilient_parsing=False, obj=None).close()


def test_there_is_a_recipe_for_each_service() -> None:
    names = [path.name for path in RECIPES]
    assert names == ["Jenkinsfile", "github-actions.yml", "gitlab-ci.yml", "yunxiao-flow.yml"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_the_commands_of_a_recipe_are_commands(path: Path) -> None:
    calls = [shlex.split(call) for call in CALL.findall(path.read_text("utf-8"))]
    for call in calls:
        options_are_known(call)
    assert {call[0] for call in calls} == {"check", "render"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_a_recipe_checks_and_then_deploys_one_region(path: Path) -> None:
    text = path.read_text("utf-8")
    steps = (
        "region-image check",
        'region-image render -r "$REGION"',
        "aliyun ros CreateStack",
        "terraform -chdir=",
    )
    found = [text.index(step) for step in steps]
    assert found == sorted(found)


@pytest.mark.parametrize(
    "path", [path for path in RECIPES if path.suffix == ".yml"], ids=lambda path: path.name
)
def test_a_recipe_is_yaml(path: Path) -> None:
    assert isinstance(data(path), dict)


def test_the_action_hands_inputs_over_as_variables() -> None:
    action = data(ROOT / "action.yml")
    steps = action["runs"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert all("${{" not in script for script in scripts)
    used = {name for step in steps for name in re.findall(r"inputs\.([\w-]+)", str(step))}
    assert used == set(action["inputs"])
    assert "region-image check" in scripts[-1]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_what_the_action_does(write: Write) -> None:
    script = data(ROOT / "action.yml")["runs"]["steps"][-1]["run"]
    write({"bin/region-image": f'#!/bin/sh\nexec "{sys.executable}" -m preprocessor "$@"\n'})
    Path("bin/region-image").chmod(0o755)
    write({"web.yaml": ROS_YAML.literal("my-app")})

    def run(**inputs: str) -> tuple[int, str]:
        environment = {
            **os.environ,
            "PATH": f"{Path('bin').absolute()}:{os.environ['PATH']}",
            "GITHUB_OUTPUT": "output",
            **dict.fromkeys(("PATHS", "BINDINGS", "STRICT", "SARIF_FILE"), ""),
            **inputs,
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    status, out = run(SARIF_FILE="report.sarif")
    assert (status, out.startswith("::warning file=web.yaml,line=6,col=16,")) == (0, True)
    assert Path("output").read_text() == "sarif-file=report.sarif\n"
    assert json.loads(Path("report.sarif").read_text())["runs"][0]["results"]
    assert run(STRICT="true")[0] == 1
    assert run(PATHS="bin web.yaml", STRICT="true")[0] == 1
    assert run(PATHS="$(touch evil) `touch evil`; touch evil")[0] == 2
    assert not Path("evil").exists()


HOOKS = {hook["id"]: hook for hook in data(ROOT / ".pre-commit-hooks.yaml")}


def test_the_hooks() -> None:
    assert list(HOOKS) == ["region-image-check", "region-image-project", "region-image-render"]
    for hook in HOOKS.values():
        assert hook["language"] == "python"
        options_are_known(shlex.split(hook["entry"])[1:])


PATHS = {
    "templates/web.yaml": (True, False, True),
    "web.json": (True, False, True),
    "infra/main.tf": (True, False, True),
    "infra/main.tf.json": (True, False, True),
    "infra/prod.tfvars": (True, False, True),
    "image-bindings.yaml": (False, True, True),
    "infra/artifact-map.json": (False, True, True),
    ".computenest/config.yaml": (True, True, True),
    "README.md": (False, False, False),
    "src/main.py": (False, False, False),
}


@pytest.mark.parametrize("path", PATHS)
def test_which_files_a_hook_is_for(path: str) -> None:
    def wants(hook: dict[str, Any]) -> bool:
        left_out = "exclude" in hook and re.search(hook["exclude"], path)
        return bool(re.search(hook["files"], path)) and not left_out

    assert tuple(wants(hook) for hook in HOOKS.values()) == PATHS[path]
