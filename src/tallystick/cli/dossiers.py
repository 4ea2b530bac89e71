"""`dossier`: what is known of the asset behind a security, and whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from tallystick.app import dossiers
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, out, say
from tallystick.cli.tables import counted
from tallystick.core.errors import Refused
from tallystick.core.times import DAY_S, show_day
from tallystick.gateways.store.files import read_text
from tallystick.securities.dossier import Halt, halts, read_dossier

dossier = typer.Typer(help="The asset behind a security.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The dossier, as the docs show it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(dossier, name="dossier")


@dossier.command("set")
def set_(
    symbol: Symbol, file: File, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Write down a version of a dossier; earlier ones stay in the business journal."""
    found = read_dossier(read_text(file, "dossier-invalid"), path=str(file))
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        number = dossiers.keep(workspace, security, found, key=new_key(key))
    if json:
        as_json({"symbol": symbol, "version": number})
    else:
        say(f"[bold green]✓[/] dossier of {symbol}, version {number}")


@dossier.command()
def show(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """What is known of the asset, and until when each part of it holds."""
    with open_workspace(folder) as workspace:
        found = dossiers.latest(workspace, workspace.security(symbol))
        today = workspace.now() // DAY_S
    if json:
        as_json(msgspec.to_builtins(found))
        return
    if found.vehicle is not None:
        years = " or ".join(str(year) for year in found.vehicle.model_years) or "unknown"
        made = found.vehicle.country or found.vehicle.region
        say(f"[bold]{found.vehicle.vin}[/]  made in {made} by {found.vehicle.maker}, model {years}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("Entry", "Established", "Holds until", "Evidence"):
        table.add_column(name, overflow="fold")
    for entry in found.entries:
        until = show_day(entry.stale_day)
        shown = f"[yellow]{until}[/]" if entry.stale_day <= today else until
        table.add_row(
            escape(entry.title), show_day(entry.established_day), shown, escape(entry.evidence)
        )
    out.print(table)


@dossier.command()
def check(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Say whether trading is to halt: whether something that is needed no longer holds.

    Ends with 6 if so; `dossier enforce` halts it.
    """
    with open_workspace(folder) as workspace:
        found = dossiers.latest(workspace, workspace.security(symbol))
        reasons = halts(found, workspace.now() // DAY_S)
        halted = dossiers.halt_of(workspace, workspace.security(symbol)) is not None
    if json:
        as_json({"symbol": symbol, "holds": not reasons, "halted": halted,
                 "reasons": msgspec.to_builtins(reasons)})  # fmt: skip
    else:
        _say_reasons(symbol, reasons)
    if halted is not bool(reasons) and not json:
        verb = "is still halted" if halted else "is not halted yet"
        say(f"  trading {verb}: run `dossier enforce {symbol}`")
    raise typer.Exit(Refused.exit_code if reasons else 0)


@dossier.command()
def enforce(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Halt trading at every venue while something in the dossier does not hold; else let it go on.

    Venues lose their permission on the chain and have it back. Ends with 6 while it is halted.
    """
    with open_workspace(folder) as workspace:
        found = dossiers.enforce(workspace, workspace.security(symbol))
    if json:
        as_json({"symbol": symbol, **msgspec.to_builtins(found)})
    else:
        _say_reasons(symbol, found.reasons)
        say(f"  trading is {'halted' if found.halted else 'open'} at "
            f"{counted(found.venues, 'venue')}")  # fmt: skip
        if found.halted and found.elsewhere:
            say("  [yellow]units can be sold without a venue[/]: set the rule `venues_only`")
    raise typer.Exit(Refused.exit_code if found.halted else 0)


def _say_reasons(symbol: str, reasons: Sequence[Halt]) -> None:
    if not reasons:
        say(f"[bold green]✓[/] everything in the dossier of {symbol} holds")
    for reason in reasons:
        say(f"[bold red]✗[/] {escape(reason.why)}")
        say(f"    → {escape(reason.cure)}")
