"""A linear pass over HCL text: it finds what is never closed, and blanks what a grammar stumbles over.

python-hcl2's terminals are regular expressions that backtrack on text such as an unclosed string, and its
grammar lacks some of HCL. Before it sees a text, this pass follows strings, heredocs, comments, templates
and brackets, refuses what is not closed, and gives back a text of the same length in which

- comments are blank, and so are line breaks inside parentheses and square brackets, where HCL ignores them;
- the characters of strings and heredocs are `x`, with their `${...}` left in place, and a heredoc has the
  quotes of a string;
- template directives (`%{...}`) are `x`, and so are letters beyond ASCII in names;
- namespaces of functions are part of their names, and of several unary operators in a row the first stays.

Offsets stay the same, so the tree of the blanked text gives the places in the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from preprocessor.syntax.hcl.errors import HclError
from preprocessor.syntax.tree import MAX_DEPTH

# The class of all first characters stands in front: that is what `re` searches quickly for.
_FIRST = r'"#()\[\]{}<\x80-\U0010ffff/:!-'
_REST = r"(?:(?<![/:!-])|(?<=/)[/*]|(?<=:):|(?<=[!-])(?<![\w-].)(?:[ \t]*[!-](?!=))+)"
_IN_BODY = re.compile(rf"[{_FIRST}]{_REST}")
_IN_BRACKETS = re.compile(rf"[\n{_FIRST}]{_REST}")
"""Where line breaks are ignored."""
_PLAIN_STRING = re.compile(r'"[^"\\$%\n]*"')
_ESCAPED = r"\$\$\{|%%\{"
_STRING = re.compile(rf'((?:\\[nrt"\\]|{_ESCAPED}){{1,500}})|["\n\\]|\$\{{|%\{{')
_TEMPLATE = re.compile(rf"((?:{_ESCAPED}){{1,500}})|\$\{{|%\{{")
_CONTENT = re.compile(
    rf"((?:{_ESCAPED}){{1,500}})|^[ \t]*([^\W\d][\w-]*)[ \t]*(?=\r?\n|\r?\Z)|\$\{{|%\{{", re.MULTILINE
)
"""In a heredoc: escapes, a word on a line of its own, which may be the marker, and templates."""
_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)[ \t]*\r?\n")
_LINE_END = re.compile(r"(?=\r?\n)|\Z")
_LINE_BREAKS = re.compile(r"\n\s*\n")
_FOREIGN = re.compile(r"[\x80-\U0010ffff]+")

_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass
class _Frame:
    """Something open: a bracket, a string (`"`), a heredoc (`<`), or a template (`$` or `%`)."""

    sort: str
    start: int
    content: re.Pattern[str] = _STRING
    """For a string or a heredoc: finds what is of interest in it."""
    marker: str = ""
    output: int = 0
    """For a directive: where its text starts among the output's pieces."""


def mask(text: str, *, template: bool = False) -> str:
    """Return `text` blanked as the module's head says, of the same length.

    With `template`, `text` is the content of a string without its quotes, as in Terraform's JSON syntax.

    Raises:
        HclError: something is not closed, or nested too deeply.
    """
    return _Masker(text, template).run()


class _Masker:
    def __init__(self, text: str, template: bool) -> None:
        self.text = text
        self.out: list[str] = []
        self.offset = 0
        self.stack: list[_Frame] = []
        if template:
            self.stack.append(_Frame("<", 0, _TEMPLATE))
        self.template = template

    def run(self) -> str:
        text, size = self.text, len(self.text)
        while self.offset < size:
            frame = self.stack[-1] if self.stack else None
            if frame is not None and frame.sort in '"<':
                self.quoted(frame)
            else:
                self.normal(frame)
        if self.stack and not (self.template and len(self.stack) == 1):
            raise _unclosed(self.stack[-1])
        # Of several line breaks in a row one is enough.
        masked = _LINE_BREAKS.sub(lambda match: "\n".ljust(len(match[0])), "".join(self.out))
        if len(masked) != len(text):  # pragma: no cover - a mistake here would shift every edit
            raise AssertionError("the blanked text has another length")
        return masked

    def keep(self, end: int) -> None:
        """Copy the text up to `end`."""
        self.out.append(self.text[self.offset : end])
        self.offset = end

    def fill(self, end: int, character: str) -> None:
        """Write `character` instead of each one up to `end`."""
        self.out.append(character * (end - self.offset))
        self.offset = end

    def push(self, frame: _Frame) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise HclError(f"nested more than {MAX_DEPTH} levels deep", frame.start)
        self.stack.append(frame)

    def normal(self, frame: _Frame | None) -> None:
        """Read the next thing of interest outside strings."""
        pattern = _IN_BODY if frame is None or frame.sort == "{" else _IN_BRACKETS
        match = pattern.search(self.text, self.offset)
        if match is None:
            self.keep(len(self.text))
            return
        start, found = match.start(), match[0]
        self.keep(start)
        if found == '"':
            self.string(start)
        elif found == "\n":
            self.fill(start + 1, " ")
        elif found in ("#", "//"):
            end = _LINE_END.search(self.text, start)
            self.fill(end.start() if end else len(self.text), " ")
        elif found == "/*":
            end_of_comment = self.text.find("*/", start + 2)
            if end_of_comment < 0:
                raise HclError("this comment is never closed", start, "close it with */")
            self.fill(end_of_comment + 2, " ")
        elif found in "([{":
            self.push(_Frame(found, start))
            self.keep(start + 1)
        elif found in ")]}":
            self.close(frame, start, found)
        elif found == "<":
            self.heredoc(start)
        elif found == "::":
            self.fill(start + 2, "_")  # a function's namespace is part of its name
        elif found[0] in "!-":
            # The grammar knows one unary operator in a row.
            self.keep(start + 1)
            self.fill(match.end(), " ")
        else:
            self.foreign(start)

    def string(self, start: int) -> None:
        self.push(_Frame('"', start))
        plain = _PLAIN_STRING.match(self.text, start)
        if plain is None:
            self.keep(start + 1)
            return
        # Most strings have nothing of interest in them.
        self.out.append(f'"{"x" * (plain.end() - start - 2)}"')
        self.offset = plain.end()
        self.stack.pop()

    def close(self, frame: _Frame | None, start: int, found: str) -> None:
        if frame is None:
            raise HclError(f"'{found}' closes nothing", start)
        if frame.sort in "$%":
            if found != "}":
                raise HclError(f"found '{found}', expected '}}' to close the template", start)
            if self.out and self.out[-1].endswith("~"):
                self.out[-1] = self.out[-1][:-1] + " "
            self.keep(start + 1)
            if frame.sort == "%":
                length = sum(len(piece) for piece in self.out[frame.output :])
                self.out[frame.output :] = ["x" * length]
        else:
            if found != _CLOSING[frame.sort]:
                raise HclError(f"found '{found}', expected '{_CLOSING[frame.sort]}'", start)
            self.keep(start + 1)
        self.stack.pop()

    def heredoc(self, start: int) -> None:
        if not self.text.startswith("<<", start):
            self.keep(start + 1)
            return
        match = _HEREDOC.match(self.text, start)
        if match is None:
            raise HclError("'<<' without a marker and a line break behind it", start, "write <<EOT")
        self.push(_Frame("<", start, _CONTENT, match[2]))
        self.out.append('"' + "x" * (match.end() - start - 1))
        self.offset = match.end()

    def foreign(self, start: int) -> None:
        match = _FOREIGN.match(self.text, start)
        end = match.end() if match else start + 1
        if self.text[start:end].isalnum():
            self.fill(end, "x")
        else:
            self.keep(end)

    def quoted(self, frame: _Frame) -> None:
        """Read the next thing of interest in a string or a heredoc."""
        match = frame.content.search(self.text, self.offset)
        if match is None:
            if self.template and len(self.stack) == 1:
                self.fill(len(self.text), "x")
                return
            raise _unclosed(frame)
        start, found = match.start(), match[0]
        self.fill(start, "x")
        if match[1]:
            self.fill(match.end(), "x")
        elif found in ("${", "%{"):
            self.push(_Frame(found[0], start, output=len(self.out)))
            self.keep(start + 2)
            if self.text.startswith("~", self.offset):
                self.fill(self.offset + 1, " ")
        elif frame.content is _CONTENT:
            ends = match[2] == frame.marker
            self.fill(match.end() - ends, "x")
            if ends:
                self.fill(match.end(), '"')
                self.stack.pop()
        elif found == '"':
            self.keep(start + 1)
            self.stack.pop()
        elif found == "\\" and self.text[start + 1 : start + 2] not in ("\n", "\r", ""):
            if self.text[start + 1] not in "uU":
                what = self.text[start : start + 2]
                raise HclError(f"'{what}' is no escape", start, "write \\\\ for a backslash")
            self.fill(start + 2, "x")
        else:
            raise _unclosed(frame)


def _unclosed(frame: _Frame) -> HclError:
    if frame.sort == '"':
        return HclError("this string is not closed on its line", frame.start, 'close it with "')
    if frame.sort == "<":
        return HclError("this heredoc is never closed", frame.start, "put its marker on a line of its own")
    if frame.sort in "$%":
        return HclError("this template is never closed", frame.start, "close it with }")
    return HclError(
        f"this '{frame.sort}' is never closed", frame.start, f"close it with {_CLOSING[frame.sort]}"
    )
