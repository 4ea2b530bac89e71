"""Positions in a CSV: who holds how much of a class, and since when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tallystick.app.csv_rows import Row, Table
from tallystick.app.minting import Lot
from tallystick.core.times import parse_time
from tallystick.core.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.core.wallets import Wallet

COLUMNS = ("certificate", "holder", "quantity", "acquired")


def read_lots(
    text: str, path: str, decimals: int, wallet_of: Callable[[str], Wallet | None]
) -> list[Lot]:
    """Lots from CSV, one row each.

    Raises `InvalidFile` with every defect of every row.
    """
    table = Table(text, path, columns=COLUMNS, required=COLUMNS)
    lots = [_lot(row, decimals, wallet_of) for row in table.rows]
    table.name_duplicates("certificate")
    table.finish("positions-invalid")
    return lots


def _lot(row: Row, decimals: int, wallet_of: Callable[[str], Wallet | None]) -> Lot:
    certificate, holder, *_ = [row.required(name) for name in COLUMNS]
    return Lot(
        row=certificate,
        holder=holder,
        wallet=wallet_of(holder),
        units=row.parsed("quantity", partial(parse_quantity, decimals=decimals), 0),
        acquired_at=row.parsed("acquired", parse_time, 0),
        where=row.where,
    )
