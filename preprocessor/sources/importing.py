"""Bringing what a source found into the map. Pure: a map in, a map out, and a line for each region."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from preprocessor.artifacts import ARTIFACT_KEY, Version
from preprocessor.catalog import kind_of, region_of
from preprocessor.errors import InputError
from preprocessor.model import Kind
from preprocessor.schema import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preprocessor.artifacts import Artifact, ArtifactMap
    from preprocessor.sources.base import Found, FoundVersion


@dataclass(frozen=True)
class RegionChange:
    """One region of one version, before and after an import."""

    version: str
    region: str
    before: str | None
    after: str | None
    why: str = ""
    """Why it stays as it is, where the import says nothing about it."""

    @property
    def changed(self) -> bool:
        """Whether the import changes it."""
        return self.before != self.after


@dataclass(frozen=True)
class Import:
    """The result of an import: the map, and what happened to each region."""

    map: ArtifactMap
    artifact: str
    regions: tuple[RegionChange, ...]
    default_before: str | None
    default_after: str | None
    skipped: tuple[str, ...]
    notes: tuple[str, ...]


def bring_in(
    current: ArtifactMap,
    artifact: str,
    kind: str,
    found: Found,
    *,
    version: str | None = None,
    regions: Sequence[str] = (),
    replace_all: bool = False,
    make_default: bool = False,
) -> Import:
    """Return the map with what was found.

    Args:
        current: the map as it is.
        artifact: the artifact's name in the map, or its `artifact_id`.
        kind: which source it was; new versions say so as their origin.
        found: the source's answer.
        version: of several versions found, only this one; for one without a name, its name.
        regions: only these; none: all.
        replace_all: regions of the version that were not found go away; else they stay.
        make_default: make the newest version found the artifact's default.

    Raises:
        InputError: the artifact's name is none, or the version or a region was not found.
    """
    known = current.find(artifact)
    key = known.key if known is not None else artifact
    if not ARTIFACT_KEY.fullmatch(key):
        raise InputError.of(
            "invalid-usage", f"found the artifact name {key!r}", "expected letters, digits, '_', '.' and '-'"
        )
    chosen = _chosen(found, known, version, regions)
    default_before = known.default if known else None
    changes: list[RegionChange] = []
    for name, entry in chosen:
        old = known.versions.get(name) if known else None
        new = _version(entry, old, kind, replace_all)
        changes.extend(_changes(name, old, new, entry))
        current = current.with_version(key, name, new)
    newest = chosen[-1][0]
    if make_default or default_before is None:
        stored = current.artifacts[key].versions[newest]
        current = current.with_version(key, newest, stored, default=True)
    return Import(
        current,
        key,
        tuple(changes),
        default_before,
        current.artifacts[key].default,
        found.skipped,
        (*found.notes, *_strays(changes)),
    )


def _strays(changes: Sequence[RegionChange]) -> Iterator[str]:
    """Tell of IDs whose code belongs to another region, and of IDs that stand in two regions."""
    owners: dict[tuple[str, str], str] = {}
    for change in changes:
        if change.after is None or kind_of(change.after) is not Kind.CUSTOM:
            continue
        code = region_of(change.after)
        if code not in (None, change.region):
            yield (
                f"{change.region}: {change.after} looks like an image of {code}; `region-image map verify` "
                "tells whether it is there"
            )
        other = owners.setdefault((change.version, change.after), change.region)
        if other != change.region:
            yield f"{change.region}: {change.after} is the image of {other} too"


def _chosen(
    found: Found, known: Artifact | None, version: str | None, regions: Sequence[str]
) -> list[tuple[str, FoundVersion]]:
    """Return the versions to take, each with its name in the map."""
    if not found.versions:
        reasons = "; ".join(found.skipped)
        raise InputError.of("nothing-found", "the source has no version to import", reasons)
    fallback = version or (known.default if known else None) or "1"
    named = [(entry.name or fallback, entry) for entry in found.versions]
    if version is not None:
        wanted = [(name, entry) for name, entry in named if name == version]
        if not wanted:
            raise InputError.of(
                "unknown-version",
                f"the source has no version '{version}' to import",
                "; ".join([did_you_mean(version, [name for name, _ in named]), *found.skipped]),
            )
        named = wanted
    return [(name, _narrow(name, entry, regions)) for name, entry in named]


def _narrow(name: str, entry: FoundVersion, regions: Sequence[str]) -> FoundVersion:
    missing = [region for region in regions if region not in entry.images]
    if missing:
        raise InputError.of(
            "missing-region",
            f"version '{name}' of the source has no image in {', '.join(missing)}",
            f"it has {', '.join(sorted(entry.images))}",
        )
    if not regions:
        return entry
    return replace(entry, images={region: entry.images[region] for region in regions})


def _version(entry: FoundVersion, old: Version | None, kind: str, replace_all: bool) -> Version:
    kept: Mapping[str, str] = old.images if old is not None and not replace_all else {}
    return Version(
        images={**kept, **entry.images},
        kind=entry.kind,
        origin=kind if old is None or replace_all else old.origin,
        artifact_id=entry.artifact_id or (old.artifact_id if old else None),
        source=entry.source or (old.source if old and not replace_all else None),
        query=entry.query or (old.query if old and not replace_all else None),
    )


def _changes(name: str, old: Version | None, new: Version, entry: FoundVersion) -> list[RegionChange]:
    before = old.images if old else {}
    changes = []
    for region in sorted({*before, *new.images}):
        why = "" if region in entry.images else "the source has no image there"
        changes.append(RegionChange(name, region, before.get(region), new.images.get(region), why))
    return changes


def import_lines(result: Import, *, replace_all: bool) -> list[str]:
    """Return what changed and what did not, and why, as lines."""
    lines = []
    for version in dict.fromkeys(change.version for change in result.regions):
        head = f"{result.artifact} {version}"
        same = 0
        for change in (change for change in result.regions if change.version == version):
            if change.changed:
                after = change.after or f"removed ({change.why})"
                lines.append(f"{head}: {change.region}: {change.before or 'new'} -> {after}")
            elif change.why:
                stays = f"{change.before} stays: {change.why}"
                lines.append(
                    f"{head}: {change.region}: {stays}" + ("" if replace_all else " (--replace removes it)")
                )
            else:
                same += 1
        if same:
            lines.append(f"{head}: {same} {'region' if same == 1 else 'regions'} as before")
    lines.extend(f"left out: {reason}" for reason in result.skipped)
    if result.default_before != result.default_after:
        lines.append(
            f"{result.artifact}: default {result.default_before or 'none'} -> {result.default_after}"
        )
    elif all(change.version != result.default_after for change in result.regions):
        lines.append(f"{result.artifact}: the default stays {result.default_after} (--default changes it)")
    lines.extend(f"note: {text}" for text in result.notes)
    return lines
