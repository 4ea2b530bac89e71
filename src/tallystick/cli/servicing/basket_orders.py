"""`basket create`, `redeem`: units for assets, and assets for units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.app.servicing import basket_orders, baskets
from tallystick.app.servicing.baskets import Opened
from tallystick.cli.acting import Calls, Who, print_calls
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, say
from tallystick.cli.servicing.baskets import Units, app, units_of
from tallystick.core.units import show_quantity
from tallystick.core.wallets import Wallet

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.intents import Done

Slack = Annotated[
    int, typer.Option("--slack-bps", min=0, max=1_000, help="By how much the quotation may be "
                      "missed, in ten-thousandths.")
]  # fmt: skip
SLACK_BPS = 10


@app.command()
def create(
    symbol: Symbol,
    who: Who,
    units: Units,
    *,
    slack_bps: Slack = SLACK_BPS,
    calls: Calls = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Bring the assets for units and be issued them."""
    with open_workspace(folder) as workspace:
        made, owner = baskets.basket(workspace, symbol), workspace.wallet_of(who)
        amount = units_of(workspace, symbol, units)
        if calls:
            print_calls(basket_orders.calls_to_create(workspace, made, amount,
                                                       slack_bps=slack_bps), json=json)  # fmt: skip
            return
        done = basket_orders.create(workspace, made, owner, amount, slack_bps=slack_bps,
                                    key=new_key(key))  # fmt: skip
        told = _moved(workspace, made, done)
    _say_moved(told, f"{named(who)} is issued {told['units']} of {symbol} for", json=json)


@app.command()
def redeem(
    symbol: Symbol,
    who: Who,
    units: Units,
    *,
    slack_bps: Slack = SLACK_BPS,
    to: Annotated[str, typer.Option(help="Who is handed the assets; he himself by default.")] = "",
    forgo: Annotated[
        list[str] | None, typer.Option(help="An asset that he does without: it stays with the "
                                       "others; may be repeated.")
    ] = None,
    calls: Calls = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Give back units and be handed what they stand for."""
    with open_workspace(folder) as workspace:
        forgone = [baskets.asset(workspace, each).token for each in forgo or ()]
        made, owner = baskets.basket(workspace, symbol), workspace.wallet_of(who)
        receiver = workspace.wallet_of(to, where="--to") if to else owner
        amount = units_of(workspace, symbol, units)
        if calls:
            told = basket_orders.calls_to_redeem(workspace, made, amount, slack_bps=slack_bps,
                                                 receiver=receiver, forgone=forgone)  # fmt: skip
            print_calls(told, json=json)
            return
        done = basket_orders.redeem(workspace, made, owner, amount, slack_bps=slack_bps,
                                    receiver=receiver, forgone=forgone, key=new_key(key)
                                    )  # fmt: skip
        moved = _moved(workspace, made, done)
    _say_moved(moved, f"{named(who)} gives back {moved['units']} of {symbol} for", json=json)


def _moved(workspace: Workspace, made: Opened, done: Done) -> dict[str, Any]:
    """What an order moved, from what the chain told of it."""
    places = workspace.security(made.symbol).decimals
    moved: dict[str, Any] = {"units": "0", "levy": "0", "assets": {}}
    for event in baskets.told_by(workspace, made, done):
        members = event.members
        if event.name in {"Created", "Redeemed"}:
            counted = members["issued" if event.name == "Created" else "counted"]
            asked = members["units"]
            moved["units"] = show_quantity(counted if event.name == "Created" else asked, places)
            moved["levy"] = show_quantity(asked - counted, places)
        elif event.name in {"Received", "Paid"}:
            of = baskets.asset_at(workspace, Wallet(members["asset"]))
            moved["assets"][of.name] = show_quantity(members["amount"], of.decimals)
    return moved


def _say_moved(told: dict[str, Any], what: str, *, json: bool) -> None:
    if json:
        as_json(told)
        return
    levy = f" (levy: {told['levy']} units)" if told["levy"] != "0" else ""
    say(f"[bold green]✓[/] {what}{levy}")
    for name, amount in told["assets"].items():
        say(f"  {amount} {name}")


def register(_main: typer.Typer) -> None:
    """The commands of this module are among those of `basket`."""
