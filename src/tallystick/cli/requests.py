"""`requests`: requests for transfer, their queue and the record of their turnaround."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from tallystick.app import requests
from tallystick.cli.acting import (
    Amount,
    DocumentFile,
    ReasonCode,
    Who,
    explain_and_leave,
    stated_reason,
)
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, say
from tallystick.cli.tables import counted, verdict_lines
from tallystick.core.errors import Invalid, NotFound
from tallystick.core.times import DAY_S, parse_time, show_time
from tallystick.core.units import parse_quantity, show_quantity
from tallystick.core.wallets import show_wallet
from tallystick.securities.proposal import Movement
from tallystick.securities.turnaround import DAYS_ALLOWED, Office, due_s, in_time, month

app = typer.Typer(help="Requests for transfer.", no_args_is_help=True)

KINDS = ", ".join(requests.KINDS)
MONTHS = 12
Number = Annotated[int, typer.Argument(min=1, help="Number of the request.")]
# A quantity such as -5 is told to be negative, not taken for an option.
NEGATIVE_QUANTITIES = {"ignore_unknown_options": True}


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="requests")


@app.command(context_settings=NEGATIVE_QUANTITIES)
def add(
    symbol: Symbol,
    kind: Annotated[str, typer.Argument(help=f"One of {KINDS}.")],
    sender: Who,
    receiver: Who,
    amount: Amount,
    *,
    document: DocumentFile,
    reason: ReasonCode,
    received: Annotated[str, typer.Option(help="When it was received; now by default.")] = "",
    not_routine: Annotated[
        bool, typer.Option("--not-routine", help="It has to be looked into (17 CFR 240.17Ad-1).")
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take up a request for transfer, and say what stands in its way today."""
    if kind not in requests.KINDS:
        raise NotFound("kind-unknown", f"{kind!r} is nothing that is requested",
                       cure=f"Known are: {KINDS}.")  # fmt: skip
    stated = stated_reason(reason, document)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        asked = requests.Request(
            key=new_key(key), number=0, symbol=symbol, kind=requests.KINDS[kind],
            sender=workspace.wallet_of(sender, where="sender"),
            receiver=workspace.wallet_of(receiver, where="receiver"),
            units=str(parse_quantity(amount, security.decimals, where="amount")),
            received_s=parse_time(received, where="--received") if received else workspace.now(),
            routine=not not_routine, reason=stated.code, document=stated.document.hex(),
        )  # fmt: skip
        made = requests.take_up(workspace, asked)
        verdict = requests.judge(workspace, made)
        due = show_time(due_s(made.received_s, workspace.settings.office))
    if json:
        as_json({"number": made.number, "due": due if made.routine else None,
                 "refusals": [refusal.code.label for refusal in verdict.refusals]})  # fmt: skip
        return
    by = f", to be turned around by {due}" if made.routine else ", not routine"
    say(f"[bold green]✓[/] request {made.number}{by}")
    for line in () if verdict.allowed else verdict_lines(verdict, security.decimals):
        say(line)


@app.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Requests, and how long each has waited or took."""
    with open_workspace(folder) as workspace:
        decimals = {each.symbol: each.decimals for each in workspace.securities()}
        office, now_s = workspace.settings.office, workspace.now()
        rows = [_stated(each, decimals, office, now_s) for each in requests.items(workspace)
                if every or each.ended is None]  # fmt: skip
        people = workspace.vault.people()
    if json:
        as_json(rows)
        return
    names = {show_wallet(home): person.name for home, person in people.items()}
    for row in rows:
        state = row["outcome"] or f"due {row['due']}" if row["due"] else row["outcome"] or "open"
        style = "red" if row["in_time"] is False else "dim"
        sender, receiver = (names.get(row[side], row[side]) for side in ("sender", "receiver"))
        say(f"  {row['number']:>4}  {row['kind']} of {row['quantity']} {row['symbol']}, "
            f"{escape(sender)} to {escape(receiver)}  [{style}]{state}[/]")  # fmt: skip
    if not rows:
        say("[bold green]✓[/] no request is open")


def _stated(
    each: requests.Item, decimals: dict[str, int], office: Office, now_s: int
) -> dict[str, Any]:
    request = each.request
    return {
        "number": request.number,
        "kind": request.kind.value,
        "symbol": request.symbol,
        "quantity": show_quantity(int(request.units), decimals[request.symbol]),
        "sender": show_wallet(request.sender),
        "receiver": show_wallet(request.receiver),
        "received": show_time(request.received_s),
        "routine": request.routine,
        "due": show_time(due_s(request.received_s, office)) if request.routine else None,
        "outcome": each.ended.outcome if each.ended else None,
        "ended": show_time(each.ended.at_s) if each.ended else None,
        "in_time": in_time(each.handled, now_s, office) if request.routine else None,
    }


@app.command("carry-out")
def carry_out(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Make the movement that was asked; a refused one is explained and stays in the queue."""
    with open_workspace(folder) as workspace:
        found = requests.item(workspace, number)
        request = found.request
        security = workspace.security(request.symbol)
        name = "transfer" if request.kind is Movement.RESALE else "declaredTransfer"
        done = f"{requests.key_of(workspace, request)}/{name}"
        if found.ended is None and not workspace.known(done):
            verdict = requests.judge(workspace, request)
            if not verdict.allowed:
                explain_and_leave(verdict, security.decimals, json=json)
        requests.carry_out(workspace, number)
    _done(number, requests.DONE, json=json)


@app.command("send-back")
def send_back(
    number: Number,
    *,
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(requests.REJECTIONS)}.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Send a request back without a movement."""
    with open_workspace(folder) as workspace:
        requests.send_back(workspace, number, reason)
    _done(number, reason, json=json)


def _done(number: int, outcome: str, *, json: bool) -> None:
    if json:
        as_json({"number": number, "outcome": outcome})
    else:
        say(f"[bold green]✓[/] request {number}: {outcome.replace('-', ' ')}")


@app.command()
def report(
    of: Annotated[str, typer.Argument(metavar="MONTH", help="Such as 2026-11.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """The record of a month's turnaround (17 CFR 240.17Ad-2, 17Ad-6). Figures unverified (B)."""
    first, end = _days_of(of)
    with open_workspace(folder) as workspace:
        found = month(
            (each.handled for each in requests.items(workspace)), first_day=first, end_day=end,
            now_s=workspace.now(), office=workspace.settings.office,
        )  # fmt: skip
    if json:
        as_json({**msgspec.to_builtins(found), "in_time_bps": found.in_time_bps,
                 "falls_short": found.falls_short})  # fmt: skip
        return
    say(f"[bold]{of}[/]  {counted(found.routine, 'routine item')}: {found.routine_in_time} within "
        f"{DAYS_ALLOWED} business days, {found.routine_late} late, {found.routine_pending} "
        "still may be")  # fmt: skip
    share = found.in_time_bps
    if share is not None:
        style, short = ("red", "; a notice is owed, 90 % were to be") if found.falls_short else (
            "green", "")  # fmt: skip
        say(f"  [{style}]{share / 100:.1f} % in time{short}[/]")
    say(f"  {counted(found.other, 'other item')}: {found.other_done} done; at the end of the month "
        f"{found.other_left} were left")  # fmt: skip
    for age, count in found.old.items():
        say(f"  [yellow]{counted(count, 'routine item')} there for {age} business days[/]")


def _days_of(text: str) -> tuple[int, int]:
    """The first UTC day of a month, and that of the next."""
    try:
        start = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        following = start.month % MONTHS + 1
        end = start.replace(year=start.year + start.month // MONTHS, month=following)
    except ValueError:
        raise Invalid("time-malformed", f"{text!r} is no month", where="MONTH",
                      cure="Write 2026-11.") from None  # fmt: skip
    return int(start.timestamp()) // DAY_S, int(end.timestamp()) // DAY_S
