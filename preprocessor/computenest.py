"""The configuration of a Compute Nest project, `.computenest/config.yaml`, read as a binding file.

`ArtifactRelation` gives the bindings, by image; `TemplateConfigs` and `SupplierTemplateConfigs` give the
templates, with their regions; `Artifact` names the artifacts, with the regions they are in. The rest of the
file is the service's business, and is not looked at.

The file names no artifact map. It is `artifact-map.yaml` (or `.json`) in the project's folder, which holds
`.computenest`, or else in `.computenest` itself. Paths of templates are relative to the configuration;
variants are written below the project's folder.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import REGION_ID
from preprocessor.bindings import (
    DEFAULT_MAP,
    DEFAULT_OUTPUT,
    RULE,
    Bind,
    Bindings,
    Selector,
    TemplateEntry,
)
from preprocessor.errors import InputError
from preprocessor.files import posix
from preprocessor.model import Finding, Severity
from preprocessor.schema import did_you_mean
from preprocessor.syntax import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.model import Location
    from preprocessor.syntax import Document, Node

FOLDER = ".computenest"
IMAGE_TYPE = "EcsImage"

_METADATA = ("Service", "DeployMetadata")
_SUPPLIER = (*_METADATA, "SupplierDeployMetadata")
_RELATION = (*_SUPPLIER, "ArtifactRelation")
_TEMPLATES = ((*_METADATA, "TemplateConfigs"), (*_SUPPLIER, "SupplierTemplateConfigs"))
_REFERENCE = re.compile(r"\$\{\s*Artifact\.([^.}]+)\.(\w+)\s*\}")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def read_config(document: Document) -> Bindings:
    """Return the bindings of a project's configuration.

    Raises:
        InputError: `invalid-bindings`, each finding with its place.
    """
    reader = _Reader(document)
    artifacts = reader.artifacts()
    bind = tuple(reader.binds(artifacts))
    templates = tuple(reader.templates())
    if reader.findings:
        raise InputError(reader.findings)
    path = document.source.path
    base = _project_folder(path)
    return Bindings(
        path=path,
        base=base,
        map_path=_map_path(base, posixpath.dirname(path)),
        artifact_map_location=document.source.location(0),
        regions=None,
        output=DEFAULT_OUTPUT,
        output_location=document.source.location(0),
        bind=bind,
        templates=templates,
        fields_ros=MappingProxyType({}),
        fields_terraform=MappingProxyType({}),
        document=document,
        map_optional=True,
        declared=MappingProxyType({key: found.regions for key, found in artifacts.items()}),
    )


def _project_folder(path: str) -> str:
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) == FOLDER else folder


def _map_path(base: str, folder: str) -> str:
    """Return the path of the first map that there is, else of the one that there should be."""
    names = (DEFAULT_MAP, DEFAULT_MAP.replace(".yaml", ".json"))
    places = [posix(posixpath.join(place, name)) for place in dict.fromkeys((base, folder)) for name in names]
    return next((place for place in places if os.path.lexists(place)), places[0])


@dataclass(frozen=True)
class _Artifact:
    """An image artifact as the configuration has it."""

    id: str | None
    regions: tuple[str, ...]


class _Reader:
    """Reads the parts of a configuration, and collects what is wrong with them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def artifacts(self) -> dict[str, _Artifact]:
        """Return the image artifacts, by key."""
        found = {}
        for key, node in self.entries(("Artifact",)):
            if self.text(node, "ArtifactType") in (IMAGE_TYPE, None):
                found[key] = _Artifact(
                    self.text(node, "ArtifactId"), self.regions(node, "SupportRegionIds") or ()
                )
        return found

    def binds(self, artifacts: dict[str, _Artifact]) -> Iterator[Bind]:
        """Yield a binding for each image of the relation."""
        for image, node in self.entries(_RELATION):
            at = (*_RELATION, image)
            artifact = self.artifact(node, at, artifacts)
            if artifact is not None:
                version = self.text(node, "ArtifactVersion")
                yield Bind(
                    selector=Selector(image, None, self.document.find(at, key=True)),
                    artifact=artifact,
                    # A reference means the version of this very configuration: the artifact's default one.
                    version=None if version is None or "${" in version else version,
                    location=self.document.find((*at, "ArtifactId")),
                )

    def artifact(self, node: Node, at: tuple[str, ...], artifacts: dict[str, _Artifact]) -> str | None:
        """Return the artifact that a relation names: a key of this file, or an ID."""
        name = self.text(node, "ArtifactId")
        where = self.document.find((*at, "ArtifactId"))
        if not name:
            self.wrong(
                f"the image '{at[-1]}' has no ArtifactId", "expected ${Artifact.KEY.ArtifactId}", where
            )
            return None
        reference = _REFERENCE.fullmatch(name.strip())
        if reference is None:
            if "${" in name:
                self.wrong(
                    f"found '{name}'", "expected ${Artifact.KEY.ArtifactId} or an artifact's ID", where
                )
                return None
            return next((key for key, found in artifacts.items() if found.id == name), name)
        if reference[1] not in artifacts:
            self.wrong(
                f"this file has no artifact '{reference[1]}' of type {IMAGE_TYPE}",
                did_you_mean(reference[1], artifacts),
                where,
            )
            return None
        return reference[1]

    def templates(self) -> Iterator[TemplateEntry]:
        """Yield an entry for each template; several configurations of one file are one entry."""
        regions: dict[str, tuple[str, ...] | None] = {}
        places: dict[str, Location] = {}
        for path in _TEMPLATES:
            node = self.node(path)
            for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
                url = self.text(item, "Url")
                where = self.document.find((*path, index, "Url"))
                if url is None or _REMOTE.match(url) or url.startswith("/"):
                    found = "no Url" if url is None else f"the Url '{url}'"
                    self.wrong(f"found {found}", "expected a path relative to this file", where)
                    continue
                allowed = self.regions(item, "AllowedRegions")
                if url in regions:
                    before = regions[url]
                    both = None if before is None or allowed is None else (*before, *allowed)
                    regions[url] = tuple(dict.fromkeys(both)) if both is not None else None
                else:
                    regions[url], places[url] = allowed, where
        source = self.document.source.path
        base = _project_folder(source) or "."
        for url, allowed in regions.items():
            path_here = posix(os.path.relpath(posixpath.join(posixpath.dirname(source), url), base))
            yield TemplateEntry(path_here, "inline", allowed, (), (), places[url])

    def regions(self, node: Node, key: str) -> tuple[str, ...] | None:
        """Return the list of regions under `key`; None where there is none, or an empty one."""
        holder = node.target
        value = holder.get(key) if isinstance(holder, Mapping) else None
        target = value.target if value is not None else None
        if target is None or (isinstance(target, Scalar) and not target.value):
            return None
        if not isinstance(target, Sequence):
            self.wrong(
                f"found something else under '{key}'", "expected a list of region IDs", self.at(target)
            )
            return None
        found = []
        for item in target.items:
            one = item.target
            if isinstance(one, Scalar) and REGION_ID.fullmatch(one.value):
                found.append(one.value)
            else:
                name = f"'{one.value}'" if isinstance(one, Scalar) else "no string"
                self.wrong(
                    f"found {name} under '{key}'", "expected a region ID, such as cn-hangzhou", self.at(item)
                )
        return tuple(dict.fromkeys(found)) or None

    def entries(self, path: tuple[str, ...]) -> list[tuple[str, Node]]:
        node = self.node(path)
        return list(dict(node.entries()).items()) if isinstance(node, Mapping) else []

    def node(self, path: tuple[str, ...]) -> Any:
        """Return what stands at `path`, behind aliases, or None."""
        node: Node | None = self.document.root
        for key in path:
            holder = node.target if node is not None else None
            node = holder.get(key) if isinstance(holder, Mapping) else None
        return node.target if node is not None else None

    @staticmethod
    def text(node: Node, key: str) -> str | None:
        holder = node.target
        value = holder.get(key) if isinstance(holder, Mapping) else None
        target = value.target if value is not None else None
        return target.value if isinstance(target, Scalar) else None

    def at(self, node: Node) -> Location:
        return self.document.location(node)

    def wrong(self, message: str, help_: str, where: Location) -> None:
        self.findings.append(Finding(RULE, Severity.ERROR, message, help_, where))
