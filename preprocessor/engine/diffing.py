"""The lines of unified diffs."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from typing import TYPE_CHECKING

from preprocessor.files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable


def standing_lines(path: str) -> list[str]:
    """Return the lines of the file or link that stands at `path`."""
    return [f"a link to {os.readlink(path)}\n"] if os.path.islink(path) else lines_of(read_bytes(path))


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a file's content; of a file that is no text, one that says so."""
    if b"\0" in data:
        return [f"{len(data):,} bytes that are no text, SHA-256 {hashlib.sha256(data).hexdigest()}\n"]
    # Only a line feed ends a line here, as for git: templates may hold the other breaks in their text.
    return re.findall(r"[^\n]*\n|[^\n]+", data.decode("utf-8", "replace"))


def diff_lines(before: list[str], after: list[str], old: str, new: str) -> Iterable[str]:
    """Yield the lines of a unified diff between the files called `old` and `new`."""
    lines = list(difflib.unified_diff(before, after, old, new))
    if not lines and old != new:
        yield f"--- {old}\n"
        yield f"+++ {new}\n"
    for line in lines:
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
