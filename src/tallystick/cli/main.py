"""The command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tallystick import __version__
from tallystick.cli import acts, benches, demo, holders, identities, registers, setup
from tallystick.cli.output import complain
from tallystick.core.errors import TallystickError
from tallystick.gateways.store.files import plainly

app = typer.Typer(
    name="tallystick",
    help="Issue, trade and service tokenized securities on any EVM chain.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Issue, trade and service tokenized securities on any EVM chain."""
    if version:
        typer.echo(f"tallystick {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


for commands in (setup, acts, holders, identities, registers, benches, demo):
    commands.register(app)


def run() -> None:
    """Entry of the `tallystick` command; errors become exit codes, see the error reference."""
    try:
        app()
    except TallystickError as error:
        sys.exit(complain(error, json="--json" in sys.argv))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        plain = plainly(error, Path(error.filename or "."))
        sys.exit(complain(plain, json="--json" in sys.argv))
