"""YAML text to nodes, through the events of the C parser.

libyaml refuses an empty key (`Outputs:` over `: x`), which templates in use have; where it refuses a
text, the pure Python parser is asked too, and its answer counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.syntax.tree import MAX_DEPTH, Alias, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

_PURE_PARSER_LIMIT = 512 * 1024
"""Code points. The pure parser reads 0.6 MB/s; ROS takes no template above 512 KiB."""


class YamlError(Exception):
    """The text is not one YAML document; `offset` is where reading stopped."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def read_yaml(text: str) -> Node | None:
    """Return the root node of the document in `text`, or None where there is none.

    Raises:
        YamlError: the text is not YAML, holds several documents, or nests too deeply.
    """
    from _ruamel_yaml import CParser
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return _Builder(_events(CParser(text)), text).build()
    except YAMLError as refused:
        error = refused
    if len(text) <= _PURE_PARSER_LIMIT:
        from ruamel.yaml import YAML

        try:
            return _Builder(iter(YAML(typ="safe", pure=True).parse(text)), text).build()
        except YAMLError as refused:
            # The C parser's words and place are kept unless it stumbled over the empty key.
            if isinstance(refused, MarkedYAMLError) and refused.problem_mark is not None:
                error = refused
    raise _translate(error, text)


def _events(parser: Any) -> Iterator[Any]:
    while parser.check_event():
        yield parser.get_event()


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


class _Builder:
    """Builds the node tree without recursion."""

    def __init__(self, events: Iterator[Any], text: str) -> None:
        self.events = events
        self.text = text
        self.anchors: dict[str, Node] = {}

    def build(self) -> Node | None:
        root: Node | None = None
        documents = 0
        stack: list[Node] = []
        keys: list[Node | None] = []  # for each open mapping the key that waits for its value
        for event in self.events:
            name = event.__class__.__name__
            node: Node
            if name == "ScalarEvent":
                style = event.style or ""
                start, end = event.start_mark.index, event.end_mark.index
                node = Scalar(start, end, event.value, style, _tag(event.tag), event.anchor is not None)
                if event.anchor is not None:
                    self.anchors[event.anchor] = node
            elif name == "MappingStartEvent" or name == "SequenceStartEvent":
                kind = Mapping if name == "MappingStartEvent" else Sequence
                start, end = event.start_mark.index, event.end_mark.index
                flow = bool(event.flow_style)
                node = kind(start, end, _tag(event.tag), event.anchor is not None, flow)
                if event.anchor is not None:
                    self.anchors[event.anchor] = node
                if len(stack) >= MAX_DEPTH:
                    raise YamlError(f"nested more than {MAX_DEPTH} levels deep", start)
                stack.append(node)
                keys.append(None)
                continue
            elif name == "MappingEndEvent" or name == "SequenceEndEvent":
                node = stack.pop()
                keys.pop()
                node.end = event.end_mark.index if node.flow else _block_end(node)  # type: ignore[attr-defined]
            elif name == "AliasEvent":
                start, end = event.start_mark.index, event.end_mark.index
                target = self.anchors.get(event.anchor)
                if target is None:
                    raise YamlError(f"the alias *{event.anchor} has no anchor before it", start)
                if any(target is opened for opened in stack):
                    raise YamlError(f"the alias *{event.anchor} stands inside its own anchor", start)
                node = Alias(start, end, target)
            else:
                if name == "DocumentStartEvent":
                    documents += 1
                    if documents > 1:
                        raise YamlError(
                            "a second document starts here; a file holds one document", event.start_mark.index
                        )
                continue
            if not stack:
                root = node
                continue
            parent = stack[-1]
            if isinstance(parent, Sequence):
                parent.items.append(node)
            elif isinstance(parent, Mapping):
                key = keys[-1]
                if key is None:
                    keys[-1] = node
                else:
                    parent.pairs.append((key, node))
                    keys[-1] = None
        return root


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
