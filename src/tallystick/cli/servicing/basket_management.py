"""`basket creators`, `participant`, `fees`, `include`, `exclude` …: what the manager states."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

import typer

from tallystick.app.servicing import baskets
from tallystick.cli.acting import DocumentFile, Who
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, say
from tallystick.cli.servicing.baskets import (
    AssetName,
    app,
    show_fees,
    units_of,
)
from tallystick.core.errors import Invalid
from tallystick.core.units import show_quantity
from tallystick.core.wallets import show_wallet
from tallystick.securities.baskets.in_kind import CREATORS, Fees


@app.command()
def creators(
    symbol: Symbol,
    among: Annotated[str, typer.Argument(metavar="WHO", help=f"One of {', '.join(CREATORS)}.")],
    *,
    lot: Annotated[str, typer.Option(help="Units are created in multiples of it.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """State who may create units. Redemption is open to every holder, always."""
    if among not in CREATORS:
        raise Invalid("creation-unknown", f"{among!r} is none of {', '.join(CREATORS)}",
                      where="WHO", cure="Name one of these.")  # fmt: skip
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        units = units_of(workspace, symbol, lot) if lot else baskets.standing(workspace, made).lot
        args = (CREATORS.index(among), units)
        baskets.act(workspace, made, "setCreation", args, key=new_key(key))
    if json:
        as_json({"symbol": symbol, "creators": among})
    else:
        say(f"[bold green]✓[/] units of {symbol} can be created by {among}")


@app.command()
def participant(
    symbol: Symbol,
    who: Who,
    *,
    no_longer: Annotated[bool, typer.Option("--no-longer", help="He is one no longer.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Let somebody create units, where only participants may."""
    with open_workspace(folder) as workspace:
        made, wallet = baskets.basket(workspace, symbol), workspace.wallet_of(who)
        baskets.act(workspace, made, "setParticipant", (wallet, not no_longer), key=new_key(key))
    if json:
        as_json({"wallet": show_wallet(wallet), "participant": not no_longer})
    else:
        say(f"[bold green]✓[/] {named(who)} is {'no longer ' * no_longer}a participant")


@app.command()
def fees(
    symbol: Symbol,
    *,
    creation_bps: Annotated[int | None, typer.Option(min=0, help="Levy on creation.")] = None,
    redemption_bps: Annotated[int | None, typer.Option(min=0, help="Levy on redemption.")] = None,
    annual_bps: Annotated[int | None, typer.Option(min=0, help="The manager's, a year.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Lower some of the fees, in ten-thousandths; none can be raised."""
    given = (creation_bps, redemption_bps, annual_bps)
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        now = baskets.standing(workspace, made).fees
        before = (now.creation_bps, now.redemption_bps, now.annual_bps)
        after = Fees(**dict(zip(Fees.__struct_fields__, (
            old if new is None else new for old, new in zip(before, given, strict=True)),
            strict=True)))  # fmt: skip
        args = ((after.creation_bps, after.redemption_bps, after.annual_bps),)
        baskets.act(workspace, made, "lowerFees", args, key=new_key(key))
    if json:
        as_json(after)
    else:
        say(f"[bold green]✓[/] {show_fees(after)}")


@app.command("take-fee")
def take_fee(
    symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:  # fmt: skip
    """Issue the manager the units of his fee that are due."""
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        done = baskets.act(workspace, made, "takeFee", (), key=new_key(key))
        told = [event.members["units"] for event in baskets.told_by(workspace, made, done)
                if event.name == "FeeTaken"]  # fmt: skip
        units = show_quantity(sum(told), workspace.security(symbol).decimals)
    if json:
        as_json({"symbol": symbol, "units": units})
    else:
        say(f"[bold green]✓[/] the manager is issued {units} of {symbol}")


@app.command()
def include(
    symbol: Symbol, asset: AssetName, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Count an asset among those behind the units: income in a currency, say."""
    with open_workspace(folder) as workspace:
        made, token = baskets.basket(workspace, symbol), baskets.asset(workspace, asset).token
        baskets.act(workspace, made, "addAsset", (token,), key=new_key(key))
    if json:
        as_json({"symbol": symbol, "asset": asset})
    else:
        say(f"[bold green]✓[/] {asset} is among what stands behind {symbol}")


@app.command()
def exclude(
    symbol: Symbol,
    asset: AssetName,
    *,
    forfeit: Annotated[
        bool, typer.Option("--forfeit", help="Give up what is left of it: nobody can redeem that.")
    ] = False,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Count an asset no longer."""
    act = new_key(key)
    with open_workspace(folder) as workspace:
        made, token = baskets.basket(workspace, symbol), baskets.asset(workspace, asset).token
        paper = sha256(document.read_bytes()).digest()
        baskets.remove_asset(workspace, made, token, paper, forfeit=forfeit, key=act)
    if json:
        as_json({"symbol": symbol, "asset": asset})
    else:
        say(f"[bold green]✓[/] {asset} is no longer among what stands behind {symbol}")


@app.command()
def replace(
    symbol: Symbol, asset: AssetName, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Count, in the place of an asset, the security for which all of it was exchanged."""
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        other = baskets.replace_asset(workspace, made, asset, key=new_key(key)).name
    if json:
        as_json({"symbol": symbol, "asset": other, "before": asset})
    else:
        say(f"[bold green]✓[/] {other} stands behind {symbol} in the place of {asset}")


@app.command()
def follow(
    symbol: Symbol,
    successor: Annotated[str, typer.Argument(help="Symbol of the security that replaced it.")],
    *,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Let the basket stand behind the security whose units replaced those of its own."""
    paper = sha256(document.read_bytes()).digest()
    with open_workspace(folder) as workspace:
        baskets.follow(workspace, symbol, successor, paper, key=new_key(key))
    if json:
        as_json({"symbol": successor, "before": symbol})
    else:
        say(f"[bold green]✓[/] the basket stands behind {successor} now")


def register(_main: typer.Typer) -> None:
    """The commands of this module are among those of `basket`."""
