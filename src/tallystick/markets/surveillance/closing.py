"""Marking the close: somebody moves the price by trades just before it is taken as a reference.

Of a market around the clock that is the end of a day (UTC); of one with hours each end of them, or
of the call that ends them. He moved it whose trades went beyond all prices since the time began;
it counts if the price still stands there at the close. What is traded in a call has no taker, and
nobody is told of for it. Source: Regulation (EU) No 596/2014, article 12(2)(b); Exchange Act
9(a)(2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance.alerts import SECOND_NS, Alert, Moments, Thresholds
from tallystick.markets.tape import Happening, Matched, OpenOrders

PATTERN = "marking-the-close"
# How long after a close the trades of the call that ends with it may be written.
CALL_NS: Final = 30 * SECOND_NS


class _Part(msgspec.Struct):
    """What one investor did on one side: his trades as taker, and how far these moved the price."""

    trades: list[Matched] = msgspec.field(default_factory=list)
    moved: int = 0


class _Last(msgspec.Struct):
    """What was traded before a close, and the prices then."""

    begins_ns: int
    ends_ns: int
    base: int = 0
    highest: int = 0
    lowest: int = 0
    price: int = 0
    lots: int = 0
    parts: dict[tuple[Wallet, bool], _Part] = msgspec.field(default_factory=dict)

    def take(self, trade: Matched, taker: Wallet | None, before: int) -> None:
        """Take up a trade; `before` is the price before it."""
        if not self.base:
            self.base = self.highest = self.lowest = before or trade.price
        self.price = trade.price
        self.lots += trade.lots
        if taker is not None:
            bought = trade.taker == "buy"
            part = self.parts.setdefault((taker, bought), _Part())
            part.trades.append(trade)
            beyond = trade.price - self.highest if bought else self.lowest - trade.price
            part.moved += max(0, beyond)
        self.highest, self.lowest = max(self.highest, trade.price), min(self.lowest, trade.price)


def find(tape: Iterable[Happening], limits: Thresholds, moments: Moments) -> Iterator[Alert]:
    """Those whose trades moved the price before a close, where it stood then."""
    orders, last_price = OpenOrders(), 0
    closes = iter(moments.closes_ns)
    window = _next(closes, limits)
    for each in tape:
        orders.take(each)
        while window is not None and _is_over(each, window):
            yield from _judged(window, limits)
            window = _next(closes, limits)
        if not isinstance(each, Matched) or each.busted:
            continue
        if window is not None and each.at_ns >= window.begins_ns:
            taker = each.buy if each.taker == "buy" else each.sell
            window.take(each, orders.owner(taker) if each.taker else None, last_price)
        last_price = each.price
    if window is not None:
        yield from _judged(window, limits)


def _is_over(each: Happening, window: _Last) -> bool:
    """Whether something happens after a close, and after the call that may have ended with it."""
    trades_on = isinstance(each, Matched) and bool(each.taker)
    return each.at_ns >= window.ends_ns + (0 if trades_on else CALL_NS)


def _next(closes: Iterator[int], limits: Thresholds) -> _Last | None:
    ends_ns = next(closes, None)
    return None if ends_ns is None else _Last(ends_ns - limits.close_window_ns, ends_ns)


def _judged(window: _Last, limits: Thresholds) -> Iterator[Alert]:
    """Alerts about those who moved the price to where it stood at the close."""
    for (owner, bought), part in sorted(window.parts.items()):
        stands = window.price - window.base if bought else window.base - window.price
        move = min(part.moved, stands) * BASIS_POINTS // window.base
        share = sum(each.lots for each in part.trades) * BASIS_POINTS // window.lots
        if move >= limits.close_move_bps and share >= limits.close_share_bps:
            yield _alert(window, owner, part, move, share)


def _alert(window: _Last, owner: Wallet, part: _Part, move: int, share: int) -> Alert:
    numbers = {each.buy if each.taker == "buy" else each.sell for each in part.trades}
    return Alert(
        pattern=PATTERN, since_ns=part.trades[0].at_ns, until_ns=part.trades[-1].at_ns,
        owners=(owner,), trades=tuple(each.trade for each in part.trades),
        orders=tuple(sorted(numbers)),
        figures={"price_before": window.base, "price_close": window.price, "move_bps": move,
                 "share_of_volume_bps": share},
        message=f"One investor moved the price by {move / 100:.2f} % before the close, where it "
                f"stood, with {share / 100:.0f} % of what was traded then",
    )  # fmt: skip
