"""The artifact map as text for people and as data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import map_data
from preprocessor.catalog import load_regions

if TYPE_CHECKING:
    from preprocessor.artifacts import ArtifactMap


def map_content(found: ArtifactMap) -> dict[str, Any]:
    """Return the `artifacts` of a map as data."""
    return {"artifacts": map_data(found)["artifacts"]}


def map_text(found: ArtifactMap) -> str:
    """Return the map with a line for each image."""
    known = load_regions()
    blocks = []
    for key, artifact in sorted(found.artifacts.items()):
        for name, version in sorted(artifact.versions.items()):
            facts = [version.kind, *([f"from {version.origin}"] if version.origin else [])]
            facts += ["default"] if name == artifact.default else []
            facts += [version.artifact_id] if version.artifact_id else []
            lines = [f"{key} {name}  ({', '.join(facts)})"]
            if version.source:
                lines.append(f"  source: {version.source.image} in {version.source.region}")
            width = max((len(region) for region in version.images), default=0)
            image_width = max((len(image) for image in version.images.values()), default=0)
            for region, image in sorted(version.images.items()):
                title = known[region].name_en if region in known else ""
                lines.append(f"  {region.ljust(width)}  {image.ljust(image_width)}  {title}".rstrip())
            if not version.images:
                lines.append("  no images yet")
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks) or "the map has no artifacts"
