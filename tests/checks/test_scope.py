"""What a check looks at: paths, whole projects, the nearest binding file, generated files, standard input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import preprocessor
from preprocessor import globs
from preprocessor.accepting import surely_valid
from preprocessor.model import Severity
from preprocessor.schema import load_schema
from tests.checks.helpers import CUSTOM, FORMATS, ROS_YAML, binding_file, findings_of, found_by, project
from tests.conftest import CORPUS, needs_corpus
from tests.projects import MAP

if TYPE_CHECKING:
    from tests.conftest import Run, Write

BOUND = "{image: my-app, artifact: web}"


def test_the_nearest_binding_file_counts(run: Run, write: Write) -> None:
    write(
        {
            "a/image-bindings.yaml": binding_file(BOUND, path="t/web.yaml"),
            "a/artifact-map.yaml": MAP,
            "a/t/web.yaml": ROS_YAML.literal("my-app"),
            "b/web.yaml": ROS_YAML.literal("my-app"),
        }
    )
    places = ["b/web.yaml:6:16"]
    assert found_by(run, "unbound-placeholder", "a/t/web.yaml", "b/web.yaml") == places
    assert found_by(run, "unbound-placeholder") == places
    assert found_by(run, "unbound-placeholder", str(Path("a/t/web.yaml").absolute())) == []
    assert found_by(run, "unbound-placeholder", "-C", "a/t", "web.yaml") == ["web.yaml:6:16"]
    assert found_by(run, "unbound-placeholder", "-b", "a/image-bindings.yaml") == []


def test_templates_that_no_binding_file_lists_are_looked_at(run: Run, write: Write) -> None:
    project(write, "web.yaml", ROS_YAML.literal("my-app"), BOUND)
    write(
        {
            "other/new.yaml": ROS_YAML.literal("my-app"),
            "notes.yaml": "ALIYUN::ECS::Instance is not a template\n",
        }
    )
    assert found_by(run, "unbound-placeholder") == ["other/new.yaml:6:16"]
    assert run("check", "--strict").status == 1


@pytest.mark.parametrize("path", ["image-bindings.yaml", "artifact-map.yaml"])
def test_the_binding_file_and_the_map_stand_for_their_project(path: str, run: Run, write: Write) -> None:
    project(
        write, "web.yaml", ROS_YAML.literal(CUSTOM), "{image: my-db, artifact: db}", regions="[cn-beijing]"
    )
    done = run("check", path, "--format", "json")
    assert [finding["rule"] for finding in findings_of(done.out)] == ["unused-binding", "unbound-image"]


def test_generated_files_are_no_templates(run: Run, write: Write) -> None:
    project(write, "web.yaml", ROS_YAML.literal("my-app"), BOUND)
    assert run("render").status == 0
    done = run("check", "dist/cn-beijing/web.yaml", "--strict")
    assert (done.status, done.err) == (0, "0 templates checked: no findings\n")
    assert run("check", "--strict").status == 0
    assert run("check", ".", "--strict").status == 0


def test_named_files_that_are_no_templates(run: Run, write: Write) -> None:
    write({"compose.yaml": "services: {}\n"})
    done = run("check", "compose.yaml")
    assert (done.status, "error[file-error]: not a template" in done.out) == (1, True)
    assert run("check", "--skip-others", "compose.yaml").status == 0
    assert run("check", ".").status == 0


def test_with_paths_the_rest_of_the_project_is_left_alone(run: Run, write: Write) -> None:
    project(write, "web.yaml", ROS_YAML.literal("my-app"), BOUND, "{image: my-db, artifact: db}")
    write({"bad.yaml": "Resources: {", "other.yaml": ROS_YAML.literal(CUSTOM)})
    done = run("check", "web.yaml", "--format", "json")
    assert [finding["rule"] for finding in findings_of(done.out)] == ["unused-binding"]
    glob = binding_file(BOUND, "{image: my-db, artifact: db}", path="'w*.yaml'")
    write({"image-bindings.yaml": glob})
    assert found_by(run, "unused-binding", "web.yaml") == []
    assert found_by(run, "unused-binding") == ["image-bindings.yaml:7:17"]


@pytest.mark.parametrize("path", ["infra/main.tf", "infra/prod.tfvars", "infra/net/main.tf", "infra"])
def test_a_file_of_a_module_stands_for_the_module(path: str, run: Run, write: Write) -> None:
    write(
        {
            "infra/main.tf": 'variable "i" {}\nmodule "net" { source = "./net" }\n'
            'resource "alicloud_instance" "web" {\n  image_id = var.i\n}\n',
            "infra/prod.tfvars": 'i = "my-app"\n',
            "infra/net/main.tf": "\n",
            "image-bindings.yaml": binding_file("{image: my-db, artifact: db}", path="infra"),
            "artifact-map.yaml": MAP,
        }
    )
    assert found_by(run, "unbound-placeholder", path) == ["infra/prod.tfvars:1:5"]
    assert found_by(run, "unused-binding", path) == ["image-bindings.yaml:6:17"]


def test_standard_input(run: Run, write: Write) -> None:
    project(write, "web.yaml", ROS_YAML.literal("my-app"), BOUND)
    text = ROS_YAML.literal(CUSTOM).encode()
    done = run("check", "-", "--format", "github", stdin=text)
    assert (done.status, done.out.startswith("::error file=-,line=6,col=16,")) == (1, True)
    text = ROS_YAML.literal("my-app").encode()
    assert run("check", "-", "--strict", stdin=text).status == 1
    assert run("check", "-", "--strict", "--stdin-filename", "web.yaml", stdin=text).status == 0


def test_the_library_checks_without_printing(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write({"web.yaml": ROS_YAML.literal(CUSTOM)})
    result = preprocessor.check(["web.yaml"])
    assert [(finding.rule, finding.severity) for finding in result.findings] == [
        ("unbound-image", Severity.ERROR)
    ]
    assert (result.templates, result.failed(), result.failed(strict=True)) == (1, True, True)
    assert capfd.readouterr() == ("", "")


def test_the_findings_do_not_depend_on_processes(run: Run, write: Write) -> None:
    write(
        {
            f"{name}-{number}/{kind.path}": kind.literal(CUSTOM)
            for name, kind in FORMATS.items()
            for number in range(12)
        }
    )
    one = run("check", "--jobs", "1", "--format", "json")
    assert len(findings_of(one.out)) == 48
    assert run("check", "--jobs", "3", "--format", "json").out == one.out


def test_a_check_of_one_template_costs_no_heavy_import(write: Write) -> None:
    project(write, "web.yaml", ROS_YAML.literal("my-app"), BOUND)
    script = (
        "import sys\nfrom preprocessor.cli import main\n"
        "try:\n    main(['check', 'web.yaml'])\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "print('\\n'.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"rich", "jinja2", "hcl2", "lark", "jsonschema_rs", "preprocessor.output", "hashlib", "difflib"}
    assert not heavy & set(done.stdout.split())


@needs_corpus
@pytest.mark.slow
def test_real_templates(run: Run) -> None:
    """No crash, and no false alarm: errors are custom images and nothing else."""
    done = run("check", str(CORPUS), "--format", "json")
    found = findings_of(done.out)
    assert {finding["rule"] for finding in found} <= {
        "unbound-image",
        "unbound-placeholder",
        "unbound-public-image",
        "dynamic-image",
        "unknown-image-field",
    }
    errors = [finding["message"] for finding in found if finding["severity"] == "error"]
    assert all(" boots the custom image m-" in message for message in errors)
    assert done.status == (1 if errors else 0)


NAMES = ["a", "b.yaml", ".h", "x-1.yaml", "deep", "[z].yaml", "é.yaml"]
PATTERNS = [
    "*",
    "**",
    "*.yaml",
    "a",
    "deep/*",
    "**/*.yaml",
    "?.yaml",
    "[a-c]*",
    "[!a]*",
    ".*",
    "**/a",
    "a/**",
    "[[]z].yaml",
    "./*.yaml",
    "d**p",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), min_size=1, max_size=6), st.data())
def test_a_glob_matches_what_a_listing_finds(paths: list[list[str]], data: st.DataObject) -> None:
    import glob
    import tempfile

    pattern = data.draw(st.sampled_from(PATTERNS))
    with tempfile.TemporaryDirectory() as folder:
        for parts in paths:
            path = Path(folder, *(f"{part}.d" for part in parts[:-1]), parts[-1])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        listed = {
            name.removeprefix("./")
            for name in glob.glob(pattern, root_dir=folder, recursive=True)
            if Path(folder, name).is_file() and not name.endswith("/")
        }
        every = {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}
        assert {path for path in every if globs.matches(pattern, path)} == listed


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "a", "cn-beijing", "cn-beijing\n", "1", CUSTOM]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "version artifact_map templates path bind image artifact regions style artifacts web versions images "
                "cn-beijing cn-beijing\n kind default source region field ignore reason 1 fields ros".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
GOOD = {
    "image-bindings": {
        "version": 1,
        "artifact_map": "m.yaml",
        "regions": ["cn-beijing"],
        "bind": [{"image": "a", "artifact": "web", "version": "1"}],
        "templates": [{"path": "x", "ignore": [{"field": "a.b", "reason": "r"}], "style": "inline"}],
        "fields": {"ros": {"MODULE::A::B": ["ImageId"]}},
    },
    "artifact-map": {
        "version": 1,
        "artifacts": {
            "web": {
                "default": "1",
                "versions": {
                    "1": {
                        "kind": "custom",
                        "origin": "manual",
                        "source": {"region": "cn-beijing", "image": CUSTOM},
                        "images": {"cn-beijing": CUSTOM},
                    }
                },
            }
        },
    },
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_accepted_without_the_validator(name: str) -> None:
    assert surely_valid(GOOD[name], load_schema(name))


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_what_is_accepted_is_valid(name: str, data: st.DataObject) -> None:
    import copy

    import jsonschema_rs

    found = copy.deepcopy(GOOD[name])
    holder: object = found
    while isinstance(holder, (dict, list)) and holder:
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or data.draw(st.booleans()):
            holder[key] = data.draw(VALUES)
            break
        holder = inner
    if surely_valid(found, load_schema(name)):
        assert jsonschema_rs.validator_for(load_schema(name)).is_valid(found)
