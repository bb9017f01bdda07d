"""`terraform-output`: `terraform output -json`, an output that is a map of region and image ID.

The output of `terraform output -json NAME`, the bare map, is read too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import REGION_ID
from preprocessor.schema import did_you_mean
from preprocessor.sources.base import Found, FoundVersion, Request
from preprocessor.sources.reading import Json, needed_file

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVE = False
FILE = True
OPTIONS: Mapping[str, str] = {"output": "the name of the output"}


def read(request: Request) -> Found:
    """Return the regions of the output.

    Raises:
        InputError: there is no such output, or it is no map of region and image ID.
    """
    # Outputs may be marked sensitive, so none of the text is shown.
    file = Json(needed_file(request.file, "terraform-output"), secret=True)
    data = file.get([], dict, "an object, as `terraform output -json` prints it")
    wanted = request.options.get("output")
    outputs = {name: entry for name, entry in data.items() if isinstance(entry, dict) and "value" in entry}
    if wanted is not None and wanted not in outputs:
        raise file.error([], f"there is no output '{wanted}'", did_you_mean(wanted, outputs))
    if wanted is None and not outputs and _by_region(data):
        return _found(file, data, [])
    names = (
        [wanted] if wanted is not None else [n for n, entry in outputs.items() if _by_region(entry["value"])]
    )
    if len(names) != 1:
        listed = ", ".join(sorted(names or outputs)) or "none"
        what = "several outputs are" if names else "no output is"
        raise file.error([], f"{what} a map by region", f"choose one with --output; outputs: {listed}")
    name = names[0]
    value = file.get([name, "value"], dict, "a map of region and image ID")
    others = tuple(f"output {other}: not a map by region" for other in outputs if other != name)
    found = _found(file, value, [name, "value"])
    return Found(found.versions, others if wanted is None else ())


def _by_region(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(REGION_ID.fullmatch(key) for key in value)


def _found(file: Json, value: Mapping[str, Any], path: list[str | int]) -> Found:
    images = file.images((region, image, [*path, region]) for region, image in value.items())
    return Found((FoundVersion(images),))
