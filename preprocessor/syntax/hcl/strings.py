"""What strings and heredocs of HCL mean."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|\$(\$\{)|%(%\{)')
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_HEREDOC_HEAD = re.compile(r"<<(-?)[^\r\n]*\r?\n")
_INDENT = re.compile(r"^[ \t]*(?=\S)", re.MULTILINE)


def unescape(text: str) -> str:
    """Return what the text between the quotes of a string means."""
    if "\\" not in text and "{" not in text:
        return text

    def plain(match: re.Match[str]) -> str:
        simple, short, long, dollar, percent = match.groups()
        if simple:
            return _PLAIN_ESCAPES[simple]
        if short or long:
            code = int(short or long, 16)
            return chr(code) if code <= 0x10FFFF else match[0]
        return str(dollar or percent)

    return _ESCAPE.sub(plain, text)


def unescape_template(text: str) -> str:
    """Return what text without quotes means, in a heredoc or a JSON string: only templates are escaped."""
    return text.replace("$${", "${").replace("%%{", "%{")


def heredoc_content(text: str, start: int, end: int) -> tuple[str, int, int]:
    """Return the value of the heredoc at `start`..`end` of `text`, and where its content stands.

    The line break before the marker belongs to the value in HCL, and to no image ID: it is left out.
    """
    head = _HEREDOC_HEAD.match(text, start)
    first = head.end() if head else start
    last = text.rfind("\n", first - 1, end)
    body = text[first : max(first, last)].removesuffix("\r")
    lines = body.replace("\r\n", "\n").split("\n")
    blank = 0
    if head and head[1]:
        # `<<-` takes away the indentation that all lines share.
        indents = [match[0] for match in _INDENT.finditer(body)]
        width = min(map(len, indents), default=0)
        lines = [line[width:] for line in lines]
        blank = len(body) - len(body.lstrip(" \t"))
    return unescape_template("\n".join(lines)), first + blank, first + len(body)
