"""Open orders and transfers in a CSV: who would sell, who would buy, how much."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tallystick.app.admission import wallets_by_name
from tallystick.app.csv_rows import Row, Table
from tallystick.core.units import parse_quantity
from tallystick.gateways.store.files import read_text
from tallystick.securities.dry_run import Pending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet

COLUMNS = ("key", "seller", "buyer", "quantity")


def read_pending(workspace: Workspace, path: Path, decimals: int) -> list[Pending]:
    """What is open, a row each; an order has no buyer, or no seller.

    Raises `InvalidFile` with every defect of every row.
    """
    table = Table(
        read_text(path, "orders-invalid"), str(path), columns=COLUMNS,
        required=("key", "quantity"),
    )  # fmt: skip
    find = wallets_by_name(workspace)
    pending = [_pending(row, decimals, find) for row in table.rows]
    table.name_duplicates("key")
    table.finish("orders-invalid")
    return pending


def _pending(row: Row, decimals: int, find: Callable[[str], Wallet | None]) -> Pending:
    sides = [_side(row, name, find) for name in ("seller", "buyer")]
    if sides == [None, None]:
        row.defect("row-without-party", "Neither a seller nor a buyer is named",
                   cure="Name one for an order, both for a transfer.")  # fmt: skip
    row.required("quantity")
    return Pending(
        key=row.required("key"),
        sender=sides[0],
        receiver=sides[1],
        units=row.parsed("quantity", partial(parse_quantity, decimals=decimals), 0),
    )


def _side(row: Row, name: str, find: Callable[[str], Wallet | None]) -> Wallet | None:
    who = row.text(name)
    if not who:
        return None
    wallet = find(who)
    if wallet is None:
        row.defect("holder-unknown", f"The {name} is no investor, or more than one",
                   cure="Write his wallet, or a reference that is his alone.")  # fmt: skip
    return wallet
