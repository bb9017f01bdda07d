"""`computenest`: an artifact's versions in Compute Nest, live by its ID, or from a saved JSON response.

ListArtifactVersions (API version 2021-05-21) is the only call that returns the result of a distribution,
`ImageDelivery`: an object of region and image ID, in places an object or a string that holds one. Versions
that are not Available have no final result; the draft is taken only when asked for.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import ImageSource
from preprocessor.errors import InputError
from preprocessor.model import Location
from preprocessor.sources.base import RULE, Found, FoundVersion, Request
from preprocessor.sources.reading import Json, check_images, needed_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.distribution.client import Cloud

LIVE = True
FILE = True
OPTIONS: Mapping[str, str] = {
    "artifact_id": "the artifact's ID, to ask Compute Nest live",
    "draft": "take the draft too",
    "site": "china or international: where the service is, by the account's site",
    "profile": "whose credentials are used",
}

AVAILABLE = "Available"
DRAFT = "draft"
_PAGE = 100
_ARTIFACT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


def read(request: Request) -> Found:
    """Return the artifact's Available versions.

    Raises:
        InputError: the file is no such response, or a version has something else for images.
        CloudError: the artifact cannot be read.
    """
    artifact_id = request.options.get("artifact_id")
    notes: tuple[str, ...] = ()
    if request.file is None and artifact_id:
        where = Location(artifact_id)
        entries = _live(request, artifact_id)
    else:
        where = Location(needed_file(request.file, "computenest").path)
        entries, notes = _saved(request)
    versions: list[FoundVersion] = []
    skipped: list[str] = []
    for entry in sorted(entries, key=_age):
        name = str(entry.get("ArtifactVersion") or "")
        why = _why_not(entry, name, bool(request.options.get("draft")), artifact_id)
        images = {} if why else _delivery(entry, name, where)
        if why or not images:
            skipped.append(f"version {name or '(without a name)'}: {why or 'it has no images'}")
            continue
        kind, source = _origin(entry)
        versions.append(
            FoundVersion(
                images, name, kind, str(entry.get("ArtifactId") or artifact_id or "") or None, source
            )
        )
    ids = {version.artifact_id for version in versions}
    if len(ids) > 1:
        listed = ", ".join(sorted(str(one) for one in ids))
        raise InputError.of(
            RULE, f"these are versions of several artifacts: {listed}", "choose with --artifact-id", where
        )
    return Found(tuple(versions), tuple(skipped), notes)


def _live(request: Request, artifact_id: str) -> list[Mapping[str, Any]]:
    from preprocessor.distribution.client import run
    from preprocessor.distribution.endpoints import site_region

    if not _ARTIFACT_ID.fullmatch(artifact_id):
        raise InputError.of(
            "invalid-usage", f"found the artifact ID {artifact_id!r}", "expected artifact-..."
        )
    assert request.cloud is not None
    cloud = request.cloud(request.options.get("profile"))
    return run(_pages(cloud, site_region(request.options.get("site") or "china"), artifact_id))


async def _pages(cloud: Cloud, region: str, artifact_id: str) -> list[Mapping[str, Any]]:
    entries: list[Mapping[str, Any]] = []
    token: str | None = None
    while True:
        answer = await cloud.call(
            "computenestsupplier",
            "ListArtifactVersions",
            region,
            {"ArtifactId": artifact_id, "MaxResults": _PAGE, "NextToken": token},
        )
        entries.extend(entry for entry in answer.get("Artifacts") or () if isinstance(entry, dict))
        token = answer.get("NextToken") or None
        if token is None:
            return entries


def _saved(request: Request) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
    file = Json(needed_file(request.file, "computenest"))
    path: list[str | int] = []
    if isinstance(file.data, dict) and isinstance(file.data.get("body"), dict):
        path = ["body"]  # as the SDKs wrap a response
    what = "the JSON response of ListArtifactVersions"
    entries = file.get([*path, "Artifacts"], list, what)
    for index in range(len(entries)):
        file.get([*path, "Artifacts", index], dict, "a version")
    response = file.get(path, dict, what)
    total = response.get("TotalCount")
    notes: tuple[str, ...] = ()
    if response.get("NextToken"):
        of = f" of {total}" if total else ""
        notes = (f"the response is one page with {len(entries)}{of} versions: there are more",)
    return entries, notes


def _age(entry: Mapping[str, Any]) -> tuple[int, str]:
    """Order versions by number; the draft is the newest."""
    name = str(entry.get("ArtifactVersion") or "")
    if name == DRAFT:
        return (1 << 62, name)
    return (int(name) if name.isdigit() and len(name) < 18 else 0, name)


def _why_not(entry: Mapping[str, Any], name: str, draft: bool, artifact_id: str | None) -> str:
    kind = entry.get("ArtifactType")
    if artifact_id and entry.get("ArtifactId") not in (None, artifact_id):
        return f"it belongs to {entry.get('ArtifactId')}"
    if kind not in (None, "EcsImage"):
        return f"it is of the type {kind}, not an ECS image"
    if not name:
        return "it has no version"
    if name == DRAFT and not draft:
        return "it is the draft (--draft takes it)"
    if entry.get("Status") != AVAILABLE and not (name == DRAFT and draft):
        detail = entry.get("StatusDetail")
        return f"it is {entry.get('Status')}, not {AVAILABLE}" + (f": {detail}" if detail else "")
    return ""


def _delivery(entry: Mapping[str, Any], name: str, where: Location) -> dict[str, str]:
    """Return the version's images: an object, JSON in a string, or an object with that."""
    value = _decoded(entry.get("ImageDelivery"))
    if isinstance(value, dict) and len(value) == 1 and isinstance(_decoded(next(iter(value.values()))), dict):
        value = _decoded(next(iter(value.values())))
    if value in (None, "", {}):
        return {}
    if not isinstance(value, dict):
        raise InputError.of(
            RULE,
            f"version {name}: ImageDelivery is no map of region and image ID",
            "is the response complete?",
            where,
        )
    return check_images(value, where)


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _origin(entry: Mapping[str, Any]) -> tuple[str, ImageSource | None]:
    """Return the version's kind, and the image it was made from."""
    made = _decoded(entry.get("ArtifactProperty"))
    if not isinstance(made, dict):
        return "custom", None
    if made.get("CommodityCode"):
        return "marketplace", None
    region, image = made.get("RegionId"), made.get("ImageId")
    if isinstance(region, str) and isinstance(image, str):
        checked = check_images({region: image}, Location(""))
        return "custom", ImageSource(*next(iter(checked.items())))
    return "custom", None
