"""`region-image explain`: how an image field gets its image."""

from __future__ import annotations

import click

from preprocessor.cli.common import common_options, format_option, settings_of, use_color


@click.command(short_help="Show the way from a field to each region's image.")
@click.argument("template", type=click.Path())
@click.argument("field", required=False)
@format_option("text", "json")
@common_options
@click.pass_context
def command(ctx: click.Context, template: str, field: str | None) -> int:
    """Show the way from an image field to its literal, its artifact and each region's image ID.

    FIELD is an address as scan prints it; * matches within one segment. Without it all fields of
    TEMPLATE are explained.

    Which binding counts: a 'field' selector before an 'image' selector; then the template's own list
    before the top-level list; then an exact address before one with *.
    """
    from preprocessor.engine import explain
    from preprocessor.reports import fields, json

    settings = settings_of(ctx)
    found = explain(template, field, bindings=settings.bindings)
    if settings.format == "json":
        click.echo(json.document({"fields": [fields.explanation_data(one) for one in found]}))
    else:
        color = use_color(settings)
        click.echo("\n\n".join(fields.explanation_text(one, color=color) for one in found), color=color)
    return 0
