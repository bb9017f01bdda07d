"""Nodes with positions, the same for YAML and JSON. Offsets are code points in the source's text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        super().__init__(start, end, tag, anchored)
        self.value = value
        self.style = style


class _Collection(Node):
    """Holds its children as they come from a reader, and makes nodes of them when they are asked for.

    A template has thousands of scalars and few of them are ever looked at: the YAML reader puts the
    parser's own events here, so that a scalar costs nothing until then.
    """

    __slots__ = ("_made", "children", "flow")

    def __init__(
        self, start: int, end: int, tag: str | None = None, anchored: bool = False, flow: bool = True
    ) -> None:
        super().__init__(start, end, tag, anchored)
        self.flow = flow
        self.children: list[Any] = []
        """For the readers: nodes, and scalar events of a YAML parser."""
        self._made = False

    @property
    def last_end(self) -> int:
        """Where the last child ends; the start of the collection where it has none."""
        if not self.children:
            return self.start
        last = self.children[-1]
        return max(self.start, last.end if isinstance(last, Node) else last.end_mark.index)

    def _nodes(self) -> list[Any]:
        if not self._made:
            self.children = [as_node(child) for child in self.children]
            self._made = True
        return self.children


class Sequence(_Collection):
    """A list."""

    __slots__ = ()

    @property
    def items(self) -> list[Node]:
        """The items in the order of the text."""
        return self._nodes()


class Mapping(_Collection):
    """Pairs of key and value in the order of the text; a key that comes twice is there twice.

    The children are key, value, key, value, and so on; `close` must follow the last of them.
    """

    __slots__ = ("_index", "_merged", "_merges")

    def __init__(
        self, start: int, end: int, tag: str | None = None, anchored: bool = False, flow: bool = True
    ) -> None:
        super().__init__(start, end, tag, anchored, flow)
        self._index: dict[str, int] = {}
        self._merges: list[int] = []
        self._merged: dict[str, Node] | None = None

    def close(self) -> list[tuple[Scalar, Scalar]]:
        """Index the pairs; return each key that is there already, with the first key of that name."""
        children = self.children
        keys = children[0::2]
        try:
            index = dict(zip([key.value for key in keys], range(0, len(children), 2), strict=True))
        except AttributeError:  # a key that is no scalar
            index = {}
        if len(index) == len(keys) and MERGE_KEY not in index:
            self._index = index
            return []
        return self._close_slowly(children)

    def _close_slowly(self, children: list[Any]) -> list[tuple[Scalar, Scalar]]:
        index = self._index
        duplicates = []
        for position in range(0, len(children), 2):
            key = children[position]
            name = getattr(key, "value", None)
            if name is None:
                continue
            if name == MERGE_KEY and not key.style:
                self._merges.append(position)
                continue
            if name in index:
                first, second = as_node(children[index[name]]), as_node(key)
                if isinstance(first, Scalar) and isinstance(second, Scalar):
                    duplicates.append((second, first))
            index[name] = position
        return duplicates

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """The pairs in the order of the text."""
        nodes = self._nodes()
        return list(zip(nodes[0::2], nodes[1::2], strict=True))

    def get(self, key: str) -> Node | None:
        """Return the value under `key`, or None. Of two equal keys the last counts, as YAML loaders do.

        Keys that come through a merge (`<<`) count where the mapping has none of its own.
        """
        position = self._index.get(key)
        if position is not None:
            return self._child(position + 1)
        return self._with_merged(0).get(key) if self._merges else None

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Yield each key that is a scalar, once, with the value that counts; merged keys come first."""
        if self._merges:
            yield from self._with_merged(0).items()
        else:
            for name, position in self._index.items():
                yield name, self._child(position + 1)

    def raw_entries(self) -> Iterator[tuple[str, Any]]:
        """Yield the same, with the parser's own event for a scalar that nobody has looked at yet."""
        if self._merges:
            yield from self._with_merged(0).items()
        else:
            children = self.children
            for name, position in self._index.items():
                yield name, children[position + 1]

    def _with_merged(self, depth: int) -> dict[str, Node]:
        """Return the entries with those of merged mappings, made once: merges of merges would explode."""
        if self._merged is None:
            found: dict[str, Node] = {}
            if depth < MAX_DEPTH:
                for position in self._merges:
                    for part in _parts(self._child(position + 1)):
                        found.update(part._with_merged(depth + 1))
            found.update((name, self._child(position + 1)) for name, position in self._index.items())
            self._merged = found
        return self._merged

    def key(self, name: str) -> Scalar | None:
        """Return the key node called `name` that stands in this mapping itself."""
        position = self._index.get(name)
        key = self._child(position) if position is not None else None
        return key if isinstance(key, Scalar) else None

    def _child(self, position: int) -> Node:
        child = self.children[position]
        if not isinstance(child, Node):
            child = self.children[position] = as_node(child)
        return child


def as_node(child: Any) -> Node:
    """Return a node as it is, and a scalar event of a YAML parser as a node."""
    if isinstance(child, Node):
        return child
    tag = None if child.ctag is None else str(child.ctag) or None
    anchored = child.anchor is not None
    return Scalar(child.start_mark.index, child.end_mark.index, child.value, child.style or "", tag, anchored)


def _parts(value: Node) -> Iterator[Mapping]:
    """Yield the mappings that a merge names, the last first: of several the first counts."""
    target = value.target
    parts = reversed(target.items) if isinstance(target, Sequence) else (target,)
    for part in parts:
        if isinstance(part.target, Mapping):
            yield part.target


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
