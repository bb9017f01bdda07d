"""Addresses of places in templates, and the patterns of `field` selectors that match them.

An address is a path of keys and list indices: `Resources.Web.Properties.NodePools[0].ImageId`. A key
that would be mistaken for something else stands in brackets and JSON quotes: `Resources["a.b"]`.
In a pattern `*` matches any run of characters within one key or index, and never a whole level.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

Part = str | int
"""A key, or a list index from 0."""

_PLAIN_KEY = re.compile(r'[^\s.\[\]"*]+')
_SEGMENT = re.compile(r'\[(\d+)\]|\[(\*)\]|\[("(?:[^"\\]|\\.)*")\]|([^.\[\]"]+)')


class AddressError(ValueError):
    """Not an address; the text says why."""


def join(parts: tuple[Part, ...]) -> str:
    """Return the address of `parts`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def extend(address: str, *parts: Part) -> str:
    """Return the address of what `parts` lead to from `address`."""
    rest = join(parts)
    return f"{address}.{rest}" if address and rest and not rest.startswith("[") else address + rest


@lru_cache(maxsize=4096)
def split(address: str) -> tuple[tuple[str, str], ...]:
    """Return the segments of an address or a pattern as pairs of sort (`key`, `quoted`, `index`) and text.

    Raises:
        AddressError: it is not well formed.
    """
    segments: list[tuple[str, str]] = []
    offset = 0
    while offset < len(address):
        if segments and address[offset] == ".":
            offset += 1
            if offset < len(address) and address[offset] == "[":
                raise AddressError(f"a '.' stands before '[' at position {offset + 1}")
        elif segments and address[offset] != "[":
            raise AddressError(f"expected '.' or '[' at position {offset + 1}")
        match = _SEGMENT.match(address, offset)
        if not match:
            raise AddressError(f"expected a name or [index] at position {offset + 1}")
        index, any_index, quoted, key = match.groups()
        if key is not None:
            segments.append(("key", key))
        elif quoted is not None:
            try:
                segments.append(("quoted", str(json.loads(quoted))))
            except ValueError as error:
                raise AddressError(f"{quoted} is no JSON string") from error
        else:
            segments.append(("index", index or any_index))
        offset = match.end()
    if not segments or address.endswith("."):
        raise AddressError("a name is missing at the end")
    return tuple(segments)


@lru_cache(maxsize=4096)
def _wildcard(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(piece) for piece in text.split("*")), re.DOTALL)


def matches(pattern: str, address: str) -> bool:
    """Return whether `pattern` matches the whole of `address`."""
    if pattern == address:
        return True
    wanted, found = split(pattern), split(address)
    if len(wanted) != len(found):
        return False
    for (sort, text), (found_sort, found_text) in zip(wanted, found, strict=True):
        if (sort == "index") != (found_sort == "index"):
            return False
        if sort == "quoted" or "*" not in text:
            if text != found_text:
                return False
        elif not _wildcard(text).fullmatch(found_text):
            return False
    return True
