"""What the commands share: common options, and how results and findings are shown."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from preprocessor.model import Finding, Source

    F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Settings:
    """The common options of one run."""

    bindings: str | None = None
    color: bool | None = None
    """None: colour where the stream is a terminal."""
    format: str = "text"
    quiet: bool = False
    verbose: int = 0


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when asked for, so that the others cost nothing.

    `modules` maps a command's name to the module that has it as `command`.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command called `cmd_name`, importing its module."""
        if cmd_name not in self.modules:
            return None
        command: click.Command = import_module(self.modules[cmd_name]).command
        return command


def settings_of(ctx: click.Context) -> Settings:
    """Return the settings of this run."""
    return ctx.ensure_object(Settings)


def _change_directory(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is None or ctx.resilient_parsing:
        return
    try:
        os.chdir(value)
    except OSError as error:
        from preprocessor.files import reason

        raise click.UsageError(f"cannot change to the directory '{value}': {reason(error)}") from error


def _set(name: str, constant: Any = None) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value:
            setattr(settings_of(ctx), name, value if constant is None else constant)

    return callback


def _no_color(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        settings_of(ctx).color = False


def common_options(function: F) -> F:
    """Add the options that every command has; they may stand before or after the command's name."""
    options = (
        click.option(
            "-C",
            "directory",
            metavar="DIR",
            type=click.Path(),
            expose_value=False,
            is_eager=True,
            callback=_change_directory,
            help="Change to DIR first.",
        ),
        click.option(
            "-b",
            "--bindings",
            metavar="FILE",
            type=click.Path(),
            expose_value=False,
            callback=_set("bindings"),
            help="The binding file.  [default: image-bindings.yaml]",
        ),
        click.option(
            "--no-color",
            is_flag=True,
            expose_value=False,
            callback=_no_color,
            help="No colour; the environment variable NO_COLOR says the same.",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            expose_value=False,
            callback=_set("quiet"),
            help="Only results and errors.",
        ),
        click.option(
            "-v", "--verbose", count=True, expose_value=False, callback=_set("verbose"), help="Say more."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def format_option(*formats: str) -> Callable[[F], F]:
    """Return the option `--format` with these choices; the first is the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        expose_value=False,
        callback=_set("format"),
        help="How the result is written.",
    )


stdin_filename_option = click.option(
    "--stdin-filename",
    metavar="PATH",
    type=click.Path(),
    help="What - is called: its path in the binding file.",
)

map_option = click.option(
    "--map", "map_file", metavar="FILE", type=click.Path(), help="The artifact map, .yaml or .json."
)


def read_stdin_template(name: str | None) -> Source:
    """Return standard input as the template called `name`."""
    from preprocessor.files import read_stdin, relative

    return read_stdin(relative(name) if name else "-")


def map_path(settings: Settings, map_file: str | None) -> str:
    """Return the path of the artifact map: `map_file`, or what the binding file says.

    Raises:
        InputError: there is neither.
    """
    from preprocessor.bindings import DEFAULT_MAP, find_bindings, load_bindings
    from preprocessor.files import posix

    if map_file is not None:
        return posix(map_file)
    path = settings.bindings or find_bindings()
    if settings.bindings is None and not os.path.lexists(path):
        return DEFAULT_MAP
    return load_bindings(posix(path)).map_path


def use_color(settings: Settings, *, err: bool = False) -> bool:
    """Return whether text for this stream is coloured."""
    if settings.color is not None:
        return settings.color
    if os.environ.get("NO_COLOR"):
        return False
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 template` or `3 templates`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def note(settings: Settings, text: str, *, level: int = 0) -> None:
    """Tell the user something on standard error, unless quiet or not verbose enough."""
    if not settings.quiet and settings.verbose >= level:
        click.echo(text, err=True, color=use_color(settings, err=True))


def show_findings(settings: Settings, findings: Sequence[Finding]) -> None:
    """Show the findings of a failed command: on standard error as text, else on standard output."""
    from preprocessor.reports.formats import load_report

    err = settings.format == "text"
    color = use_color(settings, err=err)
    click.echo(load_report(settings.format).report(findings, color=color), err=err, color=color)
