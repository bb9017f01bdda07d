"""What differs between two artifact maps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.artifacts import Artifact, ArtifactMap


@dataclass(frozen=True, order=True)
class ImageChange:
    """One region of one version whose image differs; None where there is none."""

    artifact: str
    version: str
    region: str
    before: str | None
    after: str | None


@dataclass(frozen=True, order=True)
class DefaultChange:
    """An artifact whose default version differs; None where there is none."""

    artifact: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class MapChanges:
    """Everything that differs, sorted."""

    images: tuple[ImageChange, ...]
    defaults: tuple[DefaultChange, ...]

    def __bool__(self) -> bool:
        return bool(self.images or self.defaults)


def compare(old: ArtifactMap, new: ArtifactMap) -> MapChanges:
    """Return what differs between two maps: images by artifact, version and region, and defaults."""
    names = sorted({*old.artifacts, *new.artifacts})
    images: list[ImageChange] = []
    defaults: list[DefaultChange] = []
    for name in names:
        before, after = old.artifacts.get(name), new.artifacts.get(name)
        images.extend(_images(name, before, after))
        old_default, new_default = (one.default if one else None for one in (before, after))
        if old_default != new_default:
            defaults.append(DefaultChange(name, old_default, new_default))
    return MapChanges(tuple(images), tuple(defaults))


def _images(name: str, before: Artifact | None, after: Artifact | None) -> Iterator[ImageChange]:
    old = {v: version.images for v, version in before.versions.items()} if before else {}
    new = {v: version.images for v, version in after.versions.items()} if after else {}
    for version in sorted({*old, *new}):
        was, now = old.get(version, {}), new.get(version, {})
        for region in sorted({*was, *now}):
            if was.get(region) != now.get(region):
                yield ImageChange(name, version, region, was.get(region), now.get(region))
