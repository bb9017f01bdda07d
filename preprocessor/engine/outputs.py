"""Every file that a render is to write, and the digests of what it is made from."""

from __future__ import annotations

import hashlib
import os
import posixpath
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.files import posix, read_bytes
from preprocessor.model import Finding, Severity
from preprocessor.output.plan import OutputFile
from preprocessor.regions import images_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from preprocessor.compile import Images
    from preprocessor.engine.choosing import Written
    from preprocessor.engine.project import Listed, Project
    from preprocessor.engine.variant import VariantFile
    from preprocessor.plan import ArtifactVersion


def images_in(project: Project, region: str) -> Callable[[ArtifactVersion], str]:
    """Return the look-up of image IDs in one region."""
    images = {
        target: by_region[region]
        for target in set(project.resolved.values())
        if region in (by_region := images_of(project.artifact_map, target))
    }
    return images.__getitem__


def outputs_of(project: Project, written: Iterable[Written]) -> tuple[OutputFile, ...]:
    """Return every file to be, sorted by path.

    Raises:
        InputError: a file of a module would lie outside the output root.
    """
    images: dict[str, Images] = {}
    outputs: list[OutputFile] = []
    findings: list[Finding] = []
    for one in written:
        for region in one.regions:
            if region not in images:
                images[region] = images_in(project, region)
            folder = project.pattern.path(region, one.listed.key)
            for file in one.prepared.files:
                path = posixpath.normpath(posixpath.join(folder, file.target))
                if path.split("/")[0] == "..":
                    findings.append(_outside(project, one.listed, file, path))
                    break
                # Files beside a module may serve another one too: a run for one of them removes none.
                owner = f"{one.listed.key}/{file.target}" if file.target.startswith("../") else ""
                outputs.append(
                    OutputFile(
                        path,
                        region,
                        one.listed.key,
                        file.text,
                        images[region],
                        file.source,
                        file.mode,
                        posixpath.normpath(owner) if owner else "",
                    )
                )
    if findings:
        raise InputError(dict.fromkeys(findings))
    return tuple(_without_twins(sorted(outputs, key=lambda output: output.path)))


def _without_twins(outputs: list[OutputFile]) -> Iterator[OutputFile]:
    """Yield the files, sorted by path; modules that call one module write it with the same content."""
    before: OutputFile | None = None
    for output in outputs:
        same_place = before is not None and before.path == output.path
        if before is None or not same_place or not _is_twin(before, output):
            before = output
            yield output


def _is_twin(one: OutputFile, other: OutputFile) -> bool:
    return (
        one.source == other.source
        and one.mode == other.mode
        and one.text.digest(one.images) == other.text.digest(other.images)
    )


def _outside(project: Project, listed: Listed, file: VariantFile, path: str) -> Finding:
    return Finding(
        "invalid-bindings",
        Severity.ERROR,
        f"'{listed.key}' needs {file.source}, which would be written to '{path}', outside the output root",
        "let 'output' have more folders, for example dist/{{ region }}/project/{{ path }}, so that the same "
        "relative path stays inside",
        project.pattern.at,
    )


def inputs_of(project: Project, written: Iterable[Written]) -> dict[str, str]:
    """Return the digest of every input, by path relative to the binding file."""
    base = project.bindings.base or "."
    digests = {path: digest for one in written for path, digest in one.prepared.inputs.items()}
    for path in (project.bindings.path, project.artifact_map.path):
        digests[posix(os.path.relpath(path, base))] = hashlib.sha256(read_bytes(path)).hexdigest()
    return digests
