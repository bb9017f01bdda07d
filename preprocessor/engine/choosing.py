"""Which templates a run is for, and which regions each is written for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.files import relative
from preprocessor.model import Finding, Location, Severity
from preprocessor.regions import choose_regions, images_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from preprocessor.engine.project import Listed, Project
    from preprocessor.engine.variant import Prepared


@dataclass(frozen=True, eq=False)
class Written:
    """A template with the regions it is written for."""

    listed: Listed
    prepared: Prepared
    regions: tuple[str, ...]


def select_templates(project: Project, templates: Sequence[str]) -> tuple[Listed, ...]:
    """Return the listed templates that `templates` name; a folder names those below it."""
    if not templates:
        return project.listed
    chosen: dict[str, Listed] = {}
    findings = []
    for name in templates:
        path = relative(name)
        found = [
            listed
            for listed in project.listed
            if listed.path == path or path == "." or listed.path.startswith(path + "/")
        ]
        if not found:
            known = ", ".join(listed.path for listed in project.listed[:8]) or "none"
            findings.append(
                Finding(
                    "invalid-bindings",
                    Severity.ERROR,
                    f"'{name}' is not among the templates of {project.bindings.path}",
                    f"list it there under 'templates'; listed: {known}",
                    Location(project.bindings.path),
                )
            )
        chosen.update((listed.path, listed) for listed in found)
    if findings:
        raise InputError(findings)
    return tuple(chosen[path] for path in sorted(chosen))


def entries_without_template(chosen: Sequence[Listed], read: Sequence[Listed]) -> Iterable[Finding]:
    """Tell of globs whose files all turned out to be no templates."""
    good = {id(listed.entry) for listed in read}
    entries = {id(listed.entry): listed.entry for listed in chosen if not listed.explicit}
    for key, entry in entries.items():
        if key not in good:
            yield Finding(
                "invalid-bindings",
                Severity.ERROR,
                f"none of the files that '{entry.path}' matches is a template",
                "correct the path, or remove the entry",
                entry.location,
            )


def choose_all(
    project: Project,
    found: Sequence[tuple[Listed, Prepared]],
    requested: Sequence[str],
    findings: list[Finding],
) -> tuple[list[Written], list[tuple[str, tuple[str, ...]]]]:
    """Choose the regions of each template; what stands against it goes into `findings`."""
    artifact_map = project.artifact_map
    targets = {bound.target for _, prepared in found for bound in prepared.bound}
    everywhere = sorted({region for target in targets for region in images_of(artifact_map, target)})
    written = []
    left_out = []
    for listed, prepared in found:
        own = listed.entry.regions if listed.entry.regions is not None else project.bindings.regions
        choice = choose_regions(listed.path, prepared.bound, own, requested, artifact_map, everywhere)
        findings.extend(choice.findings)
        if choice.left_out:
            left_out.append((listed.path, choice.left_out))
        if choice.regions:
            written.append(Written(listed, prepared, choice.regions))
        elif not choice.left_out and not prepared.findings and not project.findings:
            findings.append(_no_regions(listed))
    if requested and found and not written:
        findings.append(no_such_region(project, requested))
    return written, left_out


def _no_regions(listed: Listed) -> Finding:
    return Finding(
        "invalid-bindings",
        Severity.ERROR,
        f"'{listed.key}' has no regions: nothing in it is bound, and neither it nor the file lists regions",
        "add 'regions' to the file or to this entry, or name regions with -r",
        listed.entry.location,
    )


def no_such_region(project: Project, requested: Sequence[str]) -> Finding:
    """Return what to tell where no template is written for the regions asked for."""
    return Finding(
        "invalid-bindings",
        Severity.ERROR,
        f"no template is written for {', '.join(requested)}",
        "add the region to 'regions' in the binding file, or name another with -r",
        Location(project.bindings.path),
    )
