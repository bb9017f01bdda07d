"""The command line: `region-image`. It parses options, calls the library and prints; no logic here."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import Any

import click

from preprocessor import __version__
from preprocessor.cli.common import LazyGroup, Settings, common_options, show_findings
from preprocessor.errors import PreprocessorError

EXIT_INTERRUPTED = 130
EXIT_BUG = 70

COMMANDS = {
    "distribute": "preprocessor.cli.distribute",
    "scan": "preprocessor.cli.scan",
    "render": "preprocessor.cli.render",
    "check": "preprocessor.cli.check",
    "explain": "preprocessor.cli.explain",
    "init": "preprocessor.cli.init",
    "map": "preprocessor.cli.map",
}


@click.group(
    cls=LazyGroup,
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="region-image")
@common_options
def command() -> None:
    """Write region-specific ROS and Terraform templates from an artifact map of images.

    An ECS image ID is valid in one region only. region-image finds the image fields of your templates,
    looks up the image of each region in the artifact map, and writes one variant per region that differs
    from its template in nothing but the image IDs.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the documented status."""
    settings = Settings()
    _open_closed_streams()
    # A run is short and its trees have no cycles: looking for garbage in them costs a third of the time.
    gc.disable()
    try:
        status = command.main(args=arguments, prog_name="region-image", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except PreprocessorError as error:
        show_findings(settings, error.findings)
        status = error.exit_status
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = 2
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of the output went away, as `head` does: end quietly, also at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except OSError as error:
        # What is left of them are the standard streams: full, or closed.
        _tell_of_streams(error)
        status = 1
    except Exception:  # noqa: BLE001 - the one place where a bug is reported
        import traceback

        traceback.print_exc()
        click.echo("region-image failed through a fault of its own; please report the text above", err=True)
        status = EXIT_BUG
    sys.exit(_status(status))


def _open_closed_streams() -> None:
    """Give the standard streams that the caller closed a place to go, so that nothing trips over None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _tell_of_streams(error: OSError) -> None:
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        click.echo(f"error: cannot write the output: {(error.strerror or str(error)).lower()}", err=True)


def _status(value: Any) -> int:
    return value if isinstance(value, int) else 0
