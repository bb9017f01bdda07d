"""`region-image distribute`: run the distribution stage and write the artifact map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preprocessor.cli.common import (
    common_options,
    format_option,
    map_option,
    map_path,
    note,
    settings_of,
    show_findings,
)

if TYPE_CHECKING:
    from preprocessor.cli.common import Settings
    from preprocessor.distribution.pace import Pace
    from preprocessor.distribution.run import Outcome
    from preprocessor.model import Location


@click.command(short_help="Run the distribution stage and write the map.")
@click.argument("artifacts", metavar="[ARTIFACT]...", nargs=-1)
@click.option(
    "--spec",
    "spec_file",
    metavar="FILE",
    type=click.Path(),
    default="artifacts.yaml",
    show_default=True,
    help="The distribution spec.",
)
@map_option
@click.option("-r", "--region", "regions", metavar="REGION", multiple=True, help="Only this target region.")
@click.option("--plan", is_flag=True, help="Show what would be done; call nothing that changes anything.")
@click.option(
    "--default",
    "make_default",
    is_flag=True,
    help="Make a version the default once all its regions are there.",
)
@click.option(
    "--timeout",
    "timeouts",
    metavar="[REGION=]TIME",
    multiple=True,
    help="How long a copy is waited for, such as 90m; for all regions or for one.  [default: 4h]",
)
@click.option(
    "--poll", metavar="TIME", default="15s", show_default=True, help="Time between two looks at a copy."
)
@click.option(
    "--parallel",
    metavar="N",
    type=click.IntRange(1, 50),
    default=5,
    show_default=True,
    help="Copies at once from one source region.",
)
@click.option(
    "--call-timeout",
    metavar="TIME",
    default="60s",
    show_default=True,
    help="How long a call's answer may take.",
)
@format_option("text", "json")
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    artifacts: tuple[str, ...],
    spec_file: str,
    map_file: str | None,
    regions: tuple[str, ...],
    plan: bool,
    make_default: bool,
    timeouts: tuple[str, ...],
    poll: str,
    parallel: int,
    call_timeout: str,
) -> int:
    """Make the images of the distribution spec available in their target regions.

    Custom images are copied and shared, marketplace images are looked up; every region that is done goes
    into the artifact map at once. A run that was stopped or did not get everything done goes on when the
    same command is run again: no copy is made twice. A copy that takes too long is never cancelled.

    Needs the extra `aliyun`. Credentials come from the environment, a profile or a role. Exit status: 0 all
    regions are there, 1 some are not.
    """
    from preprocessor.distribution import report
    from preprocessor.distribution.run import distribute, narrow
    from preprocessor.distribution.run import plan as make_plan
    from preprocessor.distribution.spec import load_spec
    from preprocessor.files import posix
    from preprocessor.reports import json

    settings = settings_of(ctx)
    pace = _pace(timeouts, poll, parallel, call_timeout)
    spec = load_spec(posix(spec_file))
    entries = narrow(spec.select(artifacts), regions)
    target = map_path(settings, map_file)
    if spec.warnings and not settings.quiet and settings.format == "text":
        show_findings(settings, spec.warnings)
    if plan:
        planned = make_plan(entries, target, pace=pace)
        as_json = settings.format == "json"
        click.echo(json.document(report.plan_data(planned)) if as_json else report.plan_text(planned))
        return 1 if report.plan_blocked(planned) else 0
    from preprocessor.cli.progress import progress

    try:
        with progress(settings) as listener:
            outcome = distribute(entries, target, pace=pace, listener=listener, make_default=make_default)
    except KeyboardInterrupt:
        note(settings, "stopped; copies go on in the cloud. Run the same command again to go on.")
        raise
    _show(settings, outcome, {entry.key: entry.location for entry in entries})
    return 0 if outcome.complete else 1


def _show(settings: Settings, outcome: Outcome, locations: dict[str, Location]) -> None:
    from preprocessor.distribution import report
    from preprocessor.reports import json

    if settings.format == "json":
        findings = report.outcome_findings(outcome, locations)
        content = {**report.outcome_data(outcome), "findings": json.findings_data(findings)}
        click.echo(json.document(content))
    else:
        click.echo(report.outcome_text(outcome, every=settings.verbose > 0))


def _pace(timeouts: tuple[str, ...], poll: str, parallel: int, call_timeout: str) -> Pace:
    """Return the run's limits from the options."""
    from preprocessor.distribution.pace import Pace

    general = Pace.timeout
    single: dict[str, float] = {}
    for text in timeouts:
        region, mark, time = text.rpartition("=")
        seconds = _seconds("--timeout", time)
        if mark:
            single[region] = seconds
        else:
            general = seconds
    wait = _seconds("--poll", poll)
    return Pace(
        poll=wait,
        poll_most=wait * 12,
        timeout=general,
        timeouts=single,
        copies=parallel,
        retry_first=min(1.0, wait),
        retry_most=min(60.0, wait * 8),
        read_timeout=_seconds("--call-timeout", call_timeout),
    )


def _seconds(option: str, text: str) -> float:
    from preprocessor.distribution.pace import parse_duration

    seconds = parse_duration(text)
    if not seconds:
        raise click.BadParameter(f"found {text!r}, expected a time such as 45s, 30m or 4h", param_hint=option)
    return seconds
