"""For which regions a template is written, and which of its artifacts lack one of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.model import Location
    from preprocessor.plan import ArtifactVersion, Plan


@dataclass(frozen=True, eq=False)
class RegionChoice:
    """The regions a template is written for, and what stands against it."""

    regions: tuple[str, ...]
    left_out: tuple[str, ...]
    """Regions that were asked for and that the template's `regions` leave out."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Bound:
    """An artifact version that a template takes images from, and where it is bound."""

    target: ArtifactVersion
    location: Location


def bound_in(plan: Plan) -> tuple[Bound, ...]:
    """Return the artifact versions bound in a template, each once, sorted."""
    found = {replacement.target: replacement.bind.location for replacement in reversed(plan.replacements)}
    return tuple(Bound(target, found[target]) for target in sorted(found))


def choose_regions(
    path: str,
    bound: Sequence[Bound],
    listed: Sequence[str] | None,
    requested: Sequence[str],
    artifact_map: ArtifactMap,
    fallback: Sequence[str] = (),
) -> RegionChoice:
    """Return the regions to write the template at `path` for, sorted.

    They are those `listed` (by the template's entry, or else by the binding file), else every region that
    an artifact bound in the template has, else `fallback`; `requested` narrows them, or stands in for them
    where no list is written down. Each bound artifact must have every one of them.
    """
    left_out: tuple[str, ...] = ()
    if listed is not None:
        regions = [region for region in listed if not requested or region in requested]
        left_out = tuple(sorted(set(requested) - set(listed)))
    elif requested:
        regions = list(requested)
    else:
        regions = [region for one in bound for region in images_of(artifact_map, one.target)]
        regions = regions or list(fallback)
    chosen = tuple(sorted(set(regions)))
    return RegionChoice(chosen, left_out, tuple(_missing(path, bound, chosen, artifact_map)))


def images_of(artifact_map: ArtifactMap, target: ArtifactVersion) -> Mapping[str, str]:
    """Return the image IDs of an artifact version, by region."""
    return artifact_map.artifacts[target.artifact].versions[target.version].images


def _missing(
    path: str, bound: Sequence[Bound], regions: Sequence[str], artifact_map: ArtifactMap
) -> Iterable[Finding]:
    for one in bound:
        images = images_of(artifact_map, one.target)
        missing = [region for region in regions if region not in images]
        if missing:
            has = ", ".join(sorted(images)) or "none"
            yield Finding(
                "missing-region",
                Severity.ERROR,
                f"{one.target} has no image for {', '.join(missing)}, which {path} is written for; "
                f"the regions it has: {has}",
                f"add the image with: region-image map set {one.target.artifact} "
                f"--artifact-version {one.target.version} {missing[0]}=IMAGE, "
                "or leave the region out under 'regions'",
                one.location,
            )
