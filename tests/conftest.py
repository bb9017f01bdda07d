"""Seals the tests: no network beyond this machine, no home directory, no settings from outside."""

from __future__ import annotations

import gc
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

CORPUS = os.environ.get("REGION_IMAGE_CORPUS")

needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="REGION_IMAGE_CORPUS does not name a folder of real templates"
)


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    status: int
    out: str
    err: str
    raw: bytes
    """Standard output as bytes."""


Run = Callable[..., Outcome]
"""`run("scan", "x.yaml", stdin=b"")` runs a command in this process."""

Write = Callable[[Mapping[str, str | bytes]], Path]
"""`write({"a/b.yaml": "text"})` writes files below the current folder and returns that."""


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the compiled grammar of HCL for the whole run: compiling it takes a second or two."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def sealed(tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run each test in an empty folder, without a home, and with connections to this machine only."""
    for name in list(os.environ):
        if name.startswith(("ALIBABA", "ALICLOUD", "REGION_IMAGE_ENDPOINT", "GIT_")) or name in (
            "NO_COLOR",
            "FORCE_COLOR",
            "COLUMNS",
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "no-home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_folder))
    monkeypatch.setenv("TERM", "dumb")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)
    yield
    gc.enable()


@pytest.fixture
def write() -> Write:
    """Write files below the current folder."""

    def write_files(files: Mapping[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Path.cwd()

    return write_files


class _Stdin:
    """Standard input made of bytes."""

    def __init__(self, data: bytes) -> None:
        import io

        self.buffer = io.BytesIO(data)

    def isatty(self) -> bool:
        return False


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, as the shell would, and return what it did."""
    from preprocessor.cli import main

    def run_command(*arguments: str, stdin: bytes = b"") -> Outcome:
        here = Path.cwd()
        monkeypatch.setattr(sys, "stdin", cast("Any", _Stdin(stdin)))
        capfdbinary.readouterr()
        status = 0
        try:
            main(list(arguments))
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        finally:
            os.chdir(here)
            sys.stdout.flush()
            sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return Outcome(status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), out)

    return run_command
