"""What each investor traded in each market, in sums that are kept as trades are made and busted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from tallystick.gateways.store.order_tables import DEALT


class Dealt(msgspec.Struct):
    """What somebody traded: lots, and money in cash units; fees are in what he paid or received."""

    trades: int = 0
    bought: int = 0
    sold: int = 0
    paid: int = 0
    received: int = 0
    fees: int = 0

    def count(self, trade: Trade, *, buys: bool, sign: int) -> None:
        """Count a side of a trade in, or out."""
        value, fee = trade.lots * trade.price, trade.fees[0 if buys else 1]
        self.trades += sign
        self.fees += sign * fee
        if buys:
            self.bought += sign * trade.lots
            self.paid += sign * (value + fee)
        else:
            self.sold += sign * trade.lots
            self.received += sign * (value - fee)


class Trade(msgspec.Struct, frozen=True):
    """A trade between two investors, as far as it is counted; fees are those of either side."""

    symbol: str
    buyer: str
    seller: str
    lots: int
    price: int
    fees: tuple[int, int]


def dealt_so_far(connection: sa.Connection, investor: str, symbol: str) -> Dealt:
    """What an investor traded in a market in all; what was busted is left out."""
    row = connection.execute(sa.select(DEALT).where(
        DEALT.c.investor == investor, DEALT.c.symbol == symbol
    )).one_or_none()  # fmt: skip
    if row is None:
        return Dealt()
    return Dealt(row.trades, *(int(getattr(row, name)) for name in _SUMS))


def count(connection: sa.Connection, changes: Iterable[tuple[Trade, int]]) -> None:
    """Count trades in (1), or out (-1)."""
    found: dict[tuple[str, str], Dealt] = {}
    for trade, sign in changes:
        for investor, buys in ((trade.buyer, True), (trade.seller, False)):
            key = investor, trade.symbol
            if key not in found:
                found[key] = dealt_so_far(connection, *key)
            found[key].count(trade, buys=buys, sign=sign)
    for (investor, symbol), dealt in found.items():
        values: dict[str, Any] = {
            "investor": investor, "symbol": symbol, "trades": dealt.trades,
            **{name: str(getattr(dealt, name)) for name in _SUMS},
        }  # fmt: skip
        connection.execute(sa.insert(DEALT).prefix_with("OR REPLACE").values(values))


_SUMS = ("bought", "sold", "paid", "received", "fees")
