"""`region-image render`: write the variants."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from preprocessor.cli.common import (
    common_options,
    count,
    format_option,
    note,
    read_stdin_template,
    settings_of,
    show_findings,
    stdin_filename_option,
    use_color,
)

if TYPE_CHECKING:
    from preprocessor.cli.common import Settings
    from preprocessor.engine import RenderResult
    from preprocessor.model import Finding


@click.command(short_help="Write the variants.")
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1, type=click.Path())
@click.option(
    "-r", "--region", "regions", metavar="REGION", multiple=True, help="Only this region; repeatable."
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if anything would change.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything was written or removed.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list the files that would be written.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the one variant instead of writing it.")
@click.option("--force", is_flag=True, help="Overwrite and remove generated files that were edited by hand.")
@click.option("--strict", is_flag=True, help="Fail on unbound images and images in the wrong region too.")
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1), help="Processes to use.  [default: one per processor]"
)
@stdin_filename_option
@format_option("text", "json")
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    templates: tuple[str, ...],
    regions: tuple[str, ...],
    check: bool,
    exit_code: bool,
    show_diff: bool,
    dry_run: bool,
    to_stdout: bool,
    force: bool,
    strict: bool,
    jobs: int | None,
    stdin_filename: str | None,
) -> int:
    """Write one variant of each template per region, with that region's image IDs.

    TEMPLATE is one that the binding file lists, or a folder of such; without it all are written. A variant
    differs from its template in nothing but the image IDs. With - the template is read from standard
    input and its variant is printed.

    Nothing is written unless everything can be. Files that region-image did not write are never
    overwritten.
    """
    settings = settings_of(ctx)
    if "-" in templates:
        if len(templates) > 1:
            raise click.UsageError("'-' stands alone: a filter reads one template")
        if check or show_diff or dry_run:
            raise click.UsageError(
                "a filter prints its variant: --check, --diff and --dry-run do not go with '-'"
            )
        return _filter(settings, regions, stdin_filename, strict)
    if to_stdout:
        return _print_one(settings, templates, regions, strict)
    if show_diff:
        changed = _show_diff(settings, templates, regions, strict=strict, force=force)
        return 1 if check and changed else 0
    from preprocessor.engine import render
    from preprocessor.parallel import available_jobs

    result = render(
        templates,
        bindings=settings.bindings,
        regions=regions,
        strict=strict,
        force=force,
        write=not (check or dry_run),
        jobs=jobs or available_jobs(),
    )
    _report(settings, result, would=check or dry_run, listed=dry_run or check)
    return 1 if (check or exit_code) and (result.written or result.removed) else 0


def _one_region(regions: tuple[str, ...]) -> str:
    if len(regions) != 1:
        raise click.UsageError("name one region with -r: standard output takes one variant")
    return regions[0]


def _filter(settings: Settings, regions: tuple[str, ...], stdin_filename: str | None, strict: bool) -> int:
    from preprocessor.engine import render_text

    region = _one_region(regions)
    source = read_stdin_template(stdin_filename)
    result = render_text(source, region, bindings=settings.bindings, strict=strict)
    _tell(settings, result.findings)
    _print_bytes(result.content)
    return 0


def _print_one(settings: Settings, templates: tuple[str, ...], regions: tuple[str, ...], strict: bool) -> int:
    from preprocessor.engine import prepare

    rendering = prepare(templates, bindings=settings.bindings, regions=regions, strict=strict)
    if len(rendering.outputs) != 1:
        raise click.UsageError(
            f"standard output takes one variant, and this makes {len(rendering.outputs)}; "
            "name one TEMPLATE and one region with -r"
        )
    _tell(settings, rendering.findings)
    _print_bytes(rendering.outputs[0].content())
    return 0


def _show_diff(
    settings: Settings, templates: tuple[str, ...], regions: tuple[str, ...], *, strict: bool, force: bool
) -> bool:
    from preprocessor.engine import diff, prepare
    from preprocessor.reports.text import diff_line

    rendering = prepare(templates, bindings=settings.bindings, regions=regions, strict=strict)
    _tell(settings, rendering.findings)
    color = use_color(settings)
    changed = False
    for line in diff(rendering, force=force):
        changed = True
        click.echo(diff_line(line, color=color), nl=False, color=color)
    return changed


def _print_bytes(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _tell(settings: Settings, findings: tuple[Finding, ...]) -> None:
    if findings and not settings.quiet and settings.format == "text":
        show_findings(settings, findings)


def _report(settings: Settings, result: RenderResult, *, would: bool, listed: bool) -> None:
    if settings.format == "json":
        from preprocessor.reports import json

        report = {
            "written": list(result.written),
            "unchanged": list(result.unchanged),
            "removed": list(result.removed),
            "findings": json.findings_data(result.findings),
        }
        click.echo(json.document(report))
        return
    _tell(settings, result.findings)
    for path, regions in result.left_out:
        note(settings, f"{path} is not written for {', '.join(regions)}: its 'regions' leave it out")
    if result.no_templates:
        names = ", ".join(result.no_templates[:5]) + (", ..." if len(result.no_templates) > 5 else "")
        note(settings, f"left out, since they are no templates: {names}")
    if listed or settings.verbose:
        write, remove = ("would write", "would remove") if would else ("wrote", "removed")
        for path in result.written:
            click.echo(f"{write} {path}")
        for path in result.removed:
            click.echo(f"{remove} {path}")
    if settings.quiet:
        return
    done = f"{len(result.written)} {'to write' if would else 'written'}, {len(result.unchanged)} unchanged"
    if result.removed:
        done += f", {len(result.removed)} {'to remove' if would else 'removed'}"
    made_of = f"{count(result.templates, 'template')}, {count(len(result.regions), 'region')}"
    click.echo(f"{result.root}: {done} ({made_of})")
