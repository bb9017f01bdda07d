"""Which properties are image fields, what sort of image a literal names, and where an ID belongs.

The facts are data in `preprocessor/data/`; nothing here lists a resource type or a region.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from preprocessor.files import read_bytes
from preprocessor.model import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ANY_ITEM = "[]"
"""Path segment: every item of a list."""

ANY_DEPTH = "**"
"""Path segment: any number of levels."""

_PATH_SEGMENT = re.compile(r"\[\]|[^.\[\]]+")
_CUSTOM = re.compile(r"m-([0-9a-z]{3})[0-9a-z]{17}")
_PUBLIC = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\.vhd")


@dataclass(frozen=True)
class FieldSpec:
    """One image field of a resource type: the way to it from the properties, and its role."""

    path: tuple[str, ...]
    """Keys, with `[]` after a list and `**` for any depth."""
    role: Role


@dataclass(frozen=True)
class Catalog:
    """The image fields by resource type, for ROS and for Terraform."""

    ros: Mapping[str, tuple[FieldSpec, ...]]
    terraform: Mapping[str, tuple[FieldSpec, ...]]
    ros_other: Mapping[str, tuple[FieldSpec, ...]]
    """Fields that look like image fields and are none: images of other products."""
    terraform_other: Mapping[str, tuple[FieldSpec, ...]]

    def with_fields(
        self, ros: Mapping[str, Iterable[str]], terraform: Mapping[str, Iterable[str]]
    ) -> Catalog:
        """Return the catalog with more deploy fields, given as paths by resource type."""
        if not ros and not terraform:
            return self
        return Catalog(
            _extended(self.ros, ros),
            _extended(self.terraform, terraform),
            self.ros_other,
            self.terraform_other,
        )


def split_path(path: str) -> tuple[str, ...]:
    """Return the segments of a property path such as `NodePools[].ScalingGroup.ImageId`."""
    return tuple(_PATH_SEGMENT.findall(path))


def _extended(
    known: Mapping[str, tuple[FieldSpec, ...]], more: Mapping[str, Iterable[str]]
) -> Mapping[str, tuple[FieldSpec, ...]]:
    merged = dict(known)
    for name, paths in more.items():
        # The user's word on a path comes before the catalog's.
        specs = {split_path(path): FieldSpec(split_path(path), Role.DEPLOY) for path in paths}
        kept = (spec for spec in known.get(name, ()) if spec.path not in specs)
        merged[name] = (*specs.values(), *kept)
    return MappingProxyType(merged)


def _data(name: str) -> Any:
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    return json.loads(read_bytes(os.path.join(folder, f"{name}.json")))


@cache
def _image_fields() -> Any:
    return _data("image-fields")


def _table(entries: Iterable[dict[str, str]]) -> Mapping[str, tuple[FieldSpec, ...]]:
    table: dict[str, list[FieldSpec]] = {}
    for entry in entries:
        role = Role(entry.get("role", "deploy"))
        table.setdefault(entry["type"], []).append(FieldSpec(split_path(entry["path"]), role))
    return MappingProxyType({name: tuple(specs) for name, specs in table.items()})


@cache
def load_catalog() -> Catalog:
    """Return the catalog that comes with the tool."""
    data = _image_fields()
    return Catalog(
        ros=_table(data["ros"]),
        terraform=_table(data["terraform"]),
        ros_other=_table(data["ros_other_images"]),
        terraform_other=_table(data["terraform_other_images"]),
    )


@cache
def _public_name() -> re.Pattern[str]:
    starts = "|".join(re.escape(start) for start in _image_fields()["public_name_starts"])
    return re.compile(rf"(?:{starts})(?:dows)?(?:$|[\d_.*\s-])", re.IGNORECASE)


def kind_of(value: str) -> Kind:
    """Return what sort of image the literal `value` names."""
    if _CUSTOM.fullmatch(value):
        return Kind.CUSTOM
    if _PUBLIC.fullmatch(value):
        return Kind.PUBLIC
    if "*" in value or _public_name().match(value):
        return Kind.NAME
    return Kind.PLACEHOLDER


@dataclass(frozen=True)
class Region:
    """An Alibaba Cloud region as far as it is known here."""

    id: str
    name_en: str
    name_zh: str
    status: str
    """`current`, `closing`, `closed`, `finance`, `gov` or `other`."""
    code: str | None
    """The three characters that resource IDs of this region start with, where they are known."""


@cache
def load_regions() -> Mapping[str, Region]:
    """Return the regions the tool knows, by ID. Others exist: this is never a reason to refuse one."""
    return MappingProxyType({entry["id"]: Region(**entry) for entry in _data("regions")["regions"]})


@cache
def _regions_by_code() -> Mapping[str, str]:
    return MappingProxyType({region.code: region.id for region in load_regions().values() if region.code})


def region_of(image: str) -> str | None:
    """Return the region that the code in a custom image's ID belongs to, or None where that is unknown.

    The code is a habit of the service, not a contract: good for a warning, no proof.
    """
    match = _CUSTOM.fullmatch(image)
    return _regions_by_code().get(match[1]) if match else None
