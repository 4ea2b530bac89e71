"""`redemption`: units redeemed for money at maturity, by call, or bought back from who tenders."""

from __future__ import annotations

from typing import Annotated

import typer

from tallystick.app.servicing import called, cash
from tallystick.app.servicing import redemptions as redeeming
from tallystick.app.servicing.called import Redemption
from tallystick.app.servicing.redemptions import Wish
from tallystick.app.workspace import Workspace
from tallystick.cli.acting import DocumentFile, Signature, ToSign, Who, print_typed, stated_reason
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, out, progress, say
from tallystick.cli.servicing.distributions import HOUR_S, Cash
from tallystick.cli.tables import lined
from tallystick.core.times import parse_time, show_time
from tallystick.core.units import parse_quantity, show_money, show_quantity
from tallystick.securities.redemptions import BUY_BACK, CALL, DEALING, MATURITY

app = typer.Typer(help="Redeem units for money.", no_args_is_help=True)

REASON = "redemption"
Number = Annotated[int, typer.Argument(min=1, help="Number of the redemption.")]
Units = Annotated[str, typer.Option(help="How many units; all by default.")]
At = Annotated[str, typer.Option(help="When it may begin, a date or a time; now by default.")]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="redemption")


@app.command()
def mature(
    symbol: Symbol,
    money: Cash,
    *,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Announce that a bond is redeemed at its nominal, on its maturity."""
    with open_workspace(folder) as workspace:
        at_s = redeeming.maturity_s(workspace.security(symbol))
        wish = Wish(symbol=symbol, cash=money, kind=MATURITY, at_s=at_s,
                    reason=stated_reason(REASON, document))  # fmt: skip
        _announced(workspace, redeeming.announce(workspace, wish, key=new_key(key)), json=json)


@app.command()
def call(
    symbol: Symbol,
    money: Cash,
    *,
    at: Annotated[str, typer.Option(help="The day of redemption.")],
    units: Units = "",
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Announce that the issuer calls a bond, at the price and with the notice of its terms."""
    with open_workspace(folder) as workspace:
        wish = Wish(
            symbol=symbol, cash=money, kind=CALL, at_s=parse_time(at, where="--at"),
            reason=stated_reason(REASON, document), units=_units(workspace, symbol, units),
        )  # fmt: skip
        _announced(workspace, redeeming.announce(workspace, wish, key=new_key(key)), json=json)


@app.command("buy-back")
def buy_back(
    symbol: Symbol,
    units: Annotated[str, typer.Argument(help="Most units that are bought.")],
    price: Annotated[str, typer.Argument(help="Price of a whole unit, such as 12.50.")],
    money: Cash,
    *,
    until: Annotated[str, typer.Option(help="Until when holders tender.")],
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Announce that units are bought from who tenders them; of too many, in proportion."""
    with open_workspace(folder) as workspace:
        decimals = cash.money(workspace, money).decimals
        wish = Wish(
            symbol=symbol, cash=money, kind=BUY_BACK, at_s=parse_time(until, where="--until"),
            reason=stated_reason(REASON, document), units=_units(workspace, symbol, units),
            price=parse_quantity(price, decimals, where="price"),
        )  # fmt: skip
        _announced(workspace, redeeming.announce(workspace, wish, key=new_key(key)), json=json)


def _units(workspace: Workspace, symbol: str, text: str) -> int:
    return parse_quantity(text, workspace.security(symbol).decimals, where="units") if text else 0


def _announced(workspace: Workspace, made: Redemption, *, json: bool) -> None:
    if json:
        as_json({"number": made.number, "price": made.price or None, "at": show_time(made.at_s),
                 "accrued": made.accrued or None})  # fmt: skip
        return
    decimals = cash.money(workspace, made.cash).decimals
    say(f"[bold green]✓[/] redemption {made.number}: {_what(workspace, made)} at "
        f"{show_money(int(made.price), decimals)} {made.cash}, from {show_time(made.at_s)}"
        )  # fmt: skip


def _what(workspace: Workspace, made: Redemption) -> str:
    if not made.units:
        return f"all of {made.symbol}"
    if made.kind == DEALING:
        return f"{made.symbol}, dealing {made.units}"
    decimals = workspace.security(made.symbol).decimals
    return f"{show_quantity(int(made.units), decimals)} of {made.symbol}"


@app.command()
def tender(
    number: Number,
    who: Who,
    units: Annotated[str, typer.Argument(help="How many units; none takes a tender back.")],
    *,
    signature: Signature = "",
    to_sign: ToSign = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Tender units of a holder to a buy-back, by his signature; his last word counts."""
    with open_workspace(folder) as workspace:
        found = called.redemption(workspace, number)
        owner = workspace.wallet_of(who)
        amount = 0 if units == "none" else _units(workspace, found.symbol, units)
        if to_sign:
            print_typed(redeeming.typed_tender(workspace, found, owner, amount))
            return
        made = redeeming.tender(workspace, number, owner, amount, signature=signature)
    if json:
        as_json(made)
    else:
        say(f"[bold green]✓[/] {named(who)} tenders {units} of {found.symbol}")


@app.command("carry-out")
def carry_out(
    number: Number,
    *,
    challenge_hours: Annotated[
        int, typer.Option(min=0, help="How long its payment can be stopped before units go.")
    ] = 0,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Record holders, set their money apart, destroy their units; goes on where it stopped."""
    with open_workspace(folder) as workspace, progress("Redeeming", quiet=json) as report:
        done = redeeming.carry_out(
            workspace, number, challenge_s=challenge_hours * HOUR_S, report=report
        )
        security = workspace.security(called.redemption(workspace, number).symbol)
    if json:
        as_json({**_state(done), "number": number})
        return
    say(f"[bold green]✓[/] {show_quantity(done.destroyed, security.decimals)} of {security.symbol} "
        f"redeemed, {show_quantity(done.left, security.decimals)} are left")  # fmt: skip
    for each in done.distributions:
        say(f"  `distribution push {each}` pays it")


def _state(done: redeeming.Progress) -> dict[str, object]:
    return {"state": done.state, "distributions": list(done.distributions),
            "destroyed": str(done.destroyed), "left": str(done.left)}  # fmt: skip


@app.command()
def withdraw(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Take back a redemption that has no record date yet."""
    with open_workspace(folder) as workspace:
        redeeming.withdraw(workspace, number)
    if json:
        as_json({"number": number, "state": "withdrawn"})
    else:
        say(f"[bold green]✓[/] redemption {number} is withdrawn")


@app.command()
def abandon(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """End a redemption whose payment was stopped; its units stay, and the security goes on."""
    with open_workspace(folder) as workspace:
        redeeming.abandon(workspace, number)
    if json:
        as_json({"number": number, "state": "abandoned"})
    else:
        say(f"[bold green]✓[/] redemption {number} is abandoned")


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All redemptions, and how far each has come."""
    with open_workspace(folder) as workspace:
        found = [(each, redeeming.progress(workspace, each), _what(workspace, each))
                 for each in called.all_redemptions(workspace)]  # fmt: skip
    if json:
        as_json([{"number": each.number, "symbol": each.symbol, "kind": each.kind,
                  "at": show_time(each.at_s), **_state(done)} for each, done, _ in found]
                )  # fmt: skip
        return
    table = lined(["No.", "Kind", "What", "From", "State", "Distributions"])
    for each, done, what in found:
        paid = ", ".join(str(number) for number in done.distributions)
        begins = show_time(each.at_s)[:16].replace("T", " ")
        table.add_row(str(each.number), each.kind, what, begins, done.state, paid)
    out.print(table)
