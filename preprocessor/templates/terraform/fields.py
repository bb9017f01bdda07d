"""Finds the image fields of modules by the catalog's resource types and argument paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor import address as addresses
from preprocessor.catalog import ANY_DEPTH, ANY_ITEM
from preprocessor.model import Field, Form, Slot
from preprocessor.syntax.hcl import Attribute, Literal, Object, Tuple
from preprocessor.templates.terraform.follow import Follower, repeated
from preprocessor.templates.terraform.outcome import inexact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.catalog import Catalog, FieldSpec
    from preprocessor.syntax.hcl import Block, Body, Expr, Place
    from preprocessor.templates.terraform.model import Scope
    from preprocessor.templates.terraform.outcome import Key

_NO_SLOT = "the value around it comes as a whole from somewhere else"


@dataclass(frozen=True, eq=False)
class Position:
    """An image field as found: an expression, or the part of one that `keys` lead to."""

    address: str
    expr: Expr
    place: Place
    start: int
    end: int
    scope: Scope
    keys: tuple[Key, ...] = ()


def find_fields(root: Scope, catalog: Catalog) -> list[Field]:
    """Return the image fields of a root module and of all the modules it calls."""
    follower = Follower()
    fields: list[Field] = []
    waiting = [root]
    while waiting:
        scope = waiting.pop()
        for kind, name, block in _holders(scope):
            for spec in catalog.terraform.get(kind, ()):
                fields.extend(_fields(kind, spec, name, block.body, scope, follower))
        waiting.extend(reversed(scope.children.values()))
    return fields


def _holders(scope: Scope) -> Iterator[tuple[str, str, Block]]:
    """Yield what can have image fields: resources, and calls of modules by their source."""
    for resource in scope.module.resources:
        yield resource.type, resource.address, resource.block
    for call in scope.module.calls.values():
        if call.source is not None:
            yield call.source, f"module.{call.name}", call.block


def _fields(
    kind: str, spec: FieldSpec, name: str, body: Body, scope: Scope, follower: Follower
) -> Iterator[Field]:
    inside = repeated(scope, body.attributes.get("for_each"))
    for at in _descend(body, spec.path, f"{scope.prefix}{name}", inside):
        found = follower.follow(at.expr, at.scope, at.address, at.keys)
        if isinstance(at.expr, Literal) and at.expr.value is None:
            continue  # null: as if the argument were not there
        if at.keys and not any(step.value for step in found.steps):
            continue  # a part that the value may not have at all
        place = at.expr.place
        yield Field(
            address=at.address,
            resource_type=kind,
            role=spec.role,
            form=found.form,
            value=None if found.form is Form.DYNAMIC else found.value,
            path=place.path,
            start=at.start,
            end=at.end,
            slot=None if at.keys else _slot(at),
            trace=found.steps,
            note=_NO_SLOT if at.keys else inexact(at.expr),
        )


def _slot(at: Position) -> Slot | None:
    expr = at.expr
    if (
        isinstance(expr, Literal)
        and expr.quoted
        and expr.place.exact
        and (expr.start, expr.end) == (at.start, at.end)
    ):
        heredoc = expr.inner_start > expr.start + len(expr.place.quote)
        if not heredoc:
            return Slot(expr.place.path, expr.inner_start, expr.inner_end)
    return at.place.whole(at.start, at.end)


def _descend(body: Body, path: tuple[str, ...], address: str, scope: Scope) -> Iterator[Position]:
    """Yield the places that `path` leads to in a body."""
    head, rest = path[0], path[1:]
    if head == ANY_DEPTH:
        if rest:
            yield from _descend(body, rest, address, scope)
            for name, attribute in body.attributes.items():
                yield from _any_depth(attribute.value, rest, addresses.extend(address, name), scope)
            for name in dict.fromkeys(map(_repeated_type, body.blocks)):
                for inner, where, within in _blocks(body, name, address, scope):
                    yield from _descend(inner, path, where, within)
        return
    found = body.attributes.get(head)
    where = addresses.extend(address, head)
    if found is not None and not rest:
        yield Position(where, found.value, found.place, found.start, found.end, scope)
    elif found is not None:
        yield from _descend_value(found.value, rest, where, scope)
    rest = rest[1:] if rest[:1] == (ANY_ITEM,) else rest
    if rest:
        for inner, where, within in _blocks(body, head, address, scope):
            yield from _descend(inner, rest, where, within)


def _blocks(body: Body, name: str, address: str, scope: Scope) -> Iterator[tuple[Body, str, Scope]]:
    """Yield the blocks of type `name`, those that a `dynamic` block makes among them."""
    index = 0
    for block in body.blocks:
        if block.type == "dynamic" and block.labels == (name,):
            within = _within_dynamic(block, scope)
            for content in block.body.all("content"):
                yield content.body, addresses.extend(address, name, index), within
        elif block.type == name:
            yield block.body, addresses.extend(address, name, index), scope
        else:
            continue
        index += 1


def _within_dynamic(block: Block, scope: Scope) -> Scope:
    """Return the scope inside a `dynamic` block, where its iterator stands for each item."""
    collection: Attribute | None = block.body.attributes.get("for_each")
    if collection is None:
        return scope
    named = block.body.attributes.get("iterator")
    name = block.labels[0]
    if named is not None:
        value = named.value
        name = getattr(value, "name", None) or getattr(value, "value", None) or name
    return scope.with_iterator(name, collection.value)


def _repeated_type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _descend_value(expr: Expr, path: tuple[str, ...], address: str, scope: Scope) -> Iterator[Position]:
    """Yield the places that `path` leads to in a value: in objects and lists, or behind a reference."""
    if not path:
        yield Position(address, expr, expr.place, expr.start, expr.end, scope)
        return
    head, rest = path[0], path[1:]
    if head == ANY_DEPTH:
        yield from _any_depth(expr, rest, address, scope)
    elif isinstance(expr, Tuple):
        for index, item in enumerate(expr.items):
            inner = rest if head == ANY_ITEM else path
            yield from _descend_value(item, inner, addresses.extend(address, index), scope)
    elif isinstance(expr, Object):
        if head == ANY_ITEM:
            # JSON syntax writes a single block as an object.
            yield from _descend_value(expr, rest, addresses.extend(address, 0), scope)
        for key, value in expr.entries:
            if isinstance(key, Literal) and key.value == head:
                yield from _descend_value(value, rest, addresses.extend(address, head), scope)
    elif not isinstance(expr, Literal) and ANY_DEPTH not in path:
        keys = tuple(None if part == ANY_ITEM else part for part in path)
        parts = [0 if part == ANY_ITEM else part for part in path]
        yield Position(addresses.extend(address, *parts), expr, expr.place, expr.start, expr.end, scope, keys)


def _any_depth(expr: Expr, rest: tuple[str, ...], address: str, scope: Scope) -> Iterator[Position]:
    """Yield the places that `rest` leads to from `expr` and from everything that is written in it."""
    if isinstance(expr, Object):
        yield from _descend_value(expr, rest, address, scope)
        for key, value in expr.entries:
            if isinstance(key, Literal) and key.value is not None:
                yield from _any_depth(value, rest, addresses.extend(address, key.value), scope)
    elif isinstance(expr, Tuple):
        for index, item in enumerate(expr.items):
            yield from _any_depth(item, rest, addresses.extend(address, index), scope)
