"""Reading a file as it is in a git revision."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.files import decode, posix

if TYPE_CHECKING:
    from preprocessor.model import Source

_TIMEOUT = 30


def read_revision(revision: str, path: str) -> Source:
    """Return the text of `path`, relative to the current directory, as it is in `revision`.

    Raises:
        InputError: there is no git, no repository, no such revision, or no such file in it.
    """
    name = f"{revision}:{path}"
    inside = path if path.startswith(("/", "./", "../")) else f"./{path}"
    if revision.startswith("-") or not revision:
        raise _error(name, "this is no revision", "name one, such as HEAD~1")
    if os.path.isabs(path):
        inside = f"./{posix(os.path.relpath(path))}"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell, and the revision is no option
            ["git", "--no-pager", "cat-file", "blob", f"{revision}:{inside}"],  # noqa: S607
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise _error(name, "git cannot be run", "install git, or name a file") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1].removeprefix("fatal: ") if lines else "git refused"
        raise _error(name, f"git has no such file: {why}", "check the revision and the path")
    return decode(name, done.stdout)


def _error(name: str, message: str, help_: str) -> InputError:
    return InputError.of("file-error", message, help_, name)
