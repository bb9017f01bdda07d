"""Which files are templates, and which format reads them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from preprocessor.errors import InputError
from preprocessor.files import MAX_TEXT_BYTES, decode, posix, read_bytes, reason
from preprocessor.templates import ros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preprocessor.catalog import Catalog
    from preprocessor.model import Source, Template

PLUGIN_GROUP = "region_image.formats"
"""Entry points of this group add formats; each names an object that is a `Format`."""

_SKIPPED_FOLDERS = frozenset(("__pycache__", "node_modules", "venv"))


class Format(Protocol):
    """One template format."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """Endings of file names that may be of this format; others are read only if the user names them."""
        ...

    def suspects(self, text: str) -> bool:
        """Return whether `text` may be of this format; cheap, and never False for a template."""
        ...

    def read(self, source: Source, catalog: Catalog) -> Template | None:
        """Return the template in `source`, or None where it is something else.

        Text of this format that cannot be parsed gives a template with a `syntax-error` in its findings.
        """
        ...


@dataclass(frozen=True)
class _Ros:
    extensions: tuple[str, ...] = (".yaml", ".yml", ".json", ".template", ".ros")

    def suspects(self, text: str) -> bool:
        return ros.looks_like_ros(text)

    def read(self, source: Source, catalog: Catalog) -> Template | None:
        return ros.read_ros(source, catalog)


FORMATS: Mapping[str, Format] = {"ros": _Ros()}
"""The formats that come with the tool."""


def plugins() -> Iterator[Format]:
    """Yield the formats of installed plugins."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=PLUGIN_GROUP):
        yield entry.load()


def read_source_as_template(source: Source, catalog: Catalog) -> Template | None:
    """Return the template in `source` by the first format that knows it, or None."""
    for known in FORMATS.values():
        template = known.read(source, catalog)
        if template is not None:
            return template
    for plugin in plugins():
        template = plugin.read(source, catalog)
        if template is not None:
            return template
    return None


def read_template(path: str, catalog: Catalog) -> Template | None:
    """Read the template at `path`; None where the file is something else.

    Raises:
        InputError: the file cannot be read, or is not text.
    """
    path = posix(path)
    return read_source_as_template(decode(path, read_bytes(path, limit=MAX_TEXT_BYTES)), catalog)


def find_templates(folder: str, excluded: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the files below `folder` that may be templates, sorted.

    Hidden folders and those that package managers fill are left out, and so are the files in `excluded`.
    Links to folders are not followed. A file is looked into only where its name may be a template's.

    Raises:
        InputError: a folder cannot be listed.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError.of(
            "file-error", f"cannot list: {reason(error)}", "check the path and its permissions", folder
        ) from error
    for entry in entries:
        path = posix(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in _SKIPPED_FOLDERS:
                yield from find_templates(path, excluded)
        elif path not in excluded and not entry.name.startswith(".") and _may_be_template(path):
            yield path


def _may_be_template(path: str) -> bool:
    for known in FORMATS.values():
        if path.endswith(known.extensions):
            try:
                if not stat.S_ISREG(os.stat(path).st_mode):
                    continue
            except OSError:
                return True  # a broken link or the like: reading it will say so
            try:
                data = read_bytes(path, limit=MAX_TEXT_BYTES)
            except InputError:
                return True
            if known.suspects(data.decode("utf-8", "replace")):
                return True
    return False
