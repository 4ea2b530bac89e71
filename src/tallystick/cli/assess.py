"""`assess`: is it a security? Facts in, a reasoned memo out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tallystick.cli.options import Json
from tallystick.cli.output import as_json, say
from tallystick.gateways.pdf import as_pdf
from tallystick.gateways.store.files import read_text, write_whole
from tallystick.securities.assessment.assess import read_assessment, template
from tallystick.securities.assessment.memo import as_markdown, memo

assess = typer.Typer(help="Is it a security? Arguments, no legal advice.", no_args_is_help=True)

Facts = Annotated[Path, typer.Argument(help="The facts, as `assess questions` asks for them.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(assess, name="assess")


@assess.command()
def questions(
    file: Annotated[Path, typer.Argument(help="Where to write them; it must not exist.")],
    *,
    json: Json = False,
) -> None:
    """Write a file with every question, to be filled in."""
    write_whole(file, template().encode(), mode=0o644, new=True)
    if json:
        as_json({"file": str(file)})
    else:
        say(f"[bold green]✓[/] fill in {file}, then run `tallystick assess memo {file}`")


@assess.command("memo")
def memo_(
    facts: Facts,
    *,
    markdown: Annotated[Path | None, typer.Option(help="Write the memo as Markdown.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the memo as PDF.")] = None,
    json: Json = False,
) -> None:
    """Weigh the facts: arguments both ways, what is open, and which regimes may fit."""
    found = read_assessment(read_text(facts, "assessment-invalid"), path=str(facts))
    document = memo(found)
    if markdown is not None:
        write_whole(markdown, as_markdown(document).encode(), mode=0o644)
    if pdf is not None:
        write_whole(pdf, as_pdf(document), mode=0o644)
    if json:
        as_json({**msgspec.to_builtins(found), "memo": msgspec.to_builtins(document)})
    elif markdown is None and pdf is None:
        typer.echo(as_markdown(document))
    else:
        say(f"[bold green]✓[/] {document.title}")
