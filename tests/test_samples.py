"""The samples render to what stands beside them, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preprocessor import render

if TYPE_CHECKING:
    from tests.conftest import Run

SAMPLES = Path(__file__).parent.parent / "samples"
PROJECTS = sorted(path.parent.name for path in SAMPLES.glob("*/expected"))


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_there_are_samples() -> None:
    assert {
        "ros-terraform",
        "scaling-group",
        "terraform-module",
        "web-service-json",
        "web-service-yaml",
    } <= set(PROJECTS)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_sample_renders_to_its_expected_output(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SAMPLES / name, "sample", ignore=shutil.ignore_patterns("dist", "out", "expected"))
    monkeypatch.chdir("sample")
    result = render(strict=True)
    assert result.findings == ()
    assert tree(Path(result.root)) == tree(SAMPLES / name / "expected")


@pytest.mark.parametrize("name", PROJECTS)
def test_every_deploy_field_of_a_sample_is_bound(name: str, run: Run) -> None:
    shutil.copytree(SAMPLES / name, "sample", ignore=shutil.ignore_patterns("dist", "out", "expected"))
    import json

    report = json.loads(run("-C", "sample", "scan", "--format", "json").out)
    assert report["findings"] == []
    assert {field["artifact"] for field in report["fields"] if field["role"] == "deploy"} - {None}
    assert [field["address"] for field in report["fields"] if field["artifact"] is None] == []
