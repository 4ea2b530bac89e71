"""`captable` and `audit`."""

from __future__ import annotations

import csv
import sys
from typing import Annotated

import msgspec
import typer

from tallystick.app import audit as auditing
from tallystick.app.captable import Register
from tallystick.app.captable import register as make_register
from tallystick.app.workspace import Workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, out, progress
from tallystick.cli.tables import register_table
from tallystick.core.errors import Invalid
from tallystick.core.units import show_quantity

BY = ("investor", "wallet")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(captable)
    app.command()(audit)


def captable(
    symbol: Annotated[str | None, typer.Argument(help="Symbol; all securities by default.")] = None,
    *,
    as_of: Annotated[int | None, typer.Option(help="Block; the last one by default.")] = None,
    by: Annotated[str, typer.Option(help="investor or wallet.")] = "investor",
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """The register, rebuilt from the chain alone, with names from the vault."""
    if by not in BY:
        raise Invalid("field-choice", f"{by!r} is none of {', '.join(BY)}", where="--by")
    with Workspace(folder) as workspace:
        listed = [workspace.security(symbol)] if symbol else workspace.securities()
        head = int(workspace.rpc.call("eth_blockNumber"), 16)
        if as_of is not None and not 0 <= as_of <= head:
            raise Invalid(
                "block-out-of-range", f"The chain has blocks 0 to {head}", where="--as-of"
            )
        book = workspace.book()
        people = workspace.vault.people()
        now_s = workspace.now()
        registers = [
            make_register(
                each.symbol,
                book,
                each.token,
                people,
                now_s=now_s,
                by_wallet=by == "wallet",
                as_of=as_of,
            )
            for each in listed
            if each.token in book.securities
        ]
        decimals = {each.symbol: each.decimals for each in listed}
    if json:
        as_json(msgspec.to_builtins(registers))
    elif as_csv:
        _write_csv(registers, decimals)
    else:
        for each in registers:
            out.print(register_table(each, decimals[each.symbol], width=out.width))
            out.print()


def _write_csv(registers: list[Register], decimals: dict[str, int]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(
        ["symbol", "holder", "wallet", "country", "tier", "units", "share", "locked", "frozen"]
    )
    for each in registers:
        for line in each.lines:
            writer.writerow([
                each.symbol, line.holder, line.wallet, line.country, line.tier,
                show_quantity(line.units, decimals[each.symbol]).replace(",", ""), line.share,
                line.locked, line.frozen,
            ])  # fmt: skip


def audit(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Rebuild register and counters from logs; name every difference to the contracts."""
    with Workspace(folder) as workspace, progress("Comparing", quiet=json) as report:
        found = auditing.audit(workspace, report=report)
    if json:
        as_json(msgspec.to_builtins(found))
    elif not found.differences:
        out.print(
            f"[bold green]✓[/] {found.compared} figures agree with the chain as of block "
            f"{found.block}"
        )
    for difference in [] if json else found.differences:
        out.print(
            f"[red]✗[/] {difference.what}: logs {difference.folded}, chain {difference.chain}"
        )
    if found.differences:
        raise typer.Exit(1)
