"""Carries out what was planned: every file is old or new at any moment."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from preprocessor.copies import KeptLink
from preprocessor.errors import RefusedError
from preprocessor.files import (
    TEMPORARY_SUFFIX,
    link_atomic,
    reason,
    sync_folder,
    write_atomic,
)
from preprocessor.output.manifest import MANIFEST
from preprocessor.output.plan import LEAST_FILES, OutputFile, WritePlan
from preprocessor.parallel import fork_map

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def apply(plan: WritePlan, *, jobs: int = 1) -> None:
    """Carry out a plan without findings.

    Raises:
        RefusedError: the system refused a write; what was written so far is whole and known.
    """
    manifest = plan.after.encode()
    path = posixpath.join(plan.root, MANIFEST)
    try:
        os.makedirs(plan.root, exist_ok=True)
        if plan.changes:
            write_atomic(path, plan.after.while_writing(plan.before).encode(), durable=True)
        _write_all(plan, jobs)
        _remove_all(plan)
        if plan.changes or plan.before.encode() != manifest:
            write_atomic(path, manifest, durable=True)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else plan.root
        raise RefusedError.of(
            "file-error",
            f"cannot write: {reason(error)}",
            "make it writable (or make room) and run again: the run goes on where it stopped",
            _target(where),
        ) from error


def _target(path: str) -> str:
    """Return the file that the temporary name `path` was to become; another path as it is."""
    folder, name = posixpath.split(path)
    if name.endswith(TEMPORARY_SUFFIX):
        name = name.removeprefix(".").removesuffix(TEMPORARY_SUFFIX)
    return posixpath.join(folder, name)


def _write_all(plan: WritePlan, jobs: int) -> None:
    paths = [posixpath.join(plan.root, output.path) for output in plan.writes]
    for folder in sorted({posixpath.dirname(path) for path in paths}):
        os.makedirs(folder, exist_ok=True)

    def write(part: Sequence[tuple[str, OutputFile]]) -> list[None]:
        for path, output in part:
            if isinstance(output.text, KeptLink):
                link_atomic(path, output.text.target)
            else:
                write_atomic(path, output.content(), mode=output.mode)
        return [None] * len(part)

    fork_map(write, list(zip(paths, plan.writes, strict=True)), jobs, LEAST_FILES)


def _remove_all(plan: WritePlan) -> None:
    folders: set[str] = set()
    for name in plan.removes:
        path = posixpath.join(plan.root, name)
        folder, base = posixpath.split(path)
        for gone in (path, posixpath.join(folder, f".{base}{TEMPORARY_SUFFIX}")):
            try:
                os.unlink(gone)
            except FileNotFoundError:
                continue
        folders.add(posixpath.dirname(name))
    if plan.removes:
        sync_folder(plan.root)
    _remove_empty(plan.root, folders)


def _remove_empty(root: str, folders: Collection[str]) -> None:
    """Remove the folders that pruning left empty, up to the root."""
    for folder in sorted(folders, key=len, reverse=True):
        while folder:
            try:
                os.rmdir(posixpath.join(root, folder))
            except OSError:
                break
            folder = posixpath.dirname(folder)
