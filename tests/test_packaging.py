"""The wheel holds everything that an installed tool needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.projects import MAP, bindings, instance

ROOT = Path(__file__).parent.parent
SCHEMAS = sorted(path.name for path in (ROOT / "schemas").glob("*.json"))


@pytest.mark.slow
def test_the_wheel_runs_on_its_own() -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        "wheel",
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True, env={**os.environ, "PIP_NO_INDEX": "1"})
    (wheel,) = Path("wheel").glob("region_image_preprocessor-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall("installed")
    assert {f"preprocessor/schemas/{name}" for name in SCHEMAS} <= names
    assert {
        "preprocessor/py.typed",
        "preprocessor/data/image-fields.json",
        "preprocessor/data/regions.json",
    } <= names
    assert not [name for name in names if name.startswith("tests/")]
    Path("web.yaml").write_text(instance("a"))
    Path("artifact-map.yaml").write_text(MAP)
    Path("image-bindings.yaml").write_text(bindings("{image: a, artifact: web}"))
    # Isolated from this checkout: only the unpacked wheel, and the libraries of this environment.
    script = (
        "import sys, sysconfig\n"
        "sys.path[:] = ['installed', *sys.path]\n"
        "import preprocessor\nassert 'installed' in preprocessor.__file__, preprocessor.__file__\n"
        "from preprocessor.cli import main\nmain(['render'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "dist: 2 written, 0 unchanged (1 template, 2 regions)\n")
