"""Wash trades: units go round among the same people, and nobody has more or less than before.

Investors are left out one after the other who trade mostly with others, whose holding changed, or
who earned by it; whoever remains traded in a circle, however many links it has. Source: Regulation
(EU) No 596/2014, Annex I A(c); Commission Delegated Regulation (EU) 2016/522, Annex II; Exchange
Act 9(a)(1).
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush, nlargest
from typing import Final

from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance.alerts import Alert, Moments, Thresholds
from tallystick.markets.tape import Happening, Matched, OpenOrders

PATTERN = "wash-trades"
# Into how many steps a window is cut by which it goes on.
STEPS: Final = 10
# And which parts of its length are looked at.
SHORTER: Final = (1, 6, 36)
PARTNERS: Final = 2

# A trade with its buyer and its seller.
Dealt = tuple[Matched, Wallet, Wallet]
Circles = dict[frozenset[Wallet], dict[int, Matched]]


def find(tape: Iterable[Happening], limits: Thresholds, _: Moments) -> Iterator[Alert]:
    """Circles of investors, each told once for as long as it goes on.

    It is looked at shorter times too, in which honest trades of an hour hide nothing.
    """
    dealt = list(_dealt(tape))
    found: dict[frozenset[Wallet], list[Alert]] = {}
    for parts in SHORTER:
        for alert in _at_length(dealt, max(1, limits.wash_window_ns // parts), limits):
            known = found.setdefault(frozenset(alert.owners), [])
            if not any(set(alert.trades) <= set(each.trades) for each in known):
                known.append(alert)
    yield from (alert for alerts in found.values() for alert in alerts)


def _dealt(tape: Iterable[Happening]) -> Iterator[Dealt]:
    """Trades that were not busted, with their buyers and sellers."""
    orders = OpenOrders()
    for each in tape:
        orders.take(each)
        if isinstance(each, Matched) and not each.busted:
            yield each, orders.owner(each.buy), orders.owner(each.sell)


def _at_length(dealt: list[Dealt], length_ns: int, limits: Thresholds) -> Iterator[Alert]:
    """Circles within stretches of time of one length."""
    going: Circles = {}
    for window in _windows(dealt, length_ns):
        found = _circles(window, limits)
        for owners in [owners for owners in going if owners not in found]:
            yield _alert(owners, going.pop(owners))
        for owners, trades in found.items():
            going.setdefault(owners, {}).update(trades)
    for owners, trades in going.items():
        yield _alert(owners, trades)


def _windows(dealt: list[Dealt], length_ns: int) -> Iterator[list[Dealt]]:
    """Trades of stretches of time, which begin a part of their length after each other."""
    step = max(1, length_ns // STEPS)
    window, turn_ns = deque[Dealt](), 0
    for each in dealt:
        at_ns = each[0].at_ns
        if at_ns >= turn_ns:
            if window:
                yield list(window)
            turn_ns = at_ns - at_ns % step + step
            while window and window[0][0].at_ns < turn_ns - length_ns:
                window.popleft()
        window.append(each)
    if window:
        yield list(window)


def _circles(window: list[Dealt], limits: Thresholds) -> Circles:
    """Groups among whom units went round, with their trades; and who traded with himself."""
    groups = map(frozenset, _Inside(window, limits).groups())
    circle_of = {one: group for group in groups for one in group}
    found: Circles = defaultdict(dict)
    alone: Circles = defaultdict(dict)
    volume = 0
    for trade, buyer, seller in window:
        volume += trade.lots
        if buyer == seller:
            alone[frozenset({buyer})][trade.trade] = trade
        elif buyer in circle_of and circle_of[buyer] is circle_of.get(seller):
            found[circle_of[buyer]][trade.trade] = trade
    for owners, trades in found.items():
        lots = sum(each.lots for each in trades.values())
        many = len(trades) >= limits.wash_trades
        if many or lots * BASIS_POINTS >= volume * limits.wash_share_bps:
            alone[owners] = trades
    return alone


def _alert(owners: frozenset[Wallet], trades: dict[int, Matched]) -> Alert:
    lots, times = sum(each.lots for each in trades.values()), [t.at_ns for t in trades.values()]
    prices = [each.price for each in trades.values()]
    message = (
        f"One investor bought {lots} lots of himself"
        if len(owners) == 1
        else f"{lots} lots went round among {len(owners)} investors, who have what they had"
    )
    return Alert(
        pattern=PATTERN, since_ns=min(times), until_ns=max(times), owners=tuple(sorted(owners)),
        trades=tuple(trades), orders=(), message=message,
        figures={"investors": len(owners), "trades": len(trades), "lots": lots,
                 "price_lowest": min(prices), "price_highest": max(prices)},
    )  # fmt: skip


class _Inside:
    """Those who traded mostly with each other, and have what they had before."""

    def __init__(self, window: list[Dealt], limits: Thresholds) -> None:
        self._limits = limits
        # Lots and money of what one bought of another; who only sold to him is there with none.
        self._from: dict[Wallet, Counter[Wallet]] = defaultdict(Counter)
        self._paid: dict[Wallet, Counter[Wallet]] = defaultdict(Counter)
        for trade, buyer, seller in window:
            if buyer != seller:
                self._from[buyer][seller] += trade.lots
                self._paid[buyer][seller] += trade.lots * trade.price
                self._from[seller].setdefault(buyer, 0)
        self._every = {one: sum(self._with(one).values()) for one in self._from}
        self.members = {one for one in self._from if self._has_partners(one)}
        self._sums: dict[Wallet, list[int]] = {one: self._summed(one) for one in self.members}
        self._leave()

    def _with(self, one: Wallet) -> Counter[Wallet]:
        """Lots that somebody traded with each other."""
        return Counter({other: lots + self._from[other][one]
                        for other, lots in self._from[one].items()})  # fmt: skip

    def _has_partners(self, one: Wallet) -> bool:
        """Whether somebody trades mostly with a few; it does not matter yet who stays of them."""
        most = sum(lots for _, lots in nlargest(
            PARTNERS, self._with(one).items(), key=lambda pair: pair[1]))  # fmt: skip
        return most * BASIS_POINTS >= self._every[one] * self._limits.wash_partners_bps

    def _summed(self, one: Wallet) -> list[int]:
        """Lots bought and sold, money paid and received, of what one traded with members."""
        others = [other for other in self._from[one] if other in self.members]
        return [
            sum(self._from[one][other] for other in others),
            sum(self._from[other][one] for other in others),
            sum(self._paid[one][other] for other in others),
            sum(self._paid[other][one] for other in others),
        ]

    def _badness(self, one: Wallet) -> float:
        """How little somebody belongs there: 0 if he does, above 1 if he never will again."""
        bought, sold, paid, received = self._sums[one]
        limits, gross = self._limits, bought + sold
        if gross * BASIS_POINTS < self._every[one] * limits.wash_partners_bps or not gross:
            return 2.0
        uneven = abs(bought - sold)
        if uneven * BASIS_POINTS > gross * limits.wash_flat_bps:
            return uneven / gross
        # Average prices of what was bought and sold, each times what both have in common.
        buys, sells = paid * sold, received * bought
        earned = abs(buys - sells) * BASIS_POINTS > limits.wash_price_bps * min(buys, sells)
        return 1.5 if earned else 0.0

    def _leave(self) -> None:
        """Let everybody go who does not belong there, those first who do so least."""
        leaving = [(-bad, one) for one in self.members if (bad := self._badness(one))]
        heapify(leaving)
        while leaving:
            bad, one = heappop(leaving)
            if one not in self.members or -bad != self._badness(one):
                continue
            self.members.discard(one)
            for other in self._from[one]:
                if other in self.members:
                    self._let_go(other, one)
                    if bad_now := self._badness(other):
                        heappush(leaving, (-bad_now, other))

    def _let_go(self, one: Wallet, gone: Wallet) -> None:
        """Take out of one's sums what he traded with one who is gone."""
        for at, sums in enumerate((self._from[one][gone], self._from[gone][one],
                                   self._paid[one][gone], self._paid[gone][one])):  # fmt: skip
            self._sums[one][at] -= sums

    def groups(self) -> Iterator[set[Wallet]]:
        """Members in groups that traded with each other."""
        unseen = dict.fromkeys(sorted(self.members))
        while unseen:
            group, ahead = set[Wallet](), [next(iter(unseen))]
            while ahead:
                one = ahead.pop()
                if one in unseen:
                    del unseen[one]
                    group.add(one)
                    ahead += [other for other in self._from[one] if other in unseen]
            yield group
