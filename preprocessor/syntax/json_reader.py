"""JSON text to nodes: a scanner of our own, since YAML parsers refuse tabs or `\\ud83d` escapes.

Strings are decoded by the standard library's scanner. As in ROS and in Terraform, a line or block
comment is no JSON and is refused.
"""

from __future__ import annotations

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING

from preprocessor.syntax.tree import MAX_DEPTH, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    Duplicate = tuple[Scalar, Scalar]
    """A key that its object already has, and the first key of that name."""

_SPACE = re.compile(r"[ \t\n\r]*")
_ATOM = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")


class JsonError(Exception):
    """The text is not JSON; `offset` is where reading stopped."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def read_json(text: str) -> tuple[Node, list[Duplicate]]:
    """Return the root node of the JSON value in `text`, and its duplicate keys.

    Raises:
        JsonError: the text is not JSON or nests too deeply.
    """
    scanner = _Scanner(text)
    node, offset = scanner.read(_skip(text, 0))
    offset = _skip(text, offset)
    if offset != len(text):
        raise JsonError("more text after the end of the JSON value", offset)
    return node, scanner.duplicates


def _skip(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.duplicates: list[Duplicate] = []

    def read(self, offset: int, depth: int = 0) -> tuple[Node, int]:
        text = self.text
        first = text[offset : offset + 1]
        if first == '"':
            return self.string(offset)
        if first == "{" or first == "[":
            if depth >= MAX_DEPTH:
                raise JsonError(f"nested more than {MAX_DEPTH} levels deep", offset)
            return self.object(offset, depth) if first == "{" else self.array(offset, depth)
        match = _ATOM.match(text, offset)
        if not match:
            found = repr(first) if first else "the end of the file"
            raise JsonError(f"found {found}, expected a JSON value", offset)
        return Scalar(offset, match.end(), match[0], ""), match.end()

    def string(self, offset: int) -> tuple[Scalar, int]:
        try:
            value, end = scanstring(self.text, offset + 1, True)
        except JSONDecodeError as error:
            raise JsonError(error.msg[:1].lower() + error.msg[1:], error.pos) from error
        return Scalar(offset, end, value, '"'), end

    def object(self, offset: int, depth: int) -> tuple[Mapping, int]:
        text = self.text
        node = Mapping(offset, offset)
        offset = _skip(text, offset + 1)
        if text[offset : offset + 1] == "}":
            node.end = offset + 1
            return node, node.end
        while True:
            if text[offset : offset + 1] != '"':
                found = repr(text[offset]) if offset < len(text) else "the end of the file"
                raise JsonError(f"found {found}, expected a key in double quotes", offset)
            key, offset = self.string(offset)
            offset = _skip(text, offset)
            if text[offset : offset + 1] != ":":
                raise JsonError("expected ':' after the key", offset)
            value, offset = self.read(_skip(text, offset + 1), depth + 1)
            node.children.append(key)
            node.children.append(value)
            offset = _skip(text, offset)
            mark = text[offset : offset + 1]
            if mark == "}":
                node.end = offset + 1
                self.duplicates.extend(node.close())
                return node, node.end
            if mark != ",":
                raise JsonError("expected ',' or '}' here", offset)
            offset = _skip(text, offset + 1)

    def array(self, offset: int, depth: int) -> tuple[Sequence, int]:
        text = self.text
        node = Sequence(offset, offset)
        offset = _skip(text, offset + 1)
        if text[offset : offset + 1] == "]":
            node.end = offset + 1
            return node, node.end
        while True:
            value, offset = self.read(offset, depth + 1)
            node.children.append(value)
            offset = _skip(text, offset)
            mark = text[offset : offset + 1]
            if mark == "]":
                node.end = offset + 1
                return node, node.end
            if mark != ",":
                raise JsonError("expected ',' or ']' here", offset)
            offset = _skip(text, offset + 1)
