"""Outermost statements of blanked HCL, and which of them are surely valid without being parsed.

Parsing takes nearly all the time of reading HCL, and most blocks are never looked into. `is_simple`
recognises the plain ones among them in linear time. It knows a part of HCL only and says no wherever it does
not know: the grammar then decides, and tells what is wrong.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SIMPLE_LENGTH = 200_000
"""Longest statement that is recognised, in code points; what is longer is left to the grammar."""

MAX_SIMPLE_NESTING = 8
"""How many brackets inside each other are recognised."""

_BRACKET_OR_BREAK = re.compile(r"[(){}\[\]\n]")

# What is recognised inside brackets is replaced from the inside out, length for length, by characters that
# HCL does not have: \x02 begins a call's arguments, \x03 is a template in a string, \x04 begins an object,
# and \x01 stands for the rest of these, for a list, an index, and what is in parentheses.
_MARKS = re.compile(r"[\x01-\x04]")

# Every part below begins with characters that cannot go on the part before it, so that there is one way to
# match a text, and going back over it finds no other: the time is linear.
_S = r"[ \t\r]*"
_W = r"[ \t\r\n]*"
_PLAIN = r"[A-Za-z_][A-Za-z0-9_-]*(?![A-Za-z0-9_-])"
_NAME = rf"(?!(?:if|in|for|for_each|else|endif|endfor|null|true|false)(?![A-Za-z0-9_-])){_PLAIN}"
_ATOM = (
    r"(?:-?[0-9]+(?:\.[0-9]+)?(?![0-9A-Za-z_.\x01-])"
    r'|"[x\x03]*"'
    r"|(?:null|true|false)(?![A-Za-z0-9_\x01\x02.-])"
    rf"|(?:{_NAME}\x02?\x01*|\x04?\x01+)(?:\.{_NAME}\x01*|\.\*|\.[0-9]+(?![0-9A-Za-z_\x01-]|\.[0-9]))*)"
)
_TERM = rf"!?{_ATOM}"
_CHAIN = rf"{_TERM}(?:{_S}(?:[=!<>]=|&&|\|\||[<>+*/]|[%-](?=[ \t])){_S}{_TERM})*"
_EXPR = rf"{_CHAIN}(?:{_S}\?{_S}{_CHAIN}{_S}:{_S}{_CHAIN})*"
_ELEMENT = rf'(?:{_NAME}|"x*"){_S}[=:]{_S}{_EXPR}'
_INNERMOST = (
    rf"(?:[\[(]|\$\{{)(?:(?P<splat>\*)(?=\])|{_S}(?P<items>(?:{_EXPR}{_S}"
    rf"(?:(?P<comma>,){_S}|(?P<spread>\.\.\.){_S}(?=\))|(?=[\])}}])))*))[\])}}]"
    rf"|\{{{_W}(?:{_ELEMENT}{_S}(?:[,\n]{_W}|(?=\}})))*\}}"
)
_WORD_END = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-")
_INDEXED = _WORD_END | frozenset("\x01)]")
_TERM_END = _INDEXED | frozenset('\x02}"')
_BEFORE_OBJECT = frozenset("=([,:?")

_LABELS = rf'(?:{_S}"x*"|[ \t\r]+{_NAME})*'
_HEAD = re.compile(rf"{_W}({_NAME})({_LABELS}){_S}\{{")
_LABEL = re.compile(r'"x*"|[^ \t\r"]+')
_LINE = (
    rf"{_S}(?:(?P<close>\}}){_S}|(?P<name>for_each(?![A-Za-z0-9_-])|{_NAME})"
    rf"(?:{_S}={_S}(?P<value>{_EXPR})|{_LABELS}{_S}\{{(?P<empty>{_S}\}})?){_S})?(?:\n|\Z)"
)


def statements(masked: str) -> Iterator[tuple[int, int]]:
    """Yield where each outermost argument or block of the blanked text starts and ends."""
    depth = start = 0
    for match in _BRACKET_OR_BREAK.finditer(masked):
        if match[0] in "([{":
            depth += 1
        elif match[0] in ")]}":
            depth -= 1
        elif depth == 0:
            if not masked[start : match.start()].isspace() and match.start() > start:
                yield start, match.end()
            start = match.end()
    if masked[start:].strip():
        yield start, len(masked)


@lru_cache(maxsize=4096)
def is_simple(masked: str) -> bool:
    """Return whether a blanked statement is surely valid, with no argument twice in one body."""
    if len(masked) > MAX_SIMPLE_LENGTH or _MARKS.search(masked):
        return False
    return _is_body(_without_brackets(masked))


def block_head(masked: str) -> tuple[int, int, list[tuple[int, int]]] | None:
    """Return where the head of a block starts and ends, and each of its words; None for an argument."""
    match = _HEAD.match(masked)
    if match is None:
        return None
    words = [match.span(1), *(label.span() for label in _LABEL.finditer(masked, *match.span(2)))]
    return words[0][0], words[-1][1], words


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # It takes some milliseconds, which those who have no Terraform need not wait for.
    return re.compile(pattern)


def _without_brackets(masked: str) -> str:
    """Return the statement with the expressions in brackets replaced, as far as they are recognised."""
    for _ in range(MAX_SIMPLE_NESTING):
        reduced = _compiled(_INNERMOST).sub(_replaced, masked)
        if reduced == masked:
            break
        masked = reduced
    return masked


def _replaced(match: re.Match[str]) -> str:
    """Return what stands for the brackets, or the same text where they may be none of an expression."""
    before = match.string[match.start() - 1 : match.start()]
    brackets = match[0][0] + match[0][-1]
    single = bool(match["items"]) and match["comma"] is match["spread"]
    mark = ""
    if brackets == "[]" and before in _INDEXED:
        mark = "\x01" if single or match["splat"] else ""
    elif match["splat"]:
        pass
    elif brackets == "[]":
        mark = "" if before in _TERM_END else "\x01"
    elif brackets == "()" and before in _WORD_END:
        mark = "\x02"
    elif brackets == "()":
        mark = "\x01" if single and before not in _TERM_END else ""
    elif brackets == "$}":
        mark = "\x03" if single else ""
    elif brackets == "{}" and _is_value(match.string, match.start()):
        mark = "\x04"
    filling = "\x03" if mark == "\x03" else "\x01"
    return mark.ljust(len(match[0]), filling) if mark else match[0]


def _is_value(text: str, start: int) -> bool:
    """Return whether the braces at `start` are an object and not the body of a block."""
    last = start - 1
    while last >= 0 and text[last] in " \t\r":
        last -= 1
    return last >= 0 and text[last] in _BEFORE_OBJECT


def _is_body(text: str) -> bool:
    """Return whether each line is an argument, begins a block or ends one, and no name is there twice."""
    outer: list[set[str]] = []
    names: set[str] = set()
    at, size = 0, len(text)
    line_pattern = _compiled(_LINE)
    while at < size:
        line = line_pattern.match(text, at)
        if line is None:
            return False
        at = line.end()
        name = line["name"]
        if line["close"]:
            if not outer:
                return False
            names = outer.pop()
        elif name is None:
            continue  # a blank line
        elif line["value"] is not None:
            if name in names:
                return False
            names.add(name)
        elif line["empty"] is None:
            outer.append(names)
            names = set()
    return not outer
