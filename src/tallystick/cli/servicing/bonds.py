"""`bond`: what a bond pays when, what has accrued, and its coupons."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Annotated

import typer

from tallystick.app.servicing import bonds, payouts
from tallystick.app.servicing.bonds import Coupon, Wanted
from tallystick.app.servicing.taxes import law_of
from tallystick.cli.acting import DocumentFile
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, out, progress, say
from tallystick.cli.servicing.distributions import HOUR_S, Cash, Challenge, Withholding
from tallystick.cli.tables import lined
from tallystick.core.times import parse_time, show_time
from tallystick.core.units import show_money
from tallystick.securities.bonds.bond_terms import day_of

app = typer.Typer(help="Bonds and their coupons.", no_args_is_help=True)

PLACES = 6


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="bond")


@app.command()
def schedule(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """What a bond pays when, by its terms, and which payments were announced."""
    with open_workspace(folder) as workspace:
        found = bonds.schedule(workspace, workspace.security(symbol))
    if json:
        as_json([_row(each) for each in found])
        return
    table = lined(["No.", "Days", "Paid", "Held at close of"], ["Of a year", "For a unit"],
                  tail=["Distribution"])  # fmt: skip
    for each in found:
        flow = each.flow
        table.add_row(
            str(each.number), f"{flow.start} to {flow.end}", str(flow.pays), str(each.record_day),
            f"{flow.fraction.numerator}/{flow.fraction.denominator}", shown(each.per_unit),
            str(each.distribution or "") or ("with its maturity" if flow.redeems else ""),
        )  # fmt: skip
    out.print(table)


def _row(each: Coupon) -> dict[str, object]:
    flow = each.flow
    return {
        "number": each.number, "from": str(flow.start), "to": str(flow.end),
        "paid": str(flow.pays), "record_day": str(each.record_day),
        "fraction": str(flow.fraction), "per_unit": str(each.per_unit),
        "distribution": each.distribution or None, "maturity": flow.redeems,
    }  # fmt: skip


def shown(money: Fraction) -> str:
    """An exact amount of money; `…` says that decimals follow."""
    scaled = money * 10**PLACES
    whole = scaled.numerator // scaled.denominator
    return show_money(whole, PLACES) + ("" if scaled.denominator == 1 else "…")


@app.command()
def accrued(
    symbol: Symbol,
    *,
    on: Annotated[str, typer.Option(help="A date; today by default.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Interest that has accrued on a whole unit and is not paid."""
    with open_workspace(folder) as workspace:
        day: date = day_of(parse_time(on, where="--on") if on else workspace.now())
        found = bonds.accrued(workspace.security(symbol), day)
    if json:
        as_json({"day": str(day), "per_unit": str(found)})
    else:
        say(f"{shown(found)} for a unit of {symbol} on {day}")


@app.command()
def coupon(
    symbol: Symbol,
    number: Annotated[int, typer.Argument(min=1, help="Number of the coupon.")],
    money: Cash,
    *,
    document: DocumentFile,
    challenge_hours: Challenge = 24,
    withholding: Withholding = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Announce a coupon: who holds at the close of its record day is paid."""
    with open_workspace(folder) as workspace, progress("Calculating", quiet=json) as report:
        wanted = Wanted(
            symbol=symbol, number=number, cash=money, challenge_s=challenge_hours * HOUR_S,
            document=sha256(document.read_bytes()).digest(),
            withholding=law_of(workspace, symbol, withholding),
        )  # fmt: skip
        made = bonds.announce(workspace, wanted, key=new_key(key), report=report)
        amount = payouts.show_amount(workspace, made, made.units)
    if json:
        as_json({"number": made.number, "amount": str(made.units),
                 "record_date": show_time(made.record_at)})  # fmt: skip
    else:
        say(f"[bold green]✓[/] distribution {made.number}: {amount} to who holds before "
            f"{show_time(made.record_at)}")  # fmt: skip
