"""YAML text to nodes, through the events of the C parser.

libyaml refuses an empty key (`Outputs:` over `: x`), which templates in use have; where it refuses a
text, the pure Python parser is asked too, and its answer counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.syntax.tree import MAX_DEPTH, Alias, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    Duplicate = tuple[Scalar, Scalar]
    """A key that its mapping already has, and the first key of that name."""

_PURE_PARSER_LIMIT = 512 * 1024
"""Code points. The pure parser reads 0.6 MB/s; ROS takes no template above 512 KiB."""


class YamlError(Exception):
    """The text is not one YAML document; `offset` is where reading stopped."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def read_yaml(text: str) -> tuple[Node | None, list[Duplicate]]:
    """Return the root node of the document in `text` (None where there is none) and its duplicate keys.

    Raises:
        YamlError: the text is not YAML, holds several documents, or nests too deeply.
    """
    from _ruamel_yaml import CParser
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return _build(CParser(text).get_event)
    except YAMLError as refused:
        error = refused
    if len(text) <= _PURE_PARSER_LIMIT:
        from ruamel.yaml import YAML

        try:
            return _build(iter(YAML(typ="safe", pure=True).parse(text)).__next__)
        except YAMLError as refused:
            # The C parser's words and place are kept unless it stumbled over the empty key.
            if isinstance(refused, MarkedYAMLError) and refused.problem_mark is not None:
                error = refused
    raise _translate(error, text)


def _translate(error: Any, text: str) -> YamlError:
    """Return a parser's own error as one sentence and an offset."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        context = getattr(error, "context", None)
        problem = getattr(error, "problem", None) or "not YAML"
        return YamlError(f"{problem} {context}" if context else problem, min(mark.index, len(text)))
    for offset, character in enumerate(text):
        if (ord(character) < 0x20 and character not in "\t\n\r") or character in "\x7f\ufffe\uffff":
            return YamlError(f"the control character U+{ord(character):04X} is not allowed in YAML", offset)
    return YamlError(str(getattr(error, "reason", error)), 0)


def _build(next_event: Callable[[], Any]) -> tuple[Node | None, list[Duplicate]]:
    """Build the node tree, without recursion, from a parser's events up to the end of the stream."""
    from ruamel.yaml import events

    scalar, alias = events.ScalarEvent, events.AliasEvent
    mapping_start, sequence_start = events.MappingStartEvent, events.SequenceStartEvent
    collection_ends = (events.MappingEndEvent, events.SequenceEndEvent)
    anchors: dict[str, Node] = {}
    duplicates: list[Duplicate] = []
    root: Node | None = None
    documents = 0
    parent: Any = None
    key: Node | None = None
    stack: list[tuple[Any, Node | None]] = []  # the open collections, each with the key that waits
    while True:
        event = next_event()
        kind = event.__class__
        node: Any
        if kind is scalar:
            tag, anchor = event.ctag, event.anchor
            node = Scalar(
                event.start_mark.index,
                event.end_mark.index,
                event.value,
                event.style or "",
                None if tag is None else _tag(tag),
                anchor is not None,
            )
            if anchor is not None:
                anchors[anchor] = node
        elif kind is mapping_start or kind is sequence_start:
            make = Mapping if kind is mapping_start else Sequence
            start, end = event.start_mark.index, event.end_mark.index
            anchored = event.anchor is not None
            node = make(start, end, _tag(event.ctag), anchored, bool(event.flow_style))
            if anchored:
                anchors[event.anchor] = node
            if len(stack) >= MAX_DEPTH:
                raise YamlError(f"nested more than {MAX_DEPTH} levels deep", start)
            stack.append((parent, key))
            parent, key = node, None
            continue
        elif kind in collection_ends:
            node = parent
            node.end = event.end_mark.index if node.flow else _block_end(node)
            parent, key = stack.pop()
        elif kind is alias:
            node = _alias(event, anchors, [*(opened for opened, _ in stack), parent])
        elif kind is events.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise YamlError(
                    "a second document starts here; a file holds one document", event.start_mark.index
                )
            continue
        elif kind is events.StreamEndEvent:
            return root, duplicates
        else:
            continue
        if parent is None:
            root = node
        elif parent.__class__ is Sequence:
            parent.items.append(node)
        elif key is None:
            key = node
        else:
            first = parent.add(key, node)
            if first is not None and isinstance(key, Scalar):
                duplicates.append((key, first))
            key = None


def _alias(event: Any, anchors: dict[str, Node], opened: list[Any]) -> Alias:
    start, end = event.start_mark.index, event.end_mark.index
    target = anchors.get(event.anchor)
    if target is None:
        raise YamlError(f"the alias *{event.anchor} has no anchor before it", start)
    if any(target is one for one in opened):
        raise YamlError(f"the alias *{event.anchor} stands inside its own anchor", start)
    return Alias(start, end, target)


def _tag(tag: Any) -> str | None:
    """Return an event's tag as written; ruamel's pure parser gives an object, libyaml's a string."""
    if tag is None or not str(tag):
        return None
    return str(tag)


def _block_end(node: Any) -> int:
    """Return where the last thing in a block collection ends; its own mark is at the next token."""
    if isinstance(node, Mapping) and node.pairs:
        return max(node.start, node.pairs[-1][1].end, node.pairs[-1][0].end)
    if isinstance(node, Sequence) and node.items:
        return max(node.start, node.items[-1].end)
    return int(node.start)
