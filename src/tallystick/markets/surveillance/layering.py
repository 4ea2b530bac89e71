"""Layering: many orders on one side that are there to be seen, while the other side is traded.

They are gone soon after. Who quotes both sides puts new orders where old ones were, so that as much
of his stands there as before: what counts is what is left on that side when the time is over.
Source: Regulation (EU) No 596/2014, article 12(2)(c) and Annex I A(f).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator

import msgspec

from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance.alerts import Alert, Thresholds
from tallystick.markets.tape import Happening, Matched, OpenOrders

PATTERN = "layering"


class _Suspect(msgspec.Struct):
    """That somebody traded on a side while much of his stood on the other one."""

    since_ns: int
    owner: Wallet
    bought: bool
    orders: tuple[int, ...]
    shown: int
    # What he had traded of the side that was shown by then.
    traded_before: int
    lots: int = 0
    trades: list[int] = msgspec.field(default_factory=list)


def find(tape: Iterable[Happening], limits: Thresholds, _: Iterable[int] = ()) -> Iterator[Alert]:
    """Trades of somebody whose orders on the other side were gone soon after."""
    watch = _Watch(limits)
    for each in tape:
        yield from watch.judged(each.at_ns - limits.layering_window_ns)
        watch.take(each)
    # What stands at the end of the tape may yet stay.
    yield from watch.judged(watch.now_ns - limits.layering_window_ns)


class _Watch:
    """Keeps the suspects until it is seen what they did."""

    def __init__(self, limits: Thresholds) -> None:
        self.now_ns = 0
        self._limits = limits
        self._book = OpenOrders()
        self._suspects: deque[_Suspect] = deque()
        self._latest: dict[tuple[Wallet, bool], _Suspect] = {}
        # Lots that an investor ever traded of a side.
        self._traded: Counter[tuple[Wallet, bool]] = Counter()

    def take(self, happening: Happening) -> None:
        """Take up what happened next."""
        self.now_ns = happening.at_ns
        if isinstance(happening, Matched):
            for number, bought in ((happening.buy, True), (happening.sell, False)):
                self._traded[self._book.owner(number), bought] += happening.lots
        self._book.take(happening)
        if isinstance(happening, Matched):
            for number, bought in ((happening.buy, True), (happening.sell, False)):
                self._suspect(happening, self._book.owner(number), bought=bought)

    def _suspect(self, trade: Matched, owner: Wallet, *, bought: bool) -> None:
        going = self._latest.get((owner, bought))
        if going is None:
            shown = self._book.of(owner, buys=not bought)
            lots = sum(each.lots for each in shown.values())
            limits = self._limits
            if len(shown) < limits.layering_orders or lots < limits.layering_times * trade.lots:
                return
            before = self._traded[owner, not bought]
            going = _Suspect(trade.at_ns, owner, bought, tuple(shown), lots, before)
            self._latest[owner, bought] = going
            self._suspects.append(going)
        going.lots += trade.lots
        going.trades.append(trade.trade)

    def judged(self, until_ns: int) -> Iterator[Alert]:
        """Alerts about those whose time was over by then."""
        while self._suspects and self._suspects[0].since_ns <= until_ns:
            suspect = self._suspects.popleft()
            del self._latest[suspect.owner, suspect.bought]
            traded = self._traded[suspect.owner, not suspect.bought] - suspect.traded_before
            there = self._book.of(suspect.owner, buys=not suspect.bought)
            left = traded + sum(each.lots for each in there.values())
            gone, limits = max(0, suspect.shown - left), self._limits
            much = suspect.shown >= limits.layering_times * suspect.lots
            if much and gone * BASIS_POINTS >= suspect.shown * limits.layering_gone_bps:
                yield _alert(suspect, gone, self.now_ns)


def _alert(suspect: _Suspect, gone: int, now_ns: int) -> Alert:
    did, shown = ("bought", "offers") if suspect.bought else ("sold", "bids")
    return Alert(
        pattern=PATTERN, since_ns=suspect.since_ns, until_ns=now_ns,
        owners=(suspect.owner,), trades=tuple(suspect.trades), orders=suspect.orders,
        figures={"lots_traded": suspect.lots, "lots_shown": suspect.shown, "lots_gone": gone,
                 "orders_shown": len(suspect.orders)},
        message=f"One investor {did} {suspect.lots} lots while {len(suspect.orders)} {shown} of "
                f"his stood for {suspect.shown}, of which {gone} were gone soon after",
    )  # fmt: skip
