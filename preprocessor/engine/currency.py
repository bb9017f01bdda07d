"""Whether generated files are what a render would write now, or at least what one wrote."""

from __future__ import annotations

import hashlib
import os
import posixpath
from typing import TYPE_CHECKING

from preprocessor.checks import Generated, Output
from preprocessor.engine.choosing import choose_all, entries_without_template
from preprocessor.engine.outputs import inputs_of, outputs_of
from preprocessor.engine.variant import Prepared
from preprocessor.errors import InputError
from preprocessor.files import read_bytes
from preprocessor.output.manifest import read_manifest
from preprocessor.output.plan import plan_writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.engine.choosing import Written
    from preprocessor.engine.look import Looked
    from preprocessor.engine.project import Listed, Project
    from preprocessor.model import Finding


def settle(project: Project, looked: Sequence[tuple[Listed, Looked]], found: list[Finding]) -> list[Written]:
    """Choose the regions of a project's templates; what stands against that is added to `found`."""
    pairs = [
        (listed, one.prepared or Prepared(True, bound=one.planned.bound))
        for listed, one in looked
        if one.planned is not None
    ]
    written, _ = choose_all(project, pairs, (), found)
    for one in written:
        for region in one.regions:
            try:
                project.pattern.path(region, one.listed.key)
            except InputError as error:
                found.extend(finding for finding in error.findings if finding not in found)
    templates = [listed for listed, one in looked if one.is_template]
    found.extend(entries_without_template([listed for listed, _ in looked], templates))
    return written


def compare_output(
    project: Project, written: Sequence[Written], found: list[Finding], *, jobs: int = 1
) -> Output:
    """Return how the output tree of a whole project differs from what a render would leave.

    Files in the way of a render are added to `found`.

    Raises:
        InputError: two variants have one path, a path leaves the output root, or the manifest is damaged.
    """
    root = project.pattern.root
    plan = plan_writes(
        root, outputs_of(project, written), inputs_of(project, written), lambda entry: True, jobs=jobs
    )

    def generated(path: str) -> Generated:
        entry = plan.after.files.get(path) or plan.before.files[path]
        return Generated(posixpath.normpath(posixpath.join(root, path)), entry.template, entry.region)

    edited = []
    for finding in plan.findings:
        if finding.rule == "edited-output":
            edited.append(generated(posixpath.relpath(finding.location.path, root)))
        else:
            found.append(finding)
    changed = [generated(output.path) for output in plan.writes]
    return Output(
        missing=tuple(file for file in changed if not os.path.lexists(file.path)),
        stale=tuple(file for file in changed if os.path.lexists(file.path)),
        edited=tuple(edited),
        orphans=tuple(generated(path) for path in plan.removes),
    )


def look_at_files(project: Project, paths: Sequence[str], found: list[Finding]) -> Output:
    """Return which of these generated files were edited by hand; others are not looked at."""
    root = project.pattern.root
    files = read_manifest(root).files
    edited = []
    for path in paths:
        entry = files[posixpath.relpath(path, root)]
        try:
            digest = hashlib.sha256(read_bytes(path)).hexdigest()
        except InputError as error:
            found.extend(error.findings)
            continue
        if digest not in entry.digests:
            edited.append(Generated(path, entry.template, entry.region))
    return Output(edited=tuple(edited))
