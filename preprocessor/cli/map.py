"""`region-image map`: the artifact map."""

from __future__ import annotations

import click

from preprocessor.cli.common import common_options


@click.group()
@common_options
def command() -> None:
    """Show and change the artifact map."""
