"""`region-image map`: the artifact map."""

from __future__ import annotations

import click

from preprocessor.cli.common import LazyGroup, common_options


COMMANDS: dict[str, str] = {}


@click.group(cls=LazyGroup, modules=COMMANDS)
@common_options
def command() -> None:
    """Show and change the artifact map."""
