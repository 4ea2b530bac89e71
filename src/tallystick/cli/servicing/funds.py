"""`fund`: dealings at one forward price: orders, valuation, settlement, gates."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import Annotated, Any

import typer

from tallystick.app.servicing import cash, dealings, funds
from tallystick.app.servicing.dealings import Dealing, Placed
from tallystick.app.servicing.funds import Worth
from tallystick.app.workspace import Workspace
from tallystick.cli.acting import DocumentFile, Signature, ToSign, Who, print_typed
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, out, progress, say
from tallystick.cli.servicing.distributions import Cash
from tallystick.cli.tables import lined
from tallystick.core.errors import Invalid
from tallystick.core.times import parse_time, show_time
from tallystick.core.units import (
    BASIS_POINTS,
    parse_amount,
    parse_quantity,
    show_money,
    show_quantity,
)
from tallystick.core.wallets import show_wallet
from tallystick.securities.funds import REDEEM, SUBSCRIBE

app = typer.Typer(help="Deal in units of a fund.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(min=1, help="Number of the dealing.")]
Money = Annotated[str, typer.Argument(help="An amount of the cash, such as 10,000.00.")]
PRICE_PLACES = 6


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="fund")


@app.command("open")
def open_(
    symbol: Symbol,
    money: Cash,
    *,
    cut_off: Annotated[str, typer.Option(help="Until when orders are taken.")],
    gate: Annotated[
        int, typer.Option(min=0, max=BASIS_POINTS, help="Most that may leave, in ten-thousandths "
                          "of all units; all by default.")
    ] = 0,
    fee: Annotated[
        int, typer.Option(min=0, max=BASIS_POINTS, help="The manager's yearly fee, in "
                          "ten-thousandths of net assets.")
    ] = 0,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Open a dealing; what a gate kept back in the one before waits in it."""
    with open_workspace(folder) as workspace:
        made = funds.open_dealing(
            workspace, symbol, money, cut_off=parse_time(cut_off, where="--cut-off"),
            gate_bps=gate, fee_bps=fee, key=new_key(key),
        )  # fmt: skip
        waiting = len(dealings.orders(workspace, made))
    if json:
        as_json({"number": made.number, "cut_off": show_time(made.cut_off), "waiting": waiting})
    else:
        say(f"[bold green]✓[/] dealing {made.number} of {symbol} takes orders until "
            f"{show_time(made.cut_off)}")  # fmt: skip


@app.command()
def subscribe(
    number: Number,
    who: Who,
    amount: Money,
    *,
    signature: Signature = "",
    to_sign: ToSign = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Subscribe for cash, at a price that nobody knows yet."""
    with open_workspace(folder) as workspace:
        made = dealings.dealing(workspace, number)
        units = parse_quantity(amount, cash.money(workspace, made.cash).decimals, where="amount")
        placed = _order(workspace, made, who, SUBSCRIBE, units, signature, key, to_sign=to_sign)
    _say_ordered(placed, f"{named(who)} subscribes for {amount} {made.cash}", json=json)


@app.command()
def redeem(
    number: Number,
    who: Who,
    amount: Annotated[str, typer.Argument(help="Units, such as 1,250.5.")],
    *,
    signature: Signature = "",
    to_sign: ToSign = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Have units redeemed, at a price that nobody knows yet."""
    with open_workspace(folder) as workspace:
        made = dealings.dealing(workspace, number)
        units = parse_quantity(amount, workspace.security(made.symbol).decimals, where="amount")
        placed = _order(workspace, made, who, REDEEM, units, signature, key, to_sign=to_sign)
    _say_ordered(placed, f"{named(who)} redeems {amount} of {made.symbol}", json=json)


def _order(
    workspace: Workspace, made: Dealing, who: str, kind: str, units: int, signature: str,
    key: str | None, *, to_sign: bool,
) -> Placed | None:  # fmt: skip
    """Place an order; or print what is to be signed for it, which is bound to its key."""
    if (to_sign or signature) and key is None:
        raise Invalid("key-needed", "What is signed is bound to the key of the order",
                      where="--key", cure="Name one, and the same with the signature."
                      )  # fmt: skip
    owner, order_key = workspace.wallet_of(who), new_key(key)
    if to_sign:
        print_typed(funds.typed_for(workspace, made, owner, kind, units, order_key))
        return None
    return funds.order(workspace, made.number, owner, kind, units, signature=signature,
                       key=order_key)  # fmt: skip


def _say_ordered(placed: Placed | None, what: str, *, json: bool) -> None:
    if placed is not None and json:
        as_json(placed)
    elif placed is not None:
        say(f"[bold green]✓[/] {what}")


@app.command()
def value(
    number: Number,
    assets: Money,
    *,
    liabilities: Annotated[str, typer.Option(help="What the fund owes, but for the fee.")] = "",
    first_price: Annotated[
        str, typer.Option(help="Price of a unit of a fund that has none yet.")
    ] = "",
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """State what the fund is worth, once orders are closed."""
    with open_workspace(folder) as workspace:
        made = dealings.dealing(workspace, number)
        decimals = cash.money(workspace, made.cash).decimals

        def money(text: str, where: str) -> int:
            return parse_amount(text, decimals, where=where)

        stated = funds.value(workspace, number, Worth(
            assets=money(assets, "assets"), liabilities=money(liabilities, "--liabilities"),
            first_price=money(first_price, "--first-price"),
            document=sha256(document.read_bytes()).digest(),
        ))  # fmt: skip
        price = _price(workspace, made, stated.valuation.price)
    if json:
        as_json({"number": number, "price": price, "fee": stated.fee,
                 "outstanding": stated.outstanding})  # fmt: skip
    else:
        say(f"[bold green]✓[/] a unit of {made.symbol} is worth {price} {made.cash}, fee "
            f"{show_money(int(stated.fee), decimals)}")  # fmt: skip


def _price(workspace: Workspace, made: Dealing, price: Fraction) -> str:
    """The price of a whole unit in money, to six places; rounded down for the eye."""
    decimals = cash.money(workspace, made.cash).decimals
    whole = price * 10 ** workspace.security(made.symbol).decimals
    scaled = whole * 10**PRICE_PLACES / 10**decimals
    return show_money(scaled.numerator // scaled.denominator, PRICE_PLACES)


@app.command()
def settle(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Take payments, issue units, redeem those of who leaves; goes on where it stopped."""
    with open_workspace(folder) as workspace, progress("Dealing", quiet=json) as report:
        funds.settle(workspace, number, report=report)
        told = _told(workspace, dealings.dealing(workspace, number))
    if json:
        as_json(told)
    else:
        say(f"[bold green]✓[/] dealing {number} settled")


@app.command()
def show(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """What a dealing comes to: who bought and sold how much, at which price."""
    with open_workspace(folder) as workspace:
        told = _told(workspace, dealings.dealing(workspace, number))
    if json:
        as_json(told)
        return
    say(f"dealing {number} of {told['symbol']}: {told['state']}, price {told['price'] or 'open'}")
    table = lined(["Who", "What"], ["Asked", "Done"], tail=["Not"])
    for line in told["orders"]:
        table.add_row(*(str(line[name]) for name in ("wallet", "kind", "asked", "done", "not")))
    out.print(table)


def _told(workspace: Workspace, made: Dealing) -> dict[str, Any]:
    stated = dealings.valued(workspace, made.number)
    settled = funds.is_settled(workspace, made)
    lines: list[dict[str, str]] = []
    if stated is not None:
        lines = _lines(workspace, made)
    return {
        "number": made.number, "symbol": made.symbol,
        "state": "settled" if settled else "valued" if stated else "open",
        "price": _price(workspace, made, stated.valuation.price) if stated else None,
        "orders": lines,
    }  # fmt: skip


def _lines(workspace: Workspace, made: Dealing) -> list[dict[str, str]]:
    result, why = dealings.dealt(workspace, made), dealings.refused(workspace, made.number)
    cash_decimals = cash.money(workspace, made.cash).decimals
    decimals = workspace.security(made.symbol).decimals
    keys = [each.key for each in dealings.placed(workspace, made.number) if each.kind == SUBSCRIBE]
    lines = [
        {"wallet": show_wallet(each.wallet), "kind": SUBSCRIBE,
         "asked": show_money(each.paid, cash_decimals),
         "done": "0" if key in why else show_quantity(each.units, decimals),
         "not": why.get(key, show_money(each.back, cash_decimals) if each.back else "")}
        for each, key in zip(result.bought, keys, strict=True)
    ]  # fmt: skip
    return lines + [
        {"wallet": show_wallet(each.wallet), "kind": REDEEM,
         "asked": show_quantity(each.asked, decimals), "done": show_quantity(each.units, decimals),
         "not": show_quantity(each.left, decimals) if each.left else ""}
        for each in result.sold
    ]  # fmt: skip


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All dealings, and where each stands."""
    with open_workspace(folder) as workspace:
        found = [_told(workspace, each) for each in dealings.dealings(workspace)]
    if json:
        as_json(found)
        return
    table = lined(["No.", "Fund", "State"], ["Price", "Orders"])
    for each in found:
        count = len(each["orders"]) if isinstance(each["orders"], list) else 0
        table.add_row(str(each["number"]), str(each["symbol"]), str(each["state"]),
                      str(each["price"] or ""), str(count))  # fmt: skip
    out.print(table)
