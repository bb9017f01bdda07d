"""HCL text to nodes, by way of python-hcl2's parse tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preprocessor.syntax.hcl.builder import Builder
from preprocessor.syntax.hcl.errors import HclError
from preprocessor.syntax.hcl.grammar import parse
from preprocessor.syntax.hcl.lexer import mask
from preprocessor.syntax.hcl.nodes import Block, Body
from preprocessor.syntax.hcl.statements import block_head, is_simple, statements
from preprocessor.syntax.hcl.strings import unescape

if TYPE_CHECKING:
    from preprocessor.syntax.hcl.nodes import Expr
    from preprocessor.syntax.hcl.place import Place

MAX_HCL_LENGTH = 2 * 1024 * 1024
"""Longest text that is parsed, in code points: some seconds. Files in use stay below a tenth of it."""

_BRACKET = re.compile(r"[(){}\[\]]")


def check_text(text: str) -> None:
    """Check what opens and closes in `text`, and its outermost blocks and arguments, not what is in them.

    It is for files whose blocks cannot matter, and takes a fraction of the time that parsing does.

    Raises:
        HclError: it is not HCL, or too long.
    """
    _limit(text)
    parse(_outermost(mask(text)), text)


def _outermost(masked: str) -> str:
    """Return the blanked text with nothing between the outermost brackets, of the same length."""
    pieces = []
    depth = kept = 0
    for match in _BRACKET.finditer(masked):
        if match[0] in "([{":
            if depth == 0:
                pieces.append(masked[kept : match.end()])
                kept = match.end()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                # `(x)` rather than `()`: parentheses and an index need something in them.
                blank = match.start() - kept
                pieces.append("" if match[0] == "}" or not blank else "1")
                pieces.append(" " * (blank - len(pieces[-1])))
                kept = match.start()
    return "".join((*pieces, masked[kept:]))


def read_body(text: str, place: Place) -> Body:
    """Return the body of the HCL file `text`, which stands at `place`.

    A block that is valid at first sight is parsed when it is first looked into.

    Raises:
        HclError: it is not HCL; the offset is one in `text`.
    """
    _limit(text)
    masked = mask(text)
    body = Body()
    # Statement by statement: templates repeat blocks of one shape, and a variant repeats its template's, so
    # that most trees are there already.
    for start, end in statements(masked):
        builder = Builder(text[start:end], masked[start:end], place.shifted(-start))
        block = _unparsed(builder)
        if block is not None:
            body.blocks.append(block)
            continue
        try:
            builder.parsed(body)
        except HclError as error:
            raise HclError(error.message, error.offset + start, error.help) from error
    return body


def _unparsed(statement: Builder) -> Block | None:
    """Return a statement as a block that is parsed when its body is asked for.

    None where it is no block, or where only the grammar can tell whether it is valid.
    """
    head = block_head(statement.masked)
    if head is None or not is_simple(statement.masked):
        return None
    start, end, spans = head
    kind, *labels = (statement.text[first:last] for first, last in spans)
    return Block(
        kind,
        tuple(unescape(label[1:-1]) if label[0] == '"' else label for label in labels),
        lambda: statement.parsed().blocks[0].body,
        statement.place,
        statement.place.at(start),
        statement.place.end(end),
    )


def read_template(text: str, place: Place, start: int, end: int) -> Expr:
    """Return `text`, the content of a string without its quotes, as an expression, as JSON syntax has it.

    It stands at `place`; `start`..`end` is the string itself, with its quotes.

    Raises:
        HclError: a template in it is not HCL; the offset is one in `text`.
    """
    _limit(text)
    head = 'x="'
    shift = len(head)
    masked = head + mask(text, template=True) + '"'
    full = head + text + '"'
    builder = Builder(full, masked, place.shifted(shift), bare=shift - 1)
    try:
        found = builder.parsed().attributes["x"].value
    except HclError as error:
        raise HclError(error.message, max(0, error.offset - shift), error.help) from error
    found.start, found.end = start, end
    return found


def _limit(text: str) -> None:
    if len(text) > MAX_HCL_LENGTH:
        raise HclError(
            f"{len(text):,} characters are more than the {MAX_HCL_LENGTH:,} that are read",
            MAX_HCL_LENGTH,
            "split the file",
        )
