"""Investors in a CSV, one row each."""

from __future__ import annotations

from tallystick.app.admission import Newcomer
from tallystick.app.csv_rows import Row, Table
from tallystick.core.countries import country_index
from tallystick.core.times import parse_day
from tallystick.core.wallets import parse_wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.onboarding.applications import NAME_MAX, is_name, is_reference
from tallystick.securities.onboarding.registrations import Kind

KINDS = tuple(kind.value for kind in Kind)
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
    reference, country = _name(row, "reference"), row.required("country")
    if not is_reference(reference):
        row.defect("reference-unusable", "Its reference would be taken for something else",
                   cure="Give one that does not begin with 0x and is not `issuer`.")  # fmt: skip
    row.parsed("country", country_index)
    claims = Claims()
    for claim, name in zip(Claim, CLAIMS, strict=True):
        claims = claims.stated(claim, row.parsed(name, parse_day, 0))
    return Newcomer(
        row=reference,
        person=Person(
            name=_name(row, "name"),
            kind=row.choice("kind", KINDS),
            email=row.text("email"),
            reference=reference,
        ),
        country=country,
        claims=claims,
        wallet=row.parsed("wallet", parse_wallet),
        where=row.where,
    )


def _name(row: Row, column: str) -> str:
    text = row.required(column)
    if not is_name(text):
        row.defect("name-unprintable", f"Its {column} does not fit on a line",
                   cure=f"Write at most {NAME_MAX} characters, none for control.")  # fmt: skip
    return text
