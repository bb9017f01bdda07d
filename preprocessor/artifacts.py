"""The artifact map: artifact -> version -> region -> image ID, read, changed and saved."""

from __future__ import annotations

import io
import json
import os
import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from preprocessor.errors import InputError
from preprocessor.files import mode_of, read_source, reason, write_atomic
from preprocessor.model import Finding, Location, Severity, Source
from preprocessor.schema import did_you_mean, validate
from preprocessor.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.syntax import Document

IMAGE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,127}")
"""What an image ID may be (`fullmatch`); nothing of it needs quoting in YAML, JSON or HCL strings."""

_YAML_WORDS = frozenset(["y", "yes", "n", "no", "true", "false", "on", "off", "null"])
"""Not image IDs, though they match the pattern: unquoted in YAML they would not be strings."""

ARTIFACT_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
"""What an artifact's name may be (`fullmatch`)."""

REGION_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
"""What a region ID may be (`fullmatch`)."""

RULE = "invalid-map"


@dataclass(frozen=True)
class ImageSource:
    """The image that the others of a version were made from."""

    region: str
    image: str


@dataclass(frozen=True)
class Version:
    """One version of an artifact: its image ID in each region."""

    images: Mapping[str, str]
    kind: str = "custom"
    origin: str | None = None
    artifact_id: str | None = None
    source: ImageSource | None = None
    query: Mapping[str, str] | None = None
    """How the images were found, for those that were looked up."""


@dataclass(frozen=True)
class Artifact:
    """A named image product with versions."""

    key: str
    versions: Mapping[str, Version]
    default: str | None = None


@dataclass(frozen=True, eq=False)
class ArtifactMap:
    """The stored result of the distribution stage. `document` is None for a map that is no file yet."""

    path: str
    artifacts: Mapping[str, Artifact] = field(default_factory=lambda: MappingProxyType({}))
    document: Document | None = None

    def location(self, *path: str, key: bool = False) -> Location:
        """Return where the entry at `path`, below `artifacts`, stands in the file."""
        if self.document is None:
            return Location(self.path)
        return self.document.find(("artifacts", *path), key=key)

    def find(self, name: str) -> Artifact | None:
        """Return the artifact whose key is `name`, or else the one that has `name` as an `artifact_id`."""
        if name in self.artifacts:
            return self.artifacts[name]
        for artifact in self.artifacts.values():
            if any(version.artifact_id == name for version in artifact.versions.values()):
                return artifact
        return None

    def look_up(self, name: str, version: str | None, at: Location) -> tuple[Artifact, str]:
        """Return the artifact `name` and the version meant by `version` (None: the default one).

        Raises:
            InputError: `unknown-artifact` or `unknown-version`, at the place `at` that asks for it.
        """
        artifact = self.find(name)
        if artifact is None:
            raise InputError.of(
                "unknown-artifact",
                f"the artifact map {self.path} has no artifact '{name}'",
                did_you_mean(name, self.artifacts)
                + f"; add it with: region-image map set {name} REGION=IMAGE",
                at,
            )
        wanted = version if version is not None else artifact.default
        if wanted is None:
            if len(artifact.versions) == 1:
                return artifact, next(iter(artifact.versions))
            raise InputError.of(
                "unknown-version",
                f"artifact '{artifact.key}' has the versions {', '.join(artifact.versions)} and no default",
                f"name a version here, or add a default to the artifact in {self.path}",
                at,
            )
        if wanted not in artifact.versions:
            raise InputError.of(
                "unknown-version",
                f"artifact '{artifact.key}' has no version '{wanted}' in {self.path}",
                did_you_mean(wanted, artifact.versions),
                at,
            )
        return artifact, wanted

    def with_version(
        self, key: str, name: str, version: Version, *, default: bool | None = None
    ) -> ArtifactMap:
        """Return the map with `version` stored as `name` of the artifact `key`.

        The first version of an artifact becomes its default; `default` says so for a later one.
        """
        old = self.artifacts.get(key, Artifact(key, {}))
        make_default = default if default is not None else not old.versions
        artifact = Artifact(key, {**old.versions, name: version}, name if make_default else old.default)
        return replace(self, artifacts={**self.artifacts, key: artifact})


def read_map(source: Source) -> ArtifactMap:
    """Return the artifact map in `source`.

    Raises:
        InputError: `syntax-error` or `invalid-map`, each with its place.
    """
    document = parse(source)
    data = validate(document, "artifact-map", RULE)
    artifacts = {key: _artifact(key, value) for key, value in data["artifacts"].items()}
    found = ArtifactMap(source.path, artifacts, document)
    findings = [*_unknown_defaults(found), *_shared_ids(found), *_yaml_words(found)]
    if findings:
        raise InputError(findings)
    return found


def load_map(path: str) -> ArtifactMap:
    """Read the artifact map at `path`.

    Raises:
        InputError: the file cannot be read, or is no valid map.
    """
    return read_map(read_source(path))


def _artifact(key: str, data: dict[str, Any]) -> Artifact:
    versions = {name: _version(value) for name, value in data["versions"].items()}
    return Artifact(key, versions, data.get("default"))


def _version(data: dict[str, Any]) -> Version:
    source = data.get("source")
    return Version(
        images=data["images"],
        kind=data.get("kind", "custom"),
        origin=data.get("origin"),
        artifact_id=data.get("artifact_id"),
        source=ImageSource(source["region"], source["image"]) if source else None,
        query=data.get("query"),
    )


def _unknown_defaults(found: ArtifactMap) -> list[Finding]:
    return [
        Finding(
            RULE,
            Severity.ERROR,
            f"the default of artifact '{key}' is version '{artifact.default}', which it does not have",
            did_you_mean(artifact.default, artifact.versions),
            found.location(key, "default"),
        )
        for key, artifact in found.artifacts.items()
        if artifact.default is not None and artifact.default not in artifact.versions
    ]


def _yaml_words(found: ArtifactMap) -> list[Finding]:
    return [
        Finding(
            RULE,
            Severity.ERROR,
            f"found the image ID '{image}', which YAML reads as something else",
            "expected an image ID, such as m-bp1xxxxxxxxxxxxxxxxx",
            found.location(key, "versions", name, "images", region),
        )
        for key, artifact in found.artifacts.items()
        for name, version in artifact.versions.items()
        for region, image in version.images.items()
        if image.lower() in _YAML_WORDS
    ]


def _shared_ids(found: ArtifactMap) -> list[Finding]:
    """An artifact is found by its `artifact_id` too, so two artifacts cannot have the same one."""
    owners: dict[str, str] = {}
    findings = []
    for key, artifact in found.artifacts.items():
        for name, version in artifact.versions.items():
            if version.artifact_id is None:
                continue
            owner = owners.setdefault(version.artifact_id, key)
            if owner != key:
                findings.append(
                    Finding(
                        RULE,
                        Severity.ERROR,
                        f"artifact_id '{version.artifact_id}' belongs to the artifact '{owner}' too",
                        "an artifact_id belongs to one artifact",
                        found.location(key, "versions", name, "artifact_id"),
                    )
                )
    return findings


def map_data(found: ArtifactMap) -> dict[str, Any]:
    """Return the map as plain data, keys sorted, entries without a value left out."""
    return {
        "version": 1,
        "artifacts": {key: _artifact_data(artifact) for key, artifact in sorted(found.artifacts.items())},
    }


def _artifact_data(artifact: Artifact) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if artifact.default is not None:
        data["default"] = artifact.default
    data["versions"] = {name: _version_data(artifact.versions[name]) for name in sorted(artifact.versions)}
    return data


def _version_data(version: Version) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": version.kind}
    if version.origin is not None:
        data["origin"] = version.origin
    if version.artifact_id is not None:
        data["artifact_id"] = version.artifact_id
    if version.source is not None:
        data["source"] = {"region": version.source.region, "image": version.source.image}
    if version.query:
        data["query"] = dict(sorted(version.query.items()))
    data["images"] = dict(sorted(version.images.items()))
    return data


def dump_map(found: ArtifactMap) -> bytes:
    """Return the map as it is saved: JSON where its path ends in `.json`, else YAML.

    The comments of a YAML map that was read from a file stay.
    """
    data = map_data(found)
    if found.path.endswith(".json"):
        return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    yaml = YAML(typ="rt")
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    source = found.document.source if found.document is not None else None
    crlf = source is not None and "\r\n" in source.text
    tree: Any = yaml.load(source.text.replace("\r\n", "\n")) if source is not None else {}
    for artifact in data["artifacts"].values():
        if "default" in artifact:
            artifact["default"] = DoubleQuotedScalarString(artifact["default"])
        artifact["versions"] = {
            DoubleQuotedScalarString(name): version for name, version in artifact["versions"].items()
        }
    stream = io.StringIO()
    yaml.dump(_merge(tree, data) if tree else data, stream)
    text = stream.getvalue()
    if source is None:
        return text.encode("utf-8")
    if map_data(read_map(Source(source.path, text))) != map_data(found):
        raise InputError.of(
            RULE,
            "anchors or merges in this file tie entries together, and only one of them is to change",
            "write the values out, without & and *",
            found.path,
        )
    return source.encode(text.replace("\n", "\r\n") if crlf else text)


def _merge(tree: Any, data: dict[str, Any]) -> Any:
    """Bring the round-trip `tree`, with its comments, to the content of `data`; new keys go in sorted."""
    for key in [key for key in tree if key not in data]:
        del tree[key]
    rank = {key: index for index, key in enumerate(data)}
    for key, value in data.items():
        if key not in tree:
            later = (index for index, known in enumerate(tree) if rank[known] > rank[key])
            tree.insert(next(later, len(tree)), key, value)
        elif isinstance(value, dict):
            tree[key] = _merge(tree[key], value)
        elif tree[key] != value:
            tree[key] = value
    return tree


def save_map(found: ArtifactMap) -> bool:
    """Write the map to its path, atomically and durably; return whether the file changed.

    Raises:
        InputError: the file cannot be written; what stood there is as it was.
    """
    data = dump_map(found)
    if found.document is not None and found.document.source.encode(found.document.source.text) == data:
        return False
    try:
        # A link stays a link, and a file keeps its permissions.
        path = os.path.realpath(found.path)
        mode = mode_of(path) if os.path.exists(path) else None
        write_atomic(path, data, durable=True, mode=mode)
    except OSError as error:
        raise InputError.of(
            "file-error", f"cannot write: {reason(error)}", "check the path and its permissions", found.path
        ) from error
    return True


def open_map(path: str) -> ArtifactMap:
    """Read the map at `path` to change it; a file that is not there yet is an empty map.

    Raises:
        InputError: the file cannot be read, or is no valid map.
    """
    return load_map(path) if os.path.lexists(path) else ArtifactMap(path)


def is_image_id(text: str) -> bool:
    """Return whether `text` may enter a template as an image ID."""
    return IMAGE_ID.fullmatch(text) is not None and text.lower() not in _YAML_WORDS
