"""`basket weigh`, `rebalance`, `trades`, `take`, `withdraw`: to target weights and back."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.app.servicing import basket_trades as trading
from tallystick.app.servicing import baskets
from tallystick.app.servicing.basket_trades import Offered, Wish
from tallystick.app.servicing.weights_csv import (
    PRICES_CODE,
    WEIGHTS_CODE,
    read_prices_csv,
    read_weights_csv,
)
from tallystick.cli.acting import Calls, DocumentFile, print_calls
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, out, say
from tallystick.cli.servicing.baskets import PricesFile, WeightsFile, app
from tallystick.cli.servicing.distributions import Cash
from tallystick.cli.tables import lined
from tallystick.core.times import parse_time, show_time
from tallystick.core.units import show_quantity, show_share
from tallystick.core.wallets import NOBODY, Wallet, shorten, show_wallet
from tallystick.gateways.store.files import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallystick.app.workspace import Workspace
    from tallystick.securities.baskets.in_kind import Part
    from tallystick.securities.baskets.weights import Change

Number = Annotated[int, typer.Argument(min=1, help="Number of the trade.")]
Spread = Annotated[
    int, typer.Option("--spread-bps", min=0, max=1_000, help="What the counterparty keeps of what "
                      "he would bring, in ten-thousandths.")
]  # fmt: skip
AGENT, ANYBODY = "agent", "anybody"


@app.command()
def weigh(
    symbol: Symbol,
    money: Cash,
    *,
    weights: WeightsFile,
    prices: PricesFile,
    spread_bps: Spread = 0,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """What the basket weighs, and which trade would bring it to these weights."""
    with open_workspace(folder) as workspace:
        wish = _wish(symbol, money, weights, prices, spread_bps)
        changes = trading.plan(workspace, wish, trading.held_now(workspace, symbol))
        rows = [_row(workspace, each) for each in changes]
    turnover = sum((abs(each.target - each.weight) for each in changes), Fraction(0)) / 2
    shown = show_share(turnover.numerator, turnover.denominator)
    if json:
        as_json({"assets": rows, "turnover": shown})
        return
    table = lined(["Asset"], ["Weight", "Target", "Gives", "Takes"])
    for row in rows:
        table.add_row(*row.values())
    out.print(table)
    say(f"turnover {shown}")


def _row(workspace: Workspace, change: Change) -> dict[str, str]:
    places = baskets.asset(workspace, change.asset).decimals
    return {
        "asset": change.asset,
        "weight": show_share(change.weight.numerator, change.weight.denominator),
        "target": show_share(change.target.numerator, change.target.denominator),
        "gives": show_quantity(change.gives, places) if change.gives else "",
        "takes": show_quantity(change.takes, places) if change.takes else "",
    }  # fmt: skip


def _wish(symbol: str, money: str, weights: Path, prices: Path, spread_bps: int) -> Wish:
    exact = read_prices_csv(read_text(prices, PRICES_CODE), str(prices))
    return Wish(
        symbol=symbol, cash=money, spread_bps=spread_bps,
        weights=read_weights_csv(read_text(weights, WEIGHTS_CODE), str(weights)),
        prices={name: str(price) for name, price in exact.items()},
    )  # fmt: skip


@app.command()
def rebalance(
    symbol: Symbol,
    money: Cash,
    *,
    weights: WeightsFile,
    prices: PricesFile,
    spread_bps: Spread = 0,
    counterparty: Annotated[
        str, typer.Option("--with", help=f"Who may take it: {AGENT}, {ANYBODY}, or an investor.")
    ],
    until: Annotated[str, typer.Option(help="Until when it can be taken.")],
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Offer the trade that brings the basket to these weights; both legs move at once."""
    wish = _wish(symbol, money, weights, prices, spread_bps)
    with open_workspace(folder) as workspace:
        offered = trading.offer(
            workspace, wish, counterparty=_counterparty(workspace, counterparty),
            until=parse_time(until, where="--until"), key=new_key(key),
            paper=sha256(document.read_bytes()).digest(),
        )  # fmt: skip
        told = _told(workspace, offered)
    if json:
        as_json(told)
        return
    say(f"[bold green]✓[/] trade {offered.number} is offered to {told['counterparty']} until "
        f"{told['until']}")  # fmt: skip
    say(f"  gives {_words(told['gives'])}\n  takes {_words(told['takes'])}")


def _counterparty(workspace: Workspace, who: str) -> Wallet:
    return NOBODY if who == ANYBODY else _party(workspace, who, "--with")


def _party(workspace: Workspace, who: str, where: str) -> Wallet:
    return workspace.acting("agent") if who == AGENT else workspace.wallet_of(who, where=where)


def _told(workspace: Workspace, offered: Offered, state: str = "") -> dict[str, Any]:
    who = offered.counterparty
    return {
        "number": offered.number, "symbol": offered.wish.symbol,
        "state": state or trading.state_of(workspace, offered),
        "counterparty": ANYBODY if who == NOBODY else show_wallet(who),
        "gives": _parts(workspace, offered.gives), "takes": _parts(workspace, offered.takes),
        "until": show_time(offered.until),
    }  # fmt: skip


def _parts(workspace: Workspace, parts: Sequence[Part]) -> dict[str, str]:
    return {each.asset: show_quantity(each.amount, baskets.asset(workspace, each.asset).decimals)
            for each in parts}  # fmt: skip


def _words(parts: dict[str, str]) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in parts.items()) or "nothing"


@app.command()
def trades(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All trades that baskets offered, and how each stands."""
    with open_workspace(folder) as workspace:
        found = [_told(workspace, each, state) for each, state in trading.standings(workspace)]
    if json:
        as_json(found)
        return
    table = lined(["No.", "Basket", "State", "With", "Gives", "Takes", "Until"])
    for each in found:
        until, party = each["until"][:16].replace("T", " "), each["counterparty"]
        table.add_row(
            str(each["number"]), each["symbol"], each["state"],
            party if party == ANYBODY else shorten(Wallet(party.lower())), _words(each["gives"]),
            _words(each["takes"]), until,
        )  # fmt: skip
    out.print(table)


@app.command()
def take(
    number: Number,
    *,
    by: Annotated[
        str, typer.Option(help=f"Who takes it: {AGENT}, or an investor whose key is kept here.")
    ] = AGENT,
    calls: Calls = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take a trade; or print what a counterparty's own wallet must send."""
    with open_workspace(folder) as workspace:
        offered = trading.trade(workspace, number)
        if calls:
            print_calls(trading.calls_to_take(workspace, offered), json=json)
            return
        taker = _party(workspace, by, "--by")
        trading.take(workspace, offered, taker, key=new_key(key))
        told = _told(workspace, offered)
    if json:
        as_json(told)
    else:
        say(f"[bold green]✓[/] trade {number} is taken")


@app.command()
def withdraw(
    number: Number, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:  # fmt: skip
    """Take back a trade that nobody has taken."""
    with open_workspace(folder) as workspace:
        offered = trading.trade(workspace, number)
        trading.withdraw(workspace, offered, key=new_key(key))
    if json:
        as_json({"number": number, "state": "withdrawn"})
    else:
        say(f"[bold green]✓[/] trade {number} is withdrawn")


def register(_main: typer.Typer) -> None:
    """The commands of this module are among those of `basket`."""
