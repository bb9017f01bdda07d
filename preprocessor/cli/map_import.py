"""`region-image map import`: store what a distribution that ran elsewhere came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from preprocessor.cli.common import common_options, format_option, map_option, map_path, note, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.model import Source as Text
    from preprocessor.sources.base import Source
    from preprocessor.sources.importing import Import


@click.command(short_help="Take images over from another tool.")
@click.argument("kind")
@click.argument("file", required=False)
@click.option("--artifact", required=True, metavar="NAME", help="The artifact in the map, new or known.")
@click.option(
    "--artifact-version",
    "version",
    metavar="V",
    help="The version to store; of a source with several versions, the one to take.  "
    "[default: all of them, or the artifact's default, or 1]",
)
@click.option("-r", "--region", "regions", metavar="REGION", multiple=True, help="Only this region.")
@click.option("--merge", is_flag=True, help="Keep the version's other regions.  [default]")
@click.option(
    "--replace", "replace_all", is_flag=True, help="Remove the version's regions that were not found."
)
@click.option("--default", "make_default", is_flag=True, help="Make the newest version found the default.")
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.option("--artifact-id", metavar="ID", help="computenest: ask Compute Nest for this artifact, live.")
@click.option("--draft", is_flag=True, help="computenest: take the draft too.")
@click.option(
    "--site", type=click.Choice(["china", "international"]), help="computenest: the account's site."
)
@click.option("--build", metavar="NAME", help="packer: the build, where the last run has several.")
@click.option("--output", metavar="NAME", help="terraform-output: the output.")
@click.option("--resource", metavar="ADDRESS", help="terraform-state: only this resource.")
@click.option(
    "--provider-region",
    metavar="ALIAS=REGION",
    multiple=True,
    help="terraform-state: the region of a provider alias; =REGION for the one without an alias.",
)
@click.option("--family", metavar="NAME", help="ecs: the newest image of this family.")
@click.option("--name", metavar="PATTERN", help="ecs: the newest image of this name; * stands for anything.")
@click.option(
    "--owner", type=click.Choice(["self", "others", "system", "marketplace"]), help="ecs: whose images."
)
@click.option("--architecture", type=click.Choice(["x86_64", "arm64", "i386"]), help="ecs: made for what.")
@click.option("--profile", metavar="NAME", help="computenest, ecs: whose credentials.")
@click.option(
    "--option", "extra", metavar="NAME=VALUE", multiple=True, help="An option of a plugin's source."
)
@map_option
@format_option("text", "json")
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    kind: str,
    file: str | None,
    artifact: str,
    version: str | None,
    regions: tuple[str, ...],
    merge: bool,
    replace_all: bool,
    make_default: bool,
    dry_run: bool,
    extra: tuple[str, ...],
    map_file: str | None,
    **options: Any,
) -> int:
    """Store the image IDs that another tool's distribution came to.

    KIND is one of aliyun-img-utils, computenest, cosa, csv, ecs, packer, terraform-output, terraform-state,
    or a source of an installed package. FILE is what the tool wrote; - is standard input.

    \b
    region-image map import computenest --artifact web --artifact-id artifact-0123456789abcdef0123
    region-image map import packer packer-manifest.json --artifact web --artifact-version 3
    region-image map import ecs --family web -r cn-beijing -r cn-hangzhou --artifact web
    terraform output -json | region-image map import terraform-output - --artifact web
    """
    import os

    from preprocessor.artifacts import open_map, save_map
    from preprocessor.files import locked
    from preprocessor.reports import json
    from preprocessor.sources.base import Request
    from preprocessor.sources.importing import bring_in, import_lines
    from preprocessor.sources.table import find_source

    settings = settings_of(ctx)
    if merge and replace_all:
        raise click.UsageError("--merge and --replace contradict each other")
    source = find_source(kind)
    given = _given(source, kind, options, extra)
    found = source.read(Request(_text(source, kind, file), regions, given, _accounts()))
    path = map_path(settings, map_file)
    with locked(os.path.dirname(path) or "."):
        result = bring_in(
            open_map(path),
            artifact,
            kind,
            found,
            version=version,
            regions=regions,
            replace_all=replace_all,
            make_default=make_default,
        )
        written = not dry_run and save_map(result.map)
    if settings.format == "json":
        click.echo(json.document(_data(result, path, written)))
        return 0
    for line in import_lines(result, replace_all=replace_all):
        click.echo(line)
    if not written:
        note(settings, f"{path}: {'not written (--dry-run)' if dry_run else 'nothing to change'}")
    return 0


def _data(result: Import, path: str, written: bool) -> dict[str, object]:
    return {
        "map": path,
        "written": written,
        "artifact": result.artifact,
        "default": result.default_after,
        "regions": [
            {
                "artifact_version": change.version,
                "region": change.region,
                "before": change.before,
                "after": change.after,
            }
            for change in result.regions
        ],
        "skipped": list(result.skipped),
        "notes": list(result.notes),
    }


def _given(source: Source, kind: str, options: dict[str, Any], extra: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the options that were given, once it is clear that the source takes them."""
    given = {name: value for name, value in options.items() if value}
    for text in extra:
        name, mark, value = text.partition("=")
        if not mark:
            raise click.BadParameter(f"found {text!r}, expected NAME=VALUE", param_hint="--option")
        given[name.replace("-", "_")] = value
    for name in given:
        if name not in source.OPTIONS:
            takes = ", ".join(f"--{known.replace('_', '-')}" for known in source.OPTIONS) or "no options"
            raise click.UsageError(f"the source {kind} takes no --{name.replace('_', '-')}; it takes {takes}")
    return given


def _text(source: Source, kind: str, file: str | None) -> Text | None:
    """Return the text of the file, or None where there is none."""
    from preprocessor.files import posix, read_source, read_stdin

    if file is None:
        if not source.LIVE:
            raise click.UsageError(f"the source {kind} reads a file: name it, or - for standard input")
        return None
    if not source.FILE:
        raise click.UsageError(f"the source {kind} is asked live and reads no file")
    return read_stdin("-") if file == "-" else read_source(posix(file))


def _accounts() -> Any:
    from preprocessor.distribution.pace import Pace
    from preprocessor.distribution.run import accounts

    return accounts(Pace())
