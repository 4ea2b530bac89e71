"""Investors in a CSV, one row each."""

from __future__ import annotations

from tallystick.app.admission import Newcomer
from tallystick.app.csv_rows import Row, Table
from tallystick.core.countries import country_index
from tallystick.core.times import parse_day
from tallystick.core.wallets import parse_wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims

KINDS = ("person", "entity", "joint", "nominee", "trust", "minor")
CLAIMS = tuple(claim.name.lower() for claim in Claim)
REQUIRED = ("reference", "name", "country")
COLUMNS = (*REQUIRED, "kind", "email", "wallet", *CLAIMS)


def read_rows(text: str, path: str) -> list[Newcomer]:
    """Investors from CSV; raises `InvalidFile` with every defect of every row."""
    table = Table(text, path, columns=COLUMNS, required=REQUIRED)
    newcomers = [_newcomer(row) for row in table.rows]
    for name in ("reference", "wallet"):
        table.name_duplicates(name)
    table.finish("holders-invalid")
    return newcomers


def _newcomer(row: Row) -> Newcomer:
    reference, country = row.required("reference"), row.required("country")
    row.parsed("country", country_index)
    claims = Claims()
    for claim, name in zip(Claim, CLAIMS, strict=True):
        claims = claims.stated(claim, row.parsed(name, parse_day, 0))
    return Newcomer(
        row=reference,
        person=Person(
            name=row.required("name"),
            kind=row.choice("kind", KINDS),
            email=row.text("email"),
            reference=reference,
        ),
        country=country,
        claims=claims,
        wallet=row.parsed("wallet", parse_wallet),
        where=row.where,
    )
