"""python-hcl2's grammar as a parser, made once per process and kept in a cache file where that is possible.

python-hcl2 itself keeps its compiled grammar inside its own package folder. Here the file lies in the
user's cache folder and is a mere help: where it is damaged, or cannot be read or written, the grammar is
compiled again, which takes a second or two.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from functools import cache
from typing import TYPE_CHECKING
from zlib import crc32

from preprocessor.files import read_bytes
from preprocessor.syntax.hcl.errors import HclError

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

_WORD = re.compile(r"[\w-]{1,40}")


def parse(masked: str, text: str) -> Tree[Token]:
    """Return the parse tree of `masked`, which `lexer.mask` made of `text`.

    Raises:
        HclError: the text is not HCL.
    """
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    try:
        # The grammar wants a line break at the end of the file.
        return _parser().parse(masked + "\n")
    except UnexpectedToken as error:
        # Its lexer may take what follows for the rest of a string; the first word of it is what is wrong.
        token: Token = error.token
        offset = len(masked) if token.start_pos is None else token.start_pos
        raise _unexpected(masked, text, offset) from error
    except UnexpectedCharacters as error:
        raise _unexpected(masked, text, error.pos_in_stream or 0) from error


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
    grammar = read_bytes(os.path.join(package, "hcl2.lark")).decode("utf-8")

    def compiled(saved: str | bool) -> lark.Lark:
        # Lark compares a digest of the grammar, and compiles again where the file is of no use.
        return lark.Lark(grammar, parser="lalr", propagate_positions=True, postlex=PostLexer(), cache=saved)

    folder = _cache_folder()
    if folder is None:
        return compiled(False)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    name = f"hcl-{crc32(grammar.encode()):08x}-lark-{lark.__version__}-python-{python}.bin"
    saved = os.path.join(folder, name)
    if os.path.exists(saved):
        return compiled(saved) if _is_own(saved) else compiled(False)
    # Another process may start at the same time: each writes its own file and renames it when it is whole.
    temporary = f"{saved}.{os.getpid()}"
    parser = compiled(temporary)
    with contextlib.suppress(OSError):
        os.replace(temporary, saved)
    return parser


def _is_own(path: str) -> bool:
    """Return whether nobody else can have written the file: what it holds is run as code."""
    status = os.stat(path)
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def _cache_folder() -> str | None:
    """Return the folder for the compiled grammar, or None where there is none that can be written."""
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
    return folder if os.access(folder, os.W_OK) else None
