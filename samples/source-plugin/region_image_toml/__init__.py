"""`toml`: region and image ID from a table of a TOML file.

```toml
[images]
cn-beijing = "m-2zexxxxxxxxxxxxxxxxx"
```

A module is a source when it has `LIVE`, `FILE`, `OPTIONS` and `read`; the entry point in `pyproject.toml`
gives it its name.
"""

from __future__ import annotations

import sys

from preprocessor.errors import InputError
from preprocessor.model import Location
from preprocessor.sources.base import Found, FoundVersion, Request
from preprocessor.sources.reading import check_images, needed_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIVE = False
FILE = True
OPTIONS = {"table": "the table that holds the images; `images` is the default"}


def read(request: Request) -> Found:
    """Return the images of the table."""
    source = needed_file(request.file, "toml")
    name = request.options.get("table") or "images"
    try:
        table = tomllib.loads(source.text).get(name)
    except tomllib.TOMLDecodeError as error:
        raise InputError.of(
            "invalid-import", f"not TOML: {error}", "correct the file", source.path
        ) from error
    if not isinstance(table, dict):
        raise InputError.of(
            "invalid-import", f"there is no table [{name}]", "name it: --option table=NAME", source.path
        )
    return Found((FoundVersion(check_images(table, Location(source.path))),))
