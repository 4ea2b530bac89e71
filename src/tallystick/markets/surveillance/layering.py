"""Layering: many orders on one side that are there to be seen, while the other side is traded.

They are gone soon after. Who quotes both sides puts new orders where old ones were, so that as much
of his stands there as before: what counts is what stands on that side when the time is nearly over,
no further from the market than what was shown. What the venue took out itself counts as staying.
Source: Regulation (EU) No 596/2014, article 12(2)(c) and Annex I A(f).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance.alerts import Alert, Moments, Thresholds
from tallystick.markets.tape import Entered, Happening, Lessened, Matched, OpenOrders

PATTERN = "layering"
# The last part of the time, in which it is looked at what stands; one of so many.
LAST_PART: Final = 6

Side = tuple[Wallet, bool]


class _Suspect(msgspec.Struct):
    """That somebody traded on a side while much of his stood on the other one."""

    since_ns: int
    owner: Wallet
    bought: bool
    orders: tuple[int, ...]
    shown: int
    # The price of what he showed that is furthest from the market.
    furthest: int
    # What of the side that was shown had been traded, or taken out by the venue, by then.
    spared: int
    # The most that stood there in the last part of the time.
    stood: int = 0
    lots: int = 0
    trades: list[int] = msgspec.field(default_factory=list)

    @property
    def side(self) -> Side:
        """Where he showed orders."""
        return self.owner, not self.bought


def find(tape: Iterable[Happening], limits: Thresholds, moments: Moments) -> Iterator[Alert]:
    """Trades of somebody whose orders on the other side were gone soon after."""
    watch = _Watch(limits)
    for each in tape:
        yield from watch.pass_to(each.at_ns)
        watch.take(each)
    # What happened since is nothing; what is not over yet may yet stay.
    yield from watch.pass_to(moments.now_ns)


class _Watch:
    """Keeps the suspects until it is seen what they did."""

    def __init__(self, limits: Thresholds) -> None:
        self._limits = limits
        self._book = OpenOrders()
        # Those whose time is not nearly over, and those whose is.
        self._waiting: deque[_Suspect] = deque()
        self._ending: deque[_Suspect] = deque()
        self._latest: dict[Side, _Suspect] = {}
        # Lots of a side that were ever traded, or taken out by the venue.
        self._spared: Counter[Side] = Counter()

    def take(self, happening: Happening) -> None:
        """Take up what happened next."""
        if isinstance(happening, Lessened) and not happening.by_owner:
            order = self._book.orders.get(happening.order)
            if order is not None:
                self._spared[order.owner, order.buys] += order.lots - happening.lots
        self._book.take(happening)
        if isinstance(happening, Entered):
            for suspect in self._ending:
                if suspect.side == (happening.owner, happening.buys):
                    suspect.stood = max(suspect.stood, self._standing(suspect))
        elif isinstance(happening, Matched):
            sides = ((happening.buy, True), (happening.sell, False))
            for number, bought in sides:
                self._spared[self._book.owner(number), bought] += happening.lots
            for number, bought in sides:
                self._suspect(happening, self._book.owner(number), bought=bought)

    def _suspect(self, trade: Matched, owner: Wallet, *, bought: bool) -> None:
        limits, shown = self._limits, self._book.of(owner, buys=not bought)
        lots = sum(each.lots for each in shown.values())
        going = self._latest.get((owner, bought))
        few = len(shown) < limits.layering_orders
        times = limits.layering_alone_times if few else limits.layering_times
        if lots >= times * trade.lots and (going is None or lots > going.shown):
            prices = [each.price for each in shown.values()]
            going = _Suspect(
                trade.at_ns, owner, bought, tuple(shown), lots,
                max(prices) if bought else min(prices), self._spared[owner, not bought],
            )  # fmt: skip
            self._latest[owner, bought] = going
            self._waiting.append(going)
        if going is not None:
            going.lots += trade.lots
            going.trades.append(trade.trade)

    def _standing(self, suspect: _Suspect) -> int:
        """Lots on the side where he showed orders, no further from the market than those."""
        there = self._book.of(suspect.owner, buys=not suspect.bought).values()
        return sum(
            each.lots
            for each in there
            if (
                each.price <= suspect.furthest if suspect.bought else each.price >= suspect.furthest
            )
        )

    def pass_to(self, now_ns: int) -> Iterator[Alert]:
        """Let time pass until a moment; alerts about those whose time was over by then."""
        window = self._limits.layering_window_ns
        while self._waiting and self._waiting[0].since_ns + window - window // LAST_PART <= now_ns:
            suspect = self._waiting.popleft()
            suspect.stood = self._standing(suspect)
            self._ending.append(suspect)
        while self._ending and self._ending[0].since_ns + window <= now_ns:
            suspect = self._ending.popleft()
            if self._latest.get((suspect.owner, suspect.bought)) is suspect:
                del self._latest[suspect.owner, suspect.bought]
            spared = self._spared[suspect.side] - suspect.spared
            gone, limits = max(0, suspect.shown - spared - suspect.stood), self._limits
            few = len(suspect.orders) < limits.layering_orders
            times = limits.layering_alone_times if few else limits.layering_times
            much = suspect.shown >= times * suspect.lots
            if much and gone * BASIS_POINTS >= suspect.shown * limits.layering_gone_bps:
                yield _alert(suspect, gone, suspect.since_ns + window)


def _alert(suspect: _Suspect, gone: int, until_ns: int) -> Alert:
    did, shown = ("bought", "offers") if suspect.bought else ("sold", "bids")
    return Alert(
        pattern=PATTERN, since_ns=suspect.since_ns, until_ns=until_ns,
        owners=(suspect.owner,), trades=tuple(suspect.trades), orders=suspect.orders,
        figures={"lots_traded": suspect.lots, "lots_shown": suspect.shown, "lots_gone": gone,
                 "orders_shown": len(suspect.orders)},
        message=f"One investor {did} {suspect.lots} lots while {len(suspect.orders)} {shown} of "
                f"his stood for {suspect.shown}, of which {gone} were gone soon after",
    )  # fmt: skip
