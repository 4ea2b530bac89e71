"""`distribution`: dividends, coupons, revenue shares, proceeds, paid to holders to the unit."""

from __future__ import annotations

import csv
import io
import sys
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tallystick.app.servicing import cash, instructions, payouts
from tallystick.app.servicing import distributions as calculating
from tallystick.app.servicing.distributions import INCOMES, Announced, Plan
from tallystick.app.servicing.payouts import Payment
from tallystick.app.servicing.taxes import law_of
from tallystick.app.workspace import Workspace
from tallystick.cli.acting import (
    DocumentFile,
    ReasonCode,
    Who,
    done_line,
    print_calls,
    stated_reason,
)
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, out, progress, say
from tallystick.cli.tables import counted, lined
from tallystick.core.errors import Invalid
from tallystick.core.times import parse_close, parse_time, show_time
from tallystick.core.units import parse_quantity, show_money, show_quantity
from tallystick.core.wallets import Wallet, parse_wallet, show_wallet
from tallystick.gateways.store.files import read_text, write_whole
from tallystick.securities.distribution.bank_file import Account, parse_bic, parse_iban, render
from tallystick.securities.distribution.entitlements import Lines
from tallystick.securities.distribution.faults import END, ORDER, WRONG
from tallystick.securities.distribution.ledger import UNKNOWN, Ledger

app = typer.Typer(help="Payments to all holders.", no_args_is_help=True)

HOUR_S = 3_600
SHOWN_MAX = 40
Number = Annotated[int, typer.Argument(min=1, help="Number of the distribution.")]
# A quantity such as -5 is told to be negative, not taken for an option.
NEGATIVE_QUANTITIES = {"ignore_unknown_options": True}
Cash = Annotated[str, typer.Argument(metavar="CASH", help="Symbol of the cash.")]
Challenge = Annotated[int, typer.Option(min=0, help="How long its list can be challenged.")]
Withholding = Annotated[
    str, typer.Option(help="Country whose law withholds, or none; the issuer's by default.")
]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="distribution")


@app.command(context_settings=NEGATIVE_QUANTITIES)
def announce(
    symbol: Symbol,
    amount: Annotated[str, typer.Argument(help="What all holders get, such as 10,000.00.")],
    money: Cash,
    *,
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(INCOMES)}.")] = INCOMES[0],
    document: DocumentFile,
    record_date: Annotated[
        str, typer.Option(help="Who holds at its close is paid; now by default.")
    ] = "",
    challenge_hours: Challenge = 24,
    expires: Annotated[
        str, typer.Option(help="When what nobody claimed comes back; never by default.")
    ] = "",
    withholding: Withholding = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Announce a distribution and set its money apart.

    With a record date ahead its list is published afterwards, with `distribution publish`.
    """
    with open_workspace(folder) as workspace, progress("Calculating", quiet=json) as report:
        decimals = cash.money(workspace, money).decimals
        plan = Plan(
            symbol=symbol, cash=money, amount=parse_quantity(amount, decimals, where="amount"),
            income=kind, challenge_s=challenge_hours * HOUR_S,
            record_at=parse_close(record_date, where="--record-date") if record_date else 0,
            expires_at=parse_time(expires, where="--expires") if expires else 0,
            document=sha256(document.read_bytes()).digest(),
            withholding=law_of(workspace, symbol, withholding),
        )  # fmt: skip
        made = calculating.announce(workspace, plan, key=new_key(key), report=report)
        listed = calculating.calculated(workspace, made.number)
        shown = payouts.show_amount(workspace, made, made.units)
    if json:
        as_json({"number": made.number, "holders": listed.holders if listed else None,
                 "record_date": show_time(made.record_at)})  # fmt: skip
        return
    who = f"to {counted(listed.holders, 'holder')}" if listed else (
        f"to who holds before {show_time(made.record_at)}")  # fmt: skip
    law = f"withheld by the law of {made.withholding}" if made.withholding else "nothing withheld"
    say(f"[bold green]✓[/] distribution {made.number}: {shown} {who}, {law}")


@app.command()
def publish(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Calculate the list of holders at the record date, and publish its root."""
    with open_workspace(folder) as workspace, progress("Calculating", quiet=json) as report:
        found = calculating.publish(workspace, number, report=report)
    if json:
        as_json({"holders": found.holders, "root": found.root, "block": found.block})
    else:
        say(f"[bold green]✓[/] {counted(found.holders, 'holder')} as of block {found.block}  "
            f"[dim]root {found.root[:16]}…[/]")  # fmt: skip


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All distributions, and how far each has come."""
    with open_workspace(folder) as workspace:
        known = payouts.ledger(workspace)
        rows = [_row(workspace, each, known) for each in calculating.distributions(workspace)]
    if json:
        as_json(rows)
        return
    table = lined(["No.", "Security", "Kind", "Record date", "Status"], ["Paid", "Amount"])
    for row in rows:
        paid = f"{row['paid']} of {row['holders']}" if row["holders"] else "–"
        table.add_row(str(row["number"]), str(row["symbol"]), str(row["kind"]),
                      str(row["record_date"])[:16].replace("T", " "), str(row["status"]), paid,
                      str(row["amount"]))  # fmt: skip
    out.print(table)


def _row(workspace: Workspace, each: Announced, known: Ledger) -> dict[str, object]:
    reference = calculating.on_chain(workspace, each).reference
    record = known.by_reference(reference)
    return {
        "number": each.number,
        "symbol": each.symbol,
        "kind": each.income,
        "amount": payouts.show_amount(workspace, each, each.units),
        "record_date": show_time(each.record_at),
        "status": record.status if record else UNKNOWN,
        "opens": show_time(record.opens_at) if record and record.opens_at else None,
        "holders": record.distribution.holders if record else 0,
        "paid": len(record.paid) if record else 0,
    }


@app.command()
def show(
    number: Number,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="The whole list as CSV.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Who is owed what of a distribution, and who was paid."""
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        found = payouts.opened(workspace, announced).payments
        decimals = cash.money(workspace, announced.cash).decimals
        units = workspace.security(announced.symbol).decimals
        people = workspace.vault.people()
        home = workspace.book().registry.home
        names = {each.wallet: people[home(each.wallet)].name for each in found
                 if home(each.wallet) in people}  # fmt: skip
    if json:
        as_json({"decimals": decimals, "payments": [
            {"wallet": show_wallet(each.wallet), "units": each.units, "gross": str(each.gross),
             "withheld": None if each.withheld is None else str(each.withheld),
             "paid": each.paid}
            for each in found
        ]})  # fmt: skip
    elif as_csv:
        _write_csv(found, decimals, units)
    else:
        _show(found, names, decimals, units)


def _write_csv(found: list[Payment], decimals: int, units: int) -> None:
    def plain(amount: int, places: int) -> str:
        return show_quantity(amount, places).replace(",", "")

    writer = csv.writer(sys.stdout)
    writer.writerow(["wallet", "units", "gross", "withheld", "paid"])
    for each in found:
        kept = "" if each.withheld is None else plain(each.withheld, decimals)
        writer.writerow([each.wallet, plain(each.units, units), plain(each.gross, decimals), kept,
                         "yes" if each.paid else "no"])  # fmt: skip


def _show(found: list[Payment], names: dict[Wallet, str], decimals: int, units: int) -> None:
    table = lined(["Holder"], ["Units", "Owed", "Withheld"], tail=["Paid"])
    for each in sorted(found, key=lambda one: (-one.gross, one.wallet))[:SHOWN_MAX]:
        table.add_row(
            escape(names.get(each.wallet, show_wallet(each.wallet))),
            show_quantity(each.units, units), show_money(each.gross, decimals),
            show_money(each.withheld, decimals) if each.withheld else "",
            "[green]✓[/]" if each.paid else "",
        )  # fmt: skip
    out.print(table)
    if len(found) > SHOWN_MAX:
        say(f"[dim]… and {counted(len(found) - SHOWN_MAX, 'holder')} more; all with --csv[/]")


@app.command()
def check(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Calculate the list anew from the logs, and compare it with what was published."""
    with open_workspace(folder) as workspace:
        found = payouts.check(workspace, calculating.distribution(workspace, number))
    if json:
        as_json({"agrees": found.agrees, "calculated": found.calculated,
                 "published": found.published, "holders": found.holders})  # fmt: skip
    elif found.agrees:
        say(f"[bold green]✓[/] the published list is that of the logs: "
            f"{counted(found.holders, 'holder')}")  # fmt: skip
    else:
        published = found.published or "nothing yet"
        say(f"[red]✗[/] the logs give {found.calculated}, published is {published}")
    if not found.agrees:
        raise typer.Exit(1)


@app.command()
def bank(
    who: Who,
    iban: Annotated[str, typer.Argument(help="IBAN of his account.")],
    *,
    bic: Annotated[str, typer.Option(help="BIC of his bank, if it is needed.")] = "",
    name: Annotated[str, typer.Option(help="Whose account it is; his name by default.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take down the bank account of a holder; it is kept encrypted."""
    number = parse_iban(iban, where="iban")
    code = parse_bic(bic, where="--bic") if bic else ""
    with open_workspace(folder) as workspace:
        home = workspace.book().registry.home(workspace.wallet_of(who))
        people = workspace.vault.people()
        owner = name or (people[home].name if home in people else show_wallet(home))
        account = Account(name=owner, iban=number, bic=code)
        instructions.keep_account(workspace, home, account, key=new_key(key))
    if json:
        as_json({"bank_account": f"…{number[-4:]}"})
    else:
        say(f"[bold green]✓[/] {named(who)} is paid to the account that ends in {number[-4:]}")


@app.command()
def instruct(
    who: Who,
    means: Annotated[str, typer.Argument(help=f"One of {', '.join(instructions.MEANS)}.")],
    *,
    until: Annotated[str, typer.Option(help="Until when it holds.")],
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Have a holder sign that he is paid by bank, or in new units."""
    if means not in instructions.MEANS:
        raise Invalid("means-unknown", f"{means!r} is no way to be paid", where="means",
                      cure=f"Known are: {', '.join(instructions.MEANS)}.")  # fmt: skip
    with open_workspace(folder) as workspace:
        made = instructions.instruct(
            workspace, workspace.wallet_of(who), means,
            valid_until=parse_close(until, where="--until"), key=new_key(key),
        )  # fmt: skip
    if json:
        as_json({"means": means, "until": show_time(made.valid_until)})
    else:
        say(f"[bold green]✓[/] {named(who)}: {means}, until {show_time(made.valid_until)}")


@app.command("bank-file")
def bank_file(
    number: Number,
    *,
    to: Annotated[Path, typer.Option("--to", help="File of the credit transfers.")],
    payer: Annotated[str, typer.Option("--from", help="IBAN of the account that pays.")],
    bic: Annotated[str, typer.Option(help="BIC of its bank.")] = "",
    currency: Annotated[
        str, typer.Option(help="Currency of the account; the symbol of the cash by default.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write the credit transfers of a distribution (pain.001); the same again is the same file."""
    own = parse_iban(payer, where="--from")
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        record = payouts.record_of(workspace, announced)
        if record is None:
            raise Invalid("not-published", f"Distribution {number} was not announced",
                          cure="Announce it again under its key.")  # fmt: skip
        lines = calculating.payment_list(workspace, announced).lines
        issuer = str(workspace.security(announced.symbol).terms["issuer"]["name"])
        account = Account(name=issuer, iban=own, bic=parse_bic(bic, where="--bic") if bic else "")
        made = instructions.batch(workspace, announced, record, lines, account,
                                  currency or announced.cash)  # fmt: skip
    write_whole(to, render(made))
    if json:
        as_json({"file": str(to), "transfers": len(made.transfers)})
    else:
        say(f"[bold green]✓[/] {counted(len(made.transfers), 'transfer')} in {to}")


@app.command()
def push(
    number: Number,
    *,
    reinvest_at: Annotated[
        str, typer.Option(help="Price of a new unit for who reinvests; not now by default.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Pay everybody who was not paid yet; who cannot be paid delays nobody.

    Whom to pay by bank `distribution bank-file` tells.
    """
    with open_workspace(folder) as workspace, progress("Paying", quiet=json) as report:
        announced = calculating.distribution(workspace, number)
        decimals = cash.money(workspace, announced.cash).decimals
        price = parse_quantity(reinvest_at, decimals, where="--reinvest-at") if reinvest_at else 0
        done = payouts.push(workspace, announced, key=new_key(key), reinvest_at=price,
                            report=report)  # fmt: skip
    if json:
        as_json({"paid": done.paid, "left": [show_wallet(each.wallet) for each in done.left]})
        return
    say(f"[bold green]✓[/] {counted(done.paid, 'holder')} paid")
    for each in done.left[:SHOWN_MAX]:
        say(f"  [yellow]not paid[/] {show_wallet(each.wallet)}: {each.why}")


@app.command()
def demand(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Print what a holder's own wallet must send to be shown his place before payment begins."""
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        call = payouts.call_to_demand(workspace, announced)
    print_calls([call], json=json)


@app.command()
def answer(
    number: Number, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Show the chain where holders stand who asked for it; payment waits for that."""
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        count = payouts.answer_demands(workspace, announced, key=new_key(key))
    if json:
        as_json({"answered": count})
    else:
        say(f"[bold green]✓[/] {counted(count, 'holder')} answered")


@app.command()
def pay(
    number: Number,
    who: Who,
    *,
    to: Annotated[str, typer.Option(help="Another wallet of the same investor.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Pay one holder; to the wallet that took the place of a lost one, or another of his."""
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        receiver = parse_wallet(to, where="--to") if to else None
        owed = workspace.wallet_of(who)
        done = payouts.pay(workspace, announced, owed, receiver, key=new_key(key))
    done_line(f"{named(who)} paid", done, json=json)


@app.command()
def stop(
    number: Number,
    *,
    reason: ReasonCode,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Stop a distribution before it is paid; its money comes back."""
    stated = stated_reason(reason, document)
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        done = payouts.stop(workspace, announced, stated, key=new_key(key))
    done_line(f"distribution {number} stopped", done, json=json)


@app.command()
def challenge(
    number: Number,
    *,
    published: Annotated[
        Path, typer.Option("--list", help="The published list: CSV with wallet and units.")
    ],
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show the chain what is wrong with a published list, which stops it."""
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        decimals = workspace.security(announced.symbol).decimals
        lines = _read_list(published, decimals)
        fault, done = payouts.challenge(workspace, announced, lines, key=new_key(key))
    what = {WRONG: "has other units", ORDER: "is missing or out of order", END: "is missing"}
    done_line(f"distribution {number} stopped: {show_wallet(fault.wallet)} "
              f"{what[fault.shown_by]}", done, json=json)  # fmt: skip


def _read_list(path: Path, decimals: int) -> Lines:
    """The lines of a list as `distribution show --csv` writes it, in their order."""
    rows = csv.DictReader(io.StringIO(read_text(path, "list-invalid")))
    missing = {"wallet", "units"} - set(rows.fieldnames or ())
    if missing:
        raise Invalid("column-missing", f"Column {min(missing)!r} is missing", where=str(path),
                      cure="Write a CSV with the columns wallet and units.")  # fmt: skip
    lines: Lines = []
    for number, row in enumerate(rows, start=2):
        where = f"{path}:{number}"
        units = parse_quantity(row["units"] or "", decimals, where=where)
        lines.append((parse_wallet(row["wallet"] or "", where=where), units))
    if not lines:
        raise Invalid("list-empty", "The list has no lines", where=str(path),
                      cure="Name the file with the published list.")  # fmt: skip
    return lines


@app.command()
def expire(
    number: Number, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Take back what nobody claimed until a distribution expired."""
    with open_workspace(folder) as workspace:
        announced = calculating.distribution(workspace, number)
        done = payouts.expire(workspace, announced, key=new_key(key))
    done_line(f"what was left of distribution {number} came back", done, json=json)
