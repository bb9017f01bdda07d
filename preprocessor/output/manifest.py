"""Which files of an output tree were generated, from what."""

from __future__ import annotations

import json
import os
import posixpath
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.files import (
    read_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


MANIFEST = ".region-image-manifest.json"


@dataclass(frozen=True)
class Entry:
    """What the manifest says of a generated file."""

    digests: tuple[str, ...]
    region: str
    template: str


@dataclass(frozen=True)
class Manifest:
    """The generated files of an output tree, and the digests of what they were made from."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the manifest as it is saved: one line a file, so that its git diff is readable."""
        inputs = ",\n".join(
            f"  {_text(path)}: {_text(digest)}" for path, digest in sorted(self.inputs.items())
        )
        files = self._lines
        body = f'{{\n "version": 1,\n "inputs": {{\n{inputs}\n }},\n "files": {{\n{files}\n }}\n}}\n'
        return body.encode("utf-8")

    @cached_property
    def _lines(self) -> str:
        quoted = _Quoted()
        return ",\n".join(
            f"""  {_text(path)}: {{"digests": ["{'", "'.join(entry.digests)}"], """
            f'"region": {quoted[entry.region]}, "template": {quoted[entry.template]}}}'
            for path, entry in sorted(self.files.items())
        )

    def while_writing(self, before: Manifest) -> Manifest:
        """Return the manifest that holds until all is written: each file may be the old or the new one."""
        if not before.files:
            pending = Manifest(self.files, before.inputs)
            pending.__dict__["_lines"] = self._lines
            return pending
        files = dict(before.files)
        for path, entry in self.files.items():
            old = before.files.get(path)
            if old is None or old.digests != entry.digests:
                digests = dict.fromkeys((*(old.digests if old else ()), *entry.digests))
                files[path] = Entry(tuple(digests), entry.region, entry.template)
        return Manifest(files, before.inputs)


class _Quoted(dict[str, str]):
    """JSON strings, each made once: thousands of files share a few regions and templates."""

    def __missing__(self, text: str) -> str:
        self[text] = quoted = _text(text)
        return quoted


_text = json.JSONEncoder(ensure_ascii=False).encode


def read_manifest(root: str) -> Manifest:
    """Return the manifest of the output root, empty where there is none.

    Raises:
        InputError: it cannot be read or is damaged.
    """
    path = posixpath.join(root, MANIFEST)
    if not os.path.lexists(path):
        return Manifest()
    try:
        data = json.loads(read_bytes(path))
        if data["version"] != 1:
            raise ValueError(f"version {data['version']}")
        files = {
            str(name): Entry(tuple(map(str, entry["digests"])), str(entry["region"]), str(entry["template"]))
            for name, entry in data["files"].items()
        }
        for name in files:
            if not _is_inside(name):
                raise ValueError(f"the path {name!r} is not inside the output root")
        return Manifest(files, dict(data["inputs"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError.of(
            "file-error",
            f"the manifest is damaged: {error!r}",
            "bring the file back from version control, or remove the whole output tree and render again",
            path,
        ) from error


def _is_inside(path: str) -> bool:
    """Return whether `path` is a plain relative path: what the manifest says is removed, so it must be."""
    if not path.isprintable() and any(
        ord(character) < 0x20 or 0xD800 <= ord(character) < 0xE000 for character in path
    ):
        return False
    return (
        path == posixpath.normpath(path)
        and path != "."
        and not path.startswith(("/", "../"))
        and path != ".."
    )


def generated_files(folders: Iterable[str]) -> frozenset[str]:
    """Return the paths of the generated files of the output roots among `folders`."""
    found: set[str] = set()
    for folder in folders:
        if os.path.lexists(posixpath.join(folder, MANIFEST)):
            found.update(
                posixpath.normpath(posixpath.join(folder, path)) for path in read_manifest(folder).files
            )
    return frozenset(found)
