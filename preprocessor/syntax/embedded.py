"""Where the characters of a YAML or JSON scalar stand in the file: the way from a value back to its text.

A value is decoded a second time here, piece by piece with the place of each piece, and the result is
compared with what the parser made of it. Where the two differ the places are not known exactly, and none
are given.
"""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING

from preprocessor.syntax.hcl.place import Place, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.syntax.tree import Scalar

    Piece = tuple[str, int, int]
    """Some characters of the value, and where they start and end in the file."""

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_BLOCK_HEADER = re.compile(r"([|>])([-+0-9]*)[ \t]*(?:#[^\r\n]*)?\r?\n")
_JSON_PIECE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]+"
)
_FOLD = r"[ \t]*(?:\r?\n[ \t]*)+"
_DOUBLE_PIECE = re.compile(
    rf"\\\r?\n[ \t]*|{_FOLD}|\\x[0-9a-fA-F]{{2}}|\\u[0-9a-fA-F]{{4}}|\\U[0-9a-fA-F]{{8}}|\\.|[^\\\s]+|[^\\]"
)
_SINGLE_PIECE = re.compile(rf"{_FOLD}|''|[^'\s]+|[^']")
_PLAIN_PIECE = re.compile(rf"{_FOLD}|\S+|\s")
_ESCAPES = {
    **dict(zip('0abtnvfre "/\\', '\0\a\b\t\n\v\f\r\x1b "/\\', strict=True)),
    **dict(zip("N_LP\t", "\x85\xa0\u2028\u2029\t", strict=True)),
}


def place_of(text: str, path: str, node: Scalar, *, json: bool) -> Place | None:
    """Return where the characters of `node.value` stand in `text`, the file at `path`.

    None means that the value cannot be traced back character by character.
    """
    start = node.start
    if node.anchored or node.tag is not None:
        properties = _PROPERTIES.match(text, start)
        start = properties.end() if properties else start
    if json:
        pieces = [list(_json(text, start + 1, node.end - 1))]
    elif node.style == '"':
        pieces = [list(_flow(text, start + 1, node.end - 1, _DOUBLE_PIECE))]
    elif node.style == "'":
        pieces = [list(_flow(text, start + 1, node.end - 1, _SINGLE_PIECE))]
    elif node.style in ("|", ">"):
        pieces = [list(found) for found in _block(text, start, node.end)]
    else:
        pieces = [list(_flow(text, start, node.end, _PLAIN_PIECE))]
    quote = '\\"' if json or node.style == '"' else '"'
    for candidate in pieces:
        decoded = "".join(piece for piece, _, _ in candidate)
        # How the end is chomped makes no difference to what stands before it.
        if candidate and decoded.rstrip("\n") == node.value.rstrip("\n"):
            return Place(path, _runs(candidate), quote)
    return None


def _runs(pieces: list[Piece]) -> list[Run]:
    runs = []
    offset = 0
    for piece, start, end in pieces:
        if piece:
            runs.append(Run(offset, len(piece), start, end))
            offset += len(piece)
    return runs


def _json(text: str, start: int, end: int) -> Iterator[Piece]:
    for match in _JSON_PIECE.finditer(text, start, end):
        piece = match[0]
        yield scanstring(f'{piece}"', 0, True)[0] if piece[0] == "\\" else piece, match.start(), match.end()


def _flow(text: str, start: int, end: int, pattern: re.Pattern[str]) -> Iterator[Piece]:
    """Yield the pieces of a quoted or plain scalar: its line breaks are folded, its escapes decoded."""
    for match in pattern.finditer(text, start, end):
        piece = match[0]
        if piece[0] == "\\" and pattern is _DOUBLE_PIECE:
            decoded = _escape(piece)
        elif piece == "''" and pattern is _SINGLE_PIECE:
            decoded = "'"
        elif "\n" in piece:
            decoded = " " if piece.count("\n") == 1 else "\n" * (piece.count("\n") - 1)
        else:
            decoded = piece
        yield decoded, match.start(), match.end()


def _escape(piece: str) -> str:
    if piece[1] in "xuU":
        code = int(piece[2:], 16)
        return chr(code) if code <= 0x10FFFF else piece
    if piece[1] in "\r\n":
        return ""
    return _ESCAPES.get(piece[1], piece)


def _block(text: str, start: int, end: int) -> Iterator[Iterator[Piece]]:
    """Yield the readings of a block scalar: one for each indentation its content may have."""
    header = _BLOCK_HEADER.match(text, start)
    if header is None:
        return
    lines = _lines(text, header.end(), end)
    widths = [len(blank) for blank, content, _, _ in lines if content]
    if not widths:
        return
    explicit = any(character.isdigit() for character in header[2])
    for indent in range(widths[0], -1, -1) if explicit else (widths[0],):
        inside = []
        for blank, content, at, after in lines:
            if content and len(blank) < indent:
                break
            inside.append((blank[indent:] + content, min(at + indent, after), after))
        yield _literal(inside) if header[1] == "|" else _folded(inside)


def _lines(text: str, start: int, end: int) -> list[tuple[str, str, int, int]]:
    """Return each line's blanks, its content without the line break, its start, and the next line's."""
    lines = []
    while start < end:
        newline = text.find("\n", start, end)
        after = end if newline < 0 else newline + 1
        line = text[start:after].removesuffix("\n").removesuffix("\r")
        content = line.lstrip(" ")
        lines.append((line[: len(line) - len(content)], content, start, after))
        start = after
    return lines


def _literal(lines: list[tuple[str, int, int]]) -> Iterator[Piece]:
    for line, at, after in lines:
        yield f"{line}\n", at, after


def _folded(lines: list[tuple[str, int, int]]) -> Iterator[Piece]:
    """Yield the pieces of a folded block: a break between two plain lines is a blank, others stay."""
    for index, (line, at, after) in enumerate(lines):
        if line:
            yield line, at, at + len(line)
        following = lines[index + 1][0] if index + 1 < len(lines) else None
        plain = bool(line) and line[0] not in " \t"
        if following is None:
            yield "\n", at + len(line), after
        elif not line:
            yield "\n", at, after
        elif plain and following and following[0] not in " \t":
            yield " ", at + len(line), after
        elif plain and not following and _next_is_plain(lines, index + 1):
            # Between two plain lines the first of several breaks is dropped.
            continue
        else:
            yield "\n", at + len(line), after


def _next_is_plain(lines: list[tuple[str, int, int]], index: int) -> bool:
    """Return whether the next line with text, from `index` on, is not indented further."""
    for line, _, _ in lines[index:]:
        if line:
            return line[0] not in " \t"
    return False
