"""`region-image scan`: list the image fields."""

from __future__ import annotations

import shutil

import click

from preprocessor.cli.common import (
    common_options,
    count,
    format_option,
    read_stdin_template,
    settings_of,
    show_findings,
    stdin_filename_option,
    use_color,
)


@click.command(short_help="List image fields with forms, values and bindings.")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@stdin_filename_option
@format_option("text", "json")
@common_options
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], stdin_filename: str | None) -> int:
    """List the image fields of templates, with their forms, values and bindings.

    PATH is a template, a folder to search, or - for standard input. Without PATH the current folder is
    searched.
    """
    from preprocessor.engine import scan
    from preprocessor.reports import fields, json
    from preprocessor.reports.text import count_text

    settings = settings_of(ctx)
    stdin = read_stdin_template(stdin_filename) if "-" in paths else None
    result = scan(paths, bindings=settings.bindings, stdin=stdin)
    if settings.format == "json":
        report = {
            "fields": fields.fields_data(result.fields),
            "findings": json.findings_data(result.findings),
        }
        click.echo(json.document(report))
    else:
        color = use_color(settings)
        width = shutil.get_terminal_size((160, 24)).columns
        if result.fields:
            click.echo(fields.fields_table(result.fields, width=width, color=color), color=color)
        if not settings.quiet:
            words = f"{count(len(result.fields), 'image field')} in {count(result.templates, 'template')}"
            click.echo(words if not result.findings else f"{words}, {count_text(result.findings)}", err=True)
        if result.findings:
            show_findings(settings, result.findings)
    return 2 if result.findings else 0
