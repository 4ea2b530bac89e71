"""Investors in a CSV: one row each, every defect of every row named."""

from __future__ import annotations

import csv
import io

from tallystick.app.admission import Newcomer
from tallystick.core.countries import country_index
from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.times import parse_day
from tallystick.core.wallets import parse_wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims

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


def read_rows(text: str, path: str) -> list[Newcomer]:
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
        Invalid(
            "column-missing",
            f"Column {name!r} is missing",
            where=f"{path}: line 1",
            cure=f"Add the column `{name}`.",
        )
        for name in REQUIRED
        if name not in header
    ]
    newcomers: list[Newcomer] = []
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
                        cure=f"Leave one of the two rows out, or correct its {name}.",
                    )
                )
            seen.setdefault(f"{name}/{value}", line)
    if defects:
        raise InvalidFile("holders-invalid", path, defects)
    return newcomers


def _newcomer(row: dict[str, str], where: str) -> Newcomer:
    for name in REQUIRED:
        if not row.get(name):
            raise Invalid(
                "field-empty", f"{name} is empty", where=where, cure=f"Fill the column `{name}`."
            )
    kind = row.get("kind") or "person"
    if kind not in KINDS:
        raise Invalid(
            "field-choice",
            f"kind {kind!r} is none of {', '.join(KINDS)}",
            where=where,
            cure=f"Write one of {', '.join(KINDS)}.",
        )
    country_index(row["country"], where=where)
    claims = Claims()
    for claim in Claim:
        text = row.get(claim.name.lower()) or ""
        if text:
            claims = claims.stated(claim, parse_day(text, where=where))
    wallet = row.get("wallet") or ""
    return Newcomer(
        row=row["reference"],
        person=Person(
            name=row["name"], kind=kind, email=row.get("email") or "", reference=row["reference"]
        ),
        country=row["country"],
        claims=claims,
        wallet=parse_wallet(wallet, where=where) if wallet else None,
        where=where,
    )
