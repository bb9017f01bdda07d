"""What stands around the image fields of Terraform: uses of variables, comparisons, look-alikes.

Uses and comparisons are found in the text whose strings and comments are blanked, see `syntax.hcl.lexer`.
Files in Terraform's JSON syntax are looked at for look-alikes only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor import address as addresses
from preprocessor.catalog import kind_of
from preprocessor.model import Kind
from preprocessor.surroundings import Comment, Comparison, Lookalike, Use
from preprocessor.syntax.hcl import HclError, Literal
from preprocessor.syntax.hcl.lexer import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from preprocessor.catalog import Catalog
    from preprocessor.syntax.hcl import Attribute, Body, Place
    from preprocessor.templates.terraform.model import Scope

_VARIABLE = re.compile(r"(?<![\w.-])var\.([A-Za-z_][\w-]*)")
_EQUALS = re.compile(
    r'(?<![\w.-])var\.(?P<left>[\w-]+)\s*[=!]=\s*"(?P<a>x*)"|"(?P<b>x*)"\s*[=!]=\s*var\.(?P<right>[\w-]+)'
)
_CONTAINS = re.compile(r"contains\s*\(\s*\[(?P<list>[^\]]*)\]\s*,\s*var\.(?P<name>[\w-]+)")
_STRING = re.compile(r'"(x*)"')
_LOOKS_LIKE_IMAGE = re.compile(r"(?:\w+_)?image_ids?")
_PROVIDER = re.compile(r"(?:data\.)?alicloud_")


@dataclass(frozen=True, eq=False)
class Piece:
    """The text of one file in HCL, as part of one instance of a module."""

    text: str
    place: Place
    body: Body
    prefix: str = ""
    """Begins the addresses in it: empty, or `module.app.`."""


class TerraformSurroundings:
    """Looks around in the files of a module and of the modules it calls.

    `outer` are names that something around Terraform gives values to, such as a ROS template's parameters.
    """

    def __init__(
        self,
        scope: Scope | None,
        pieces: Callable[[], Iterable[Piece]],
        catalog: Catalog,
        outer: Iterable[str] = (),
    ) -> None:
        self.scope = scope
        self.pieces = pieces
        self.catalog = catalog
        self.outer = frozenset(outer)

    def uses(self) -> Iterator[Use]:
        """Yield the places, comparisons left out, that take the value of a variable."""
        for piece in self.pieces():
            masked = _masked(piece.text)
            holders = list(_holders(piece.body, piece.prefix))
            compared = [match.span() for match in _EQUALS.finditer(masked)]
            for match in _VARIABLE.finditer(masked):
                if any(first <= match.start() < last for first, last in compared):
                    continue
                start, end = piece.place.at(match.start()), piece.place.end(match.end())
                holder = next(
                    (address for address, one in holders if one.start <= start and end <= one.end), None
                )
                if holder is not None:
                    for parameter in self._parameters(piece, match[1]):
                        yield Use(parameter, holder, piece.place.path, start, end)

    def comparisons(self) -> Iterator[Comparison]:
        """Yield the places that compare a variable with a literal."""
        for piece in self.pieces():
            masked = _masked(piece.text)
            found = []
            for match in _EQUALS.finditer(masked):
                name = match["left"] or match["right"]
                found.append((name, *match.span("a" if match["left"] else "b")))
            for match in _CONTAINS.finditer(masked):
                literals = _STRING.finditer(masked, *match.span("list"))
                found.extend((match["name"], *literal.span(1)) for literal in literals)
            holders = list(_holders(piece.body, piece.prefix, everything=True))
            for name, first, last in found:
                start, end = piece.place.at(first), piece.place.end(last)
                holder = next(
                    (address for address, one in holders if one.start <= start and end <= one.end), ""
                )
                value = piece.text[first:last]
                for parameter in self._parameters(piece, name):
                    yield Comparison(parameter, value, holder, piece.place.path, start, end)

    def _parameters(self, piece: Piece, name: str) -> Iterator[str]:
        yield f"{piece.prefix}variable.{name}"
        if not piece.prefix and name in self.outer:
            yield addresses.join(("Parameters", name))

    def lookalikes(self) -> Iterator[Lookalike]:
        """Yield the arguments that look like image fields and are none that the catalog knows."""
        waiting = [self.scope] if self.scope is not None else []
        while waiting:
            scope = waiting.pop()
            for resource in scope.module.resources:
                if _PROVIDER.match(resource.type):
                    specs = (
                        *self.catalog.terraform.get(resource.type, ()),
                        *self.catalog.terraform_other.get(resource.type, ()),
                    )
                    known = {".".join(part for part in spec.path if part != "[]") for spec in specs}
                    where = f"{scope.prefix}{resource.address}"
                    yield from _lookalikes(resource.type, resource.block.body, where, known)
            waiting.extend(scope.children.values())

    def comments(self, mark: str) -> Iterator[Comment]:
        """Yield the comments that hold the text `mark`."""
        seen = set()
        for piece in self.pieces():
            if mark not in piece.text:
                continue
            masked = _masked(piece.text)
            for match in re.finditer(rf"(?:#|//)[^\r\n]*?{re.escape(mark)}[^\r\n]*", piece.text):
                # Blank in the masked text is what is a comment.
                span = piece.place.at(match.start()), piece.place.end(match.end())
                if not masked[match.start() : match.end()].strip() and span not in seen:
                    seen.add(span)
                    yield Comment(piece.place.path, *span)


def _masked(text: str) -> str:
    try:
        return mask(text)
    except HclError:  # the reader has told of it
        return ""


def _holders(body: Body, prefix: str, *, everything: bool = False) -> Iterator[tuple[str, Attribute]]:
    """Yield each attribute of a file with its address.

    Without `everything`, what merely shows or passes on a value is left out: outputs, the checks of a
    variable, and what a call passes to a module of this unit, which is looked at on its own.
    """
    for block in body.blocks:
        if block.type == "locals":
            yield from _within(block.body, f"{prefix}local")
            continue
        if not everything and block.type in ("output", "variable"):
            continue
        source = block.body.attributes.get("source") if block.type == "module" else None
        folder = source.value.value if source is not None and isinstance(source.value, Literal) else None
        if not everything and folder is not None and folder.startswith(("./", "../")):
            continue
        head = () if block.type == "resource" else (block.type,)
        yield from _within(block.body, prefix + addresses.join((*head, *block.labels)))


def _within(body: Body, address: str) -> Iterator[tuple[str, Attribute]]:
    for name, attribute in body.attributes.items():
        yield addresses.extend(address, name), attribute
    indices: dict[str, int] = {}
    for block in body.blocks:
        index = indices[block.type] = indices.get(block.type, -1) + 1
        yield from _within(block.body, addresses.extend(address, block.type, index))


def _lookalikes(
    kind: str, body: Body, address: str, known: set[str], path: str = "", keys: str = ""
) -> Iterator[Lookalike]:
    for name, attribute in body.attributes.items():
        value = attribute.value
        literal = value.value if isinstance(value, Literal) else None
        custom = literal is not None and kind_of(literal) is Kind.CUSTOM
        if (_LOOKS_LIKE_IMAGE.fullmatch(name) or custom) and keys + name not in known:
            place = addresses.extend(address, name)
            span = attribute.place.path, attribute.start, attribute.end
            yield Lookalike(place, kind, path + name, literal, *span)
    indices: dict[str, int] = {}
    for block in body.blocks:
        if block.type == "dynamic":
            continue
        index = indices[block.type] = indices.get(block.type, -1) + 1
        where = addresses.extend(address, block.type, index)
        inner = (f"{path}{block.type}[].", f"{keys}{block.type}.")
        yield from _lookalikes(kind, block.body, where, known, *inner)
