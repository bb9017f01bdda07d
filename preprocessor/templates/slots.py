"""Where an image ID can be written in YAML and JSON: the span of a node's value, quotes kept.

An image ID needs no escaping (`artifacts.IMAGE_ID`), so inside quotes it is written as it is, and a
plain scalar stays plain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preprocessor.model import Slot
from preprocessor.syntax import Alias, Scalar

if TYPE_CHECKING:
    from preprocessor.syntax import Document, Node

_PROPERTY = re.compile(r"(?:\s|#[^\r\n]*(?=[\r\n]))*(&[^\s,\[\]{}]+|!<[^>]*>|![^\s,\[\]{}]*)")
_GAP = re.compile(r"(?:\s|#[^\r\n]*(?=[\r\n]))*")
_BLANK = re.compile(r"\s*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)?[ \t]*(?:\r\n|\n|\r)")


def value_slot(document: Document, node: Node, *, whole: bool = False) -> Slot:
    """Return the slot of the value `node`.

    Its anchor and its tag stay, unless `whole`: then the tag goes too, since it is a function's name.
    """
    path = document.source.path
    if document.json:
        if isinstance(node, Scalar) and node.style:
            return Slot(path, node.start + 1, node.end - 1)
        return Slot(path, node.start, node.end, '"', '"')
    text = document.source.text
    start, end = _after_properties(text, node, keep_tag=not whole), node.end
    if isinstance(node, Scalar) and not whole:
        if node.style in ("'", '"'):
            return Slot(path, start + 1, end - 1)
        if node.style in ("|", ">"):
            return _block_slot(path, text, start, end)
        if start == end:
            # An empty value: its place is right behind the colon or its properties.
            blank = "" if start and text[start - 1] in " \t" else " "
            return Slot(path, start, end, blank)
    end = start + len(text[start:end].rstrip())
    return Slot(path, start, end)


def _after_properties(text: str, node: Node, *, keep_tag: bool) -> int:
    """Return where the value itself starts, behind its anchor and (with `keep_tag`) its tag."""
    if isinstance(node, Alias) or (node.tag is None and not node.anchored):
        return node.start
    start = node.start
    while match := _PROPERTY.match(text, start, node.end):
        if match[1].startswith("!") and not keep_tag:
            return match.start(1)
        start = match.end()
    gap = _GAP.match(text, start, node.end)
    return gap.end() if gap else start


def _block_slot(path: str, text: str, start: int, end: int) -> Slot:
    """Return the slot of a block scalar.

    With the strip indicator the header stays and the content is the slot. Otherwise the value ends in
    a line break, which an image ID does not have, so the header is replaced too; its comment stays.
    """
    header = _BLOCK_HEADER.match(text, start, end)
    if not header:
        return Slot(path, start, end)
    stop = header.end() + len(text[header.end() : end].rstrip())
    if "-" in header[0].split("#")[0]:
        first = _BLANK.match(text, header.end(), stop)
        return Slot(path, first.end() if first else header.end(), stop)
    return Slot(path, start, stop, "", header[1] or "")
