"""`statement` and `report`: holdings and registers as PDF."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import statements
from tallystick.cli.acting import Who
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Symbol
from tallystick.cli.output import as_json, named, say
from tallystick.core.sheets import Sheet
from tallystick.gateways.pdf_sheets import sheet_pdf
from tallystick.gateways.store.files import write_whole

To = Annotated[Path, typer.Option("--to", help="File of the PDF.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(statement)
    app.command()(report)


def statement(
    who: Who,
    *,
    to: To,
    year: Annotated[
        int | None, typer.Option(min=1970, max=9999, help="Payments of this year; the present one.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write a statement for a holder: what he has, and what he was paid in a year."""
    with open_workspace(folder) as workspace:
        home = workspace.book().registry.home(workspace.wallet_of(who))
        of = year or datetime.fromtimestamp(workspace.now(), UTC).year
        sheet = statements.holder_statement(workspace, home, of)
    _write(sheet, to, f"statement of {named(who)}", json=json)


def report(
    symbol: Symbol,
    *,
    to: To,
    block: Annotated[
        int | None, typer.Option(min=0, help="As of this block; the last one.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write the register of a security."""
    with open_workspace(folder) as workspace:
        sheet = statements.register_report(workspace, symbol, block)
    _write(sheet, to, f"register of {symbol}", json=json)


def _write(sheet: Sheet, to: Path, what: str, *, json: bool) -> None:
    data = sheet_pdf(sheet)
    write_whole(to, data)
    if json:
        as_json({"file": str(to), "bytes": len(data)})
    else:
        say(f"[bold green]✓[/] {what} in {to}")
