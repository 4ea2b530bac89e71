"""`grant`: options and SAFEs, what has vested, exercise, conversion, the diluted cap table."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import Annotated

import typer
from rich.markup import escape

from tallystick.app.servicing import grants
from tallystick.app.servicing.grants import OPTION, SAFE, Grant
from tallystick.app.workspace import Workspace
from tallystick.cli.acting import DocumentFile, Who, done_line
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, out, say
from tallystick.cli.tables import counted, lined
from tallystick.core.times import parse_time
from tallystick.core.units import half_up, parse_exact, parse_quantity, show_money, show_quantity
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.securities.grants import Vesting

app = typer.Typer(help="Options and SAFEs.", no_args_is_help=True)

STRIKE_DECIMALS = 6
Number = Annotated[int, typer.Argument(min=1, help="Number of the grant.")]
Price = Annotated[str, typer.Argument(help="Price of a whole unit in the round, such as 1.25.")]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="grant")


@app.command()
def option(
    symbol: Symbol,
    who: Who,
    units: Annotated[str, typer.Argument(help="How many units.")],
    strike: Annotated[str, typer.Argument(help="Price at which it is exercised.")],
    *,
    vesting_start: Annotated[str, typer.Option(help="A date; vested at once by default.")] = "",
    vesting_months: Annotated[int, typer.Option(help="Over so many months.")] = 48,
    cliff_months: Annotated[int, typer.Option(help="Nothing before so many.")] = 12,
    every_months: Annotated[int, typer.Option(help="In steps of so many.")] = 1,
    expires: Annotated[str, typer.Option(help="When it expires; never by default.")] = "",
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Grant an option on units."""
    vesting = None
    if vesting_start:
        vesting = Vesting(start=vesting_start, months=vesting_months, cliff_months=cliff_months,
                          every_months=every_months)  # fmt: skip
    with open_workspace(folder) as workspace:
        decimals = workspace.security(symbol).decimals
        made = grants.make(workspace, Grant(
            number=0, key=new_key(key), kind=OPTION, home=_home(workspace, who), symbol=symbol,
            units=str(parse_quantity(units, decimals, where="units")), strike=strike,
            expires_at=parse_time(expires, where="--expires") if expires else 0, vesting=vesting,
            document=sha256(document.read_bytes()).hexdigest(),
        ))  # fmt: skip
    _made(made, f"an option of {named(who)} on {units} {symbol} at {escape(strike)}", json=json)


@app.command()
def safe(
    symbol: Symbol,
    who: Who,
    amount: Annotated[str, typer.Argument(help="What was paid, such as 100,000.00.")],
    *,
    cap: Annotated[str, typer.Option(help="Valuation cap.")] = "",
    discount: Annotated[int, typer.Option(help="Discount, in ten-thousandths.")] = 0,
    pre_money: Annotated[
        bool, typer.Option("--pre-money", help="The cap is without the SAFEs; with, by default.")
    ] = False,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Note a SAFE that converts into units of a security."""
    with open_workspace(folder) as workspace:
        made = grants.make(workspace, Grant(
            number=0, key=new_key(key), kind=SAFE, home=_home(workspace, who), symbol=symbol,
            amount=amount, cap=cap, discount_bps=discount, post_money=not pre_money,
            document=sha256(document.read_bytes()).hexdigest(),
        ))  # fmt: skip
    _made(made, f"a SAFE of {named(who)} of {escape(amount)}", json=json)


def _home(workspace: Workspace, who: str) -> Wallet:
    return workspace.book().registry.home(workspace.wallet_of(who))


def _made(made: Grant, what: str, *, json: bool) -> None:
    if json:
        as_json(made)
    else:
        say(f"[bold green]✓[/] grant {made.number}: {what}")


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All grants: what has vested, what was exercised, what is open."""
    with open_workspace(folder) as workspace:
        found = grants.standing(workspace)
        people = workspace.vault.people()
        decimals = {each.symbol: each.decimals for each in workspace.securities()}
    if json:
        as_json([{"number": each.grant.number, "kind": each.grant.kind, "state": each.state,
                  "symbol": each.symbol, "wallet": show_wallet(each.grant.home),
                  "granted": str(each.units), "strike": str(each.strike),
                  "vested": str(each.vested), "exercised": str(each.exercised),
                  "amount": each.grant.amount or None}
                 for each in found])  # fmt: skip
        return
    table = lined(["No.", "Holder", "What"], ["Granted", "Vested", "Exercised"],
                  tail=["Expires", "State"])  # fmt: skip
    for each in found:
        grant = each.grant
        name = people[grant.home].name if grant.home in people else show_wallet(grant.home)
        if grant.kind == SAFE:
            table.add_row(str(grant.number), escape(name), f"SAFE of {grant.amount}", "", "", "",
                          "", each.state)  # fmt: skip
            continue
        amounts = [show_quantity(units, decimals[each.symbol])
                   for units in (each.units, each.vested, each.exercised)]  # fmt: skip
        strike = show_money(half_up(each.strike * 10**STRIKE_DECIMALS), STRIKE_DECIMALS)
        table.add_row(str(grant.number), escape(name), f"{each.symbol} at {strike}",
                      *amounts, grants.shown_expiry(grant), each.state)  # fmt: skip
    out.print(table)


@app.command()
def exercise(
    number: Number,
    units: Annotated[str, typer.Argument(help="How many units.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Issue units of an option whose strike was paid."""
    with open_workspace(folder) as workspace:
        symbols = {each.grant.number: each.symbol for each in grants.standing(workspace)}
        symbol = symbols.get(number, "")
        decimals = workspace.security(symbol).decimals if symbol else 0
        amount = parse_quantity(units, decimals, where="units")
        done = grants.exercise(workspace, number, amount, key=new_key(key))
    done_line(f"{units} units of grant {number} exercised", done, json=json)


@app.command()
def cancel(
    number: Number, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """End a grant; what was issued for it stays."""
    with open_workspace(folder) as workspace:
        grants.cancel(workspace, number, key=new_key(key))
    if json:
        as_json({"number": number, "state": "cancelled"})
    else:
        say(f"[bold green]✓[/] grant {number} is cancelled")


@app.command()
def convert(
    symbol: Symbol,
    price: Price,
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what each would become, and do nothing.")
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Convert all open SAFEs on a security at the price of a round."""
    with open_workspace(folder) as workspace:
        exact: Fraction = parse_exact(price, where="price")
        decimals = workspace.security(symbol).decimals
        if explain:
            done = grants.conversion(workspace, symbol, exact)
        else:
            done = grants.convert_all(workspace, symbol, exact, key=new_key(key))
    if json:
        as_json([{"number": grant.number, "units": str(units)} for grant, units in done])
        return
    for grant, units in done:
        say(f"  SAFE {grant.number} of {escape(grant.amount)}: {show_quantity(units, decimals)}")
    if not explain:
        say(f"[bold green]✓[/] {counted(len(done), 'SAFE')} converted")


@app.command()
def diluted(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All shares there are, and would be if every option were exercised.

    Awards and warrants of books that were imported are among the options.
    """
    with open_workspace(folder) as workspace:
        shares = grants.capitalisation(workspace)
        options = [each for each in grants.standing(workspace)
                   if each.grant.kind == OPTION and each.state == "open"]  # fmt: skip
        places = {each.symbol: each.decimals for each in workspace.securities()}
        promised = grants.promised(workspace)
    optioned = sum((Fraction(each.left, 10 ** places[each.symbol]) for each in options),
                   promised)  # fmt: skip
    if json:
        as_json({"issued": str(shares - optioned), "options": str(optioned),
                 "diluted": str(shares)})  # fmt: skip
        return
    for name, amount in (("issued", shares - optioned), ("options", optioned), ("diluted", shares)):
        say(f"  {name:8} {float(amount):>20,.3f}")
