"""Finds the image fields of a ROS template by the catalog's resource types and property paths."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from preprocessor import address
from preprocessor.catalog import ANY_DEPTH, ANY_ITEM
from preprocessor.errors import InputError
from preprocessor.model import Field, Finding, Form, Severity, Slot, Step, Template
from preprocessor.syntax import Alias, Mapping, Scalar, Sequence, parse
from preprocessor.templates.ros.functions import call_of
from preprocessor.templates.ros.values import Follower, Passed, Scope
from preprocessor.templates.slots import value_slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.address import Part
    from preprocessor.catalog import Catalog
    from preprocessor.model import Role, Source
    from preprocessor.surroundings import Surroundings
    from preprocessor.syntax import Document, Node

    Parts = tuple[Part, ...]

VERSION_KEY = "ROSTemplateFormatVersion"
NESTED_STACK = "ALIYUN::ROS::Stack"

TERRAFORM = "Aliyun::Terraform"
"""Begins the `Transform` of a template whose `Workspace` holds Terraform files."""

_MAX_NESTING = 5
"""ROS nests stacks five deep at most."""

_LOOKS_LIKE = re.compile(r"ROSTemplateFormatVersion|\b(?:ALIYUN|DATASOURCE|MODULE)::\w")
_RESOURCE_TYPE = re.compile(r"(?:ALIYUN|DATASOURCE|MODULE)::", re.IGNORECASE)


def looks_like_ros(text: str) -> bool:
    """Return whether `text` may be a ROS template; cheap, for choosing which files to parse."""
    return _LOOKS_LIKE.search(text) is not None


def is_ros(root: Node | None) -> bool:
    """Return whether the document with this root is a ROS template, by its content."""
    if not isinstance(root, Mapping):
        return False
    if root.get(VERSION_KEY) is not None:
        return True
    resources = root.get("Resources")
    return any(_RESOURCE_TYPE.match(type_of(resource)) for _, resource in entries(resources))


def holds_terraform(root: Mapping) -> bool:
    """Return whether the template with this root is Terraform inside ROS."""
    transform = root.get("Transform")
    target = transform.target if transform is not None else None
    names = target.items if isinstance(target, Sequence) else [target] if target is not None else []
    return any(isinstance(name, Scalar) and name.value.startswith(TERRAFORM) for name in names)


def read_ros(source: Source, catalog: Catalog) -> Template | None:
    """Return the ROS template in `source`, or None where it is something else.

    Text that cannot be parsed gives a template without fields and with a `syntax-error`.
    """
    name = "ros-json" if source.text.lstrip(" \t\r\n").startswith("{") else "ros-yaml"
    sources = {source.path: source}
    try:
        document = parse(source)
    except InputError as error:
        return Template(source.path, name, sources, findings=error.findings)
    if not is_ros(document.root):
        return None
    findings = [
        Finding(
            "syntax-error",
            Severity.ERROR,
            f"the key '{key.value}' stands here a second time; the first is on line "
            f"{document.location(first).line}",
            "keep one of them: of two equal keys only the last would count",
            document.location(key),
        )
        for key, first in document.duplicates
    ]
    if findings or not isinstance(document.root, Mapping):
        return Template(source.path, name, sources, findings=tuple(findings))
    finder = _Finder(document, catalog)
    finder.template(document.root, (), {}, 0)
    fields = _settle_aliases(sorted(finder.fields, key=lambda found: (found.start, found.address)))
    if holds_terraform(document.root):
        from preprocessor.templates.ros_terraform import read_workspace

        inner, findings = read_workspace(document, document.root, catalog)
        fields = tuple(sorted((*fields, *inner), key=lambda found: (found.start, found.address)))

    def look() -> Surroundings:
        from preprocessor.templates.ros.surroundings import RosSurroundings

        return RosSurroundings(document, catalog)

    return Template(
        source.path,
        name,
        sources,
        aliased=document.aliased,
        fields=fields,
        findings=tuple(findings),
        look=look,
    )


def _settle_aliases(fields: list[Field]) -> tuple[Field, ...]:
    """Move the slot of a literal behind an alias to the alias, unless its anchor is an image position too.

    Otherwise an edit would change a description or the like that happens to hold the anchor.
    """
    direct = {
        step.slot
        for field in fields
        for step in field.trace
        if step.slot is not None and step.start <= step.slot.start and step.slot.end <= step.end
    }

    def settle(step: Step) -> Step:
        if step.slot is None or step.slot in direct:
            return step
        return replace(step, slot=Slot(step.path, step.start, step.end))

    return tuple(replace(field, trace=tuple(map(settle, field.trace))) for field in fields)


class _Finder:
    """Collects the image fields of a document, nested templates included."""

    def __init__(self, document: Document, catalog: Catalog) -> None:
        self.document = document
        self.catalog = catalog
        self.follower = Follower(document)
        self.fields: list[Field] = []

    def template(self, root: Mapping, parts: Parts, passed: dict[str, Passed], depth: int) -> None:
        """Collect the fields of the template `root`, which stands at `parts`."""
        scope = Scope(parts, root.get("Parameters"), root.get("Mappings"), root.get("Locals"), passed)
        for name, resource in dict(entries(root.get("Resources"))).items():
            kind = type_of(resource)
            target = resource.target
            properties = target.get("Properties") if isinstance(target, Mapping) else None
            if properties is None:
                continue
            where = (*parts, "Resources", name, "Properties")
            for spec in self.catalog.ros.get(kind, ()):
                for place, node in descend(properties, spec.path, where):
                    self.fields.append(self._field(kind, spec.role, place, node, scope))
            if kind == NESTED_STACK and depth < _MAX_NESTING:
                self._nested(properties, where, scope, depth)

    def _nested(self, properties: Node, parts: Parts, scope: Scope, depth: int) -> None:
        """Collect the fields of a stack's template, where that is an object in this text."""
        holder = properties.target
        body = holder.get("TemplateBody") if isinstance(holder, Mapping) else None
        if body is None or not isinstance(body.target, Mapping) or call_of(body) is not None:
            return
        given = holder.get("Parameters") if isinstance(holder, Mapping) else None
        passed = {name: Passed(value, (*parts, "Parameters", name), scope) for name, value in entries(given)}
        self.template(body.target, (*parts, "TemplateBody"), passed, depth + 1)

    def _field(self, kind: str, role: Role, parts: Parts, node: Node, scope: Scope) -> Field:
        outcome = self.follower.follow(node, parts, scope)
        whole = call_of(node) is not None
        slot = value_slot(self.document, node, whole=whole and not isinstance(node, Alias))
        return Field(
            address=address.join(parts),
            resource_type=kind,
            role=role,
            form=outcome.form,
            value=None if outcome.form is Form.DYNAMIC else outcome.value,
            path=self.document.source.path,
            start=node.start,
            end=node.end,
            slot=slot,
            trace=outcome.steps,
        )


def descend(node: Node, path: tuple[str, ...], parts: Parts) -> Iterator[tuple[Parts, Node]]:
    """Yield the places that `path` leads to from `node`, with their addresses.

    A condition on the way (`Fn::If`) leads into both of its branches.
    """
    if not path:
        yield parts, node
        return
    call = call_of(node)
    if call is not None:
        if call.name == "Fn::If" and isinstance(call.argument.target, Sequence):
            for index, branch in enumerate(call.argument.target.items[1:3], start=1):
                yield from descend(branch, path, (*parts, call.name, index))
        return
    target = node.target
    head, rest = path[0], path[1:]
    if head == ANY_DEPTH:
        yield from _any_depth(node, rest, parts)
    elif head == ANY_ITEM:
        if isinstance(target, Sequence):
            for index, item in enumerate(target.items):
                yield from descend(item, rest, (*parts, index))
    elif isinstance(target, Mapping):
        value = target.get(head)
        if value is not None:
            yield from descend(value, rest, (*parts, head))


def _any_depth(node: Node, rest: tuple[str, ...], parts: Parts) -> Iterator[tuple[Parts, Node]]:
    """Yield the places that `rest` leads to from `node` and from everything below it, aliases left out."""
    yield from descend(node, rest, parts)
    if isinstance(node, Mapping):
        for key, value in node.entries():
            yield from _any_depth(value, rest, (*parts, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _any_depth(item, rest, (*parts, index))


def entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    """Yield the pairs of a mapping, or nothing for anything else."""
    target = node.target if node is not None else None
    if isinstance(target, Mapping):
        yield from target.entries()


def type_of(resource: Node) -> str:
    """Return the resource type, or an empty string where there is none."""
    target = resource.target
    kind = target.get("Type") if isinstance(target, Mapping) else None
    value = kind.target if kind is not None else None
    return value.value if isinstance(value, Scalar) else ""
