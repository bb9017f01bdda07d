"""`region-image check`: what would go wrong, for people, git hooks and CI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preprocessor.cli.common import (
    common_options,
    count,
    format_option,
    map_option,
    note,
    read_stdin_template,
    settings_of,
    stdin_filename_option,
    use_color,
)

if TYPE_CHECKING:
    from preprocessor.cli.common import Settings
    from preprocessor.engine.checking import CheckResult

FORMATS = ("text", "json", "sarif", "github")


def _explain(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is None or ctx.resilient_parsing:
        return
    from preprocessor.checks import RULES, load_rule, manual
    from preprocessor.errors import InputError
    from preprocessor.schema import did_you_mean

    if value not in RULES:
        raise InputError.of("invalid-usage", f"there is no rule '{value}'", did_you_mean(value, RULES))
    rule = load_rule(value)
    click.echo(f"{rule.RULE} ({rule.SEVERITY.value})\n\n{manual(rule)}", nl=False)
    ctx.exit(0)


def _list_rules(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from preprocessor.checks import RULES, load_rule, summary

    width = max(map(len, RULES))
    for name in RULES:
        rule = load_rule(name)
        click.echo(f"{name.ljust(width)}  {rule.SEVERITY.value.ljust(7)}  {summary(rule)}")
    ctx.exit(0)


def _split(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for value in values for name in value.replace(",", " ").split())


@click.command(short_help="Find what would go wrong; for git hooks and CI.")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option(
    "--select", metavar="RULES", multiple=True, callback=_split, help="Only these rules; repeatable, or a,b."
)
@click.option(
    "--ignore", metavar="RULES", multiple=True, callback=_split, help="Not these rules; repeatable, or a,b."
)
@click.option("--skip-others", is_flag=True, help="Pass over named files that are no templates, for hooks.")
@map_option
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1), help="Processes to use.  [default: one per processor]"
)
@click.option(
    "--explain",
    metavar="RULE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Print a rule's manual and exit.",
)
@click.option(
    "--rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_rules,
    help="List the rules and exit.",
)
@stdin_filename_option
@format_option(*FORMATS)
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    skip_others: bool,
    map_file: str | None,
    jobs: int | None,
    stdin_filename: str | None,
) -> int:
    """Find what would go wrong: unbound images, missing regions, output that is not current.

    PATH is a template, a folder to search, a binding file or map, or - for standard input; then only what
    concerns those files is told. Without PATH the whole project is checked, its generated files too, where
    there are any. Each template is judged by the nearest binding file, from its folder upwards.

    Exits with 1 on errors. Notes are shown with -v, and always in the other formats.

    A comment ignores findings of its line, or of the line below it:

    \b
        # region-image: ignore[RULE] reason
    """
    from preprocessor.engine import check
    from preprocessor.parallel import available_jobs

    settings = settings_of(ctx)
    result = check(
        paths,
        bindings=settings.bindings,
        artifact_map=map_file,
        select=select,
        ignore=ignore,
        skip_others=skip_others,
        stdin=read_stdin_template(stdin_filename) if "-" in paths else None,
        jobs=jobs or available_jobs(),
    )
    _show(settings, result, notes=bool(select) or settings.verbose > 0)
    return 1 if result.failed(strict=strict) else 0


def _show(settings: Settings, result: CheckResult, *, notes: bool) -> None:
    from preprocessor.model import Severity
    from preprocessor.reports.formats import load_report

    text = settings.format == "text"
    shown = [
        finding for finding in result.findings if not text or notes or finding.severity is not Severity.INFO
    ]
    if text and settings.quiet:
        shown = [finding for finding in shown if finding.severity is Severity.ERROR]
    color = use_color(settings) and text
    report = load_report(settings.format).report(shown, color=color)
    if report:
        click.echo(report, color=color)
    if not text:
        return
    from preprocessor.reports.text import count_text

    words = f"{count(result.templates, 'template')} checked: {count_text(result.findings)}"
    if not notes and any(finding.severity is Severity.INFO for finding in result.findings):
        words += " (-v shows the notes)"
    note(settings, words)
    if result.output == "none":
        note(settings, "no render has been here: generated files were not looked at", level=1)
    elif result.output == "skipped":
        note(settings, "the generated files were not compared: something above stands against a render")
