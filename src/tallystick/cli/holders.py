"""`holders`: import, list, claim, link, freeze, refresh, erase."""

from __future__ import annotations

import csv
import io
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import acts, issuing
from tallystick.app.workspace import REGISTRY, TOKEN, Workspace
from tallystick.cli.acts import wallet_of
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, out, progress
from tallystick.core.countries import country_index
from tallystick.core.errors import Invalid, InvalidFile, NotFound
from tallystick.core.times import FOREVER_DAY, parse_day, show_day
from tallystick.core.units import parse_quantity
from tallystick.core.wallets import Wallet, parse_wallet, show_wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims

holders = typer.Typer(help="Investors: admission, claims, freezes.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="Wallet, name or reference of an investor.")]
KINDS = ("person", "entity", "joint", "nominee", "trust")
COLUMNS = (
    "reference",
    "name",
    "kind",
    "country",
    "email",
    "wallet",
    "verified",
    "accredited",
    "qualified_purchaser",
    "institutional_buyer",
)
REQUIRED = ("reference", "name", "country")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(holders, name="holders")


def read_rows(text: str, path: str) -> list[issuing.Newcomer]:
    """Investors from CSV; raises `InvalidFile` with every defect of every row."""
    rows = list(csv.DictReader(io.StringIO(text)))
    header = next(csv.reader(io.StringIO(text)), [])
    defects = [
        Invalid(
            "column-unknown",
            f"There is no column {name!r}",
            where=f"{path}: line 1",
            cure=f"Known are: {', '.join(COLUMNS)}.",
        )
        for name in header
        if name not in COLUMNS
    ]
    defects += [
        Invalid("column-missing", f"Column {name!r} is missing", where=f"{path}: line 1")
        for name in REQUIRED
        if name not in header
    ]
    newcomers: list[issuing.Newcomer] = []
    seen: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        where = f"{path}: line {line}"
        try:
            newcomers.append(_newcomer(row, where))
        except Invalid as error:
            defects.append(error)
        for name in ("reference", "wallet"):
            value = (row.get(name) or "").lower()
            if value and f"{name}/{value}" in seen:
                defects.append(
                    Invalid(
                        "holder-duplicate",
                        f"The {name} stands at line {seen[f'{name}/{value}']} already",
                        where=where,
                    )
                )
            seen.setdefault(f"{name}/{value}", line)
    if defects:
        raise InvalidFile("holders-invalid", path, defects)
    return newcomers


def _newcomer(row: dict[str, str], where: str) -> issuing.Newcomer:
    for name in REQUIRED:
        if not row.get(name):
            raise Invalid("field-empty", f"{name} is empty", where=where)
    kind = row.get("kind") or "person"
    if kind not in KINDS:
        raise Invalid("field-choice", f"kind {kind!r} is none of {', '.join(KINDS)}", where=where)
    country_index(row["country"], where=where)
    claims = Claims()
    for claim in Claim:
        text = row.get(claim.name.lower()) or ""
        if text:
            claims = claims.stated(claim, parse_day(text, where=where))
    wallet = row.get("wallet") or ""
    return issuing.Newcomer(
        row=row["reference"],
        person=Person(
            name=row["name"], kind=kind, email=row.get("email") or "", reference=row["reference"]
        ),
        country=row["country"],
        claims=claims,
        wallet=parse_wallet(wallet, where=where) if wallet else None,
    )


@holders.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV of investors.", exists=True, dir_okay=False)],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Admit investors from a CSV; a file with a defect in any row admits none."""
    data = file.read_bytes()
    newcomers = read_rows(data.decode("utf-8-sig"), str(file))
    command_key = key or "import-" + sha256(data).hexdigest()[:16]
    with Workspace(folder) as workspace, progress("Admitting", quiet=json) as report:
        homes = issuing.admit(workspace, newcomers, key=command_key, report=report)
    if json:
        as_json({"admitted": [show_wallet(home) for home in homes], "key": command_key})
    else:
        out.print(f"[bold green]✓[/] {len(homes)} investors admitted")


@holders.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Investors with their country and claims."""
    with Workspace(folder) as workspace:
        people = workspace.vault.people()
        registry = workspace.book().registry
    rows = []
    for home, investor in registry.investors.items():
        person = people.get(home)
        rows.append({
            "name": person.name if person else "", "reference": person.reference if person else "",
            "number": str(investor.number), "country": investor.country,
            "wallets": [show_wallet(wallet) for wallet in investor.wallets],
            "claims": {claim.name.lower(): show_day(investor.claims.expiry_days[claim])
                       for claim in Claim if investor.claims.expiry_days[claim]},
        })  # fmt: skip
    if json:
        as_json(rows)
        return
    for row in rows:
        claims = ", ".join(f"{name} until {day}" for name, day in row["claims"].items())  # type: ignore[attr-defined]
        out.print(f"{row['reference']:8} {row['name']:32} {row['country']:3} {claims}")


@holders.command()
def claim(
    who: Who,
    name: Annotated[
        str, typer.Argument(help=f"One of {', '.join(c.name.lower() for c in Claim)}.")
    ],
    until: Annotated[str, typer.Argument(help="Date on which it ends, or never.")] = "never",
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """State a claim about an investor."""
    _set_claim(who, name, parse_day(until, where="until"), folder=folder, key=key, json=json)


@holders.command()
def revoke(
    who: Who, name: Annotated[str, typer.Argument(help="The claim.")], *,
    folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False,
) -> None:  # fmt: skip
    """Revoke a claim; he is counted anew at once."""
    _set_claim(who, name, 0, folder=folder, key=key, json=json)


def _set_claim(who: str, name: str, day: int, *, folder: Path, key: str | None, json: bool) -> None:
    known = {each.name.lower(): each for each in Claim}
    if name not in known:
        raise NotFound(
            "claim-unknown", f"There is no claim {name!r}", cure=f"Known are: {', '.join(known)}."
        )
    with Workspace(folder) as workspace:
        wallet = wallet_of(workspace, who)
        data = REGISTRY.function("setClaim").encode(wallet, int(known[name]), day)
        [done] = workspace.act(
            "agent", [(f"{new_key(key)}/claim", workspace.founding.registry, data)]
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
        out.print(f"[bold green]✓[/] {name} {until if day else 'revoked'}")


@holders.command()
def link(
    who: Who, wallet: Annotated[str, typer.Argument(help="A further wallet of his.")], *,
    folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False,
) -> None:  # fmt: skip
    """Add a wallet to an investor; he still counts once."""
    with Workspace(folder) as workspace:
        home, further = wallet_of(workspace, who), parse_wallet(wallet)
        data = REGISTRY.function("linkWallet").encode(home, further)
        workspace.act("agent", [(f"{new_key(key)}/link", workspace.founding.registry, data)])
    if json:
        as_json({"home": show_wallet(home), "wallet": show_wallet(further)})
    else:
        out.print(f"[bold green]✓[/] {show_wallet(further)} linked")


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
    with Workspace(folder) as workspace:
        security = workspace.security(symbol)
        wallet = wallet_of(workspace, who)
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
        out.print(f"[bold green]✓[/] {show_wallet(wallet)} {'thawed' if lift else 'frozen'}")


@holders.command()
def refresh(*, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False) -> None:
    """Count all investors by the claims they have today."""
    command_key = new_key(key)
    with Workspace(folder) as workspace, progress("Refreshing", quiet=json) as report:
        homes = list(workspace.book().registry.investors)
        calls = []
        for start in range(0, len(homes), issuing.BATCH):
            data = REGISTRY.function("refresh").encode(homes[start : start + issuing.BATCH])
            calls.append((f"{command_key}/refresh/{start}", workspace.founding.registry, data))
        workspace.act("agent", calls, report=report)
    if json:
        as_json({"refreshed": len(homes)})
    else:
        out.print(f"[bold green]✓[/] {len(homes)} investors refreshed")


@holders.command()
def erase(who: Who, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Destroy the personal data of an investor; number and wallet remain on the chain."""
    with Workspace(folder) as workspace:
        home: Wallet = wallet_of(workspace, who)
        workspace.vault.erase(home, at_s=workspace.now())
        workspace.journal.append("erased", {"home": home}, at_s=workspace.now())
    if json:
        as_json({"erased": show_wallet(home)})
    else:
        out.print("[bold green]✓[/] erased")
