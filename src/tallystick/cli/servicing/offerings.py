"""`offering`: securities sold with escrow, from their terms to their allocation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tallystick.app.servicing import offerings, pledges, subscribing
from tallystick.app.servicing.offerings import Opened
from tallystick.cli.acting import (
    Amount,
    DocumentFile,
    ReasonCode,
    Who,
    done_line,
    explain_and_leave,
    reason_code,
    stated_reason,
)
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, named, new_key, out, progress, say
from tallystick.cli.tables import counted, lined
from tallystick.core.errors import Conflict
from tallystick.core.times import show_time
from tallystick.core.units import parse_quantity, show_money, show_quantity
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.store.files import read_text
from tallystick.securities.offering_limits import Subscriber
from tallystick.securities.offerings.offer_terms import Decimals
from tallystick.securities.offerings.wires import read_wires
from tallystick.securities.verdict import Verdict

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

app = typer.Typer(help="Securities sold, with escrow.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(min=1, help="Number of the offering.")]
# A quantity such as -5 is told to be negative, not taken for an option.
NEGATIVE_QUANTITIES = {"ignore_unknown_options": True}


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="offering")


@app.command("open")
def open_(
    terms: Annotated[Path, typer.Argument(help="Its terms, see the docs of `offering.toml`.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Open an offering on the terms of a file; their hash is published."""
    text = read_text(terms, "offering-invalid")
    with open_workspace(folder) as workspace:
        opened = offerings.open_offering(workspace, text, path=str(terms), key=new_key(key))
    times = (show_time(opened.terms.opens_at), show_time(opened.terms.closes_at))
    if json:
        as_json({"number": opened.number, "opens": times[0], "closes": times[1]})
    else:
        say(f"[bold green]✓[/] offering {opened.number} of {opened.terms.symbol} is open from "
            f"{times[0]} to {times[1]}")  # fmt: skip


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All offerings, and where each stands."""
    with open_workspace(folder) as workspace:
        rows = [{"number": each.number, "symbol": each.terms.symbol,
                 "status": offerings.state_of(workspace, each).status,
                 "opens": show_time(each.terms.opens_at),
                 "closes": show_time(each.terms.closes_at)}
                for each in offerings.offerings(workspace)]  # fmt: skip
    if json:
        as_json(rows)
        return
    for row in rows:
        say(f"  {row['number']:>3}  {row['symbol']:12} {row['status']:10} [dim]{row['opens']} to "
            f"{row['closes']}[/]")  # fmt: skip
    if not rows:
        say("[dim]none yet; `offering open` opens one[/]")


@app.command()
def show(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Where an offering stands: who subscribed for what, and what he got."""
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        state = offerings.state_of(workspace, opened)
        found = list(offerings.subscribers(workspace, opened).values())
        places = offerings.decimals_of(workspace, opened)
        names = _names(workspace, [each.investor for each in found])
    lot = opened.terms.units_per_lot

    def units(lots: int) -> str:
        return show_quantity(lots * lot, places.units)

    def money(amount: int) -> str:
        return show_money(amount, places.cash)

    if json:
        as_json({
            "number": number, "symbol": opened.terms.symbol, "status": state.status,
            "subscribed": units(state.lots), "soft_cap": units(opened.terms.soft_lots),
            "hard_cap": units(opened.terms.hard_lots), "left": state.left,
            "subscribers": [
                {"wallet": show_wallet(each.investor), "name": names[each.investor],
                 "subscribed": units(each.lots), "paid": money(each.amount),
                 "allocated": units(each.allocated), "cost": money(each.cost),
                 "refunded": money(each.refunded), "refused": each.refused}
                for each in found]})  # fmt: skip
        return
    say(
        f"[bold]{opened.terms.symbol}[/]  {state.status}: {units(state.lots)} subscribed, "
        f"{units(opened.terms.soft_lots)} needed, {units(opened.terms.hard_lots)} offered"
    )
    table = lined(["Investor"], ["Subscribed", "Paid in", "Allocated", "Cost", "Paid back"])
    for each in found:
        table.add_row(escape(names[each.investor]), units(each.lots), money(each.amount),
                      "refused" if each.refused else units(each.allocated), money(each.cost),
                      money(each.refunded))  # fmt: skip
    out.print(table)


def _names(workspace: Workspace, wallets: list[Wallet]) -> dict[Wallet, str]:
    """What people are called, or their wallets where that is not known."""
    people, home = workspace.vault.people(), workspace.book().registry.home
    return {
        wallet: people[home(wallet)].name if home(wallet) in people else show_wallet(wallet)
        for wallet in wallets
    }


@app.command()
def address(
    number: Number,
    who: Who,
    *,
    qualified: Annotated[
        bool, typer.Option("--qualified", help="He is a qualified investor and does not count.")
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Log that an offer is addressed to somebody, if the regime allows one more."""
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        home = workspace.book().registry.home(workspace.wallet_of(who))
        refusals = subscribing.address_to(workspace, opened, home, qualified=qualified)
        so_far = len(subscribing.offerees(workspace, opened))
        if refusals:
            explain_and_leave(Verdict(refusals, workspace.now()), 0, json=json)
    if json:
        as_json({"addressed": so_far})
    else:
        say(f"[bold green]✓[/] addressed to {named(who)}; {counted(so_far, 'person')} so far")


@app.command()
def limit(
    number: Number,
    who: Who,
    *,
    income: Annotated[int, typer.Option(min=0, help="Yearly income, or revenue.")] = 0,
    net_worth: Annotated[int, typer.Option(min=0, help="Net worth, or net assets.")] = 0,
    invested: Annotated[
        int, typer.Option(min=0, help="Put into offers under the same regime before.")
    ] = 0,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """State how much somebody may put in, by his means; the officer answers for it.

    Amounts are in whole units of the currency; only the limit is published.
    """
    means = Subscriber(income=income, net_worth=net_worth, invested=invested)
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        home = workspace.book().registry.home(workspace.wallet_of(who))
        most = subscribing.state_means(workspace, opened, home, means, key=new_key(key))
        places = offerings.decimals_of(workspace, opened)
    if json:
        as_json({"most": most})
    elif most is None:
        say("[dim]no limit follows from means under this regime[/]")
    else:
        say(f"[bold green]✓[/] {named(who)} may put in {show_money(most, places.cash)}")


@app.command(context_settings=NEGATIVE_QUANTITIES)
def subscribe(
    number: Number,
    who: Who,
    amount: Amount,
    *,
    wired: Annotated[
        bool, typer.Option("--wired", help="His wire has come: the agent pays in for him.")
    ] = False,
    for_escrow: Annotated[
        bool,
        typer.Option(
            "--for-escrow", help="Print what the escrow agent is to send, and do no more."
        ),
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Subscribe for an investor; every reason why he may not is told, and nothing done.

    By the key that is kept for him he signs that he pays, and the agent bears the gas.
    """
    act_key = new_key(key)
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        places, wallet = offerings.decimals_of(workspace, opened), workspace.wallet_of(who)
        units = parse_quantity(amount, places.units, where="amount")
        lots = subscribing.lots_of(opened, units)
        if not workspace.known(f"{act_key}/subscribe"):
            verdict = subscribing.judge(workspace, opened, wallet, lots)
            if not verdict.allowed:
                explain_and_leave(verdict, places.units, json=json)
        if for_escrow:
            as_json(subscribing.call_of_escrow(workspace, opened, wallet, lots))
            return
        act = subscribing.subscribe_for if wired else subscribing.subscribe
        done = act(workspace, opened, wallet, lots, key=act_key)
    done_line(f"{named(who)} subscribed for {show_quantity(units, places.units)}", done, json=json)


@app.command(context_settings=NEGATIVE_QUANTITIES)
def pledge(
    number: Number,
    who: Who,
    amount: Amount,
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Note that an investor will pay by wire, and print the reference that he is to state."""
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        places, wallet = offerings.decimals_of(workspace, opened), workspace.wallet_of(who)
        lots = subscribing.lots_of(opened, parse_quantity(amount, places.units, where="amount"))
        made = pledges.pledge(workspace, opened, wallet, lots, key=new_key(key))
    if json:
        as_json({"reference": made.reference, "amount": made.amount})
    else:
        say(f"[bold green]✓[/] {named(who)} pays {show_money(int(made.amount), places.cash)} with "
            f"reference [bold]{made.reference}[/]")  # fmt: skip


@app.command()
def wires(
    number: Number,
    file: Annotated[Path, typer.Argument(help="Statement of the bank: camt.053, or CSV.")],
    *,
    currency: Annotated[
        str, typer.Option(help="Currency of the account; the symbol of the cash by default.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Subscribe for everybody whose wire has come; what does not fit is named."""
    found = read_wires(file.read_bytes(), path=str(file))
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        done = pledges.take_wires(workspace, opened, found, currency or opened.terms.cash)
    if json:
        as_json(done)
        return
    table = lined(["Wire", "Reference"], ["Amount"], tail=["Outcome", ""])
    for each in done:
        table.add_row(escape(each.wire), each.reference, escape(each.amount), each.outcome,
                      escape(each.detail))  # fmt: skip
    out.print(table)


@app.command()
def withdraw(
    number: Number, who: Who, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Withdraw a subscription that was paid in by the agent; others withdraw by their wallets."""
    with open_workspace(folder) as workspace:
        opened, wallet = offerings.offering(workspace, number), workspace.wallet_of(who)
        done = subscribing.withdraw(workspace, opened, wallet, key=new_key(key))
    done_line(f"{named(who)} withdrew", done, json=json)


@app.command()
def reject(
    number: Number,
    who: Who,
    *,
    reason: ReasonCode,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Reject a subscription; what was paid in comes back."""
    code = reason_code(reason)
    with open_workspace(folder) as workspace:
        opened, wallet = offerings.offering(workspace, number), workspace.wallet_of(who)
        done = offerings.reject(workspace, opened, wallet, code, key=new_key(key))
    done_line(f"{named(who)} rejected", done, json=json)


@app.command()
def close(
    number: Number, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Close an offering whose time is over; who cannot be issued units is left out."""
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        state = offerings.close(workspace, opened, key=new_key(key))
    if json:
        as_json({"status": state.status})
        return
    then = {"failed": "everybody gets his money back: `offering refund`",
            "succeeded": "units are allocated by `offering settle`"}  # fmt: skip
    say(f"[bold green]✓[/] offering {number} {state.status}  "
        f"[dim]{then.get(state.status, '')}[/]")  # fmt: skip


@app.command()
def settle(
    number: Number, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Give everybody his units, pay back what is too much, and take the proceeds.

    It goes page by page and goes on where it was interrupted.
    """
    with open_workspace(folder) as workspace, progress("Settling", quiet=json) as report:
        subscribing.follow_recoveries(workspace)
        opened = offerings.offering(workspace, number)
        state = offerings.settle(workspace, opened, key=new_key(key), report=report)
    _must_be(state.status, "settled", number)
    if json:
        as_json({"status": state.status})
    else:
        say(f"[bold green]✓[/] offering {number} settled")


def _must_be(status: str, wanted: str, number: int) -> None:
    if status != wanted:
        raise Conflict(
            "offering-not-closed",
            f"Offering {number} is {status}",
            cure="Only one that has succeeded is settled; see `offering close`.",
        )


@app.command()
def refund(
    number: Number, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Pay everybody back who is owed something; anybody may do this on the chain."""
    with open_workspace(folder) as workspace, progress("Paying back", quiet=json) as report:
        subscribing.follow_recoveries(workspace)
        opened = offerings.offering(workspace, number)
        done = offerings.refund_all(workspace, opened, key=new_key(key), report=report)
    if json:
        as_json({"refunded": done.paid, "left": [show_wallet(each) for each in done.left]})
        return
    say(f"[bold green]✓[/] {counted(done.paid, 'subscriber')} paid back")
    for wallet in done.left:
        say(f"  [yellow]not paid[/] {show_wallet(wallet)}: the cash token refuses him, or his "
            "wallet was reported lost; what he is owed stays his")  # fmt: skip


@app.command()
def cancel(
    number: Number,
    *,
    reason: ReasonCode,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Cancel an offering by the officer; everybody is owed what he paid in."""
    stated = stated_reason(reason, document)
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        done = offerings.cancel(workspace, opened, stated, key=new_key(key))
    done_line(f"offering {number} cancelled", done, json=json)


@app.command()
def check(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Divide a settled offering again from its logs; ends with 1 if anybody got anything else."""
    with open_workspace(folder) as workspace:
        opened = offerings.offering(workspace, number)
        _must_be(offerings.state_of(workspace, opened).status, "settled", number)
        found = offerings.check(workspace, opened)
        places = offerings.decimals_of(workspace, opened)
    rows = [_difference(each, opened, places) for each in found]
    if json:
        as_json({"agrees": not rows, "differences": rows})
    for row in rows if not json else []:
        say(f"[red]✗[/] {row['wallet']}: {row['due']} were his, he got {row['got']}")
    if not rows and not json:
        say("[bold green]✓[/] everybody got what the terms give him")
    if rows:
        raise typer.Exit(1)


def _difference(each: offerings.Difference, opened: Opened, places: Decimals) -> dict[str, str]:
    lot = opened.terms.units_per_lot
    due, got = (
        f"{show_quantity(lots * lot, places.units)} for {show_money(cost, places.cash)}"
        for lots, cost in zip(each.lots, each.cost, strict=True)
    )
    return {"wallet": show_wallet(each.investor), "due": due, "got": got}
