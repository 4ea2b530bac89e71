"""How well orders were executed: what takers paid beside what was quoted, and who was passed over.

The effective spread is twice the distance of a trade's price from the middle of the best bid and
offer right before, weighed by lots (17 CFR 242.600(b)(8)).
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.venue.quality import Best
from tallystick.core.units import BASIS_POINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from tallystick.gateways.store.order_records import OrderRecords


class Execution(msgspec.Struct):
    """Lots of those who took what was offered, outside of calls.

    `at_best` were traded at the best price that was quoted, or a better one; `past_better` past
    better prices of orders that the rules did not let them meet. `quoted` are the lots for which
    both sides were quoted; `paid` is the sum of their effective spreads, in ten-thousandths.
    """

    lots: int = 0
    at_best: int = 0
    past_better: int = 0
    quoted: int = 0
    paid: float = 0.0

    @property
    def effective_spread_bps(self) -> float | None:
        """The effective spread on average, in ten-thousandths; none if nothing was quoted."""
        return self.paid / self.quoted if self.quoted else None

    def take(self, trade: sa.Row[Any], bid: int | None, ask: int | None) -> None:
        """Take up a trade of a taker's, with what was quoted before."""
        price, buys = int(trade.price), trade.taker == "buy"
        best = ask if buys else bid
        self.lots += trade.lots
        if best is not None and (price <= best if buys else price >= best):
            self.at_best += trade.lots
        if bid is not None and ask is not None:
            away = 2 * price - (bid + ask)
            spread = 2 * BASIS_POINTS * (away if buys else -away) / (bid + ask)
            self.quoted += trade.lots
            self.paid += spread * trade.lots


def executed(records: OrderRecords, symbol: str) -> Execution:
    """How the orders of a market were executed that were traded as they came."""
    found, book = Execution(), Best()
    trades = records.trades_with_sides(symbol)
    for _, rows in groupby(records.steps_of_market(symbol), lambda row: row.place):
        bid, ask = book.best(buys=True), book.best(buys=False)
        taken: list[sa.Row[Any]] = []
        for row in rows:
            book.take(row)
            if row.what == "traded" and row.buys:
                taken.append(next(trades))
        for trade in taken:
            if trade.taker:
                found.take(trade, bid, ask)
        found.past_better += _past_better(taken, book)
    return found


def _past_better(taken: Sequence[sa.Row[Any]], book: Best) -> int:
    """Lots of takers that were traded though better prices stood there still."""
    bid, ask = book.best(buys=True), book.best(buys=False)
    lots = 0
    for trade in taken:
        price = int(trade.price)
        bought_past = trade.taker == "buy" and ask is not None and ask < price
        sold_past = trade.taker == "sell" and bid is not None and bid > price
        lots += trade.lots if bought_past or sold_past else 0
    return lots
