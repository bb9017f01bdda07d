"""The compiled grammar: from a read-only installation, without a home, and by two processes at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hcl2
import pytest

from tests.terraform.helpers import instance

pytestmark = pytest.mark.slow

SCRIPT = """\
import sys
from preprocessor import scan
print([(found.field.address, found.field.value) for found in scan(["main.tf"]).fields])
"""
FOUND = "[('alicloud_instance.web.image_id', 'm-1')]\n"


def start(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def finish(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, FOUND, "")


@pytest.fixture(autouse=True)
def template() -> None:
    Path("main.tf").write_text(instance('"m-1"'))


def cached() -> list[str]:
    return sorted(str(path) for path in Path("cache").rglob("*") if path.is_file())


def test_processes_that_start_at_once_share_one_file() -> None:
    cache = str(Path("cache").resolve())
    finish(*(start(XDG_CACHE_HOME=cache) for _ in range(3)))
    (first,) = cached()
    assert first.startswith("cache/region-image/hcl-grammar-")
    changed = Path(first).stat().st_mtime_ns
    finish(start(XDG_CACHE_HOME=cache))
    assert cached() == [first]
    assert Path(first).stat().st_mtime_ns == changed


def test_a_damaged_file_is_made_anew() -> None:
    cache = str(Path("cache").resolve())
    finish(start(XDG_CACHE_HOME=cache))
    (path,) = cached()
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[: len(whole) // 2])
    finish(start(XDG_CACHE_HOME=cache))
    made = Path(path).stat()
    assert made.st_size > len(whole) // 2
    finish(start(XDG_CACHE_HOME=cache))
    assert Path(path).stat().st_mtime_ns == made.st_mtime_ns


def test_a_file_that_others_can_write_is_not_trusted() -> None:
    cache = str(Path("cache").resolve())
    finish(start(XDG_CACHE_HOME=cache))
    (path,) = cached()
    Path(path).write_bytes(b"this would be run")
    Path(path).chmod(0o666)
    finish(start(XDG_CACHE_HOME=cache))
    assert Path(path).read_bytes() != b"this would be run"
    assert Path(path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("home", ["/dev/null", "/proc/nowhere", "relative"])
def test_without_a_place_for_the_file(home: str) -> None:
    finish(start(XDG_CACHE_HOME="", HOME=home))


def test_an_installation_that_cannot_be_written_stays_as_it_is() -> None:
    package = Path(hcl2.__file__).parent
    copy = Path("site/hcl2")
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns(".lark_cache.bin", "__pycache__"))
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = sorted(str(path) for path in copy.rglob("*"))
    try:
        finish(
            start(
                PYTHONPATH=str(Path("site").resolve()),
                PYTHONDONTWRITEBYTECODE="1",
                XDG_CACHE_HOME="/dev/null",
            )
        )
        assert sorted(str(path) for path in copy.rglob("*")) == before
    finally:
        for path in (copy, *copy.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
