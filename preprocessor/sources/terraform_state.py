"""`terraform-state`: a raw state (version 4) with `alicloud_image_copy` resources.

An instance's attribute `id` is the new image; the target region is the provider's and no attribute of the
resource. It comes from `--provider-region`, or else from the `provider "alicloud"` blocks beside the state,
or else from an instance's key where that is a region. A state holds secrets: nothing but the attributes
needed is looked at, and none of the text is ever shown.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import REGION_ID, ImageSource
from preprocessor.errors import InputError
from preprocessor.sources.base import Found, FoundVersion, Request
from preprocessor.sources.reading import Json, needed_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preprocessor.sources.reading import Path

LIVE = False
FILE = True
OPTIONS: Mapping[str, str] = {
    "provider_region": "ALIAS=REGION: the region of a provider alias; =REGION for the one without an alias",
    "resource": "the address of the resource, such as alicloud_image_copy.web",
}

TYPE = "alicloud_image_copy"
_ALIAS = re.compile(r'^provider\["[^"]*/alicloud"\](?:\.(?P<alias>.+))?$')


def read(request: Request) -> Found:
    """Return the copies in the state, and the source they were made from.

    Raises:
        InputError: the file is no state, has no copies, or a copy's region cannot be told.
    """
    source = needed_file(request.file, "terraform-state")
    file = Json(source, secret=True)
    if not isinstance(file.data, dict) or file.data.get("version") != 4 or "resources" not in file.data:
        raise file.error(
            [],
            "this is no raw Terraform state of version 4",
            "use the state file or `terraform state pull`; `terraform show -json` has no regions",
        )
    regions = {**_configured(os.path.dirname(source.path) or "."), **_given(request)}
    copies = list(_copies(file, request.options.get("resource")))
    if not copies:
        raise file.error(["resources"], f"there is no {TYPE}", "did the copies run in another state?")
    pairs: list[tuple[object, object, Path]] = []
    sources: dict[ImageSource, None] = {}
    for path, provider, key, attributes in copies:
        region = _region(provider, key, regions)
        if region is None:
            raise file.error(
                path,
                f"the region of a copy cannot be told (provider alias '{_alias(provider)}')",
                f"name it: --provider-region {_alias(provider)}=cn-shanghai",
            )
        pairs.append((region, attributes.get("id"), path))
        from_region, from_image = attributes.get("source_region_id"), attributes.get("source_image_id")
        if isinstance(from_region, str) and isinstance(from_image, str):
            sources[ImageSource(from_region, from_image)] = None
            pairs.append((from_region, from_image, path))
    if len(sources) > 1:
        listed = ", ".join(f"{one.region}/{one.image}" for one in sources)
        raise file.error(
            ["resources"], f"the copies have several sources: {listed}", "choose one with --resource"
        )
    return Found((FoundVersion(file.images(pairs), source=next(iter(sources), None)),))


def _copies(file: Json, wanted: str | None) -> Iterator[tuple[Path, str, object, Mapping[str, Any]]]:
    """Yield each copy: its place, its provider, its key and its attributes."""
    resources = file.get(["resources"], list, "a list of resources")
    for number, resource in enumerate(resources):
        if (
            not isinstance(resource, dict)
            or resource.get("type") != TYPE
            or resource.get("mode") != "managed"
        ):
            continue
        address = ".".join(filter(None, [resource.get("module"), TYPE, str(resource.get("name"))]))
        if wanted not in (None, address):
            continue
        instances = file.get(["resources", number, "instances"], list, "a list of instances")
        for index, instance in enumerate(instances):
            path: Path = ["resources", number, "instances", index]
            attributes = file.get([*path, "attributes"], dict, "the attributes of an instance")
            yield path, str(resource.get("provider")), instance.get("index_key"), attributes


def _alias(provider: str) -> str:
    match = _ALIAS.match(provider)
    return (match["alias"] or "") if match else ""


def _region(provider: str, key: object, regions: Mapping[str, str]) -> str | None:
    known = regions.get(_alias(provider))
    if known:
        return known
    return key if isinstance(key, str) and REGION_ID.fullmatch(key) else None


def _given(request: Request) -> dict[str, str]:
    """Return the regions by alias that `--provider-region` names."""
    found: dict[str, str] = {}
    for text in request.options.get("provider_region") or ():
        alias, mark, region = text.partition("=")
        if not mark or not REGION_ID.fullmatch(region):
            raise InputError.of(
                "invalid-usage",
                f"found {text!r} for --provider-region",
                "expected ALIAS=REGION, such as sh=cn-shanghai",
            )
        found[alias] = region
    return found


def _configured(folder: str) -> dict[str, str]:
    """Return the regions by alias of the provider blocks in the folder; what cannot be read says nothing."""
    from preprocessor.files import read_source

    found: dict[str, str] = {}
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".tf"))
    except OSError:
        return found
    for name in names:
        try:
            text = read_source(os.path.join(folder, name)).text
        except InputError:
            continue
        if "provider" in text:
            found.update(_providers(text))
    return found


def _providers(text: str) -> dict[str, str]:
    import hcl2

    try:
        blocks = hcl2.loads(text).get("provider", [])
    except Exception:  # noqa: BLE001 - the parser raises its library's errors; a broken file says nothing here
        return {}
    found: dict[str, str] = {}
    for block in blocks:
        body = block.get('"alicloud"') or block.get("alicloud")
        if isinstance(body, dict):
            region = str(body.get("region", "")).strip('"')
            if REGION_ID.fullmatch(region):
                found[str(body.get("alias", "")).strip('"')] = region
    return found
