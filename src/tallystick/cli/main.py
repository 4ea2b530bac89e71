"""The command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from tallystick import __version__
from tallystick.cli import (
    acts,
    assess,
    benches,
    controls,
    councils,
    demo,
    documents,
    dossiers,
    holders,
    identities,
    market_watch,
    markets,
    ocf,
    onboarding,
    order_drafts,
    orders,
    proofs,
    registers,
    requests,
    rules,
    screening,
    servicing,
    serving,
    setup,
    statements,
    watch,
)
from tallystick.cli.opening import set_flags
from tallystick.cli.output import complain
from tallystick.core.errors import Interrupted, Misused, TallystickError
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
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting for this command alone, as name=value."),
    ] = None,
) -> None:
    """Issue, trade and service tokenized securities on any EVM chain."""
    set_flags(settings or [])
    if version:
        typer.echo(f"tallystick {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


for commands in (
    setup, acts, controls, rules, assess, dossiers, onboarding, screening, holders, identities,
    requests, servicing, markets, market_watch, orders, order_drafts, serving, councils, documents,
    proofs, statements, registers, watch, ocf, benches, demo,
):  # fmt: skip
    commands.register(app)


def run() -> None:
    """Entry of the `tallystick` command; errors become exit codes, see the error reference."""
    json = "--json" in sys.argv
    try:
        sys.exit(_run())
    except TallystickError as error:
        sys.exit(complain(error, json=json))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(complain(plainly(error, Path(error.filename or ".")), json=json))


def _run() -> int:
    """Run a command; returns its exit code, and raises what is wrong with the command line."""
    try:
        for argument in sys.argv:
            argument.encode()
        code = app(standalone_mode=False)
    except UnicodeEncodeError:
        raise Misused("argument-not-utf8", "An argument is no UTF-8 text",
                      cure="Rename the file, or write the text in UTF-8.") from None  # fmt: skip
    except (typer.Abort, KeyboardInterrupt):
        # The latter while the commands are made, before anything of them runs.
        raise _interrupted() from None
    except TyperException as error:
        message = error.format_message().strip()
        if not message:  # A group alone: it has shown its help instead.
            return error.exit_code
        command = getattr(getattr(error, "ctx", None), "command_path", "tallystick")
        raise Misused("usage", message.rstrip("."), cure=f"See `{command} --help`.") from None
    if code == Interrupted.exit_code:
        raise _interrupted()
    return code or 0


def _interrupted() -> Interrupted:
    return Interrupted(
        "interrupted", "The command was cut off; what was sent to the chain is carried out",
        cure="Look at what is there, or run it again; with the same --key nothing is done twice.",
    )  # fmt: skip
