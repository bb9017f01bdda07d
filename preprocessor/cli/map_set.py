"""`region-image map set`: store image IDs by hand."""

from __future__ import annotations

import os

import click

from preprocessor.cli.common import common_options, map_option, map_path, note, settings_of


@click.command(short_help="Store image IDs by hand.")
@click.argument("artifact")
@click.argument("images", metavar="REGION=IMAGE...", nargs=-1, required=True)
@click.option(
    "--artifact-version", metavar="V", help="The version to change.  [default: the artifact's default, or 1]"
)
@click.option("--kind", type=click.Choice(["custom", "marketplace"]), help="The kind of a new version.")
@click.option("--default", "make_default", is_flag=True, help="Make this version the artifact's default.")
@map_option
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    artifact: str,
    images: tuple[str, ...],
    artifact_version: str | None,
    kind: str | None,
    make_default: bool,
    map_file: str | None,
) -> int:
    """Store image IDs of an artifact, such as cn-beijing=m-2zexxxxxxxxxxxxxxxxx.

    ARTIFACT and its version are made where the map has none. REGION= without an image removes the region.
    New entries go in sorted; comments in the file stay.
    """
    from preprocessor.artifacts import open_map, save_map
    from preprocessor.files import locked
    from preprocessor.map_edits import set_images

    settings = settings_of(ctx)
    path = map_path(settings, map_file)
    with locked(os.path.dirname(path) or "."):
        found = open_map(path)
        change = set_images(
            found, artifact, images, version=artifact_version, kind=kind, make_default=make_default
        )
        saved = save_map(change.map)
    for line in change.lines:
        note(settings, line)
    if not saved:
        note(settings, f"{path}: nothing to change")
    return 0
