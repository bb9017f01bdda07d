"""`packer`: the manifest of Packer's post-processor `manifest`, builds of `alicloud-ecs`.

Builds are appended run by run; those of the last run count, or the newest where the file does not say which
run was the last. An artifact ID is `region:image` pairs joined by commas, the source's region among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.sources.base import Found, FoundVersion, Request
from preprocessor.sources.reading import Json, needed_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.sources.reading import Path

LIVE = False
FILE = True
OPTIONS: Mapping[str, str] = {"build": "the name of the build, where the last run has several"}

BUILDER = "alicloud-ecs"


def read(request: Request) -> Found:
    """Return the images of the last run's build.

    Raises:
        InputError: the file is no manifest, or has no such build, or several.
    """
    file = Json(needed_file(request.file, "packer"))
    builds = file.get(["builds"], list, "a list of builds, as Packer's manifest has it")
    ours = [
        (index, build)
        for index, build in enumerate(builds)
        if isinstance(build, dict) and build.get("builder_type") == BUILDER
    ]
    if not ours:
        raise file.error(["builds"], f"there is no build of {BUILDER}", "is it the right manifest?")
    last = _last_run(file.data, ours)
    wanted = request.options.get("build")
    chosen = [(index, build) for index, build in last if wanted in (None, build.get("name"))]
    names = sorted({str(build.get("name")) for _, build in last})
    if not chosen:
        raise file.error(["builds"], f"the last run has no build '{wanted}'", f"it has {', '.join(names)}")
    if len({str(build.get("name")) for _, build in chosen}) > 1:
        raise file.error(
            ["builds"], f"the last run has the builds {', '.join(names)}", "choose one with --build"
        )
    pairs: list[tuple[object, object, Path]] = []
    for index, _ in chosen:
        path: Path = ["builds", index, "artifact_id"]
        for pair in file.get(path, str, "region:image pairs").split(","):
            region, _, image = pair.partition(":")
            pairs.append((region, image, path))
    older = len(ours) - len(last)
    return Found(
        (FoundVersion(file.images(pairs)),),
        (f"{older} older {'build' if older == 1 else 'builds'}: not of the last run",) if older else (),
        ("Packer does not wait for its copies: run `region-image map verify` before you trust them",),
    )


def _last_run(data: Mapping[str, Any], builds: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    run = data.get("last_run_uuid")
    last = [(index, build) for index, build in builds if run and build.get("packer_run_uuid") == run]
    if last:
        return last

    def age(item: tuple[int, Any]) -> tuple[int, int]:
        time = item[1].get("build_time")
        return (time if isinstance(time, int) else 0, item[0])

    newest = max(builds, key=age)
    same = newest[1].get("packer_run_uuid")
    return [
        item for item in builds if item[0] == newest[0] or (same and item[1].get("packer_run_uuid") == same)
    ]
