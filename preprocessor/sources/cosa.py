"""`cosa`: coreos-assembler's `meta.json`, whose list `aliyun` has a name (the region) and an id per region.

The first item is the image that the others were copied from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.artifacts import ImageSource
from preprocessor.sources.base import Found, FoundVersion, Request
from preprocessor.sources.reading import Json, needed_file

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVE = False
FILE = True
OPTIONS: Mapping[str, str] = {}

_WHAT = 'a list of {"name": REGION, "id": IMAGE}'


def read(request: Request) -> Found:
    """Return the images under `aliyun`.

    Raises:
        InputError: the file has no such list, or an item of it is something else.
    """
    file = Json(needed_file(request.file, "cosa"))
    items = file.get(["aliyun"], list, _WHAT)
    if not items:
        raise file.error(["aliyun"], "'aliyun' is an empty list", f"expected {_WHAT}")
    for index in range(len(items)):
        file.get(["aliyun", index], dict, '{"name": REGION, "id": IMAGE}')
    images = file.images(
        (item.get("name"), item.get("id"), ["aliyun", index]) for index, item in enumerate(items)
    )
    first = next(iter(images.items()))
    return Found((FoundVersion(images, source=ImageSource(*first)),))
