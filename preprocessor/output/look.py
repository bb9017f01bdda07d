"""What stands in an output tree already, and whether it may be replaced."""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.copies import link_digest
from preprocessor.errors import InputError
from preprocessor.files import (
    mode_of,
    read_bytes,
    reason,
)
from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from preprocessor.output.manifest import Entry
    from preprocessor.output.plan import OutputFile


@dataclass(frozen=True)
class Problem:
    """What stands against writing or removing a file."""

    rule: str
    message: str
    help: str


@dataclass(frozen=True)
class Standing:
    """What stands at a path: the digest of a file (None: nothing), or why the path cannot be used."""

    digest: str | None = None
    problem: Problem | None = None


_EDITED = Problem(
    "edited-output",
    "this generated file was edited by hand",
    "move the change into the template, or run again with --force to lose it",
)
_FOREIGN = Problem(
    "foreign-output",
    "this file was not written by region-image, and is never overwritten or removed",
    "move it away, or choose another 'output' in the binding file",
)
_NO_FILE = "no regular file"


def standing_at(root: str, path: str, guard: Guard | None) -> Standing:
    """Look at what stands at `path`; without a guard there is no output root yet."""
    if guard is None:
        return Standing()
    problem = guard.problem(path)
    return Standing(problem=problem) if problem else Standing(_digest(posixpath.join(root, path)))


def has_mode(root: str, output: OutputFile) -> bool:
    """Return whether the file of `output` has the permissions it is to have."""
    return output.mode is None or mode_of(posixpath.join(root, output.path)) == output.mode


def may_replace(found: str | None, known: Entry | None, force: bool) -> Problem | None:
    """Return why the file with the digest `found` may not be replaced or removed, or None."""
    if known is None or found == _NO_FILE:
        return _FOREIGN
    return None if force or found in known.digests else _EDITED


def refusal(root: str, path: str, problem: Problem) -> Finding:
    """Return `problem` as a finding at the file it stands against."""
    where = Location(posixpath.join(root, path))
    return Finding(problem.rule, Severity.ERROR, problem.message, problem.help, where)


class Guard:
    """Tells which paths leave the output root through a link, or lead through a file."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.real = os.path.realpath(root)
        self.folders: dict[str, Problem | None] = {"": None}

    def problem(self, path: str) -> Problem | None:
        """Return what stands against `path`, or None."""
        return self._folder(posixpath.dirname(path))

    def _folder(self, folder: str) -> Problem | None:
        if folder not in self.folders:
            problem = self._folder(posixpath.dirname(folder))
            self.folders[folder] = problem if problem is not None else self._look(folder)
        return self.folders[folder]

    def _look(self, folder: str) -> Problem | None:
        path = posixpath.join(self.root, folder)
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            return Problem("file-error", f"cannot look at {path}: {reason(error)}", "check its permissions")
        if stat.S_ISLNK(mode):
            real = os.path.realpath(path)
            if os.path.commonpath((real, self.real)) != self.real:
                return Problem(
                    "foreign-output",
                    f"the folder {path} is a link that leads out of the output root, to {real}",
                    "remove the link, or choose another 'output'",
                )
        elif not stat.S_ISDIR(mode):
            return Problem(
                "foreign-output",
                f"{path} is a file, where a folder is needed",
                "move it away, or choose another 'output'",
            )
        return None


def _digest(path: str) -> str | None:
    """Return the digest of the file or link at `path`, None where nothing is, `_NO_FILE` for a folder.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return link_digest(os.readlink(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError.of(
            "file-error", f"cannot look at it: {reason(error)}", "check its permissions", path
        ) from error
    return hashlib.sha256(read_bytes(path)).hexdigest() if stat.S_ISREG(mode) else _NO_FILE
