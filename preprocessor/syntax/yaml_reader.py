"""YAML text to nodes, through the events of the C parser.

libyaml refuses an empty key (`Outputs:` over `: x`), which templates in use have; where it refuses a
text, the pure Python parser is asked too, and its answer counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.syntax.tree import MAX_DEPTH, Alias, Mapping, Node, Scalar, Sequence, as_node

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


def read_yaml(text: str) -> tuple[Node | None, list[Duplicate], bool]:
    """Return the root node of the document in `text` (None: there is none), its duplicate keys, and whether
    it has aliases.

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


def _build(next_event: Callable[[], Any]) -> tuple[Node | None, list[Duplicate], bool]:
    """Build the node tree, without recursion, from a parser's events up to the end of the stream."""
    from ruamel.yaml import events

    scalar, alias = events.ScalarEvent, events.AliasEvent
    mapping_start, sequence_start = events.MappingStartEvent, events.SequenceStartEvent
    mapping_end, sequence_end = events.MappingEndEvent, events.SequenceEndEvent
    anchors: dict[str, Node] = {}
    duplicates: list[Duplicate] = []
    documents = 0
    aliased = False
    root: Any = Sequence(0, 0)  # holds the document's one node
    parent = root
    add = root.children.append
    stack: list[Any] = []
    while True:
        event = next_event()
        kind = event.__class__
        if kind is scalar:
            if event.anchor is None:
                add(event)
            else:
                anchors[event.anchor] = node = as_node(event)
                add(node)
        elif kind is mapping_start or kind is sequence_start:
            make = Mapping if kind is mapping_start else Sequence
            tag = None if event.ctag is None else str(event.ctag) or None
            start, end = event.start_mark.index, event.end_mark.index
            collection = make(start, end, tag, event.anchor is not None, bool(event.flow_style))
            if event.anchor is not None:
                anchors[event.anchor] = collection
            if len(stack) >= MAX_DEPTH:
                raise YamlError(f"nested more than {MAX_DEPTH} levels deep", start)
            add(collection)
            stack.append(parent)
            parent = collection
            add = parent.children.append
        elif kind is mapping_end or kind is sequence_end:
            # The end mark of a block collection is at the next token, not at the collection's end.
            parent.end = event.end_mark.index if parent.flow else parent.last_end
            if kind is mapping_end:
                duplicates.extend(parent.close())
            parent = stack.pop()
            add = parent.children.append
        elif kind is alias:
            aliased = True
            add(_alias(event, anchors, [*stack, parent]))
        elif kind is events.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise YamlError(
                    "a second document starts here; a file holds one document", event.start_mark.index
                )
        elif kind is events.StreamEndEvent:
            return (root.items[0] if root.items else None), duplicates, aliased


def _alias(event: Any, anchors: dict[str, Node], opened: list[Node]) -> Alias:
    start, end = event.start_mark.index, event.end_mark.index
    target = anchors.get(event.anchor)
    if target is None:
        raise YamlError(f"the alias *{event.anchor} has no anchor before it", start)
    if any(target is one for one in opened):
        raise YamlError(f"the alias *{event.anchor} stands inside its own anchor", start)
    return Alias(start, end, target)
