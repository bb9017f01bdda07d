"""Whether a path matches a glob, by the rules of `glob.glob`, without a look at the disk."""

from __future__ import annotations

import re
from functools import lru_cache

ANY_FOLDERS = "**"

_GROUP = re.compile(r"\[(!?)(\]?[^\]]*)\]")


def matches(pattern: str, path: str) -> bool:
    """Return whether `glob.glob(pattern, recursive=True)` would find `path`, if it is a file.

    As there, `*` stays within a folder, `**` crosses folders, and neither finds a hidden name.
    """
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [part for part in pattern.split("/") if part != "."]
    text = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == ANY_FOLDERS:
            text += r"(?!\.)[^/]+(?:/(?!\.)[^/]+)*" if last else r"(?:(?!\.)[^/]+/)*"
            continue
        hidden = "" if part.startswith(".") else r"(?!\.)"
        text += hidden + _within(part) + ("" if last else "/")
    return re.compile(text, re.DOTALL)


def _within(part: str) -> str:
    """Return the expression of one part of a pattern, which matches no slash."""
    text, offset = "", 0
    while offset < len(part):
        character = part[offset]
        group = _GROUP.match(part, offset)
        if character == "*":
            text += "[^/]*"
        elif character == "?":
            text += "[^/]"
        elif group is not None:
            inside = group[2].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
            text += f"(?!/)[{'^' if group[1] else ''}{inside}]"
        else:
            text += re.escape(character)
        offset = group.end() if group is not None else offset + 1
    return text
