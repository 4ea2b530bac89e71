"""How good a market is: prices, volume, and how far apart bids and offers were, over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.units import BASIS_POINTS
from tallystick.gateways.store.order_tables import enters

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tallystick.gateways.store.order_records import OrderRecords

NS = 10**9


class Bucket(msgspec.Struct):
    """A stretch of time in a market: prices in cash units for a lot, volume in lots.

    `spread_bps` is how far apart the best bid and offer were, of their middle, in ten-thousandths,
    by time; none as long as a side was empty.
    """

    start_s: int
    first: int = 0
    high: int = 0
    low: int = 0
    last: int = 0
    lots: int = 0
    trades: int = 0
    spread_bps: float | None = None


class Quote(msgspec.Struct, frozen=True):
    """The best bid and offer from a moment on; none where a side is empty."""

    at_ns: int
    bid: int | None
    ask: int | None

    @property
    def spread_bps(self) -> float | None:
        """How far apart they are, in ten-thousandths of their middle."""
        if self.bid is None or self.ask is None:
            return None
        return 2 * BASIS_POINTS * (self.ask - self.bid) / (self.ask + self.bid)


def buckets(records: OrderRecords, symbol: str, seconds: int) -> list[Bucket]:
    """A market in stretches of so many seconds, those with a trade or a quote, in order."""
    found: dict[int, Bucket] = {}

    def bucket(at_ns: int) -> Bucket:
        start = at_ns // NS // seconds * seconds
        return found.setdefault(start, Bucket(start))

    for row in records.every_trade(symbol):
        _trade(bucket(row.at_ns), int(row.price), row.lots)
    weights: dict[int, tuple[float, int]] = {}
    for quote, until_ns in _lasting(quotes(records, symbol), records.last_ns(symbol)):
        if (spread := quote.spread_bps) is not None:
            for start_s, ns in _stretches(quote.at_ns, until_ns, seconds):
                weighed, total_ns = weights.get(start_s, (0.0, 0))
                weights[start_s] = (weighed + spread * ns, total_ns + ns)
    for start_s, (weighed, total_ns) in weights.items():
        bucket(start_s * NS).spread_bps = weighed / total_ns
    return [found[start] for start in sorted(found)]


def _trade(bucket: Bucket, price: int, lots: int) -> None:
    if not bucket.trades:
        bucket.first = bucket.high = bucket.low = price
    bucket.high, bucket.low = max(bucket.high, price), min(bucket.low, price)
    bucket.last, bucket.lots, bucket.trades = price, bucket.lots + lots, bucket.trades + 1


def quotes(records: OrderRecords, symbol: str) -> Iterator[Quote]:
    """The best bid and offer whenever one of them changed, in order."""
    book = Best()
    before: tuple[int | None, int | None] = (None, None)
    for _, rows in groupby(records.steps_of_market(symbol), lambda row: row.place):
        at_ns = 0
        for row in rows:
            book.take(row)
            at_ns = row.at_ns
        now = (book.best(buys=True), book.best(buys=False))
        if now != before:
            yield Quote(at_ns, *now)
            before = now


class Best:
    """Open orders of a market by their prices."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[bool, int, int]] = {}
        self._prices: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}

    def take(self, row: sa.Row[Any]) -> None:
        """Take up a step of an order."""
        if enters(row):
            self._open[row.number] = (row.buys, int(row.price), row.lots)
            self._prices[row.buys][int(row.price)] += 1
            return
        if row.number not in self._open or row.what == "released":
            return
        buys, price, left = self._open[row.number]
        left = left - row.lots if row.what == "traded" else row.lots
        if left and row.what != "left":
            self._open[row.number] = (buys, price, left)
            return
        del self._open[row.number]
        prices = self._prices[buys]
        prices[price] -= 1
        if not prices[price]:
            del prices[price]

    def best(self, *, buys: bool) -> int | None:
        """The best price of a side."""
        prices = self._prices[buys]
        return (max(prices) if buys else min(prices)) if prices else None


def _lasting(found: Iterable[Quote], end_ns: int) -> Iterator[tuple[Quote, int]]:
    """Each quote with the moment until which it was so; the last one until the end."""
    last: Quote | None = None
    for quote in found:
        if last is not None:
            yield last, quote.at_ns
        last = quote
    if last is not None:
        yield last, end_ns


def _stretches(from_ns: int, until_ns: int, seconds: int) -> Iterator[tuple[int, int]]:
    """The parts of a stretch of time by the buckets in which they lie: start, and nanoseconds."""
    while from_ns < until_ns:
        start_s = from_ns // NS // seconds * seconds
        end_ns = min(until_ns, (start_s + seconds) * NS)
        yield start_s, end_ns - from_ns
        from_ns = end_ns
