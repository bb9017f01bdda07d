"""The table of sources, and those that installed packages add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.schema import did_you_mean
from preprocessor.sources import (
    aliyun_img_utils,
    computenest,
    cosa,
    csv_file,
    ecs_images,
    packer,
    terraform_output,
    terraform_state,
)

if TYPE_CHECKING:
    from preprocessor.sources.base import Source

ENTRY_POINTS = "region_image.sources"

SOURCES: dict[str, Source] = {
    "aliyun-img-utils": aliyun_img_utils,
    "computenest": computenest,
    "cosa": cosa,
    "csv": csv_file,
    "ecs": ecs_images,
    "packer": packer,
    "terraform-output": terraform_output,
    "terraform-state": terraform_state,
}


def find_source(kind: str) -> Source:
    """Return the source called `kind`: of the table, or else of an installed package.

    Raises:
        InputError: `unknown-source`: there is none, or the package that has it does not work.
    """
    if kind in SOURCES:
        return SOURCES[kind]
    from importlib.metadata import entry_points

    added = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if kind not in added:
        raise InputError.of(
            "unknown-source", f"there is no source '{kind}'", did_you_mean(kind, {*SOURCES, *added})
        )
    try:
        loaded = added[kind].load()
    except Exception as error:
        raise InputError.of(
            "unknown-source",
            f"the source '{kind}' of an installed package cannot be loaded: {error}",
            "reinstall or remove the package",
        ) from error
    if not callable(getattr(loaded, "read", None)) or not isinstance(getattr(loaded, "OPTIONS", None), dict):
        raise InputError.of(
            "unknown-source",
            f"the source '{kind}' of an installed package is no source",
            "it needs LIVE, FILE, OPTIONS and read(request); see preprocessor.sources.base",
        )
    found: Source = loaded
    return found
