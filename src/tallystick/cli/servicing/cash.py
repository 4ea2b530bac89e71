"""`cash`: the money that securities are paid in."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from tallystick.app.servicing import cash
from tallystick.app.workspace import Workspace
from tallystick.cli.acting import Amount, done_line
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, named, new_key, say
from tallystick.core.units import parse_quantity, show_money
from tallystick.core.wallets import Wallet, parse_wallet, show_wallet
from tallystick.gateways.chain.keys import ROLES

app = typer.Typer(help="Money that securities are paid in.", no_args_is_help=True)

CashSymbol = Annotated[str, typer.Argument(metavar="CASH", help="Symbol of the cash.")]
# A quantity such as -5 is told to be negative, not taken for an option.
NEGATIVE_QUANTITIES = {"ignore_unknown_options": True}
Holder = Annotated[
    str, typer.Argument(metavar="WHO", help="Wallet, name or reference; or a role such as agent.")
]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="cash")


def wallet_of(workspace: Workspace, who: str) -> Wallet:
    """The wallet of an investor, or that of a role."""
    return workspace.acting(who) if who in ROLES else workspace.wallet_of(who)


@app.command()
def issue(
    symbol: CashSymbol,
    *,
    name: Annotated[str, typer.Option(help="Its name; the symbol by default.")] = "",
    decimals: Annotated[int, typer.Option(help="Decimal places.")] = 2,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Make cash of our own, for trying and for private books; the agent mints it."""
    with open_workspace(folder) as workspace:
        made = cash.issue(workspace, symbol, name or symbol, decimals, key=new_key(key))
    _taken_up(made, json=json)


@app.command()
def use(
    token: Annotated[str, typer.Argument(help="Address of the token.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take up a cash token that is on the chain, such as USDC."""
    with open_workspace(folder) as workspace:
        made = cash.use(workspace, parse_wallet(token, where="token"), key=new_key(key))
    _taken_up(made, json=json)


def _taken_up(made: cash.Money, *, json: bool) -> None:
    if json:
        as_json(msgspec.to_builtins(made))
    else:
        token = show_wallet(made.token)
        say(f"[bold green]✓[/] {made.symbol}  {escape(made.name)}  [dim]{token}[/]")


@app.command(context_settings=NEGATIVE_QUANTITIES)
def mint(
    symbol: CashSymbol,
    who: Holder,
    amount: Amount,
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Mint cash of our own."""
    with open_workspace(folder) as workspace:
        money = cash.money(workspace, symbol)
        units = parse_quantity(amount, money.decimals, where="amount")
        receiver = wallet_of(workspace, who)
        done = cash.mint(workspace, money, receiver, units, key=new_key(key))
    done_line(f"{show_money(units, money.decimals)} {symbol} to {named(who)}", done, json=json)


@app.command()
def balance(
    symbol: CashSymbol, who: Holder, *, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:
    """What somebody has of it."""
    with open_workspace(folder) as workspace:
        money = cash.money(workspace, symbol)
        units = cash.balance(workspace, money, wallet_of(workspace, who))
    if json:
        as_json({"units": units, "decimals": money.decimals})
    else:
        say(f"{show_money(units, money.decimals)} {symbol}")


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """The cash in use."""
    with open_workspace(folder) as workspace:
        found = cash.moneys(workspace)
    if json:
        as_json(msgspec.to_builtins(found))
        return
    for each in found:
        whose = "our own" if each.issued else "somebody else's"
        say(f"  {each.symbol:8} {escape(each.name):24} [dim]{show_wallet(each.token)}  {whose}[/]")
    if not found:
        say("[dim]none yet; `cash issue` makes some[/]")
