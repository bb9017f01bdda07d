"""What a run is going to do to an output tree."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.model import Finding, Location, Severity
from preprocessor.output.look import Guard, Standing, has_mode, may_replace, refusal, standing_at
from preprocessor.output.manifest import Entry, Manifest, read_manifest
from preprocessor.parallel import fork_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from preprocessor.compile import Content, Images

LEAST_FILES = 400
"""How many files make a further process worth its start."""


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
    narrowed: bool = False,
) -> WritePlan:
    """Look at everything that stands in `root` and decide what to write and what to remove.

    `in_scope` says which entries of the old manifest this run stands for: those that it does not
    produce again are removed, the others are kept. With `force` generated files that were edited by hand
    are overwritten and removed too; files that the tool did not generate never are. A `narrowed` run keeps
    what the manifest says of the inputs of others.

    Raises:
        InputError: the manifest cannot be read, or two variants have one path.
    """
    _refuse_duplicates(root, outputs)
    before = read_manifest(root)
    guard = Guard(root) if os.path.isdir(root) else None

    def look(part: Sequence[OutputFile]) -> list[tuple[str, Standing]]:
        return [(one.text.digest(one.images), standing_at(root, one.path, guard)) for one in part]

    findings: list[Finding] = []
    writes: list[OutputFile] = []
    unchanged: list[str] = []
    made: dict[str, Entry] = {}
    for output, (digest, standing) in zip(outputs, fork_map(look, outputs, jobs, LEAST_FILES), strict=True):
        made[output.path] = Entry((digest,), output.region, output.owner or output.template)
        problem = standing.problem
        known = before.files.get(output.path)
        # A file that happens to be the same is still not ours: it would be removed some day.
        if problem is None and standing.digest is not None and (known is None or standing.digest != digest):
            problem = may_replace(standing.digest, known, force)
        if problem is not None:
            findings.append(refusal(root, output.path, problem))
        elif standing.digest == digest and has_mode(root, output):
            unchanged.append(output.path)
        else:
            writes.append(output)
    stale = {path for path, entry in before.files.items() if path not in made and in_scope(entry)}
    removes = []
    for path in sorted(stale):
        standing = standing_at(root, path, guard)
        problem = standing.problem
        if problem is None and standing.digest is not None:
            problem = may_replace(standing.digest, before.files[path], force)
        if problem is not None:
            findings.append(refusal(root, path, problem))
        elif standing.digest is not None:
            removes.append(path)
    kept = {path: entry for path, entry in before.files.items() if path not in stale}
    after = Manifest({**kept, **made}, {**before.inputs, **inputs} if narrowed else inputs)
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
    for output in outputs:
        above = posixpath.dirname(output.path)
        while above and above not in counts:
            above = posixpath.dirname(above)
        if above:
            findings.append(
                Finding(
                    "invalid-bindings",
                    Severity.ERROR,
                    f"one variant would be written to {above}, which is the folder of another",
                    "tell them apart in 'output', for example with {{ region }} and {{ path }}",
                    Location(posixpath.join(root, output.path)),
                )
            )
    if findings:
        raise InputError(findings)
