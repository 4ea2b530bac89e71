"""`treasury`: the issuer's own wallets."""

from __future__ import annotations

import typer

from tallystick.app.servicing import treasury
from tallystick.cli.acting import Who
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, named, say
from tallystick.core.wallets import show_wallet

app = typer.Typer(help="The issuer's own wallets, neither paid nor voted.", no_args_is_help=True)


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="treasury")


@app.command()
def add(who: Who, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """State that a wallet is the issuer's own."""
    _state(who, folder, own=True, json=json)


@app.command()
def remove(who: Who, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """State that a wallet is no longer the issuer's own."""
    _state(who, folder, own=False, json=json)


def _state(who: str, folder: Folder, *, own: bool, json: bool) -> None:
    with open_workspace(folder) as workspace:
        wallet = workspace.wallet_of(who)
        treasury.set_treasury(workspace, wallet, own=own)
    if json:
        as_json({"wallet": show_wallet(wallet), "own": own})
    else:
        say(f"[bold green]✓[/] {named(who)} is {'' if own else 'not '}the issuer's own")


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """The issuer's own wallets."""
    with open_workspace(folder) as workspace:
        wallets = [show_wallet(wallet) for wallet in treasury.treasury(workspace)]
    if json:
        as_json(wallets)
        return
    for wallet in wallets or ["[dim]none[/]"]:
        say(f"  {wallet}")
