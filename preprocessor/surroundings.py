"""What stands around the image fields of a template and depends on them or looks like one.

Only `check` asks for it: a reader collects nothing of this before a method is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, eq=False)
class Use:
    """A place, other than in a condition, that takes the value of a parameter."""

    parameter: str
    """The parameter's address."""
    address: str
    path: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """A place that compares a parameter with a literal."""

    parameter: str
    """The parameter's address."""
    value: str
    """The literal."""
    address: str
    path: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Lookalike:
    """A property that looks like an image field and is none that the catalog knows."""

    address: str
    resource_type: str
    property: str
    """The path of the property in its resource, as the catalog would have it."""
    value: str | None
    path: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Comment:
    """A comment of a text: from its mark to the end of its line."""

    path: str
    start: int
    end: int


class Surroundings(Protocol):
    """What a template's reader can tell beyond the image fields."""

    def uses(self) -> Iterator[Use]:
        """Yield the places that take the value of a parameter, image fields among them."""
        ...

    def comparisons(self) -> Iterator[Comparison]:
        """Yield the places that compare a parameter with a literal."""
        ...

    def lookalikes(self) -> Iterator[Lookalike]:
        """Yield the properties that look like image fields and are none that the catalog knows."""
        ...

    def comments(self, mark: str) -> Iterator[Comment]:
        """Yield the comments that hold the text `mark`."""
        ...
