"""What stands around the image fields of a ROS template: uses of parameters, conditions, look-alikes."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from preprocessor import address
from preprocessor.catalog import ANY_ITEM, kind_of
from preprocessor.model import Kind
from preprocessor.surroundings import Comment, Comparison, Lookalike, Use
from preprocessor.syntax import Mapping, Scalar, Sequence
from preprocessor.syntax.comments import comments
from preprocessor.templates.ros.functions import REF, call_of
from preprocessor.templates.ros.template import NESTED_STACK, descend, entries, holds_terraform, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.address import Part
    from preprocessor.catalog import Catalog
    from preprocessor.surroundings import Surroundings
    from preprocessor.syntax import Document, Node

    Parts = tuple[Part, ...]

_SUB_NAME = re.compile(r"\$\{([^!${}.][^${}.]*)\}")
_LOOKS_LIKE_IMAGE = re.compile(r"(?:\w*_)?(?:[A-Za-z]*I|i)mage_?I[Dd]s?|(?:\w+_)?image_ids?")
_MENTIONS_IMAGE = re.compile(r"image_ids?\b|\bm-[0-9a-z]{20}\b")
_SKIPPED_SECTIONS = ("Outputs", "Metadata", "Parameters", "Description")
"""What merely shows a value, or says what a parameter is, does not depend on it."""


class RosSurroundings:
    """Looks around in one ROS document."""

    def __init__(self, document: Document, catalog: Catalog) -> None:
        self.document = document
        self.catalog = catalog

    @cached_property
    def terraform(self) -> Surroundings | None:
        """What stands in the Terraform files of the template; None where it has none."""
        root = self.document.root
        if not isinstance(root, Mapping) or not holds_terraform(root):
            return None
        from preprocessor.templates.ros_terraform import look_around

        return look_around(self.document, root, self.catalog)

    def uses(self) -> Iterator[Use]:
        """Yield the places that take the value of a parameter, image fields among them."""
        if self.terraform is not None:
            yield from self.terraform.uses()
        for root, parts in self._templates():
            names = {name for name, _ in entries(root.get("Parameters"))}
            for section, value in root.entries():
                if section not in (*_SKIPPED_SECTIONS, "Conditions", "Rules"):
                    yield from self._uses(value, (*parts, section), parts, names)

    def _uses(self, node: Node, parts: Parts, template: Parts, names: set[str]) -> Iterator[Use]:
        for place, found in _walk(node, parts):
            for name in _names(found):
                if name in names:
                    parameter = address.join((*template, "Parameters", name))
                    yield Use(parameter, address.join(place), self._path, found.start, found.end)

    def comparisons(self) -> Iterator[Comparison]:
        """Yield the places that compare a parameter with a literal."""
        if self.terraform is not None:
            yield from self.terraform.comparisons()
        for root, parts in self._templates():
            names = {name for name, _ in entries(root.get("Parameters"))}
            for section, value in root.entries():
                for place, found in _walk(value, (*parts, section)):
                    for name, literal in _compared(found, root):
                        if name in names:
                            yield Comparison(
                                address.join((*parts, "Parameters", name)),
                                literal.value,
                                address.join(place),
                                self._path,
                                literal.start,
                                literal.end,
                            )

    def lookalikes(self) -> Iterator[Lookalike]:
        """Yield the properties that look like image fields and are none that the catalog knows."""
        if self.terraform is not None and _MENTIONS_IMAGE.search(self.document.source.text):
            yield from self.terraform.lookalikes()
        for root, parts in self._templates():
            for name, resource in dict(entries(root.get("Resources"))).items():
                target, kind = resource.target, type_of(resource)
                properties = target.get("Properties") if isinstance(target, Mapping) else None
                if properties is not None:
                    where = (*parts, "Resources", name, "Properties")
                    yield from self._lookalikes(kind, properties, where)

    def _lookalikes(self, kind: str, properties: Node, where: Parts) -> Iterator[Lookalike]:
        specs = (*self.catalog.ros.get(kind, ()), *self.catalog.ros_other.get(kind, ()))
        known = {id(node) for spec in specs for _, node in descend(properties, spec.path, where)}
        for parts, node in _walk(properties, where, stop=known):
            key = next((part for part in reversed(parts) if isinstance(part, str)), "")
            value = node.value if isinstance(node, Scalar) and call_of(node) is None else None
            named = len(parts) > len(where) and parts[-1] == key and _LOOKS_LIKE_IMAGE.fullmatch(key)
            custom = value is not None and kind_of(value) is Kind.CUSTOM
            if (named and (value is None or value)) or custom:
                path = property_path(parts[len(where) :])
                yield Lookalike(address.join(parts), kind, path, value, self._path, node.start, node.end)

    def comments(self, mark: str) -> Iterator[Comment]:
        """Yield the comments that hold the text `mark`."""
        if self.terraform is not None:
            yield from self.terraform.comments(mark)
        for start, end in comments(self.document, mark):
            yield Comment(self._path, start, end)

    @property
    def _path(self) -> str:
        return self.document.source.path

    def _templates(self) -> Iterator[tuple[Mapping, Parts]]:
        """Yield the template and those nested in it, each with its address."""
        if isinstance(self.document.root, Mapping):
            yield from _nested(self.document.root, ())


def property_path(parts: Parts) -> str:
    """Return the address of a property as a path of the catalog, such as `NodePools[].ImageId`."""
    text = ""
    for part in parts:
        text += ANY_ITEM if isinstance(part, int) else f".{part}" if text else part
    return text


def _nested(root: Mapping, parts: Parts) -> Iterator[tuple[Mapping, Parts]]:
    yield root, parts
    for name, resource in dict(entries(root.get("Resources"))).items():
        if type_of(resource) == NESTED_STACK:
            body = _body(resource)
            if body is not None:
                yield from _nested(body, (*parts, "Resources", name, "Properties", "TemplateBody"))


def _body(resource: Node) -> Mapping | None:
    """Return the template that a stack holds as an object, or None."""
    target = resource.target
    properties = target.get("Properties") if isinstance(target, Mapping) else None
    holder = properties.target if properties is not None else None
    body = holder.get("TemplateBody") if isinstance(holder, Mapping) else None
    found = body.target if body is not None and call_of(body) is None else None
    return found if isinstance(found, Mapping) else None


def _walk(
    node: Node, parts: Parts, stop: set[int] | frozenset[int] = frozenset()
) -> Iterator[tuple[Parts, Node]]:
    """Yield a node and everything below it, with addresses; aliases are not followed.

    Nested templates and what is passed to them are left out: they are looked at on their own. Nodes whose
    `id` is in `stop` are left out too.
    """
    waiting = [(parts, node)]
    while waiting:
        parts, node = waiting.pop()
        if id(node) in stop:
            continue
        yield parts, node
        if isinstance(node, Sequence):
            waiting.extend(((*parts, index), item) for index, item in reversed(list(enumerate(node.items))))
        elif isinstance(node, Mapping):
            inner = type_of(node) == NESTED_STACK and _body(node) is not None
            waiting.extend(
                ((*parts, key), value)
                for key, value in reversed(list(node.entries()))
                if not (inner and key == "Properties")
            )


def _names(node: Node) -> Iterator[str]:
    """Yield the names that a `Ref` or an `Fn::Sub` at this very node refers to."""
    call = call_of(node)
    if call is None:
        return
    argument = call.argument.target
    if call.name == REF and isinstance(argument, Scalar):
        yield argument.value
    elif call.name == "Fn::Sub":
        text = argument.items[0].target if isinstance(argument, Sequence) and argument.items else argument
        if isinstance(text, Scalar):
            yield from _SUB_NAME.findall(text.value)


def _compared(node: Node, root: Mapping) -> Iterator[tuple[str, Scalar]]:
    """Yield the names and literals that a call at this very node compares."""
    call = call_of(node)
    arguments = call.argument.target if call is not None else None
    if call is None or not isinstance(arguments, Sequence) or len(arguments.items) < 2:
        return
    items = arguments.items
    if call.name == "Fn::Equals":
        for name, other in ((items[0], items[1]), (items[1], items[0])):
            yield from _pairs(name, [other])
    elif call.name in ("Fn::Contains", "Fn::EachMemberIn"):
        for name, other in ((items[0], items[1]), (items[1], items[0])):
            target = other.target
            yield from _pairs(name, target.items if isinstance(target, Sequence) else [])
    elif call.name == "Fn::FindInMap" and len(items) > 2:
        table = _row(root.get("Mappings"), items[0])
        if isinstance(table, Mapping):
            yield from _pairs(items[1], [key for key, _ in table.pairs])
            for _, row in table.pairs:
                inner = row.target
                yield from _pairs(items[2], [key for key, _ in getattr(inner, "pairs", ())])


def _row(table: Node | None, name: Node) -> Node | None:
    holder, key = table.target if table is not None else None, name.target
    if isinstance(holder, Mapping) and isinstance(key, Scalar):
        found = holder.get(key.value)
        return found.target if found is not None else None
    return None


def _pairs(reference: Node, literals: list[Node]) -> Iterator[tuple[str, Scalar]]:
    call = call_of(reference)
    name = call.argument.target if call is not None and call.name == REF else None
    if isinstance(name, Scalar):
        for literal in literals:
            if isinstance(literal.target, Scalar) and call_of(literal) is None:
                yield name.value, literal.target
