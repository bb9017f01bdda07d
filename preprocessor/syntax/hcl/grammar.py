"""python-hcl2's grammar as a parser, made once per process and kept in a cache file where that is possible.

python-hcl2 itself keeps its compiled grammar inside its own package folder. Here the file lies in the
user's cache folder and is a mere help: where it is damaged, or cannot be read or written, the grammar is
compiled again, which takes a second or two.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import sys
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from preprocessor.files import read_bytes, write_atomic
from preprocessor.syntax.hcl.errors import HclError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lark import Lark, Token, Tree

_OPTIONS: dict[str, Any] = {"parser": "lalr"}
_WORD = re.compile(r"[\w-]{1,40}")


def parse(masked: str, text: str) -> Tree[Token]:
    """Return the parse tree of `masked`, which `lexer.mask` made of `text`.

    Raises:
        HclError: the text is not HCL.
    """
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    try:
        return _tree(masked)
    except UnexpectedToken as error:
        # Its lexer may take what follows for the rest of a string; the first word of it is what is wrong.
        token: Token = error.token
        offset = len(masked) if token.start_pos is None else token.start_pos
        raise _unexpected(masked, text, offset) from error
    except UnexpectedCharacters as error:
        raise _unexpected(masked, text, error.pos_in_stream or 0) from error


@lru_cache(maxsize=4096)
def _tree(masked: str) -> Tree[Token]:
    # The grammar wants a line break at the end of the file.
    return _parser().parse(masked + "\n")


def first_of(tree: Any) -> int:
    """Return where the first token of a tree starts.

    Noting it on every branch while parsing, as lark can, takes as long as the parsing.
    """
    return _edge(tree, "first", "start_pos", reversed)


def last_of(tree: Any) -> int:
    """Return where the last token of a tree ends."""
    return _edge(tree, "last", "end_pos", iter)


def _edge(tree: Any, name: str, place: str, order: Callable[[list[Any]], Iterable[Any]]) -> int:
    passed: list[Any] = []
    waiting = [tree]
    found = 0
    while waiting:
        node = waiting.pop()
        children = getattr(node, "children", None)
        if children is None:
            found = getattr(node, place)
            break
        if name in node.__dict__:
            found = getattr(node, name)
            break
        passed.append(node)
        waiting.extend(child for child in order(children) if child is not None)
    # Noted on the way back, so that a long chain is walked once.
    for node in passed:
        setattr(node, name, found)
    return found


def _unexpected(masked: str, text: str, offset: int) -> HclError:
    while offset < len(masked) and masked[offset] in " \t\r":
        offset += 1
    if offset >= len(masked):
        return HclError("the text ends in the middle of something", len(masked))
    if masked[offset] == "\n":
        return HclError("the line ends in the middle of something", offset)
    if masked[offset] == '"':
        return HclError("a string is not expected here", offset)
    word = _WORD.match(masked, offset)
    return HclError(f"'{text[offset : word.end() if word else offset + 1]}' is not expected here", offset)


@cache
def _parser() -> Lark:
    import hcl2
    import lark
    from hcl2.postlexer import PostLexer

    package = os.path.dirname(os.path.abspath(hcl2.__file__))
    grammar = read_bytes(os.path.join(package, "hcl2.lark"))
    # All that the compiled grammar depends on. A file that is cut short or of another make has another key.
    made_of = f"{lark.__version__} {sys.version_info[:3]} {_OPTIONS}".encode()
    key = hashlib.sha256(grammar + made_of).hexdigest()
    saved = _cache_file()
    if saved is not None:
        # Whatever is wrong with the file, compiling again is the answer to it.
        with contextlib.suppress(Exception):
            return lark.Lark.load(io.BytesIO(_unwrapped(saved, key)))
    parser = lark.Lark(grammar.decode("utf-8"), postlex=PostLexer(), **_OPTIONS)
    if saved is not None:
        with contextlib.suppress(OSError):
            stream = io.BytesIO()
            parser.save(stream)
            data = stream.getvalue()
            # A process that starts at the same time finds the whole file or none.
            write_atomic(saved, f"{key} {hashlib.sha256(data).hexdigest()}\n".encode() + data, mode=0o600)
    return parser


def _unwrapped(path: str, key: str) -> bytes:
    """Return the compiled grammar in the file at `path`, if it is ours, whole, and of this make."""
    status = os.stat(path)
    # What the file holds is run as code: nobody else may have written it.
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        raise PermissionError(path)
    head, _, data = read_bytes(path).partition(b"\n")
    if head.decode("ascii") != f"{key} {hashlib.sha256(data).hexdigest()}":
        raise ValueError(path)
    return data


def _cache_file() -> str | None:
    """Return the file for the compiled grammar, or None where there is no place for it."""
    base = (
        os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    )
    if not os.path.isabs(base):
        return None
    folder = os.path.join(base, "region-image")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return None
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return os.path.join(folder, f"hcl-grammar-{python}.bin") if os.access(folder, os.W_OK) else None
