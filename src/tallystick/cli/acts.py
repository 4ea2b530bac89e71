"""`issue`, `mint`, `mint-book`, `transfer`, `force`, `recover`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tallystick.app import acts, admission, books, issuing, minting, screening
from tallystick.app.open_cap import kept
from tallystick.app.open_cap.kept import prefix
from tallystick.app.positions_csv import read_lots
from tallystick.app.servicing import subscribing
from tallystick.app.workspace import ListedSecurity, Workspace
from tallystick.cli.acting import (
    Amount,
    DocumentFile,
    ReasonCode,
    Who,
    done_line,
    explain_and_leave,
    stated_reason,
)
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, progress, say
from tallystick.cli.tables import counted
from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S, parse_time
from tallystick.core.units import parse_quantity, show_quantity
from tallystick.core.wallets import parse_wallet, show_wallet
from tallystick.gateways.presets import presets
from tallystick.gateways.store.files import read_text
from tallystick.securities.ocf import CapTable
from tallystick.securities.proposal import Movement
from tallystick.securities.terms import read_terms

# A quantity such as -5 is told to be negative, not taken for an option.
NEGATIVE_QUANTITIES = {"ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (issue, mint_book, recover):
        app.command()(command)
    for with_quantity in (mint, transfer, force):
        app.command(context_settings=NEGATIVE_QUANTITIES)(with_quantity)


def issue(
    terms: Annotated[Path, typer.Argument(help="The terms.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Issue the securities that a `terms.toml` describes."""
    prospectus = read_terms(read_text(terms, "terms-invalid"), path=str(terms), presets=presets())
    command_key = new_key(key)
    issued: list[ListedSecurity] = []
    with open_workspace(folder) as workspace, progress("Issuing", quiet=json) as report:
        issuing.set_issuer_limits(workspace, prospectus, key=command_key)
        for number, each in enumerate(prospectus.securities, start=1):
            issued.append(issuing.issue(workspace, each))
            screening.stop_barred(workspace, issued[-1])
            report(number, len(prospectus.securities))
    if json:
        as_json(msgspec.to_builtins(issued))
        return
    for listed in issued:
        say(
            f"[bold green]✓[/] {listed.symbol}  {listed.name}  "
            f"[dim]{show_wallet(listed.token)}  asset {listed.asset_id[:16]}…[/]"
        )


def mint(
    symbol: Symbol, who: Who, amount: Amount, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Issue new units to an investor."""
    command_key = new_key(key)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        wallet = workspace.wallet_of(who)
        units = parse_quantity(amount, security.decimals, where="amount")
        if not workspace.known(f"{command_key}/mint"):
            verdict = acts.judge(workspace, security, Movement.ISSUE, None, wallet, units)
            if not verdict.allowed:
                explain_and_leave(verdict, security.decimals, json=json)
        done = acts.agent_act(workspace, security.token, "mint", (wallet, units), key=command_key)
    done_line(
        f"{show_quantity(units, security.decimals)} {symbol} issued to {named(who)}",
        done,
        json=json,
    )


def mint_book(
    symbol: Symbol,
    book: Annotated[
        Path, typer.Argument(help="CSV of positions, or a book in OCF: folder or zip.")
    ],
    *,
    stock_class: Annotated[
        str, typer.Option("--class", help="Stock class in the book; that of the terms by default.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Issue the positions of a CSV, or all open ones of a class in an OCF book; all or none.

    A CSV has the columns certificate, holder, quantity and acquired. Rows that were minted before
    are passed over.
    """
    with open_workspace(folder) as workspace, progress("Minting", quiet=json) as report:
        security = workspace.security(symbol)
        table = None if book.suffix.lower() == ".csv" else books.open_book(book)
        lots = _lots_in(book, table, workspace, security, stock_class)
        command_key = new_key(key)
        done = minting.mint_lots(workspace, security, lots, key=command_key, report=report)
        if table is not None:
            kept.keep(workspace, table)
    if json:
        as_json({"lots": done.lots, "minted": done.new, "units": done.units, "key": command_key})
        return
    known = done.lots - done.new
    units = show_quantity(done.units, security.decimals)
    before = f"; {known} were minted before" if known else ""
    say(f"[bold green]✓[/] {counted(done.new, 'lot')}, {units} units of {symbol}{before}")


def _lots_in(
    book: Path, table: CapTable | None, workspace: Workspace, security: ListedSecurity,
    stock_class: str,
) -> list[minting.Lot]:  # fmt: skip
    """The positions of a class in a file."""
    if table is not None:
        wanted = stock_class or security.terms["stock_class"]
        find = admission.wallets_by_row(workspace)
        lots = books.lots_in(table, wanted, security.decimals, find)
        # What bears an id of ours was exported here: it is on the chain.
        return [lot for lot in lots if not lot.row.startswith(prefix(workspace))]
    if stock_class:
        raise Invalid("class-not-for-csv", "A CSV holds the positions of one class",
                      where="--class", cure="Leave the option out.")  # fmt: skip
    text = read_text(book, "positions-invalid")
    return read_lots(text, str(book), security.decimals, admission.wallets_by_name(workspace))


def transfer(
    symbol: Symbol,
    sender: Who,
    receiver: Who,
    amount: Amount,
    *,
    lot: Annotated[
        str, typer.Option(help="Date of the lot to sell, as `lots` shows it; or the earliest.")
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why not, and do nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as --explain.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Transfer units; refused ones are explained and change nothing."""
    command_key = new_key(key)
    lot_day = parse_time(lot, where="--lot") // DAY_S if lot else None
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        giver = workspace.wallet_of(sender, where="sender")
        taker = workspace.wallet_of(receiver, where="receiver")
        units = parse_quantity(amount, security.decimals, where="amount")
        if explain or dry_run or not workspace.known(f"{command_key}/transfer"):
            if lot_day is not None:
                acts.check_lot(workspace, security, giver, units, lot_day)
            verdict = acts.judge(workspace, security, Movement.RESALE, giver, taker, units)
            if explain or dry_run or not verdict.allowed:
                explain_and_leave(verdict, security.decimals, json=json)
        done = acts.transfer(
            workspace, security, giver, taker, units, key=command_key, lot_day=lot_day
        )
    done_line(
        f"{show_quantity(units, security.decimals)} {symbol} moved to {named(receiver)}",
        done,
        json=json,
    )


def force(
    symbol: Symbol,
    sender: Who,
    receiver: Who,
    amount: Amount,
    *,
    reason: ReasonCode,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Move units without their holder, for a stated reason; a refused one leaves no trace."""
    command_key = new_key(key)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        giver = workspace.wallet_of(sender, where="sender")
        taker = workspace.wallet_of(receiver, where="receiver")
        units = parse_quantity(amount, security.decimals, where="amount")
        stated = stated_reason(reason, document)
        if not workspace.known(f"{command_key}/force"):
            verdict = acts.judge(workspace, security, Movement.FORCED, giver, taker, units)
            if not verdict.allowed:
                explain_and_leave(verdict, security.decimals, json=json)
        done = acts.force(workspace, security, giver, taker, units, stated, key=command_key)
    done_line(f"{show_quantity(units, security.decimals)} {symbol} moved by force", done, json=json)


def recover(
    lost: Who,
    replacement: Annotated[str, typer.Argument(help="New wallet of the same investor.")],
    *,
    document: DocumentFile,
    reason: ReasonCode = "lost-key",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Move what a lost wallet holds to a new one, in every security, and retire the lost one.

    What it subscribed for is the new one's as well.
    """
    with open_workspace(folder) as workspace:
        done = acts.recover(
            workspace,
            lost,
            parse_wallet(replacement, where="replacement"),
            stated_reason(reason, document),
            key=new_key(key),
        )
        subscribing.follow_recoveries(workspace)
    done_line(f"recovered to {replacement}", done[-1], json=json)
