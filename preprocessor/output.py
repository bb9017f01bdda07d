"""The output tree: where variants go, what stands there already, the manifest, and pruning.

A run first looks at everything (`plan_writes`), then records in the manifest what it is about to write,
writes each file under a temporary name and renames it, removes what is no longer produced, and records
the result. Killed at any moment it leaves every file old or new, and the next run knows each of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import stat
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from preprocessor.copies import KeptLink, link_digest
from preprocessor.errors import InputError, RefusedError
from preprocessor.files import (
    TEMPORARY_SUFFIX,
    link_atomic,
    mode_of,
    read_bytes,
    reason,
    sync_folder,
    write_atomic,
)
from preprocessor.model import Finding, Location, Severity
from preprocessor.parallel import fork_map

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from preprocessor.compile import Content, Images

MANIFEST = ".region-image-manifest.json"

_VARIABLES = ("region", "path", "dir", "name", "stem", "ext")
_SIMPLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_EXPRESSION = re.compile(r"\{[{%#]")
_LEAST_FILES = 400
"""How many files make a further process worth its start."""

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


@dataclass(frozen=True, eq=False)
class OutputFile:
    """One file to be: its path below the root, whose variant it is, and what makes its bytes."""

    path: str
    region: str
    template: str
    text: Content
    images: Images
    source: str
    """The file that it is a variant or a copy of."""
    mode: int | None = None
    """Permissions, where they are not the usual ones."""
    owner: str = ""
    """What the manifest names as its template, where several templates may need the file."""

    def content(self) -> bytes:
        """Return the bytes of the file."""
        return self.text.content(self.images)


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
        return Manifest(files, dict(data["inputs"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError.of(
            "file-error",
            f"the manifest is damaged: {error!r}",
            "bring the file back from version control, or remove the whole output tree and render again",
            path,
        ) from error


@dataclass(frozen=True, eq=False)
class WritePlan:
    """What a run is going to do to an output tree."""

    root: str
    writes: tuple[OutputFile, ...]
    unchanged: tuple[str, ...]
    removes: tuple[str, ...]
    before: Manifest
    after: Manifest
    findings: tuple[Finding, ...]
    """What stands against it: edited and foreign files, and paths that leave the root."""

    @property
    def changes(self) -> bool:
        """Whether any file would be written or removed."""
        return bool(self.writes or self.removes)


def plan_writes(
    root: str,
    outputs: Sequence[OutputFile],
    inputs: Mapping[str, str],
    in_scope: Callable[[Entry], bool],
    *,
    force: bool = False,
    jobs: int = 1,
) -> WritePlan:
    """Look at everything that stands in `root` and decide what to write and what to remove.

    `in_scope` says which entries of the old manifest this run stands for: those that it does not
    produce again are removed, the others are kept. With `force` generated files that were edited by hand
    are overwritten and removed too; files that the tool did not generate never are.

    Raises:
        InputError: the manifest cannot be read, or two variants have one path.
    """
    _refuse_duplicates(root, outputs)
    before = read_manifest(root)
    guard = _Guard(root) if os.path.isdir(root) else None

    def look(part: Sequence[OutputFile]) -> list[tuple[str, _Standing]]:
        return [(one.text.digest(one.images), _standing(root, one.path, guard)) for one in part]

    findings: list[Finding] = []
    writes: list[OutputFile] = []
    unchanged: list[str] = []
    made: dict[str, Entry] = {}
    for output, (digest, standing) in zip(outputs, fork_map(look, outputs, jobs, _LEAST_FILES), strict=True):
        made[output.path] = Entry((digest,), output.region, output.owner or output.template)
        problem = standing.problem
        if problem is None and standing.digest not in (None, digest):
            problem = _may_replace(standing.digest, before.files.get(output.path), force)
        if problem is not None:
            findings.append(_refusal(root, output.path, problem))
        elif standing.digest == digest and _has_mode(root, output):
            unchanged.append(output.path)
        else:
            writes.append(output)
    stale = {path for path, entry in before.files.items() if path not in made and in_scope(entry)}
    removes = []
    for path in sorted(stale):
        standing = _standing(root, path, guard)
        problem = standing.problem
        if problem is None and standing.digest is not None:
            problem = _may_replace(standing.digest, before.files[path], force)
        if problem is not None:
            findings.append(_refusal(root, path, problem))
        elif standing.digest is not None:
            removes.append(path)
    kept = {path: entry for path, entry in before.files.items() if path not in stale}
    after = Manifest({**kept, **made}, inputs)
    return WritePlan(root, tuple(writes), tuple(unchanged), tuple(removes), before, after, tuple(findings))


def _refuse_duplicates(root: str, outputs: Sequence[OutputFile]) -> None:
    counts = Counter(output.path for output in outputs)
    findings = []
    for path, count in counts.items():
        if count > 1:
            owners = [output for output in outputs if output.path == path]
            names = " and ".join(f"{owner.template} for {owner.region}" for owner in owners[:3])
            findings.append(
                Finding(
                    "invalid-bindings",
                    Severity.ERROR,
                    f"two variants would be written to one path: {names}",
                    "tell them apart in 'output', for example with {{ region }} and {{ path }}",
                    Location(posixpath.join(root, path)),
                )
            )
    if findings:
        raise InputError(findings)


@dataclass(frozen=True)
class _Problem:
    """What stands against writing or removing a file."""

    rule: str
    message: str
    help: str


@dataclass(frozen=True)
class _Standing:
    """What stands at a path: the digest of a file (None: nothing), or why the path cannot be used."""

    digest: str | None = None
    problem: _Problem | None = None


_EDITED = _Problem(
    "edited-output",
    "this generated file was edited by hand",
    "move the change into the template, or run again with --force to lose it",
)
_FOREIGN = _Problem(
    "foreign-output",
    "this file was not written by region-image, and is never overwritten or removed",
    "move it away, or choose another 'output' in the binding file",
)
_NO_FILE = "no regular file"


def _standing(root: str, path: str, guard: _Guard | None) -> _Standing:
    """Look at what stands at `path`; without a guard there is no output root yet."""
    if guard is None:
        return _Standing()
    problem = guard.problem(path)
    return _Standing(problem=problem) if problem else _Standing(_digest(posixpath.join(root, path)))


def _has_mode(root: str, output: OutputFile) -> bool:
    """Return whether the file of `output` has the permissions it is to have."""
    return output.mode is None or mode_of(posixpath.join(root, output.path)) == output.mode


def _may_replace(found: str | None, known: Entry | None, force: bool) -> _Problem | None:
    """Return why the file with the digest `found` may not be replaced or removed, or None."""
    if known is None or found == _NO_FILE:
        return _FOREIGN
    return None if force or found in known.digests else _EDITED


def _refusal(root: str, path: str, problem: _Problem) -> Finding:
    where = Location(posixpath.join(root, path))
    return Finding(problem.rule, Severity.ERROR, problem.message, problem.help, where)


class _Guard:
    """Tells which paths leave the output root through a link, or lead through a file."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.real = os.path.realpath(root)
        self.folders: dict[str, _Problem | None] = {"": None}

    def problem(self, path: str) -> _Problem | None:
        """Return what stands against `path`, or None."""
        return self._folder(posixpath.dirname(path))

    def _folder(self, folder: str) -> _Problem | None:
        if folder not in self.folders:
            problem = self._folder(posixpath.dirname(folder))
            self.folders[folder] = problem if problem is not None else self._look(folder)
        return self.folders[folder]

    def _look(self, folder: str) -> _Problem | None:
        path = posixpath.join(self.root, folder)
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            return _Problem("file-error", f"cannot look at {path}: {reason(error)}", "check its permissions")
        if stat.S_ISLNK(mode):
            real = os.path.realpath(path)
            if os.path.commonpath((real, self.real)) != self.real:
                return _Problem(
                    "foreign-output",
                    f"the folder {path} is a link that leads out of the output root, to {real}",
                    "remove the link, or choose another 'output'",
                )
        elif not stat.S_ISDIR(mode):
            return _Problem(
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
    if stat.S_ISLNK(mode):
        return link_digest(os.readlink(path))
    return hashlib.sha256(read_bytes(path)).hexdigest() if stat.S_ISREG(mode) else _NO_FILE


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

    fork_map(write, list(zip(paths, plan.writes, strict=True)), jobs, _LEAST_FILES)


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


def generated_files(folders: Iterable[str]) -> frozenset[str]:
    """Return the paths of the generated files of the output roots among `folders`."""
    found: set[str] = set()
    for folder in folders:
        if os.path.lexists(posixpath.join(folder, MANIFEST)):
            found.update(
                posixpath.normpath(posixpath.join(folder, path)) for path in read_manifest(folder).files
            )
    return frozenset(found)
