"""`exchange`: splits, reverse splits, stock dividends, conversions, mergers, new versions."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import Annotated

import typer

from tallystick.app.servicing import cash, distributions, exchanges, payouts
from tallystick.app.servicing.distributions import Plan
from tallystick.cli.acting import DocumentFile, ReasonCode, done_line, stated_reason
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, progress, say
from tallystick.cli.servicing.distributions import HOUR_S, Cash, Challenge
from tallystick.cli.tables import counted
from tallystick.core.times import parse_time, show_time
from tallystick.core.units import half_up, parse_quantity, show_money, show_quantity
from tallystick.core.wallets import show_wallet
from tallystick.securities.exchanges import Ratio

app = typer.Typer(help="Exchange all units for others.", no_args_is_help=True)


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="exchange")


@app.command()
def announce(
    symbol: Symbol,
    new: Annotated[int, typer.Argument(min=1, help="So many new units …")],
    old: Annotated[int, typer.Argument(min=1, help="… for so many old ones.")],
    *,
    to: Annotated[
        str, typer.Option(help="Symbol of the security whose units they are; the same by default.")
    ] = "",
    not_before: Annotated[str, typer.Option(help="When it may begin; at once by default.")] = "",
    reason: ReasonCode,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Announce that all units will be exchanged: `announce ACME 3 2` is three for two."""
    stated = stated_reason(reason, document)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        done = exchanges.announce(
            workspace, security, Ratio(new, old), stated,
            to=workspace.security(to) if to else None,
            not_before=parse_time(not_before, where="--not-before") if not_before else 0,
            key=new_key(key),
        )  # fmt: skip
    done_line(f"{new} units of {to or symbol} for {old} of {symbol} announced", done, json=json)


@app.command()
def withdraw(
    symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Take back an exchange that nobody went through yet, or one for another security."""
    with open_workspace(folder) as workspace:
        done = exchanges.withdraw(workspace, workspace.security(symbol), key=new_key(key))
    done_line(f"the exchange of {symbol} is withdrawn", done, json=json)


@app.command("carry-out")
def carry_out(
    symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Exchange the units of everybody; one that was cut off goes on."""
    with open_workspace(folder) as workspace, progress("Exchanging", quiet=json) as report:
        security = workspace.security(symbol)
        done = exchanges.carry_out(workspace, security, key=new_key(key), report=report)
        supply = workspace.book().securities[done.to].supply
        into = next(each for each in workspace.securities() if each.token == done.to)
    if json:
        as_json({"epoch": done.epoch, "supply": supply, "fractions": len(done.fractions)})
        return
    say(f"[bold green]✓[/] exchange {done.epoch} of {symbol}: there are now "
        f"{show_quantity(supply, into.decimals)} units of {into.symbol}")  # fmt: skip
    if done.fractions:
        say(f"  {counted(len(done.fractions), 'holder')} had a fraction of a unit left; "
            f"`exchange fractions {symbol} {done.epoch}` pays them")  # fmt: skip


@app.command()
def show(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """The exchange that is announced or goes on, and how many there were."""
    with open_workspace(folder) as workspace:
        state = workspace.book().securities[workspace.security(symbol).token]
    terms = state.exchange
    if json:
        as_json({
            "epoch": state.epoch, "under_way": state.exchanging,
            "announced": None if terms is None else {
                "to": show_wallet(terms.to), "new": terms.ratio.numerator,
                "old": terms.ratio.denominator, "not_before": show_time(terms.not_before)},
        })  # fmt: skip
        return
    say(f"{symbol} was exchanged {counted(state.epoch - state.exchanging, 'time')}")
    if terms is not None:
        when = "goes on" if state.exchanging else f"may begin at {show_time(terms.not_before)}"
        say(f"  {terms.ratio.numerator} for {terms.ratio.denominator} {when}")


@app.command("fractions")
def fractions_(
    symbol: Symbol,
    epoch: Annotated[int, typer.Argument(min=1, help="Number of the exchange.")],
    price: Annotated[str, typer.Argument(help="Price of a whole new unit, such as 12.50.")],
    money: Cash,
    *,
    document: DocumentFile,
    challenge_hours: Challenge = 24,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Announce that fractions of units left by an exchange are paid in cash."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        done = exchanges.past(workspace, security, epoch)
        into = next(each for each in workspace.securities() if each.token == done.to)
        decimals = cash.money(workspace, money).decimals
        each = parse_quantity(price, decimals, where="price")
        whole = Fraction(done.left, done.ratio.denominator * 10**into.decimals)
        plan = Plan(
            symbol=symbol, cash=money, amount=half_up(each * whole), income="fractions",
            record_at=0, challenge_s=challenge_hours * HOUR_S, expires_at=0, epoch=epoch,
            document=sha256(document.read_bytes()).digest(),
        )  # fmt: skip
        made = distributions.announce(workspace, plan, key=new_key(key))
        shown = payouts.show_amount(workspace, made, made.units)
    if json:
        as_json({"number": made.number, "amount": str(made.units)})
        return
    say(f"[bold green]✓[/] distribution {made.number}: {shown} for the fractions of "
        f"{counted(len(done.fractions), 'holder')} at {show_money(each, decimals)}")  # fmt: skip
