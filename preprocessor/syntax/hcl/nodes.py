"""Nodes of HCL with the places they stand at: offsets in the file that `place` names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.syntax.hcl.errors import HclError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preprocessor.syntax.hcl.place import Place


@dataclass(eq=False, slots=True)
class Expr:
    """An expression at `start`..`end` of its place."""

    place: Place
    start: int
    end: int


@dataclass(eq=False, slots=True)
class Literal(Expr):
    """A string, heredoc, number, boolean or null without references; `value` is None for null.

    An image ID is written at `inner_start`..`inner_end`: for a string inside its quotes. `quoted` is
    False where the whole value is replaced by a string, as for a number.
    """

    value: str | None
    inner_start: int
    inner_end: int
    quoted: bool = True


@dataclass(eq=False, slots=True)
class Name(Expr):
    """A bare name, such as the `var` of `var.image`."""

    name: str


@dataclass(eq=False, slots=True)
class Item(Expr):
    """One step of an access: `.name`, `[key]`, or a splat where both are None."""

    name: str | None = None
    key: Expr | None = None


@dataclass(eq=False, slots=True)
class Access(Expr):
    """`base` followed by attributes and indices."""

    base: Expr
    items: tuple[Item, ...]


@dataclass(eq=False, slots=True)
class Call(Expr):
    """A function call."""

    name: str
    arguments: tuple[Expr, ...]
    expanded: bool = False
    """Whether the last argument ends in `...`."""


@dataclass(eq=False, slots=True)
class Conditional(Expr):
    """`condition ? yes : no`; the condition decides nothing here, so it is left out."""

    yes: Expr
    no: Expr


@dataclass(eq=False, slots=True)
class Tuple(Expr):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@dataclass(eq=False, slots=True)
class Object(Expr):
    """`{ key = value }`; a bare name as a key is a Literal."""

    entries: tuple[tuple[Expr, Expr], ...]


@dataclass(eq=False, slots=True)
class Computed(Expr):
    """An expression that is not followed; `what` says in words what it is."""

    what: str


class Attribute:
    """`name = value` in a body; `start`..`end` is the whole of the value's text.

    The value is made from the parse tree when it is first asked for: most are never looked at.
    """

    __slots__ = ("_make", "_value", "end", "name", "place", "start")

    def __init__(self, name: str, place: Place, start: int, end: int, make: Callable[[], Expr]) -> None:
        self.name = name
        self.place = place
        self.start = start
        self.end = end
        self._make = make
        self._value: Expr | None = None

    @property
    def value(self) -> Expr:
        """The value as an expression."""
        if self._value is None:
            self._value = self._make()
        return self._value


class Block:
    """`type "label" { ... }`; `start`..`end` is its head.

    The body is given, or made when it is first asked for: most blocks are never looked into.
    """

    __slots__ = ("_body", "end", "labels", "place", "start", "type")

    def __init__(
        self,
        kind: str,
        labels: tuple[str, ...],
        body: Body | Callable[[], Body],
        place: Place,
        start: int,
        end: int,
    ) -> None:
        self.type = kind
        self.labels = labels
        self.place = place
        self.start = start
        self.end = end
        self._body = body

    @property
    def body(self) -> Body:
        """What stands between the braces."""
        if not isinstance(self._body, Body):
            try:
                self._body = self._body()
            except HclError as error:
                # What was taken for valid at first sight is not: told late, but told.
                raise InputError.of(
                    "syntax-error", f"not HCL: {error.message}", error.help, self.place.path
                ) from error
        return self._body

    def with_body(self, make: Callable[[], Body]) -> Block:
        """Return this block with another body."""
        return Block(self.type, self.labels, make, self.place, self.start, self.end)


class Body:
    """The attributes and blocks of a file or a block, in the order of the text."""

    __slots__ = ("attributes", "blocks")

    def __init__(self) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []

    def all(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of type `kind`."""
        return (block for block in self.blocks if block.type == kind)
