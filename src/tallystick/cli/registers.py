"""`captable`, `lots` and `audit`."""

from __future__ import annotations

import csv
import sys
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from tallystick.app import auditing
from tallystick.app.acts import REASONS
from tallystick.app.captable import Register
from tallystick.app.captable import register as make_register
from tallystick.app.workspace import Workspace
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Symbol
from tallystick.cli.output import as_json, inert, out, progress, say
from tallystick.cli.tables import register_table
from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S, parse_time, show_date, show_time
from tallystick.core.units import show_quantity
from tallystick.gateways.chain.blocks import last_block_at
from tallystick.securities.holder import Holder

BY = ("investor", "wallet")
DATE_LENGTH = len("2026-01-31")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(captable)
    app.command()(lots)
    app.command()(audit)


def captable(
    symbol: Annotated[str | None, typer.Argument(help="Symbol; all securities by default.")] = None,
    *,
    as_of: Annotated[
        str, typer.Option(help="Block, date (its end) or time in UTC; the last block by default.")
    ] = "",
    by: Annotated[str, typer.Option(help="investor or wallet.")] = "investor",
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """The register, rebuilt from the chain alone, with names from the vault.

    As of the past it tells who held what; tiers, locks and freezes are told for the present alone.
    """
    if by not in BY:
        raise Invalid(
            "field-choice",
            f"{by!r} is none of {', '.join(BY)}",
            where="--by",
            cure=f"Write one of {', '.join(BY)}.",
        )
    with open_workspace(folder) as workspace:
        listed = [workspace.security(symbol)] if symbol else workspace.securities()
        block = _block(workspace, as_of) if as_of else None
        book = workspace.book()
        people = workspace.vault.people()
        now_s = workspace.now()
        registers = [
            make_register(
                each,
                book,
                people,
                now_s=now_s,
                by_wallet=by == "wallet",
                as_of=block,
            )
            for each in listed
            if each.token in book.securities
        ]
    if json:
        as_json(msgspec.to_builtins(registers))
    elif as_csv:
        _write_csv(registers)
    else:
        for each in registers:
            out.print(register_table(each, width=out.width))
            say()


def _block(workspace: Workspace, as_of: str) -> int:
    """The block that a number, a date or a time stands for."""
    head = int(workspace.rpc.call("eth_blockNumber"), 16)
    if as_of.isdecimal():
        block = int(as_of)
    else:
        time_s = parse_time(as_of, where="--as-of")
        if time_s > workspace.now():
            raise Invalid(
                "time-ahead", f"{as_of} has not come yet", where="--as-of",
                cure="Name a time that has passed, or leave it out for the last block.",
            )  # fmt: skip
        if len(as_of) == DATE_LENGTH:
            time_s += DAY_S - 1
        block = last_block_at(workspace.rpc, time_s)
    if not 0 <= block <= head:
        raise Invalid(
            "block-out-of-range", f"The chain has blocks 0 to {head}", where="--as-of",
            cure="Name a block or a time that it has reached.",
        )  # fmt: skip
    return block


def _write_csv(registers: list[Register]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(
        ["symbol", "holder", "wallet", "country", "tier", "units", "share", "locked", "frozen"]
    )
    for each in registers:
        for line in each.lines:
            writer.writerow([
                each.symbol, inert(line.holder), line.wallet, line.country, line.tier,
                _plain(line.units, each.decimals), line.share,
                _plain(line.locked, each.decimals),
                _plain(line.frozen, each.decimals),
            ])  # fmt: skip


def _plain(units: int, decimals: int) -> str:
    return show_quantity(units, decimals).replace(",", "")


def audit(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Rebuild registers, payments, votes, offerings and books, and name every difference."""
    with open_workspace(folder) as workspace, progress("Comparing", quiet=json) as report:
        found = auditing.audit(workspace, report=report)
    if json:
        as_json(msgspec.to_builtins(found))
    elif not found.differences:
        say(
            f"[bold green]✓[/] {found.compared} figures agree with the chain as of block "
            f"{found.block}  [dim]{_parts(found.parts)}[/]"
        )
    for difference in [] if json else found.differences:
        say(
            f"[red]✗[/] {difference.what}: calculated {difference.folded}, found {difference.chain}"
        )
    if found.differences:
        raise typer.Exit(1)


def _parts(parts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in parts.items() if count)


def _legend(code: int) -> str:
    """The reason for which units bear a legend; nothing if they bear none."""
    names = {number: name for name, number in REASONS.items()}
    return names.get(code, f"reason {code}") if code else ""


def lots(
    symbol: Symbol,
    who: Annotated[str, typer.Argument(help="Wallet, name or reference of an investor.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Where an investor's units come from, what is locked until when, and what bears a legend."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        state = workspace.book().securities[security.token]
        home = state.registry.home(workspace.wallet_of(who))
        now_s = workspace.now()
    holder = state.holders.get(home) or Holder()
    parcels = state.parcels[home].held if home in state.parcels else []
    locked = [lot for lot in holder.lots.locked if lot.unlock_at > now_s]
    if json:
        as_json({
            "decimals": security.decimals,
            "lots": [
                {"units": each.units, "since": show_time(each.since),
                 "received": show_time(each.received), "how": each.how, "from": each.source,
                 "exemption": each.exemption, "legend": _legend(each.legend)}
                for each in parcels
            ],
            "locked": [{"units": lot.units, "until": show_time(lot.unlock_at)} for lot in locked],
            "legend_units": str(holder.legend_units),
        })  # fmt: skip
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("Units", "Holding since", "Received", "How", "From", "Exemption", "Legend"):
        table.add_column(name, justify="right" if name == "Units" else "left")
    for each in parcels:
        table.add_row(
            show_quantity(each.units, security.decimals), show_date(each.since),
            show_date(each.received), each.how.replace("-", " "), each.source,
            each.exemption or "none stated",
            f"[yellow]{_legend(each.legend).replace('-', ' ')}[/]" if each.legend else "",
        )  # fmt: skip
    out.print(table)
    for lot in locked:
        units = show_quantity(lot.units, security.decimals)
        say(f"  [yellow]locked[/] {units} until {show_time(lot.unlock_at)}")
    if holder.legend_units:
        say(f"  [yellow]legend[/] {show_quantity(holder.legend_units, security.decimals)}")
