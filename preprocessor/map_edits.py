"""Views of and changes to an artifact map. Pure: a map in, a map out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from preprocessor.artifacts import ARTIFACT_KEY, REGION_ID, Version, is_image_id
from preprocessor.errors import InputError
from preprocessor.model import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.artifacts import Artifact, ArtifactMap


def select(found: ArtifactMap, names: Sequence[str], regions: Sequence[str]) -> ArtifactMap:
    """Return the map with only these artifacts (none: all) and only these regions (none: all).

    Raises:
        InputError: the map has no such artifact.
    """
    artifacts = dict(found.artifacts)
    if names:
        chosen = [found.look_up(name, None, Location(found.path))[0] for name in names]
        artifacts = {artifact.key: artifact for artifact in chosen}
    if regions:
        artifacts = {key: _narrow(artifact, regions) for key, artifact in artifacts.items()}
    return replace(found, artifacts=artifacts)


def _narrow(artifact: Artifact, regions: Sequence[str]) -> Artifact:
    versions = {
        name: replace(
            version, images={region: image for region, image in version.images.items() if region in regions}
        )
        for name, version in artifact.versions.items()
    }
    return replace(artifact, versions=versions)


@dataclass(frozen=True)
class Change:
    """A changed map, and a line for each thing that changed."""

    map: ArtifactMap
    lines: tuple[str, ...]


def set_images(
    found: ArtifactMap,
    name: str,
    assignments: Sequence[str],
    *,
    version: str | None = None,
    kind: str | None = None,
    make_default: bool = False,
) -> Change:
    """Return the map with images set by assignments such as `cn-beijing=m-2ze...`.

    An assignment without an image removes the region. `version` None means the artifact's default
    version, or `1` for a new artifact.

    Raises:
        InputError: an assignment, the artifact's name or the version is not what it must be.
    """
    known = found.find(name)
    key = known.key if known is not None else name
    wanted = version if version is not None else _usual_version(known)
    if not wanted:
        raise _usage("found an empty version", "expected a name, such as 2")
    if not ARTIFACT_KEY.fullmatch(key):
        raise _usage(f"found the artifact name {key!r}", "expected letters, digits, '_', '.' and '-'")
    old = known.versions.get(wanted) if known is not None else None
    images = dict(old.images) if old is not None else {}
    lines = []
    for assignment in assignments:
        region, mark, image = assignment.partition("=")
        if not mark or not REGION_ID.fullmatch(region):
            raise _usage(f"found {assignment!r}", "expected REGION=IMAGE, such as cn-beijing=m-2ze...")
        before = images.pop(region, None)
        if image:
            if not is_image_id(image):
                raise _usage(
                    f"found the image ID {image!r} for {region}",
                    "expected an image ID, such as m-2zexxxxxxxxxxxxxxxxx",
                )
            images[region] = image
        if before != (image or None):
            lines.append(f"{key} {wanted}: {region}: {before or 'none'} -> {image or 'none'}")
    base = old if old is not None else Version({}, origin="manual")
    changed = replace(base, images=images, kind=kind or base.kind)
    result = found.with_version(key, wanted, changed, default=True if make_default else None)
    return Change(result, tuple(lines))


def _usual_version(known: Artifact | None) -> str:
    """Return the version that is meant where none is named: the default, the only one, or a first one."""
    if known is None:
        return "1"
    if known.default is not None:
        return known.default
    return next(iter(known.versions)) if len(known.versions) == 1 else "1"


def _usage(message: str, help_: str) -> InputError:
    return InputError.of("invalid-usage", message, help_)
