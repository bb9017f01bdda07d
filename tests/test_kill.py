"""Killed at any moment, a render leaves every file old or new, and the next run completes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from preprocessor import render
from preprocessor.files import TEMPORARY_SUFFIX
from tests.projects import MAP, bindings, instance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run, Write

OLD_IMAGE = "m-bp1ooooooooooooooooo"
NEW = ("web", "cn-beijing=m-2zennnnnnnnnnnnnnnnn", "cn-hangzhou=m-bp1nnnnnnnnnnnnnnnnn")
CALLS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "rmdir", "close")


def tree() -> dict[str, bytes]:
    """Return the generated files, without the manifest and without temporary files."""
    return {
        str(path): path.read_bytes()
        for path in Path("dist").rglob("*")
        if path.is_file() and not path.name.endswith(TEMPORARY_SUFFIX) and not path.name.startswith(".region")
    }


def killed_at(call: int) -> bool:
    """Render in a fork that dies at its `call`-th system call; return whether it lived to the end."""
    process = os.fork()
    if process == 0:
        left = call

        def counted(real: Callable[..., Any]) -> Callable[..., Any]:
            def wrapper(*arguments: Any, **options: Any) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments, **options)

            return wrapper

        for name in CALLS:
            setattr(os, name, counted(getattr(os, name)))
        try:
            render()
        finally:
            os._exit(0)
    _, status = os.waitpid(process, 0)
    return os.WIFEXITED(status)


def prepare(run: Run, write: Write) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Make a project whose output is old, and return the old and the new files."""
    gone = "  - path: gone.yaml\n"
    write(
        {
            "web.yaml": instance(OLD_IMAGE),
            "b.yaml": instance(OLD_IMAGE),
            "gone.yaml": instance(OLD_IMAGE),
            "artifact-map.yaml": MAP,
            "image-bindings.yaml": bindings(f"{{image: {OLD_IMAGE}, artifact: web}}")
            + "  - path: b.yaml\n"
            + gone,
        }
    )
    render()
    old = tree()
    run("map", "set", *NEW)
    write(
        {"image-bindings.yaml": Path("image-bindings.yaml").read_text().replace(gone, "  - path: c.yaml\n")}
    )
    write({"c.yaml": instance(OLD_IMAGE)})
    subprocess.run(["cp", "-r", "dist", "old"], check=True)
    render()
    new = tree()
    return old, new


def test_every_file_is_old_or_new(run: Run, write: Write) -> None:
    old, new = prepare(run, write)
    points = 0
    for call in range(1000):
        subprocess.run("rm -rf dist && cp -r old dist", shell=True, check=True)
        lived = killed_at(call)
        now = tree()
        for path, content in now.items():
            assert content in (old.get(path), new.get(path)), (call, path)
        assert set(old) & set(new) <= set(now)
        result = render()
        assert tree() == new, call
        assert set(result.written) | set(result.unchanged) == set(new)
        assert render().written == ()
        leftovers = list(Path("dist").rglob(f"*{TEMPORARY_SUFFIX}"))
        assert leftovers == [], call
        if lived:
            break
        points += 1
    assert points > 30


@pytest.mark.slow
def test_a_process_killed_at_random_moments(run: Run, write: Write) -> None:
    old, new = prepare(run, write)
    chance = random.Random(7)
    died = 0
    for _ in range(40):
        subprocess.run("rm -rf dist && cp -r old dist", shell=True, check=True)
        process = subprocess.Popen([sys.executable, "-m", "preprocessor", "render", "-q"])
        time.sleep(chance.uniform(0.05, 0.4))
        process.kill()
        died += process.wait() == -signal.SIGKILL
        for path, content in tree().items():
            assert content in (old.get(path), new.get(path)), path
        render()
        assert tree() == new
    assert died > 5
