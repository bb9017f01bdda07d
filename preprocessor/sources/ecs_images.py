"""`ecs`: the newest image of a family or of a name in each region, live, and pinned into the map.

The map then holds IDs, not the query: nothing changes until the import is run again, and the query is told
in the map so that anybody can see how the images were found.
"""

from __future__ import annotations

import asyncio
import fnmatch
from typing import TYPE_CHECKING

from preprocessor.distribution import ecs
from preprocessor.errors import InputError, RefusedError
from preprocessor.model import Finding, Location, Severity
from preprocessor.sources.base import Found, FoundVersion, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from preprocessor.distribution.client import Cloud
    from preprocessor.distribution.ecs import Image

LIVE = True
FILE = False
OPTIONS: Mapping[str, str] = {
    "family": "the image family",
    "name": "the image's name; * stands for anything",
    "owner": "self (the default), others, system or marketplace",
    "architecture": "x86_64 (the default), arm64 or i386",
    "profile": "whose credentials are used",
}


def read(request: Request) -> Found:
    """Return the newest Available image of each region.

    Raises:
        InputError: neither a family nor a name was given, or no region.
        RefusedError: a region has no such image; a map with holes is worse than none.
        CloudError: a region cannot be asked.
    """
    from preprocessor.distribution.client import run

    options = request.options
    if not options.get("family") and not options.get("name"):
        raise InputError.of("invalid-usage", "nothing says which images are meant", "give --family or --name")
    if not request.regions:
        raise InputError.of("invalid-usage", "no regions were named", "give -r REGION, once for each region")
    assert request.cloud is not None
    cloud = request.cloud(options.get("profile"))
    query = {
        "architecture": options.get("architecture") or "x86_64",
        "owner": options.get("owner") or "self",
        **{key: options[key] for key in ("family", "name") if options.get(key)},
    }
    answers = run(_regions(cloud, request.regions, query))
    images: dict[str, str] = {}
    findings: list[Finding] = []
    notes: list[str] = []
    for region, found in zip(request.regions, answers, strict=True):
        if found is None:
            wanted = ", ".join(f"{key} {value}" for key, value in sorted(query.items()))
            message = f"there is no Available image in {region} with {wanted}"
            help_ = "distribute it there first, or leave the region out"
            findings.append(Finding("missing-image", Severity.ERROR, message, help_, Location("")))
        else:
            images[region] = found.id
            notes.append(f"{region}: {found.id} {found.name}, made {found.created}, owner {found.owner}")
    if findings:
        raise RefusedError(findings)
    return Found((FoundVersion(images, query=query),), (), tuple(notes))


async def _regions(cloud: Cloud, regions: Sequence[str], query: Mapping[str, str]) -> list[Image | None]:
    return await asyncio.gather(*(_newest(cloud, region, query) for region in regions))


async def _newest(cloud: Cloud, region: str, query: Mapping[str, str]) -> Image | None:
    images, _ = await ecs.describe(
        cloud,
        region,
        ImageFamily=query.get("family"),
        ImageName=query.get("name"),
        ImageOwnerAlias=query["owner"],
        Architecture=query["architecture"],
    )
    # The service's name filter also finds names that only contain the text.
    fitting = [
        image
        for image in images
        if image.status == ecs.AVAILABLE
        and image.architecture in ("", query["architecture"])
        and ("name" not in query or fnmatch.fnmatchcase(image.name, query["name"]))
    ]
    return max(fitting, key=lambda image: (image.created, image.id), default=None)
