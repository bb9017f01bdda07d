"""`region-image init`: a first binding file and an empty map."""

from __future__ import annotations

import click

from preprocessor.cli.common import common_options, map_option, note, settings_of


@click.command(short_help="Write a first binding file.")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(),
    help="Convert the configuration of a Compute Nest project, .computenest/config.yaml.",
)
@map_option
@common_options
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], source: str | None, map_file: str | None) -> int:
    """Write a first binding file from the templates at PATH (default: here), and an empty artifact map.

    The binding file lists the templates that boot an image of your own, with a binding to complete for each
    image. Files that are there already are never overwritten.
    """
    from preprocessor.engine import init

    settings = settings_of(ctx)
    result = init(paths, bindings=settings.bindings, artifact_map=map_file, source=source)
    for path in result.written:
        note(settings, f"wrote {path}")
    for path in result.kept:
        note(settings, f"kept {path}")
    for line in result.next_steps:
        note(settings, line)
    return 0
