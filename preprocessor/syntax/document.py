"""A parsed file: its source, its root node, and where each part of it stands."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from preprocessor.errors import InputError
from preprocessor.syntax.json_reader import JsonError, read_json
from preprocessor.syntax.tree import Alias, Mapping, Node, Scalar, Sequence
from preprocessor.syntax.yaml_reader import YamlError, read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence as Seq

    from preprocessor.model import Location, Source

_PLAIN_VALUES: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?")
_BEGINS_A_NUMBER = frozenset("+-.0123456789")
_MAX_PLAIN_NODES = 1_000_000
"""How many values `plain` makes at most; aliases of aliases could otherwise make billions."""


@dataclass(frozen=True, eq=False)
class Document:
    """One YAML or JSON document."""

    source: Source
    root: Node | None
    json: bool = False
    duplicates: tuple[tuple[Scalar, Scalar], ...] = ()
    """Each key that its mapping already has, with the first key of that name."""
    aliased: bool = False
    """Whether something in it stands for something else (`*name`)."""

    def location(self, node: Node) -> Location:
        """Return where `node` stands."""
        return self.source.location(node.start, node.end)

    def find(self, path: Seq[str | int], *, key: bool = False) -> Location:
        """Return where the value at `path` stands, or as much of the path as there is.

        With `key`, the key is meant rather than the value, where the last part is one.
        """
        node = self.root
        if node is None:
            return self.source.location(0)
        for depth, part in enumerate(path):
            holder = node.target
            child: Node | None = None
            if isinstance(holder, Mapping):
                child = holder.get(str(part))
                if key and depth == len(path) - 1:
                    child = holder.key(str(part)) or child
            elif isinstance(holder, Sequence) and isinstance(part, int) and part < len(holder.items):
                child = holder.items[part]
            if child is None:
                break
            node = child
        return self.location(node)


def parse(source: Source, *, json: bool | None = None) -> Document:
    """Parse `source` as JSON where its text starts like JSON (or `json` says so), else as YAML.

    Raises:
        InputError: a `syntax-error` with its place.
    """
    if json is None:
        json = source.text.lstrip(" \t\r\n").startswith(("{", "["))
        if json and not source.path.endswith(".json"):
            # YAML's flow style looks like JSON; what JSON refuses may still be YAML.
            try:
                return _document(source, json=True)
            except JsonError:
                json = False
    try:
        return _document(source, json=json)
    except (JsonError, YamlError) as error:
        raise InputError.of(
            "syntax-error",
            f"not {'JSON' if json else 'YAML'}: {error.message}",
            "correct the text at this place",
            source.location(error.offset),
        ) from error


def _document(source: Source, *, json: bool) -> Document:
    if json:
        value, duplicates = read_json(source.text)
        return Document(source, value, json, tuple(duplicates))
    root, duplicates, aliased = read_yaml(source.text)
    return Document(source, root, json, tuple(duplicates), aliased)


def plain(node: Node | None) -> Any:
    """Return the data of `node` as dicts, lists, strings, numbers, booleans and None.

    Plain scalars are read by YAML 1.2's core rules, so `no` and `1_000` are strings.

    Raises:
        OverflowError: aliases make the data larger than any such file can be.
    """
    return _Plain().value(node)


class _Plain:
    def __init__(self) -> None:
        self.count = 0

    def value(self, node: Any) -> Any:
        self.count += 1
        if self.count > _MAX_PLAIN_NODES:
            raise OverflowError
        if isinstance(node, Alias):
            node = node.target
        if isinstance(node, Scalar):
            return scalar_value(node)
        if isinstance(node, Mapping):
            return {key: self.value(value) for key, value in node.raw_entries()}
        if isinstance(node, Sequence):
            return [self.value(item) for item in node.items]
        # A scalar that nobody has looked at yet: the parser's own event.
        return None if node is None else _meaning(node.value, node.style, node.ctag and str(node.ctag))


def scalar_value(node: Scalar) -> Any:
    """Return what a scalar means: a string unless it is plain and reads as something else."""
    return _meaning(node.value, node.style, node.tag)


def _meaning(text: str, style: str | None, tag: str | None) -> Any:
    if style or (tag and tag != "tag:yaml.org,2002:int"):
        return text
    if text in _PLAIN_VALUES:
        return _PLAIN_VALUES[text]
    if text[0] not in _BEGINS_A_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 4000 else text
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
