"""`csv`: lines of `region,image`; a header line, blank lines and `#` comments are allowed."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from preprocessor.artifacts import REGION_ID, is_image_id
from preprocessor.errors import InputError
from preprocessor.model import Finding, Location, Severity
from preprocessor.sources.base import RULE, Found, FoundVersion, Request
from preprocessor.sources.reading import needed_file

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVE = False
FILE = True
OPTIONS: Mapping[str, str] = {}


def read(request: Request) -> Found:
    """Return the regions and images of the file.

    Raises:
        InputError: a line is something else; one finding for each.
    """
    source = needed_file(request.file, "csv")
    images: dict[str, str] = {}
    findings: list[Finding] = []
    for number, line in enumerate(source.text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]), [])]
        if [cell.lower() for cell in cells] == ["region", "image"] and not images:
            continue
        problem = _problem(cells, images)
        if problem:
            where = Location(source.path, number, 1, line, max(1, len(line)))
            findings.append(
                Finding(RULE, Severity.ERROR, problem, "expected region,image on each line", where)
            )
        else:
            images[cells[0]] = cells[1]
    if findings:
        raise InputError(findings)
    if not images:
        raise InputError.of(
            "nothing-found",
            "the file has no images to import",
            "expected region,image on each line",
            source.path,
        )
    return Found((FoundVersion(images),))


def _problem(cells: list[str], images: Mapping[str, str]) -> str:
    if len(cells) != 2:
        return f"found {len(cells)} columns"
    region, image = cells
    if not REGION_ID.fullmatch(region):
        return f"found {region!r} for a region"
    if not is_image_id(image):
        return f"found {image!r} for an image ID"
    if images.get(region, image) != image:
        return f"the region {region} has two images: {images[region]} and {image}"
    return ""
