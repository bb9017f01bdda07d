"""The binding file: which image fields of which templates belong to which artifact."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from preprocessor import address
from preprocessor.errors import InputError
from preprocessor.files import posix, read_source
from preprocessor.model import Finding, Location, Severity
from preprocessor.schema import validate
from preprocessor.syntax import Mapping as MappingNode
from preprocessor.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from preprocessor.model import Source
    from preprocessor.syntax import Document, Node

RULE = "invalid-bindings"
DEFAULT_FILE = "image-bindings.yaml"
COMPUTE_NEST_FILE = ".computenest/config.yaml"
DEFAULT_MAP = "artifact-map.yaml"
DEFAULT_OUTPUT = "dist/{{ region }}/{{ path }}"

_EXPRESSION = re.compile(r"\{[{%#]")


@dataclass(frozen=True)
class Selector:
    """Which image fields are meant: by their value (`image`) or by their address (`field`)."""

    image: str | None
    field: str | None
    location: Location

    def __str__(self) -> str:
        return f"image: {self.image}" if self.field is None else f"field: {self.field}"


@dataclass(frozen=True)
class Bind:
    """The link from a selector's image fields to an artifact."""

    selector: Selector
    artifact: str
    version: str | None
    location: Location
    """Where the artifact is named."""


@dataclass(frozen=True)
class Ignore:
    """Image fields that are meant to stay as they are, and why."""

    selector: Selector
    reason: str


@dataclass(frozen=True)
class TemplateEntry:
    """One entry under `templates`: a file, a glob, or a module's folder."""

    path: str
    style: str
    regions: tuple[str, ...] | None
    bind: tuple[Bind, ...]
    ignore: tuple[Ignore, ...]
    location: Location


@dataclass(frozen=True)
class Bindings:
    """A binding file as read. Paths in it are relative to the folder `base`."""

    path: str
    base: str
    map_path: str
    """The artifact map as it can be opened."""
    artifact_map_location: Location
    regions: tuple[str, ...] | None
    output: str
    output_location: Location
    bind: tuple[Bind, ...]
    templates: tuple[TemplateEntry, ...]
    fields_ros: Mapping[str, Sequence[str]]
    fields_terraform: Mapping[str, Sequence[str]]
    document: Document
    """The file itself."""
    map_optional: bool = False
    """Whether the map may be missing: a Compute Nest project names none."""
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Artifacts that the file itself declares, with the regions it says they are in (none: not said)."""


def find_bindings() -> str:
    """Return the path of the binding file of the current directory.

    It is `image-bindings.yaml`, or else the configuration of a Compute Nest project where there is one.
    """
    compute_nest = not os.path.lexists(DEFAULT_FILE) and os.path.lexists(COMPUTE_NEST_FILE)
    return COMPUTE_NEST_FILE if compute_nest else DEFAULT_FILE


def output_folder(pattern: str) -> str:
    """Return the folder that an `output` pattern names before its first expression: the output root."""
    return _EXPRESSION.split(pattern, maxsplit=1)[0].rpartition("/")[0]


def load_bindings(path: str) -> Bindings:
    """Read the binding file at `path`.

    Raises:
        InputError: the file cannot be read, or is no valid binding file; each finding with its place.
    """
    return read_bindings(read_source(path))


def read_bindings(source: Source) -> Bindings:
    """Return the bindings in `source`.

    Raises:
        InputError: `syntax-error` or `invalid-bindings`, each with its place.
    """
    document = parse(source)
    if is_compute_nest(document.root):
        from preprocessor.computenest import read_config

        return read_config(document)
    data = validate(document, "image-bindings", RULE)
    reader = _Reader(document)
    fields = data.get("fields", {})
    base = os.path.dirname(source.path)
    bindings = Bindings(
        path=source.path,
        base=base,
        map_path=posix(os.path.join(base, data["artifact_map"])),
        artifact_map_location=document.find(("artifact_map",)),
        regions=_regions(data),
        output=data.get("output", DEFAULT_OUTPUT),
        output_location=document.find(("output",)),
        bind=reader.binds(data, ()),
        templates=tuple(
            reader.template(entry, ("templates", index)) for index, entry in enumerate(data["templates"])
        ),
        fields_ros=MappingProxyType(fields.get("ros", {})),
        fields_terraform=MappingProxyType(fields.get("terraform", {})),
        document=document,
    )
    if reader.findings:
        raise InputError(reader.findings)
    return bindings


def is_compute_nest(root: Node | None) -> bool:
    """Return whether the document with this root is the configuration of a Compute Nest project."""
    if not isinstance(root, MappingNode) or root.get("artifact_map") is not None:
        return False
    return root.get("Service") is not None or root.get("Artifact") is not None


def _regions(data: dict[str, Any]) -> tuple[str, ...] | None:
    regions = data.get("regions")
    return tuple(regions) if regions is not None else None


class _Reader:
    """Turns validated data into dataclasses, with places, and collects what the schema cannot say."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def template(self, data: dict[str, Any], at: tuple[str | int, ...]) -> TemplateEntry:
        return TemplateEntry(
            path=data["path"],
            style=data.get("style", "inline"),
            regions=_regions(data),
            bind=self.binds(data, at),
            ignore=tuple(
                Ignore(self.selector(entry, (*at, "ignore", index)), entry["reason"])
                for index, entry in enumerate(data.get("ignore", ()))
            ),
            location=self.document.find((*at, "path")),
        )

    def binds(self, data: dict[str, Any], at: tuple[str | int, ...]) -> tuple[Bind, ...]:
        return tuple(
            Bind(
                selector=self.selector(entry, (*at, "bind", index)),
                artifact=entry["artifact"],
                version=entry.get("version"),
                location=self.document.find(
                    (*at, "bind", index, "version" if "version" in entry else "artifact")
                ),
            )
            for index, entry in enumerate(data.get("bind", ()))
        )

    def selector(self, data: dict[str, Any], at: tuple[str | int, ...]) -> Selector:
        field = data.get("field")
        location = self.document.find((*at, "image" if field is None else "field"))
        if field is not None:
            try:
                address.split(field)
            except address.AddressError as error:
                self.findings.append(
                    Finding(
                        RULE,
                        Severity.ERROR,
                        f"'{field}' is no address: {error}",
                        "write it as scan prints it, such as Resources.Web.Properties.ImageId",
                        location,
                    )
                )
        return Selector(data.get("image"), field, location)
