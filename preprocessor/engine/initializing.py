"""init(): a first binding file, from a scan or from a Compute Nest project, and a map to go with it."""

from __future__ import annotations

import errno
import os
import posixpath
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.artifacts import Artifact, ArtifactMap, Version, dump_map
from preprocessor.bindings import DEFAULT_FILE, DEFAULT_MAP, is_compute_nest, read_bindings
from preprocessor.catalog import kind_of, load_catalog
from preprocessor.drafts import Draft, converted, drafted
from preprocessor.engine.targets import find_targets
from preprocessor.errors import InputError, RefusedError
from preprocessor.files import posix, read_source, reason, write_new
from preprocessor.model import Kind, Role
from preprocessor.templates.formats import read_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.bindings import Bindings
    from preprocessor.model import Template


@dataclass(frozen=True)
class InitResult:
    """What an init wrote, what it left as it was, and what to do next."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    next_steps: tuple[str, ...]


def init(
    paths: Sequence[str] = (),
    *,
    bindings: str | None = None,
    artifact_map: str | None = None,
    source: str | None = None,
) -> InitResult:
    """Write a first binding file (`bindings`, or `image-bindings.yaml`) and a map beside it.

    The binding file is made from the templates at `paths` (none: the current directory), or from `source`,
    the configuration of a Compute Nest project. A map that is there already stays.

    Raises:
        RefusedError: the binding file is there already, or cannot be written.
        InputError: a path does not exist, or `source` is no such configuration.
    """
    if source is not None and paths:
        raise InputError.of("invalid-usage", "found paths beside a configuration", "give one of the two")
    config = _read_config(source) if source is not None else None
    target = posix(bindings or posixpath.join(config.base if config is not None else "", DEFAULT_FILE))
    if os.path.lexists(target):
        raise RefusedError.of(
            "file-error",
            "this file is there already, and is never overwritten",
            "edit it, or name another one with -b",
            target,
        )
    base = posixpath.dirname(target)
    if artifact_map is not None:
        map_path = posix(artifact_map)
    else:
        map_path = config.map_path if config is not None else posix(posixpath.join(base, DEFAULT_MAP))
    relative_map = posix(os.path.relpath(map_path, base or "."))
    if config is not None:
        text, map_found = converted(config, base, relative_map), _declared_map(map_path, config)
    else:
        text, map_found = drafted(_drafts(paths, base), relative_map), ArtifactMap(map_path)
    kept = [map_path] if os.path.lexists(map_path) else []
    files = [] if kept else [(map_path, dump_map(map_found))]
    for path, data in (*files, (target, text.encode("utf-8"))):
        _write(path, data)
    written = tuple(path for path, _ in (*files, (target, b"")))
    option = "" if target == DEFAULT_FILE else f" -b {target}"
    return InitResult(written, tuple(kept), (f"next: edit {target}, then run: region-image check{option}",))


def _read_config(path: str) -> Bindings:
    found = read_source(posix(path))
    bindings = read_bindings(found)
    if not is_compute_nest(bindings.document.root):
        raise InputError.of(
            "invalid-usage",
            "not the configuration of a Compute Nest project",
            "expected a file with Service or Artifact, such as .computenest/config.yaml",
            found.path,
        )
    return bindings


def _declared_map(path: str, config: Bindings) -> ArtifactMap:
    """Return a map of the artifacts that a configuration binds, without images."""
    artifacts: dict[str, Artifact] = {}
    for bind in config.bind:
        name = bind.version or "1"
        old = artifacts.get(bind.artifact, Artifact(bind.artifact, {}, name))
        artifacts[bind.artifact] = Artifact(old.key, {**old.versions, name: Version({})}, old.default)
    return ArtifactMap(path, artifacts)


def _write(path: str, data: bytes) -> None:
    try:
        write_new(path, data)
    except OSError as error:
        why = (
            "this file is there already" if error.errno == errno.EEXIST else f"cannot write: {reason(error)}"
        )
        raise RefusedError.of("file-error", why, "check the path and its permissions", path) from error


def _drafts(paths: Sequence[str], base: str) -> list[Draft]:
    """Return what a first binding file says of each template with image fields."""
    drafts = []
    for group in find_targets(paths or (".",), None):
        for target in group.targets:
            try:
                template = read_template(target.path, load_catalog())
            except InputError:
                continue  # check tells of it
            if template is not None:
                draft = _draft(template, posix(os.path.relpath(target.path, base or ".")))
                drafts.extend([draft] if draft is not None else [])
    return drafts


def _draft(template: Template, path: str) -> Draft | None:
    counts: Counter[tuple[Kind, str]] = Counter()
    fields = [field for field in template.fields if field.role is Role.DEPLOY]
    for field in fields:
        values = {step.value for step in field.literals if step.value}
        counts.update((kind_of(value), value) for value in values)
    return Draft(path, tuple(sorted(counts.items()))) if fields else None
