"""`region-image map verify`: prove the map against the cloud."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from preprocessor.cli.common import (
    common_options,
    count,
    format_option,
    map_option,
    map_path,
    note,
    settings_of,
    show_findings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.distribution.spec import CustomEntry, MarketplaceEntry
    from preprocessor.distribution.verify import Checked


@click.command(short_help="Ask the cloud whether the map is right.")
@click.argument("artifacts", metavar="[ARTIFACT]...", nargs=-1)
@click.option("-r", "--region", "regions", metavar="REGION", multiple=True, help="Only this region.")
@click.option(
    "--spec",
    "spec_file",
    metavar="FILE",
    type=click.Path(),
    help="The distribution spec; it says who may use the images.  [default: artifacts.yaml, if it is there]",
)
@click.option("--profile", metavar="NAME", help="Whose credentials are used.")
@map_option
@format_option("text", "json")
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    artifacts: tuple[str, ...],
    regions: tuple[str, ...],
    spec_file: str | None,
    profile: str | None,
    map_file: str | None,
) -> int:
    """Ask the cloud about every image of the map: it is in its region, Available, made for the same
    machines as its siblings, and shared as the distribution spec says.

    Calls only what reads. Exit status: 0 all is well, 1 something is wrong, 3 the cloud did not answer.
    """
    from preprocessor.artifacts import load_map
    from preprocessor.distribution.client import run
    from preprocessor.distribution.pace import Pace
    from preprocessor.distribution.run import accounts
    from preprocessor.distribution.verify import verify
    from preprocessor.map_edits import select
    from preprocessor.model import Severity
    from preprocessor.reports import json

    settings = settings_of(ctx)
    found = select(load_map(map_path(settings, map_file)), artifacts, regions)
    verdict = run(verify(found, _entries(spec_file), accounts(Pace()), profile))
    wrong = any(finding.severity is Severity.ERROR for finding in verdict.findings)
    if settings.format == "json":
        content = {
            "map": found.path,
            "images": [_data(one) for one in verdict.checked],
            "findings": json.findings_data(verdict.findings),
        }
        click.echo(json.document(content))
    else:
        if verdict.findings:
            show_findings(settings, verdict.findings)
        for one in verdict.checked:
            if settings.verbose and one.image is not None:
                note(
                    settings,
                    f"{one.artifact} {one.version}  {one.region}  {one.id}  {one.image.status}  "
                    f"{one.image.name}  made {one.image.created}",
                )
        right = "" if wrong else ", all as they must be"
        click.echo(f"{found.path}: {count(len(verdict.checked), 'image')} looked at{right}")
    if verdict.unanswered:
        return 3
    return 1 if wrong else 0


def _entries(spec_file: str | None) -> Mapping[str, CustomEntry | MarketplaceEntry]:
    """Return the artifacts of the spec; without a spec there are none."""
    from preprocessor.distribution.spec import DEFAULT_FILE, load_spec
    from preprocessor.files import posix

    if spec_file is None and not os.path.lexists(DEFAULT_FILE):
        return {}
    return load_spec(posix(spec_file or DEFAULT_FILE)).artifacts


def _data(one: Checked) -> dict[str, object]:
    image = one.image
    return {
        "artifact": one.artifact,
        "artifact_version": one.version,
        "region": one.region,
        "image": one.id,
        "status": image.status if image else None,
        "name": image.name if image else None,
        "architecture": image.architecture if image else None,
        "created": image.created if image else None,
    }
