"""`onboard`: applications of investors; and `queue`, everything that waits for somebody."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from tallystick.app import onboarding, queue
from tallystick.cli.acting import By, EvidenceFile, Link, read_document
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, named, new_key, say
from tallystick.core.times import DAY_S, parse_day, show_day, show_time
from tallystick.core.wallets import show_wallet
from tallystick.gateways.store.files import read_text
from tallystick.gateways.store.vault import Person
from tallystick.securities.onboarding import us_persons
from tallystick.securities.onboarding.applications import read_application
from tallystick.securities.onboarding.registrations import counted

onboard = typer.Typer(help="Applications of investors.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="Reference, name or wallet of an applicant.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(onboard, name="onboard")
    app.command("queue")(queue_)


@onboard.command()
def add(
    file: Annotated[Path, typer.Argument(help="The application, as the docs show it.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take up an application; it waits until everything has been shown."""
    application = read_application(read_text(file, "application-invalid"), path=str(file))
    with open_workspace(folder) as workspace:
        home = onboarding.apply(workspace, application, key=new_key(key))
    if json:
        as_json({"reference": application.reference, "wallet": show_wallet(home)})
    else:
        title = escape(application.registration.title)
        say(f"[bold green]✓[/] {escape(application.reference)}: {title} applies")


@onboard.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Open applications, the oldest first, and what is still to be shown."""
    with open_workspace(folder) as workspace:
        rows = [_stated(each) for each in onboarding.waiting(workspace)]
    if json:
        as_json(rows)
        return
    for row in rows:
        missing = ", ".join(row["missing"])
        state = f"[yellow]to be shown: {missing}[/]" if missing else "[green]to be decided[/]"
        say(f"  {escape(row['reference'])}  {escape(row['title'])}  since {row['since']}  {state}")
    if not rows:
        say("[bold green]✓[/] no application is open")


@onboard.command()
def show(who: Who, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """An application: who it is for, how he would be recorded, and what is to be shown."""
    with open_workspace(folder) as workspace:
        found = onboarding.standing(workspace, workspace.wallet_of(who))
    row = _stated(found)
    if json:
        as_json(row)
        return
    say(f"[bold]{escape(row['title'])}[/]  {row['kind']}, applied {row['since']}")
    say(f"  country for the rules  {row['country']}  [dim]{row['us_person']['why']}, "
        f"{row['us_person']['source']}[/]")  # fmt: skip
    say(f"  counts as              {row['owners']['count']}  [dim]{row['owners']['why']}, "
        f"{row['owners']['source']}[/]")  # fmt: skip
    for item in row["items"]:
        mark = f"[green]✓ until {item['until']}[/]" if item["until"] else "[yellow]to be shown[/]"
        say(f"  {item['name']:<22} {mark}  [dim]{item['what']}[/]")
    if found.applied.fund:
        say("  It is a fund: it will acquire on approval only, and is looked through by that.")


def _stated(found: onboarding.Standing) -> dict[str, Any]:
    registration = found.registration
    finding, owners = us_persons.find(registration), counted(registration)
    return {
        "reference": found.person.reference,
        "title": registration.title,
        "kind": registration.kind.value,
        "wallet": show_wallet(found.applied.home),
        "since": show_time(found.at_s),
        "country": us_persons.country_for_rules(registration),
        "us_person": {"is": finding.us_person, "why": finding.why, "source": finding.source},
        "owners": {"count": owners.owners, "why": owners.why, "source": owners.source},
        "fund": found.applied.fund,
        "items": [
            {"name": each.item.name, "what": each.item.what,
             "until": show_day(each.until_day) if each.until_day else None}
            for each in found.items
        ],
        "missing": [item.name for item in found.missing],
    }  # fmt: skip


@onboard.command()
def evidence(
    who: Who,
    item: Annotated[str, typer.Argument(help="What it shows, as `onboard show` names it.")],
    *,
    until: Annotated[str, typer.Option(help="Date on which it no longer holds, or never.")],
    document: EvidenceFile,
    by: By,
    link: Link = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take a document as evidence; a salted hash of it is kept, its name and link encrypted."""
    shown, day = read_document(document, link), parse_day(until, where="--until")
    with open_workspace(folder) as workspace:
        home = workspace.wallet_of(who)
        found = onboarding.take_evidence(
            workspace, home, item, shown, until_day=day, by=by, key=new_key(key)
        )
    missing = [each.name for each in found.missing]
    if json:
        as_json({"item": item, "until": show_day(day), "missing": missing})
    else:
        left = f"; to be shown: {', '.join(missing)}" if missing else "; everything is shown"
        say(f"[bold green]✓[/] {item} of {named(who)} until {show_day(day)}{left}")


@onboard.command()
def approve(
    who: Who, *, by: By, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:  # fmt: skip
    """Admit an applicant of whom everything was shown, with these claims. Again, it finishes."""
    with open_workspace(folder) as workspace:
        home = workspace.wallet_of(who)
        onboarding.approve(workspace, home, by=by)
    if json:
        as_json({"wallet": show_wallet(home), "outcome": onboarding.APPROVED})
    else:
        say(f"[bold green]✓[/] {named(who)} admitted")


@onboard.command()
def reopen(
    who: Who, *, by: By, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:  # fmt: skip
    """Open an application again that was rejected; what was shown still counts."""
    with open_workspace(folder) as workspace:
        found = onboarding.reopen(workspace, workspace.wallet_of(who), by=by)
    missing = [each.name for each in found.missing]
    if json:
        as_json({"wallet": show_wallet(found.applied.home), "missing": missing})
    else:
        say(f"[bold green]✓[/] application of {named(who)} is open; to be shown: "
            f"{', '.join(missing) or 'nothing'}")  # fmt: skip


@onboard.command()
def reject(
    who: Who,
    *,
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(onboarding.REASONS)}.")],
    by: By,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """End an application; who it was stays in the vault until he is erased."""
    with open_workspace(folder) as workspace:
        home = workspace.wallet_of(who)
        onboarding.reject(workspace, home, reason=reason, by=by)
    if json:
        as_json({"wallet": show_wallet(home), "outcome": reason})
    else:
        say(f"[bold green]✓[/] application of {named(who)} ended: {reason.replace('-', ' ')}")


def queue_(
    *,
    days: Annotated[int, typer.Option(min=0, help="What ends within so many days.")] = 30,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Everything that waits for somebody: requests, claims, minors, matches, applications."""
    with open_workspace(folder) as workspace:
        found = queue.waiting(workspace, days)
        people = workspace.vault.people()
        today = workspace.now() // DAY_S
    rows = [_row(each, people.get(each.who) if each.who else None, today) for each in found]
    if json:
        as_json(rows)
        return
    for row in rows:
        style = "red" if row["late"] else "yellow" if row["due"] else "dim"
        since = f"[dim], since {row['since']}[/]" if row["since"] else ""
        who = f"{row['name'] or row['wallet']}: " if row["wallet"] else ""
        say(f"  [{style}]{row['due'] or 'no date yet':<11}[/] "
            f"{escape(who + row['what'])}{since}")  # fmt: skip
        say(f"              → {escape(row['command'])}")
    if not rows:
        say("[bold green]✓[/] nothing waits")


def _row(each: queue.Waiting, person: Person | None, today: int) -> dict[str, Any]:
    wallet = show_wallet(each.who) if each.who else None
    who = person.reference if person and person.reference else wallet
    return {
        "kind": each.kind,
        "wallet": wallet,
        "name": person.name if person else "",
        "what": each.what,
        "since": show_day(each.since_day) if each.since_day else None,
        "due": show_day(each.due_day) if each.due_day else None,
        "late": each.due_day is not None and each.due_day < today,
        "command": each.command.replace("{who}", shlex.quote(str(who))),
    }
