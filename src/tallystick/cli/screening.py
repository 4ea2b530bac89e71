"""`screen`: investors compared with a list of sanctions, and the matches reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from tallystick.app import screening
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, named, new_key, progress, say
from tallystick.cli.tables import counted
from tallystick.core.times import parse_day
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.store.files import read_text
from tallystick.securities.sanctions import LIKENESS_LEAST

screen = typer.Typer(help="Screening against lists of sanctions.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(screen, name="screen")


@screen.command()
def run(
    file: Annotated[Path, typer.Argument(help="The list as CSV: entry, name, aliases.")],
    *,
    until: Annotated[str, typer.Option(help="Date until which a screening holds.")],
    list_name: Annotated[
        str, typer.Option("--list", help="Name of the list, its later versions too.")
    ] = "sanctions",
    likeness: Annotated[
        int, typer.Option(min=1, max=100, help="From which likeness on a name is looked at.")
    ] = LIKENESS_LEAST,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Compare everybody with a list; who is like nobody is screened until the date."""
    text, day = read_text(file, "list-invalid"), parse_day(until, where="--until")
    with open_workspace(folder) as workspace, progress("Screening", quiet=json) as report:
        found = screening.run(
            workspace, text, str(file), list_name=list_name, until_day=day, least=likeness,
            key=new_key(key), report=report,
        )  # fmt: skip
    if json:
        as_json(msgspec.to_builtins(found))
        return
    say(
        f"[bold green]✓[/] {counted(found.people, 'investor')} compared with "
        f"{counted(found.entries, 'entry').replace('entrys', 'entries')}, "
        f"{len(found.matches)} to be reviewed"
    )


@screen.command()
def pending(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Matches that nobody has reviewed yet."""
    with open_workspace(folder) as workspace:
        found = screening.pending(workspace)
        people = workspace.vault.people()
    rows = [
        {"who": match.who, "name": person.name if person else "", "entry": match.entry,
         "likeness": match.likeness, "list": run_.list_hash}
        for run_, match in found
        for person in [people.get(match.who)]
    ]  # fmt: skip
    if json:
        as_json(rows)
        return
    for row in rows:
        who = escape(str(row["name"])) or show_wallet(Wallet(str(row["who"])))
        say(f"  [yellow]{row['likeness']}[/] {who} is like entry {escape(str(row['entry']))}")
    if not rows:
        say("[bold green]✓[/] nothing to be reviewed")


@screen.command()
def review(
    who: Annotated[str, typer.Argument(help="Wallet, name or reference of an investor.")],
    entry: Annotated[str, typer.Argument(help="The entry of the list.")],
    outcome: Annotated[str, typer.Argument(help=f"One of {', '.join(screening.OUTCOMES)}.")],
    *,
    by: Annotated[str, typer.Option(help="Who decides; initials will do.")],
    document: Annotated[Path, typer.Option(help="What the decision rests on; its hash is kept.")],
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Decide of a match: cleared, or confirmed and stopped in every security."""
    with open_workspace(folder) as workspace:
        home = workspace.book().registry.home(workspace.wallet_of(who))
        made = screening.review(
            workspace, home, entry, outcome, by=by, document=document.read_bytes(),
            key=new_key(key),
        )  # fmt: skip
    if json:
        as_json(msgspec.to_builtins(made))
    else:
        say(f"[bold green]✓[/] {named(who)} and entry {escape(entry)}: {outcome.replace('-', ' ')}")
