"""The comments of a YAML document that hold a given text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preprocessor.syntax.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.syntax.document import Document
    from preprocessor.syntax.tree import Node


def comments(document: Document, mark: str) -> Iterator[tuple[int, int]]:
    """Yield the span of each comment that holds `mark`, from its `#` to the end of its line.

    A `#` inside a scalar, such as in a script, starts no comment.
    """
    text = document.source.text
    if document.json or mark not in text:
        return
    spans = sorted((node.start, node.end) for node in _scalars(document.root))
    for match in re.finditer(rf"(?<!\S)#[^\r\n]*?{re.escape(mark)}[^\r\n]*", text):
        if not any(start <= match.start() < end for start, end in spans):
            yield match.start(), match.end()


def _scalars(root: Node | None) -> Iterator[Scalar]:
    """Yield every scalar of a tree, without recursion; an alias is not followed."""
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Sequence):
            waiting.extend(node.items)
        elif isinstance(node, Mapping):
            for pair in node.pairs:
                waiting.extend(pair)
