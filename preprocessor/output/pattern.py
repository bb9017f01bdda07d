"""Where variants go: the `output` pattern of a binding file."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from preprocessor.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from preprocessor.model import Location

_VARIABLES = ("region", "path", "dir", "name", "stem", "ext")
_SIMPLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_EXPRESSION = re.compile(r"\{[{%#]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


class Pattern:
    """The `output` pattern of a binding file: a folder, the output root, and the path of a variant in it."""

    def __init__(self, pattern: str, base: str, at: Location) -> None:
        """Take `pattern` as written at the place `at` in a binding file in the folder `base`.

        Raises:
            InputError: it is absolute, leaves the folder, or is no Jinja2 template.
        """
        self.at = at
        first = _EXPRESSION.search(pattern)
        static = pattern[: first.start()] if first else pattern
        folder, self.rest = static.rpartition("/")[0], pattern[static.rfind("/") + 1 :]
        if pattern.startswith("/") or re.match(r"[A-Za-z]:", pattern) or "\\" in static:
            raise self._error(f"found the absolute path '{pattern}'", "expected a path relative to this file")
        if ".." in static.split("/"):
            raise self._error(f"found '..' in '{pattern}'", "expected a path inside this file's folder")
        self.root = posixpath.normpath(posixpath.join(base, folder)) if base or folder else "."
        self._render = self._compile()

    def _compile(self) -> Callable[[Mapping[str, str]], str]:
        names = set(_SIMPLE.findall(self.rest))
        if not _EXPRESSION.search(_SIMPLE.sub("", self.rest)) and names <= set(_VARIABLES):
            return lambda values: _SIMPLE.sub(lambda match: values[match[1]], self.rest)
        from jinja2 import StrictUndefined, TemplateError
        from jinja2.sandbox import SandboxedEnvironment

        try:
            environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
            template = environment.from_string(self.rest)
        except TemplateError as error:
            raise self._error(f"not a Jinja2 template: {error}", "correct the expression") from error

        def render(values: Mapping[str, str]) -> str:
            try:
                return template.render(values)
            except Exception as error:
                raise self._error(
                    f"the expression failed: {error}", f"the variables are {', '.join(_VARIABLES)}"
                ) from error

        return render

    def path(self, region: str, template: str) -> str:
        """Return the path, below the root, of the variant of `template` (relative to the binding file).

        Raises:
            InputError: the path would be absolute, empty, or outside the root.
        """
        folder, name = posixpath.split(template)
        stem, ext = posixpath.splitext(name)
        values = {"region": region, "path": template, "dir": folder, "name": name, "stem": stem, "ext": ext}
        found = self._render(values)
        if _CONTROL.search(found) or found.startswith("/"):
            raise self._error(f"'{template}' would be written to {found!r}", "expected a relative path")
        path = posixpath.normpath(found) if found else "."
        if path == "." or ".." in found.split("/"):
            raise self._error(
                f"'{template}' would be written to '{found}', outside the output root",
                "use {{ name }} instead of {{ path }} for a template that lies outside this file's folder",
            )
        return path

    def _error(self, message: str, help_: str) -> InputError:
        return InputError.of("invalid-bindings", f"output: {message}", help_, self.at)
