"""`document`: documents of a security, anchored in versions, checked, acknowledged by holders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tallystick.app import documents
from tallystick.cli.acting import Signature, ToSign, Who, print_typed
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, out, say
from tallystick.cli.tables import counted, lined
from tallystick.core.errors import Invalid
from tallystick.core.times import show_time

app = typer.Typer(help="Documents of a security.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(min=1, help="Number of the document.")]
File = Annotated[Path, typer.Argument(help="The document.")]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="document")


@app.command()
def add(
    symbol: Symbol,
    file: File,
    *,
    title: Annotated[str, typer.Option(help="Its title; the same again is a new version.")],
    link: Annotated[str, typer.Option(help="Where it lies.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Anchor a document; only a salted hash of it is published."""
    content = _read(file)
    with open_workspace(folder) as workspace:
        made = documents.add(workspace, symbol, title, content, link=link, key=new_key(key))
    if json:
        as_json(made)
    else:
        say(f"[bold green]✓[/] document {made.number}: {escape(title)}, version {made.version}  "
            f"[dim]{made.published[:16]}…[/]")  # fmt: skip


def _read(file: Path) -> bytes:
    content = file.read_bytes()
    if not content:
        raise Invalid("document-empty", "The document is empty", where=str(file),
                      cure="Name the file with the document.")  # fmt: skip
    return content


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All documents, when they were anchored, and how many holders acknowledged each."""
    with open_workspace(folder) as workspace:
        found = [(each, documents.anchored_at(workspace, each),
                  len(documents.acknowledgements(workspace, each.number)))
                 for each in documents.documents(workspace)]  # fmt: skip
    if json:
        as_json([{"number": each.number, "symbol": each.symbol, "title": each.title,
                  "version": each.version, "sha256": each.digest, "link": each.link,
                  "anchored_at": show_time(at_s), "acknowledged": count}
                 for each, at_s, count in found])  # fmt: skip
        return
    table = lined(["No.", "Security", "Title"], ["Version", "Acknowledged"], tail=["Anchored"])
    for each, at_s, count in found:
        table.add_row(str(each.number), each.symbol, escape(each.title), str(each.version),
                      str(count), show_time(at_s)[:16].replace("T", " "))  # fmt: skip
    out.print(table)


@app.command()
def check(file: File, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Which document a file is, if not a byte of it was altered since it was anchored."""
    content = _read(file)
    with open_workspace(folder) as workspace:
        found = [(each, documents.anchored_at(workspace, each))
                 for each in documents.recognise(workspace, content)]  # fmt: skip
    known = [(each, at_s) for each, at_s in found if at_s]
    if json:
        as_json([{"number": each.number, "version": each.version, "title": each.title,
                  "anchored_at": show_time(at_s)} for each, at_s in known])  # fmt: skip
    for each, at_s in [] if json else known:
        say(f"[bold green]✓[/] document {each.number} of {each.symbol}: {escape(each.title)}, "
            f"version {each.version}, anchored {show_time(at_s)}")  # fmt: skip
    if not known:
        if not json:
            say("[red]✗[/] it is no document that was anchored, or it was altered")
        raise typer.Exit(1)


@app.command()
def acknowledge(
    number: Number,
    who: Who,
    *,
    signature: Signature = "",
    to_sign: ToSign = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Note that a holder acknowledges a document, by his signature."""
    with open_workspace(folder) as workspace:
        made, owner = documents.document(workspace, number), workspace.wallet_of(who)
        if to_sign:
            print_typed(documents.typed_acknowledgement(workspace, made, owner))
            return
        stated = documents.acknowledge(workspace, made, owner, signature=signature)
        count = len(documents.acknowledgements(workspace, number))
    if json:
        as_json(stated)
    else:
        say(f"[bold green]✓[/] {named(who)} acknowledges {escape(made.title)}; "
            f"{counted(count, 'holder')} so far")  # fmt: skip
