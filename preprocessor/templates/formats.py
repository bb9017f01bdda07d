"""Which files are templates, and which format reads them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from preprocessor.errors import InputError
from preprocessor.files import MAX_TEXT_BYTES, decode, posix, read_bytes, reason
from preprocessor.templates import ros
from preprocessor.templates.terraform import names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

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


@dataclass(frozen=True)
class _Terraform:
    extensions: tuple[str, ...] = names.EXTENSIONS

    def suspects(self, text: str) -> bool:
        return True

    def read(self, source: Source, catalog: Catalog) -> Template | None:
        if not names.is_terraform(source.path) and not _is_unnamed_hcl(source):
            return None
        from preprocessor.templates.terraform.read import read_terraform

        return read_terraform(source.path, {source.path: source}, catalog, module=False)


def _is_unnamed_hcl(source: Source) -> bool:
    """Return whether a text whose name says nothing, such as standard input, is HCL by its content."""
    known = source.path.endswith(_Ros.extensions)
    return not known and names.looks_like_hcl(source.text) and not ros.looks_like_ros(source.text)


FORMATS: Mapping[str, Format] = {"terraform": _Terraform(), "ros": _Ros()}
"""The formats that come with the tool. The first that knows a text reads it."""


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


def read_template(path: str, catalog: Catalog, excluded: frozenset[str] = frozenset()) -> Template | None:
    """Read the template at `path`; None where it is something else.

    A folder is a template where it holds a Terraform module; what is in `excluded` is no part of it.

    Raises:
        InputError: the file cannot be read, or is not text.
    """
    path = posix(path)
    if os.path.isdir(path):
        if not names.is_module(path, excluded):
            return None
        from preprocessor.templates.terraform.gather import read_module

        return read_module(path, catalog, excluded)
    source = decode(path, read_bytes(path, limit=MAX_TEXT_BYTES))
    if names.is_values(path):
        from preprocessor.templates.terraform.gather import read_values_file

        return read_values_file(source, catalog)
    return read_source_as_template(source, catalog)


def read_again(template: Template, sources: Mapping[str, Source], catalog: Catalog) -> Template | None:
    """Return what `template` would be with other texts, which need not be on the disk."""
    if template.module or len(sources) > 1:
        from preprocessor.templates.terraform.read import read_terraform, read_values

        if template.module:
            return read_terraform(template.path, sources, catalog, module=True)
        return read_values(template.path, sources, catalog)
    return read_source_as_template(sources[template.path], catalog)


def find_templates(
    folder: str, excluded: frozenset[str] = frozenset(), kept: Collection[str] = ()
) -> Iterator[str]:
    """Yield the files below `folder` that may be templates, and the folders of Terraform modules, sorted.

    Hidden folders and those that package managers fill are left out, and so are the files in `excluded`.
    Links to folders are not followed. A file is looked into only where its name may be a template's. The
    files of a module are not named again; neither is a module that another one calls, since it is read
    with that one, unless it is `folder` itself or in `kept`.

    Raises:
        InputError: a folder cannot be listed.
    """
    found = list(_find(folder, excluded))
    modules = [path for path, module in found if module]
    called: set[str] = set()
    if modules:
        from preprocessor.templates.terraform.gather import called_modules

        called.update(child for path in modules for child in called_modules(path, excluded))
        called -= {posix(folder), *kept}
    return (path for path, module in found if not module or path not in called)


def _find(folder: str, excluded: frozenset[str], below_module: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the paths of possible templates, and whether each is the folder of a module."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError.of(
            "file-error", f"cannot list: {reason(error)}", "check the path and its permissions", folder
        ) from error
    module = names.is_module(folder, excluded)
    if module:
        yield posix(folder), True
    for entry in entries:
        path = posix(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in _SKIPPED_FOLDERS:
                yield from _find(path, excluded, below_module or module)
        elif path in excluded or entry.name.startswith("."):
            continue
        elif (module and names.is_terraform(path)) or (below_module and names.is_values(path)):
            continue  # read with the module
        elif _may_be_template(path):
            yield path, False


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
            # Text of another encoding is told when it is read; it cannot be looked into here.
            if data.startswith((b"\xff\xfe", b"\xfe\xff")) or known.suspects(data.decode("utf-8", "replace")):
                return True
    return False
