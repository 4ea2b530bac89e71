"""`holders`: admission, claims and their evidence, owners and votes, wallets, freezes, erasure."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from tallystick.app import acts, admission, books, controls, evidence
from tallystick.app.holders_csv import read_rows
from tallystick.app.open_cap import kept
from tallystick.app.workspace import REGISTRY, TOKEN
from tallystick.cli.acting import By, Link, done_line, read_document
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, out, progress, say
from tallystick.cli.tables import counted, holders_table
from tallystick.core.errors import Invalid, NotFound
from tallystick.core.times import DAY_S, FOREVER_DAY, parse_day, show_day, show_time
from tallystick.core.units import parse_quantity
from tallystick.core.wallets import parse_wallet, show_wallet
from tallystick.gateways.chain.parts import Work
from tallystick.gateways.store.files import read_text
from tallystick.securities.claims import Claim
from tallystick.securities.ocf import CapTable

holders = typer.Typer(help="Investors: admission, claims, freezes.", no_args_is_help=True)

KEY_LENGTH = 16
Who = Annotated[str, typer.Argument(help="Wallet, name or reference of an investor.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(holders, name="holders")


@holders.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV of investors, or a book in OCF: folder or zip.")
    ],
    *,
    verified_until: Annotated[
        str, typer.Option(help="State that all in an OCF book are verified, until this date.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Admit investors from a file; one with a defect in any row admits none.

    Rows that were imported before are passed over.
    """
    book = None if file.suffix.lower() == ".csv" else books.open_book(file)
    newcomers = _newcomers(file, book, verified_until)
    with open_workspace(folder) as workspace, progress("Admitting", quiet=json) as report:
        # The content gives the key, and the vault's secret keeps the key from telling the content.
        content = workspace.vault.pseudonym(repr(newcomers))[:KEY_LENGTH]
        command_key = key or f"import-{content}"
        admitted = admission.admit(
            workspace, newcomers, key=command_key, source=str(file), report=report
        )
        if book is not None:
            kept.keep(workspace, book)
    if json:
        homes = [show_wallet(home) for home in admitted.homes]
        as_json({"homes": homes, "admitted": admitted.new, "key": command_key})
        return
    known = len(admitted.homes) - admitted.new
    before = f"; {known} were before" if known else ""
    say(f"[bold green]✓[/] {counted(admitted.new, 'investor')} admitted{before}")


def _newcomers(file: Path, book: CapTable | None, verified_until: str) -> list[admission.Newcomer]:
    """The investors in a file."""
    if book is None:
        if verified_until:
            raise Invalid("option-not-for-csv", "A CSV states its claims itself, row by row",
                          where="--verified-until", cure="Fill the column `verified`.")  # fmt: skip
        return read_rows(read_text(file, "holders-invalid"), str(file))
    day = parse_day(verified_until, where="--verified-until") if verified_until else 0
    return books.newcomers_in(book, books.verified_until(day))


@holders.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Investors with their country and claims."""
    with open_workspace(folder) as workspace:
        people = workspace.vault.people()
        registry = workspace.book().registry
        today = workspace.now() // DAY_S
    rows: list[dict[str, Any]] = []
    for home, investor in registry.investors.items():
        person = people.get(home)
        rows.append({
            "name": person.name if person else "", "reference": person.reference if person else "",
            "kind": person.kind if person else "",
            "number": str(investor.number), "country": investor.country,
            "wallets": [show_wallet(wallet) for wallet in investor.wallets],
            "claims": {claim.name.lower(): show_day(investor.claims.expiry_days[claim])
                       for claim in Claim if investor.claims.expiry_days[claim]},
            "lost_wallets": [show_wallet(wallet) for wallet in investor.wallets
                             if wallet in registry.replaced],
            "expired": [claim.name.lower() for claim in Claim if investor.claims.expiry_days[claim]
                        and not investor.claims.holds(claim, today)],
        })  # fmt: skip
    if json:
        as_json(rows)
        return
    out.print(holders_table(rows))


@holders.command()
def claim(
    who: Who,
    name: Annotated[
        str, typer.Argument(help=f"One of {', '.join(c.name.lower() for c in Claim)}.")
    ],
    until: Annotated[str, typer.Argument(help="Date on which it ends, or never.")] = "never",
    *,
    document: Annotated[
        Path | None, typer.Option(help="What shows it; only a salted hash is kept of it.")
    ] = None,
    link: Link = "",
    by: By = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """State a claim about an investor, be it anew, with the evidence it rests on."""
    shown = read_document(document, link) if document is not None else None
    _set_claim(
        who, name, parse_day(until, where="until"), shown, by, folder=folder, key=key, json=json
    )


@holders.command("evidence")
def evidence_(
    who: Who,
    *,
    document: Annotated[
        Path | None, typer.Option(help="Say which evidence this document is.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """What was shown about an investor: when, until when, by which document, to whom."""
    digest = sha256(document.read_bytes()).digest() if document is not None else b""
    with open_workspace(folder) as workspace:
        home = workspace.book().registry.home(workspace.wallet_of(who))
        rows = evidence.of(workspace, home)
        if document is not None:
            known = evidence.shown_by(workspace, home, digest)
            rows = [each for each in rows if each.evidence in known]
    if json:
        as_json([{
            "item": each.evidence.item, "until": show_day(each.evidence.until_day),
            "taken": show_time(each.at_s), "by": each.evidence.by, "document": each.name,
            "link": each.link, "seal": each.evidence.seal,
        } for each in rows])  # fmt: skip
        return
    for each in rows:
        by = f" by {escape(each.evidence.by)}" if each.evidence.by else ""
        link = f" [dim]{escape(each.link)}[/]" if each.link else ""
        say(f"  {each.evidence.item} until {show_day(each.evidence.until_day)}: "
            f"{escape(each.name)}, taken {show_time(each.at_s)}{by}{link}")  # fmt: skip
    if not rows:
        say("no such document was shown" if document is not None else "nothing was shown")


@holders.command("votes")
def votes_(who: Who, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """The share of the issuer's votes that an investor has, as 3(c)(1)(A) asks of funds."""
    with open_workspace(folder) as workspace:
        home = workspace.book().registry.home(workspace.wallet_of(who))
        found = controls.votes_of(workspace, home)
    if json:
        as_json({"share_bps": found.share_bps, "looks_through": found.looks_through})
        return
    through = "; a fund with so many is looked through" if found.looks_through else ""
    say(f"{named(who)} has {found.share_bps / 100:.2f} % of the votes{through}")


@holders.command()
def expiring(
    *,
    days: Annotated[int, typer.Option(min=0, help="Claims that end within so many days.")] = 30,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Claims that have ended or will soon, so that investors can be verified again in time."""
    with open_workspace(folder) as workspace:
        people = workspace.vault.people()
        registry = workspace.book().registry
        today = workspace.now() // DAY_S
    rows = [
        {
            "wallet": show_wallet(home),
            "name": people[home].name if home in people else "",
            "claim": claim_.name.lower(),
            "until": show_day(day),
            "ended": day <= today,
        }
        for home, investor in registry.investors.items()
        for claim_ in Claim
        if 0 < (day := investor.claims.expiry_days[claim_]) <= today + days
    ]
    rows.sort(key=lambda row: str(row["until"]))
    if json:
        as_json(rows)
        return
    for row in rows:
        who = escape(str(row["name"])) or row["wallet"]
        style, verb = ("red", "ended") if row["ended"] else ("yellow", "ends")
        claim_name = str(row["claim"]).replace("_", " ")
        say(f"  [{style}]{verb} {row['until']}[/] {who}: {claim_name}")
    if not rows:
        say(f"[bold green]✓[/] no claim ends within {counted(days, 'day')}")


@holders.command()
def revoke(
    who: Who, name: Annotated[str, typer.Argument(help="The claim.")], *,
    folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False,
) -> None:  # fmt: skip
    """Revoke a claim; he is counted anew at once."""
    _set_claim(who, name, 0, None, "", folder=folder, key=key, json=json)


def _set_claim(
    who: str, name: str, day: int, document: evidence.Document | None, by: str, *, folder: Path,
    key: str | None, json: bool,
) -> None:  # fmt: skip
    known = {each.name.lower(): each for each in Claim}
    if name not in known:
        raise NotFound(
            "claim-unknown", f"There is no claim {name!r}", cure=f"Known are: {', '.join(known)}."
        )
    command_key = new_key(key)
    with open_workspace(folder) as workspace:
        wallet = workspace.wallet_of(who)
        if document is not None:
            home = workspace.book().registry.investor(wallet).home
            evidence.keep(
                workspace, home, name, document, until_day=day, by=by, key=f"{command_key}/claim"
            )
        data = REGISTRY.function("setClaim").encode(wallet, int(known[name]), day)
        [done] = workspace.act(
            "agent", [(f"{command_key}/claim", workspace.founding.registry, data)]
        )
    if json:
        as_json(
            {
                "wallet": show_wallet(wallet),
                "claim": name,
                "until": show_day(day) if day else None,
                "block": done.block_number,
            }
        )
    else:
        until = "for ever" if day == FOREVER_DAY else f"until {show_day(day)}"
        say(f"[bold green]✓[/] {named(who)}: {name} {until if day else 'revoked'}")


@holders.command()
def owners(
    who: Who,
    count: Annotated[
        int, typer.Argument(help="As how many owners he counts; 0 if with somebody else.")
    ],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """State as how many owners an investor counts over all classes of the issuer."""
    with open_workspace(folder) as workspace:
        wallet = workspace.wallet_of(who)
        done = controls.state_owners(
            workspace, wallet, owners=count, watched=None, key=new_key(key)
        )
    done_line(f"{named(who)} counts as {counted(count, 'owner')}", done, json=json)


@holders.command()
def watch(
    who: Who,
    *,
    lift: Annotated[bool, typer.Option("--lift", help="No longer watch him.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Let an investor acquire on approval of the compliance officer only."""
    with open_workspace(folder) as workspace:
        wallet = workspace.wallet_of(who)
        done = controls.state_owners(
            workspace, wallet, owners=None, watched=not lift, key=new_key(key)
        )
    what = "is no longer watched" if lift else "acquires on approval only"
    done_line(f"{named(who)} {what}", done, json=json)


@holders.command()
def link(
    who: Who, wallet: Annotated[str, typer.Argument(help="A further wallet of his.")], *,
    folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False,
) -> None:  # fmt: skip
    """Add a wallet to an investor; he still counts once."""
    with open_workspace(folder) as workspace:
        further = parse_wallet(wallet, where="wallet")
        home = admission.link(workspace, workspace.wallet_of(who), further, key=new_key(key))
    if json:
        as_json({"home": show_wallet(home), "wallet": show_wallet(further)})
    else:
        say(f"[bold green]✓[/] {show_wallet(further)} linked to {named(who)}")


@holders.command()
def freeze(
    symbol: Symbol,
    who: Who,
    *,
    amount: Annotated[str, typer.Option(help="Only so many units; all of him by default.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Lift the freeze instead.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Freeze an investor, or some of his units, in one security."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        wallet = workspace.wallet_of(who)
        if amount:
            units = parse_quantity(amount, security.decimals, where="amount")
            name = "unfreezePartialTokens" if lift else "freezePartialTokens"
            args: tuple[object, ...] = (wallet, units)
        else:
            name, args = "setAddressFrozen", (wallet, not lift)
        done = acts.agent_act(workspace, security.token, name, args, key=new_key(key))
        frozen = workspace.view(TOKEN, security.token, "isFrozen", wallet)
        units_frozen = workspace.view(TOKEN, security.token, "getFrozenTokens", wallet)
    if json:
        as_json(
            {
                "wallet": show_wallet(wallet),
                "frozen": frozen,
                "frozen_units": str(units_frozen),
                "block": done.block_number,
            }
        )
    else:
        part = f"{amount} units of " if amount else ""
        done_ = "thawed" if lift else "frozen"
        say(f"[bold green]✓[/] {part}{named(who)} {done_} in {symbol}")


@holders.command()
def refresh(*, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False) -> None:
    """Count all investors by the claims they have today."""
    command_key = new_key(key)
    with open_workspace(folder) as workspace, progress("Refreshing", quiet=json) as report:
        homes = list(workspace.book().registry.investors)
        work = Work(
            f"{command_key}/refresh", workspace.founding.registry, len(homes),
            lambda start, end: REGISTRY.function("refresh").encode(homes[start:end]),
        )  # fmt: skip
        workspace.act_on_many("agent", work, report=report)
    if json:
        as_json({"refreshed": len(homes)})
    else:
        say(f"[bold green]✓[/] {counted(len(homes), 'investor')} refreshed")


@holders.command()
def enrol(
    symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Count the holders of a security towards the limits over all classes of the issuer."""
    command_key = new_key(key)
    with open_workspace(folder) as workspace, progress("Enrolling", quiet=json) as report:
        security = workspace.security(symbol)
        count = controls.enrol(workspace, security, key=command_key, report=report)
    if json:
        as_json({"symbol": symbol, "enrolled": count})
    else:
        say(f"[bold green]✓[/] {counted(count, 'holder')} of {symbol} count with the issuer")


@holders.command()
def erase(
    who: Who, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Destroy the personal data of an investor; number and wallet remain on the chain."""
    with open_workspace(folder) as workspace:
        home = admission.erase(workspace, who, key=new_key(key))
    if json:
        as_json({"erased": show_wallet(home)})
    else:
        say(f"[bold green]✓[/] {show_wallet(home)} erased")
