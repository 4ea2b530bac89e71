"""Marking the close: somebody moves the price by trades just before it is taken as a reference.

Of a market around the clock that is the end of a day (UTC); of one with hours each end of them.
Source: Regulation (EU) No 596/2014, article 12(2)(b); Exchange Act 9(a)(2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance.alerts import Alert, Thresholds
from tallystick.markets.tape import Happening, Matched, OpenOrders

PATTERN = "marking-the-close"


class _Last(msgspec.Struct):
    """What was traded before a close: by whom as taker, on which side; and the price before."""

    begins_ns: int
    ends_ns: int
    base: int = 0
    trades: list[tuple[Matched, Wallet]] = msgspec.field(default_factory=list)


def find(tape: Iterable[Happening], limits: Thresholds, closes_ns: Iterable[int] = ()
         ) -> Iterator[Alert]:  # fmt: skip
    """Those whose trades moved the last price before a close, and set it."""
    orders, last_price = OpenOrders(), 0
    closes = iter(sorted(closes_ns))
    window = _next(closes, limits)
    for each in tape:
        orders.take(each)
        while window is not None and each.at_ns >= window.ends_ns:
            yield from _judged(window, limits)
            window = _next(closes, limits)
        if not isinstance(each, Matched) or each.busted:
            continue
        if window is not None and each.at_ns >= window.begins_ns:
            window.base = window.base or last_price or each.price
            taker = each.buy if each.taker == "buy" else each.sell
            window.trades.append((each, orders.owner(taker)))
        last_price = each.price
    if window is not None:
        yield from _judged(window, limits)


def _next(closes: Iterator[int], limits: Thresholds) -> _Last | None:
    ends_ns = next(closes, None)
    return None if ends_ns is None else _Last(ends_ns - limits.close_window_ns, ends_ns)


def _judged(window: _Last, limits: Thresholds) -> Iterator[Alert]:
    """An alert about whoever set the last price, if he moved it."""
    if not window.trades or not window.trades[-1][0].taker:
        return
    last, owner = window.trades[-1]
    his = [trade for trade, taker in window.trades if taker == owner and trade.taker == last.taker]
    every = sum(trade.lots for trade, _ in window.trades)
    up = last.price - window.base if last.taker == "buy" else window.base - last.price
    share = sum(each.lots for each in his) * BASIS_POINTS // every
    move = up * BASIS_POINTS // window.base
    if move < limits.close_move_bps or share < limits.close_share_bps:
        return
    yield Alert(
        pattern=PATTERN, since_ns=his[0].at_ns, until_ns=last.at_ns, owners=(owner,),
        trades=tuple(each.trade for each in his),
        orders=tuple(sorted({each.buy if each.taker == "buy" else each.sell for each in his})),
        figures={"price_before": window.base, "price_last": last.price, "move_bps": move,
                 "share_of_volume_bps": share},
        message=f"The last price before the close was set by one investor, {move / 100:.2f} % "
                f"from where it was, with {share / 100:.0f} % of what was traded then",
    )  # fmt: skip
