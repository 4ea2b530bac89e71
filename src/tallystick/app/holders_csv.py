"""Investors in a CSV: one row each, every defect of every row named."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

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
    """Investors from CSV; raises `InvalidFile` with every defect of every row.

    A defect names line and column, and never what stands there: in a list whose columns have
    shifted that may be a name.
    """
    defects: list[Invalid] = []
    newcomers: list[Newcomer] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        defects += _header_defects(header, f"{path}: line 1")
        seen: dict[str, int] = {}
        for cells in reader if not defects else ():
            if cells:
                _read_row(header, cells, path, reader.line_num, seen, newcomers, defects)
    except csv.Error as error:
        defects.append(Invalid(
            "csv-malformed", f"This is no CSV: {error}", where=f"{path}: line {reader.line_num}",
            cure="Check quotes and line ends; save it as CSV anew.",
        ))  # fmt: skip
    if defects:
        raise InvalidFile("holders-invalid", path, defects)
    return newcomers


def _header_defects(header: list[str], where: str) -> list[Invalid]:
    known = f"Known are: {', '.join(COLUMNS)}."
    defects = [
        Invalid("column-unknown", f"There is no column {name!r}", where=where, cure=known)
        for name in header
        if name not in COLUMNS
    ]
    defects += [
        Invalid("column-duplicate", f"Column {name!r} stands twice", where=where,
                cure="Leave one of the two out.")
        for name in COLUMNS
        if header.count(name) > 1
    ]  # fmt: skip
    defects += [
        Invalid("column-missing", f"Column {name!r} is missing", where=where,
                cure=f"Add the column `{name}`.")
        for name in REQUIRED
        if name not in header
    ]  # fmt: skip
    return defects


def _read_row(
    header: list[str], cells: list[str], path: str, line: int, seen: dict[str, int],
    newcomers: list[Newcomer], defects: list[Invalid],
) -> None:  # fmt: skip
    """Read one row; what is wrong with it is added to the defects."""
    where = f"{path}: line {line}"
    if len(cells) != len(header):
        defects.append(Invalid(
            "row-length", f"The row has {len(cells)} cells, the first line {len(header)}",
            where=where, cure="Give every column a cell, and quote cells that hold commas.",
        ))  # fmt: skip
        return
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    try:
        newcomers.append(_newcomer(row, where))
    except Invalid as error:
        defects.append(error)
    for name in ("reference", "wallet"):
        value = row.get(name, "").lower()
        if value and f"{name}/{value}" in seen:
            defects.append(Invalid(
                "holder-duplicate",
                f"The {name} stands at line {seen[f'{name}/{value}']} already",
                where=where, cure=f"Leave one of the two rows out, or correct its {name}.",
            ))  # fmt: skip
        seen.setdefault(f"{name}/{value}", line)


def _newcomer(row: dict[str, str], where: str) -> Newcomer:
    for name in REQUIRED:
        if not row[name]:
            raise Invalid(
                "field-empty", f"{name} is empty", where=where, cure=f"Fill the column `{name}`."
            )
    kind = row.get("kind") or KINDS[0]
    if kind not in KINDS:
        raise Invalid("field-choice", "The kind is none of those known", where=where,
                      cure=f"Write one of {', '.join(KINDS)}.")  # fmt: skip
    _parsed(row, "country", country_index, where)
    claims = Claims()
    for claim in Claim:
        day = _parsed(row, claim.name.lower(), parse_day, where)
        if day is not None:
            claims = claims.stated(claim, day)
    return Newcomer(
        row=row["reference"],
        person=Person(
            name=row["name"], kind=kind, email=row.get("email", ""), reference=row["reference"]
        ),
        country=row["country"],
        claims=claims,
        wallet=_parsed(row, "wallet", parse_wallet, where),
        where=where,
    )


def _parsed(row: dict[str, str], name: str, parse: Callable[..., Any], where: str) -> Any:
    """A cell as read by a parser, whose error is told without the cell; None if it is empty."""
    text = row.get(name, "")
    if not text:
        return None
    try:
        return parse(text, where=where)
    except Invalid as error:
        message = f"What stands in column {name!r} is no {name}"
        raise Invalid(error.code, message, where=where, cure=error.cure) from None
