"""The command line as a whole: help, options, exit statuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import preprocessor
from tests.projects import MAP, bindings, instance

if TYPE_CHECKING:
    from tests.conftest import Run, Write

COMMANDS = ("scan", "render", "explain", "map", "map show", "map set")


def test_version(run: Run) -> None:
    assert run("--version").out == f"region-image, version {preprocessor.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_the_common_options(run: Run, name: str) -> None:
    done = run(*name.split(), "--help")
    assert done.status == 0
    assert done.out.startswith(f"Usage: region-image {name} ")
    for option in (
        "-C DIR",
        "-b, --bindings FILE",
        "--no-color",
        "-q, --quiet",
        "-v, --verbose",
        "-h, --help",
    ):
        assert option in done.out


def test_no_command_shows_the_help(run: Run) -> None:
    done = run()
    assert done.status == 2
    assert "Commands:\n" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rendr"], "No such command 'rendr'"),
        (["render", "--nope"], "No such option '--nope'"),
        (["-C", "nowhere", "scan"], "cannot change to the directory 'nowhere': no such file"),
        (["scan", "--format", "xml"], "'xml' is not one of 'text', 'json'"),
        (["render", "-", "x.yaml"], "'-' stands alone"),
        (["map", "set", "web"], "Missing argument"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert message in done.err


def test_common_options_stand_before_and_after_the_command(run: Run, write: Write) -> None:
    write(
        {
            "p/b.yaml": bindings("{image: a, artifact: web}"),
            "p/web.yaml": instance("a"),
            "p/artifact-map.yaml": MAP,
        }
    )
    assert run("-C", "p", "-b", "b.yaml", "-q", "render").status == 0
    assert run("render", "-C", "p", "-b", "b.yaml", "--check").status == 0
    assert Path("p/dist/cn-beijing/web.yaml").exists()


def test_a_failed_command_reports_json(run: Run, write: Write) -> None:
    write({"image-bindings.yaml": "version: 1\n"})
    done = run("render", "--format", "json")
    report = json.loads(done.out)
    assert (done.status, done.err) == (2, "")
    assert report["findings"][0] == {
        "rule": "invalid-bindings",
        "severity": "error",
        "path": "image-bindings.yaml",
        "line": 1,
        "column": 1,
        "message": "the key 'artifact_map' is missing",
        "help": "expected region-image binding file (the keys version, artifact_map, templates, [regions], "
        "[output], [bind], [fields])",
    }


def test_a_bug_shows_a_traceback_and_its_own_status(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from preprocessor.engine import scanning

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(scanning, "find_templates", broken)
    done = run("scan")
    assert done.status == 70
    assert "ZeroDivisionError: a fault" in done.err
    assert "through a fault of its own" in done.err


def test_an_interrupt_ends_quietly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from preprocessor.engine import scanning

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scanning, "find_templates", interrupted)
    done = run("scan")
    assert (done.status, done.out, done.err) == (130, "", "\ninterrupted\n")


def test_a_reader_that_goes_away_is_no_failure(write: Write) -> None:
    write({f"{number}.yaml": instance("centos_7") for number in range(200)})
    process = subprocess.Popen(
        [sys.executable, "-m", "preprocessor", "scan", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_colour_only_where_it_is_asked_for(write: Write) -> None:
    write({"image-bindings.yaml": "x"})
    import pty

    for extra, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        main, other = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", **extra}
        done = subprocess.run(
            [sys.executable, "-m", "preprocessor", "render"], stderr=other, env=environment, check=False
        )
        os.close(other)
        text = os.read(main, 10000)
        os.close(main)
        assert done.returncode == 2
        assert (b"\x1b[1;31merror" in text) is coloured


def test_an_interrupted_process_ends_with_130(write: Write) -> None:
    os.mkfifo("pipe")
    process = subprocess.Popen(
        [sys.executable, "-m", "preprocessor", "scan", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(b"x")
    process.stdin.flush()
    # It waits for the end of its input; until it has installed its handler Python itself would answer.
    import time

    for _ in range(100):
        time.sleep(0.05)
        if "preprocessor" in Path(f"/proc/{process.pid}/cmdline").read_text():
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert (process.returncode, errors.strip().splitlines()[-1]) == (130, b"interrupted")


def test_shell_completion_is_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_REGION_IMAGE_COMPLETE", "bash_source")
    done = run()
    assert done.status == 0
    assert "_REGION_IMAGE_COMPLETE=bash_complete" in done.out
