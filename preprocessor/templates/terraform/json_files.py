"""Terraform's JSON syntax as the same bodies and blocks as its own, with expressions in strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Severity
from preprocessor.syntax import Mapping, Scalar, Sequence, parse
from preprocessor.syntax.embedded import place_of
from preprocessor.syntax.hcl import (
    Attribute,
    Block,
    Body,
    Computed,
    Expr,
    HclError,
    Literal,
    Object,
    Place,
    Tuple,
    read_template,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.model import Source
    from preprocessor.syntax import Node

_LABELS = {"resource": 2, "data": 2, "variable": 1, "output": 1, "module": 1, "locals": 0}
"""Block types that matter here, and how many labels they have: the levels of objects around a body."""

_COMMENT = "//"
_STATIC = frozenset(("variable",))
"""Blocks whose strings are taken as they are, without templates."""


def read_json_body(source: Source, findings: list[Finding], *, values: bool) -> Body:
    """Return the body of a `.tf.json` file, or of a `.tfvars.json` file with `values`.

    Templates that are no HCL go to `findings`, when the value they stand in is looked at.

    Raises:
        InputError: the file is not JSON.
    """
    document = parse(source, json=True)
    reader = _Reader(source, findings)
    if not isinstance(document.root, Mapping):
        if document.root is not None:
            findings.append(
                Finding(
                    "syntax-error",
                    Severity.ERROR,
                    "found another value, where a JSON object was expected",
                    "write { } around the content",
                    document.location(document.root),
                )
            )
        return Body()
    if values:
        return reader.body(document.root, static=True)
    body = Body()
    for kind, node in document.root.entries():
        if kind in _LABELS:
            body.blocks.extend(reader.blocks(kind, node, (), _LABELS[kind]))
    return body


class _Reader:
    def __init__(self, source: Source, findings: list[Finding]) -> None:
        self.source = source
        self.findings = findings
        self.place = Place(source.path)

    def blocks(self, kind: str, node: Node, labels: tuple[str, ...], levels: int) -> Iterator[Block]:
        """Yield the blocks in `node`; a list anywhere stands for several of its items."""
        if isinstance(node, Sequence):
            for item in node.items:
                yield from self.blocks(kind, item, labels, levels)
        elif isinstance(node, Mapping) and levels:
            for name, inner in node.entries():
                if name != _COMMENT:
                    yield from self.blocks(kind, inner, (*labels, name), levels - 1)
        elif isinstance(node, Mapping):
            body = self.body(node, static=kind in _STATIC)
            yield Block(kind, labels, body, self.place, node.start, node.end)

    def body(self, node: Mapping, *, static: bool) -> Body:
        """Return a body: everything in it is an attribute, since JSON does not tell blocks from objects."""
        body = Body()
        for name, value in node.entries():
            if name == _COMMENT:
                continue
            if name == "dynamic" and not static:
                body.blocks.extend(self.dynamic_blocks(value))
            body.attributes[name] = self.attribute(name, value, static)
        return body

    def attribute(self, name: str, node: Node, static: bool) -> Attribute:
        return Attribute(name, self.place, node.start, node.end, lambda: self.expr(node, static))

    def dynamic_blocks(self, node: Node) -> Iterator[Block]:
        for block in self.blocks("dynamic", node, (), 1):
            found = block.body.attributes.get("content")
            content = node.get(block.labels[0]) if isinstance(node, Mapping) else None
            if isinstance(content, Sequence) and len(content.items) == 1:
                content = content.items[0]
            inner = content.get("content") if isinstance(content, Mapping) else None
            if found is not None and isinstance(inner, Mapping):
                body = self.body(inner, static=False)
                block.body.blocks.append(Block("content", (), body, self.place, inner.start, inner.end))
            yield block

    def expr(self, node: Node, static: bool) -> Expr:
        """Return a JSON value as an expression."""
        place, start, end = self.place, node.start, node.end
        if isinstance(node, Mapping):
            entries = [
                (self.key(key, static), self.expr(value, static))
                for key, value in node.pairs
                if isinstance(key, Scalar) and key.value != _COMMENT
            ]
            return Object(place, start, end, tuple(entries))
        if isinstance(node, Sequence):
            return Tuple(place, start, end, tuple(self.expr(item, static) for item in node.items))
        if not isinstance(node, Scalar) or not node.style:
            value = node.value if isinstance(node, Scalar) and node.value != "null" else None
            return Literal(place, start, end, value, start, end, quoted=False)
        return self.string(node, static)

    def key(self, node: Scalar, static: bool) -> Expr:
        return self.string(node, static)

    def string(self, node: Scalar, static: bool) -> Expr:
        start, end = node.start, node.end
        if static or ("${" not in node.value and "%{" not in node.value):
            return Literal(self.place, start, end, node.value, start + 1, end - 1)
        place = place_of(self.source.text, self.source.path, node, json=True)
        if place is None:  # pragma: no cover - JSON strings can always be traced back
            return Computed(self.place, start, end, "a string that cannot be traced back")
        try:
            return read_template(node.value, place, start, end)
        except HclError as error:
            self.findings.append(
                Finding(
                    "syntax-error",
                    Severity.ERROR,
                    f"not HCL: {error.message}",
                    error.help,
                    self.source.location(min(place.at(error.offset), end - 1)),
                )
            )
            return Computed(self.place, start, end, "a template that is not HCL")
