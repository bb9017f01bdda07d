"""Where an edit of a YAML text reaches further than its own place: through aliases and merges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor import address
from preprocessor.syntax import Mapping, Scalar, Sequence, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.address import Part
    from preprocessor.model import Source
    from preprocessor.syntax import Node

MAX_VISITS = 200_000
"""How many pairs of nodes are compared; aliases of aliases could otherwise make billions."""


def changed_through_aliases(before: Source, after: Source) -> Iterator[str]:
    """Yield the addresses at which an alias or a merge makes the two documents hold something else.

    Raises:
        InputError: one of them cannot be parsed.
    """
    old, new = parse(before).root, parse(after).root
    if old is None or new is None:
        return
    waiting: list[tuple[tuple[Part, ...], Node, Node, bool]] = [((), old, new, False)]
    for _ in range(MAX_VISITS):
        if not waiting:
            return
        parts, one, other, borrowed = waiting.pop()
        holder, one, other = one, one.target, other.target
        borrowed = borrowed or holder is not one
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            mine, theirs = dict(one.entries()), dict(other.entries())
            if mine.keys() == theirs.keys():
                for key, value in mine.items():
                    # What comes through a merge stands elsewhere in the text.
                    outside = not one.start <= value.start <= one.end
                    waiting.append(((*parts, key), value, theirs[key], borrowed or outside))
                continue
        elif isinstance(one, Sequence) and isinstance(other, Sequence):
            if len(one.items) == len(other.items):
                for index, (value, its) in enumerate(zip(one.items, other.items, strict=True)):
                    waiting.append(((*parts, index), value, its, borrowed))
                continue
        elif isinstance(one, Scalar) and isinstance(other, Scalar) and one.value == other.value:
            continue
        if borrowed:
            yield address.join(parts)
