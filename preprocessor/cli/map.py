"""`region-image map`: the artifact map."""

from __future__ import annotations

import click

from preprocessor.cli.common import LazyGroup, common_options

COMMANDS: dict[str, str] = {
    "show": "preprocessor.cli.map_show",
    "set": "preprocessor.cli.map_set",
    "import": "preprocessor.cli.map_import",
    "verify": "preprocessor.cli.map_verify",
    "diff": "preprocessor.cli.map_diff",
}


@click.group(cls=LazyGroup, modules=COMMANDS)
@common_options
def command() -> None:
    """Show and change the artifact map.

    The map is the one that the binding file names, unless --map names another.
    """
