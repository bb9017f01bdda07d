"""Nodes with positions, the same for YAML and JSON. Offsets are code points in the source's text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 200
"""Deepest nesting that is read. Templates in use stay below 30; deeper text is an attack or an accident."""

MERGE_KEY = "<<"


class Node:
    """A value at `start`..`end`. The span begins with the node's anchor and tag, where it has them."""

    __slots__ = ("anchored", "end", "start", "tag")

    def __init__(self, start: int, end: int, tag: str | None = None, anchored: bool = False) -> None:
        self.start = start
        self.end = end
        self.tag = tag
        self.anchored = anchored

    @property
    def target(self) -> Node:
        """The node itself; for an alias the node it stands for."""
        return self


class Scalar(Node):
    """A string, number, boolean or null, as the text it is after unquoting.

    `style` is the opening character: `"`, `'`, `|`, `>`, or empty for a plain scalar.
    """

    __slots__ = ("style", "value")

    def __init__(
        self, start: int, end: int, value: str, style: str, tag: str | None = None, anchored: bool = False
    ) -> None:
        # Written out, not passed up: a template has thousands of scalars.
        self.start = start
        self.end = end
        self.tag = tag
        self.anchored = anchored
        self.value = value
        self.style = style


class Sequence(Node):
    """A list."""

    __slots__ = ("flow", "items")

    def __init__(
        self, start: int, end: int, tag: str | None = None, anchored: bool = False, flow: bool = True
    ) -> None:
        super().__init__(start, end, tag, anchored)
        self.flow = flow
        self.items: list[Node] = []


class Mapping(Node):
    """Pairs of key and value in the order of the text; a key that comes twice is there twice."""

    __slots__ = ("_index", "_merges", "flow", "pairs")

    def __init__(
        self, start: int, end: int, tag: str | None = None, anchored: bool = False, flow: bool = True
    ) -> None:
        super().__init__(start, end, tag, anchored)
        self.flow = flow
        self.pairs: list[tuple[Node, Node]] = []
        self._index: dict[str, tuple[Scalar, Node]] = {}
        self._merges = False

    def add(self, key: Node, value: Node) -> Scalar | None:
        """Add a pair; return the key of that name that is already there, if there is one."""
        self.pairs.append((key, value))
        if not isinstance(key, Scalar):
            return None
        name = key.value
        if name == MERGE_KEY and not key.style:
            self._merges = True
            return None
        first = self._index.get(name)
        self._index[name] = (key, value)
        return first[0] if first is not None else None

    def get(self, key: str) -> Node | None:
        """Return the value under `key`, or None. Of two equal keys the last counts, as YAML loaders do.

        Keys that come through a merge (`<<`) count where the mapping has none of its own.
        """
        found = self._index.get(key)
        if found is not None:
            return found[1]
        return dict(self.entries()).get(key) if self._merges else None

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Yield the pairs whose key is a scalar, merged ones first, so that the last of a key counts."""
        yield from self._entries(0)

    def _entries(self, depth: int) -> Iterator[tuple[str, Node]]:
        if self._merges and depth < MAX_DEPTH:
            for key, value in self.pairs:
                if isinstance(key, Scalar) and key.value == MERGE_KEY and not key.style:
                    yield from _merged(value, depth)
        for name, (_, value) in self._index.items():
            yield name, value

    def key(self, name: str) -> Scalar | None:
        """Return the key node called `name` that stands in this mapping itself."""
        found = self._index.get(name)
        return found[0] if found is not None else None


def _merged(value: Node, depth: int) -> Iterator[tuple[str, Node]]:
    target = value.target
    # Of several merged mappings the first counts, so the last is yielded first.
    parts = reversed(target.items) if isinstance(target, Sequence) else (target,)
    for part in parts:
        if isinstance(part.target, Mapping):
            yield from part.target._entries(depth + 1)


class Alias(Node):
    """A reference to an anchored node, such as `*image`."""

    __slots__ = ("_target",)

    def __init__(self, start: int, end: int, target: Node) -> None:
        super().__init__(start, end)
        self._target = target

    @property
    def target(self) -> Node:
        """The node that the alias stands for."""
        return self._target
