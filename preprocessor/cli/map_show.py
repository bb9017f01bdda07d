"""`region-image map show`: print the artifact map."""

from __future__ import annotations

import click

from preprocessor.cli.common import common_options, format_option, map_option, map_path, settings_of


@click.command(short_help="Print the artifact map.")
@click.argument("artifacts", metavar="[ARTIFACT]...", nargs=-1)
@click.option(
    "-r", "--region", "regions", metavar="REGION", multiple=True, help="Only this region; repeatable."
)
@map_option
@format_option("text", "json")
@common_options
@click.pass_context
def command(
    ctx: click.Context, artifacts: tuple[str, ...], regions: tuple[str, ...], map_file: str | None
) -> int:
    """Print the artifacts of the map, with their versions and images.

    ARTIFACT is a name in the map, or an artifact_id.
    """
    from preprocessor.artifacts import load_map
    from preprocessor.map_edits import select
    from preprocessor.reports import artifacts as report
    from preprocessor.reports import json

    settings = settings_of(ctx)
    found = select(load_map(map_path(settings, map_file)), artifacts, regions)
    if settings.format == "json":
        click.echo(json.document(report.map_content(found)))
    else:
        click.echo(report.map_text(found))
    return 0
