"""`aliyun-img-utils`: what `aliyun-img-utils image replicate` prints.

That is a JSON object of region and image ID after lines of log; null stands for a region where the copy
failed. The source's own region is not in it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.sources.base import RULE, Found, FoundVersion, Request
from preprocessor.sources.reading import check_images, needed_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.model import Source

LIVE = False
FILE = True
OPTIONS: Mapping[str, str] = {}


def read(request: Request) -> Found:
    """Return the regions of the last JSON object in the text.

    Raises:
        InputError: there is none, or it is something else.
    """
    source = needed_file(request.file, "aliyun-img-utils")
    start, data = _object(source)
    where = source.location(start)
    failed = [str(region) for region, image in data.items() if image is None]
    images = check_images({region: image for region, image in data.items() if image is not None}, where)
    return Found(
        (FoundVersion(images),),
        tuple(f"{region}: the copy failed there" for region in failed),
        ("the source's own region is not part of this output: add it with `map set`",),
    )


def _object(source: Source) -> tuple[int, dict[object, object]]:
    decoder = json.JSONDecoder()
    for match in reversed(list(re.finditer(r"^[ \t]*\{", source.text, re.MULTILINE))):
        start = match.end() - 1
        try:
            data, end = decoder.raw_decode(source.text, start)
        except ValueError:
            continue
        if isinstance(data, dict) and not source.text[end:].strip():
            return start, data
    raise InputError.of(
        RULE,
        "there is no JSON object at the end",
        "save what `aliyun-img-utils image replicate` prints on standard output",
        source.location(0),
    )
