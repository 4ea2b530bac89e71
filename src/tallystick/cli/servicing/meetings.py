"""`meeting`: meetings of holders, votes and their count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tallystick.app.servicing import meetings
from tallystick.app.servicing.meetings import Called, Tallied
from tallystick.cli.acting import Who, done_line
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, named, new_key, out, say
from tallystick.core.errors import Invalid, NotFound
from tallystick.core.times import show_time
from tallystick.core.units import parse_quantity, show_quantity, show_share
from tallystick.gateways.store.files import read_text

app = typer.Typer(help="Meetings of holders.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(min=1, help="Number of the meeting.")]
ItemNumber = Annotated[int, typer.Argument(metavar="ITEM", min=1, help="Number of the item.")]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="meeting")


@app.command()
def call(
    notice: Annotated[Path, typer.Argument(help="The notice, see the docs of `meeting.toml`.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Call a meeting: set its record dates and let holders vote on what the notice says."""
    text = read_text(notice, "notice-invalid")
    with open_workspace(folder) as workspace:
        called = meetings.call(workspace, text, path=str(notice), key=new_key(key))
    if json:
        as_json({"number": called.number, "opens": show_time(called.opens_at),
                 "closes": show_time(called.closes_at)})  # fmt: skip
    else:
        say(f"[bold green]✓[/] meeting {called.number} is open from {show_time(called.opens_at)} "
            f"to {show_time(called.closes_at)}")  # fmt: skip


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All meetings."""
    with open_workspace(folder) as workspace:
        rows = [{"number": each.number, "title": meetings.notice_of(workspace, each).title,
                 "opens": show_time(each.opens_at), "closes": show_time(each.closes_at)}
                for each in meetings.meetings(workspace)]  # fmt: skip
    if json:
        as_json(rows)
        return
    for row in rows:
        say(f"  {row['number']:>3}  {escape(str(row['title'])):40} [dim]{row['opens']} to "
            f"{row['closes']}[/]")  # fmt: skip
    if not rows:
        say("[dim]none yet; `meeting call` calls one[/]")


@app.command()
def vote(
    number: Number,
    who: Who,
    item: ItemNumber,
    choice: Annotated[str, typer.Argument(help="for, against, abstain, or a candidate.")] = "",
    *,
    share_class: Annotated[
        str, typer.Option("--class", help="Class in which he votes; the only one by default.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="Votes for each option instead, such as 30,20,0.")
    ] = "",
    by: Annotated[str, typer.Option(help="His proxy, who votes for him.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Cast or change a vote by the key that is kept for a holder; the agent pays the gas."""
    if bool(choice) == bool(split):
        raise Invalid("choice-or-split", "Name one option, or divide the votes", where="CHOICE",
                      cure="Write for, or --split 30,20,0.")  # fmt: skip
    with open_workspace(folder) as workspace:
        called = meetings.meeting(workspace, number)
        owner = workspace.wallet_of(who)
        ballot = meetings.ballot_for(
            workspace, called, owner, item - 1, _class(called, share_class), choice,
            _split(split, called.decimals),
        )  # fmt: skip
        voter = workspace.wallet_of(by, where="--by") if by else None
        done = meetings.cast(workspace, called, owner, ballot, by=voter, key=new_key(key))
    done_line(f"{named(who)} voted on item {item}", done, json=json)


def _class(called: Called, symbol: str) -> int:
    symbols = [each for each, *_ in called.voting]
    if not symbol and len(symbols) == 1:
        return 0
    if symbol not in symbols:
        raise NotFound("class-unknown", f"{symbol!r} does not vote there",
                       cure=f"Name one with --class: {', '.join(symbols)}.")  # fmt: skip
    return symbols.index(symbol)


def _split(text: str, decimals: int) -> list[int]:
    """Votes for each option, in the smallest part of a vote."""
    parts = [part.strip() for part in text.split(",")] if text else []
    return [0 if part == "0" else parse_quantity(part, decimals, where="--split")
            for part in parts]  # fmt: skip


@app.command()
def proxy(
    number: Number,
    who: Who,
    to: Annotated[str, typer.Argument(metavar="PROXY", help="Who votes for him; or `nobody`.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Appoint a proxy for a meeting, or revoke him."""
    with open_workspace(folder) as workspace:
        called = meetings.meeting(workspace, number)
        owner = workspace.wallet_of(who)
        appointed = None if to == "nobody" else workspace.wallet_of(to, where="proxy")
        done = meetings.appoint(workspace, called, owner, appointed, key=new_key(key))
    done_line(f"{named(to)} votes for {named(who)}", done, json=json)


@app.command()
def show(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """How a meeting stands, counted on the chain and again from its logs."""
    with open_workspace(folder) as workspace:
        called = meetings.meeting(workspace, number)
        notice = meetings.notice_of(workspace, called)
        found = meetings.tallied(workspace, called)
        over = workspace.now() >= called.closes_at
    if json:
        as_json({"title": notice.title, "closed": over,
                 "items": [_stated(each, called) for each in found]})  # fmt: skip
        return
    say(f"[bold]{escape(notice.title)}[/]  "
        f"{'closed' if over else 'open until'} {show_time(called.closes_at)}")  # fmt: skip
    for at, each in enumerate(found, start=1):
        _show(at, each, called, "" if over else " [dim]so far[/]")


def _stated(each: Tallied, called: Called) -> dict[str, Any]:
    result = each.result
    return {
        "text": each.question.text,
        "votes": {
            symbol: {
                name: _plain(number, called)
                for name, number in zip(each.question.options, votes, strict=True)
            }
            for (symbol, *_), votes in zip(called.voting, each.votes, strict=True)
        },
        "all_votes": [_plain(votes, called) for votes in each.all_votes],
        "quorum": result.has_quorum,
        "passed": result.passed,
        "elected": [each.question.options[at] for at in result.elected],
        "tied": result.tied,
        "recounted": each.recounted,
    }


def _plain(votes: int, called: Called) -> str:
    return show_quantity(votes, called.decimals).replace(",", "")


def _show(at: int, each: Tallied, called: Called, so_far: str) -> None:
    say()
    say(f"{at}  {escape(each.question.text)}  {_outcome(each)}{so_far}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    classes = [symbol for symbol, *_ in called.voting]
    for symbol in classes:
        table.add_column(symbol, justify="right")
        table.add_column("", justify="right", style="dim")
    for option, name in enumerate(each.question.options):
        cells: list[str] = []
        for votes, every in zip(each.votes, each.all_votes, strict=True):
            cells += [
                show_quantity(votes[option], called.decimals),
                show_share(votes[option], every),
            ]
        table.add_row(f"   {escape(name)}", *cells)
    out.print(table)
    if not each.recounted:
        say("   [red]a recount from the logs gives other votes than the chain has[/]")


def _outcome(each: Tallied) -> str:
    result = each.result
    if not result.has_quorum:
        return "[yellow]no quorum[/]"
    if not each.question.item.seats:
        return "[green]passed[/]" if result.passed else "[red]not passed[/]"
    names = ", ".join(escape(each.question.options[at]) for at in result.elected)
    tied = " [yellow]and a tie for what is left[/]" if result.tied else ""
    return f"[green]elected: {names or 'nobody'}[/]{tied}"
