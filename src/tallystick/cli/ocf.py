"""`ocf`: books in Open Cap Format, checked and exported."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import books
from tallystick.app.open_cap import export as exporting
from tallystick.app.open_cap.prices_csv import read_prices
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, out, say
from tallystick.cli.tables import counted, lined
from tallystick.core.times import parse_time, show_date
from tallystick.gateways.store.files import read_text, write_whole

app = typer.Typer(help="Books in Open Cap Format.", no_args_is_help=True)

# A zip has no time but one of its own: the same book is the same file.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="ocf")


@app.command()
def check(
    book: Annotated[Path, typer.Argument(help="A book: folder or zip.")], *, json: Json = False
) -> None:
    """Say what a book holds, or everything that is wrong with it; nothing is imported."""
    table = books.open_book(book)
    positions = Counter(table.stock_classes[each.stock_class_id] for each in table.positions)
    claims = Counter(each.form.replace("_", " ").lower() for each in table.claims)
    if json:
        as_json({"issuer": table.issuer, "stakeholders": len(table.stakeholders),
                 "transactions": len(table.objects.get("transaction", [])),
                 "positions": dict(positions), "claims": dict(claims)})  # fmt: skip
        return
    say(f"[bold]{table.issuer}[/]: {counted(len(table.stakeholders), 'stakeholder')}, "
        f"{counted(len(table.objects.get('transaction', [])), 'transaction')}")  # fmt: skip
    shown = lined(["outstanding"], ["securities"])
    for name, count in [*positions.items(), *claims.items()]:
        shown.add_row(name, f"{count:,}")
    out.print(shown)


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="The zip to write.")],
    *,
    currency: Annotated[
        str, typer.Option(help="Currency of strikes, SAFEs, wires, and cash of another name.")
    ] = "",
    formed: Annotated[
        str, typer.Option(help="Date of the issuer's formation, if no book was imported.")
    ] = "",
    prices: Annotated[
        Path | None, typer.Option(help="CSV of prices paid: security_id, price, currency.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write the book of an issuer: what was imported, word for word, and what happened since.

    What the format asks for and nobody knows has to be stated; nothing is made up.
    """
    facts = exporting.Facts(
        currency=currency, formed=show_date(parse_time(formed, where="--formed")) if formed else "",
        prices=read_prices(read_text(prices, "prices-invalid"), str(prices)) if prices else {},
    )  # fmt: skip
    with open_workspace(folder) as workspace:
        done = exporting.export(workspace, facts)
    write_whole(to, _zipped(done.files))
    if json:
        as_json({"file": str(to), "added": done.added, "left_out": list(done.left_out)})
        return
    say(f"[bold green]✓[/] {to}: {counted(done.added, 'transaction')} since the book was imported")
    if done.left_out:
        say(f"[dim]No stock, and not in it: {', '.join(done.left_out)}[/]")


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()
