"""Positions in a CSV: who holds how much of a class, and since when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tallystick.app.csv_rows import Row, Table
from tallystick.app.issuing import Lot
from tallystick.core.times import parse_time
from tallystick.core.units import parse_quantity
from tallystick.core.wallets import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.core.wallets import Wallet

COLUMNS = ("holder", "quantity", "acquired")


def read_lots(
    text: str, path: str, decimals: int, home_of: Callable[[str], Wallet | None]
) -> list[Lot]:
    """Lots from CSV, one row each.

    Raises `InvalidFile` with every defect of every row.
    """
    table = Table(text, path, columns=COLUMNS, required=COLUMNS)
    lots = [_lot(row, decimals, home_of) for row in table.rows]
    table.finish("positions-invalid")
    return lots


def _lot(row: Row, decimals: int, home_of: Callable[[str], Wallet | None]) -> Lot:
    holder, *_ = [row.required(name) for name in COLUMNS]
    home = home_of(holder)
    if holder and home is None:
        row.defect(
            "holder-not-admitted",
            "No investor goes by what stands in column 'holder'",
            cure="Write a reference as `holders list` shows it, or import him first.",
        )
    return Lot(
        home=home or NOBODY,
        units=row.parsed("quantity", partial(parse_quantity, decimals=decimals), 0),
        acquired_at=row.parsed("acquired", parse_time, 0),
        where=row.where,
    )
