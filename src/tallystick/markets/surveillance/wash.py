"""Wash trades: units go round among the same people, and nobody has more or less than before.

Investors are left out one after the other who trade mostly with others, or whose holding changed;
whoever remains traded in a circle, however many links it has. Source: Regulation (EU) No 596/2014,
Annex I A(c); Commission Delegated Regulation (EU) 2016/522, Annex II; Exchange Act 9(a)(1).
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator

from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance.alerts import Alert, Thresholds
from tallystick.markets.tape import Happening, Matched, OpenOrders

PATTERN = "wash-trades"

# A trade with its buyer and its seller.
Dealt = tuple[Matched, Wallet, Wallet]
Circles = dict[frozenset[Wallet], dict[int, Matched]]


def find(tape: Iterable[Happening], limits: Thresholds, _: Iterable[int] = ()) -> Iterator[Alert]:
    """Circles of investors, each told once for as long as it goes on."""
    going: Circles = {}
    for window in _windows(tape, limits.wash_window_ns):
        found = _circles(window, limits)
        for owners in [owners for owners in going if owners not in found]:
            yield _alert(owners, going.pop(owners))
        for owners, trades in found.items():
            going.setdefault(owners, {}).update(trades)
    for owners, trades in going.items():
        yield _alert(owners, trades)


def _windows(tape: Iterable[Happening], length_ns: int) -> Iterator[list[Dealt]]:
    """Trades of stretches of time that begin every half of their length."""
    half = length_ns // 2
    orders, window, turn_ns = OpenOrders(), deque[Dealt](), 0
    for each in tape:
        orders.take(each)
        if not isinstance(each, Matched) or each.busted:
            continue
        if each.at_ns >= turn_ns:
            if window:
                yield list(window)
            turn_ns = each.at_ns - each.at_ns % half + half
            while window and window[0][0].at_ns < turn_ns - length_ns:
                window.popleft()
        window.append((each, orders.owner(each.buy), orders.owner(each.sell)))
    if window:
        yield list(window)


def _circles(window: list[Dealt], limits: Thresholds) -> Circles:
    """Groups among whom units went round, with their trades."""
    inside = _Inside(window, limits)
    found: Circles = {}
    for group in inside.groups():
        trades = {trade.trade: trade for trade, buyer, seller in window
                  if buyer in group and seller in group}  # fmt: skip
        if len(group) == 1 or len(trades) >= limits.wash_trades:
            found[frozenset(group)] = trades
    return found


def _alert(owners: frozenset[Wallet], trades: dict[int, Matched]) -> Alert:
    lots, times = sum(each.lots for each in trades.values()), [t.at_ns for t in trades.values()]
    message = (
        f"One investor bought {lots} lots of himself"
        if len(owners) == 1
        else f"{lots} lots went round among {len(owners)} investors, who have what they had"
    )
    return Alert(
        pattern=PATTERN, since_ns=min(times), until_ns=max(times), owners=tuple(sorted(owners)),
        trades=tuple(trades), orders=(), message=message,
        figures={"investors": len(owners), "trades": len(trades), "lots": lots},
    )  # fmt: skip


class _Inside:
    """Those who traded mostly with each other, and have what they had before."""

    def __init__(self, window: list[Dealt], limits: Thresholds) -> None:
        self._limits = limits
        self._every: Counter[Wallet] = Counter()
        # Lots that one bought of another; who only sold to him is there with none.
        self._from: dict[Wallet, Counter[Wallet]] = defaultdict(Counter)
        self._bought: Counter[Wallet] = Counter()
        self._sold: Counter[Wallet] = Counter()
        for trade, buyer, seller in window:
            self._from[buyer][seller] += trade.lots
            self._from[seller].setdefault(buyer, 0)
            self._bought[buyer] += trade.lots
            self._sold[seller] += trade.lots
        self._every = self._bought + self._sold
        self.members = set(self._from)
        self._leave()

    def _stays(self, one: Wallet) -> bool:
        bought, sold, limits = self._bought[one], self._sold[one], self._limits
        gross = bought + sold
        mostly = gross * BASIS_POINTS >= self._every[one] * limits.wash_inside_bps
        flat = abs(bought - sold) * BASIS_POINTS <= gross * limits.wash_flat_bps
        return gross > 0 and mostly and flat

    def _leave(self) -> None:
        """Let everybody go who does not belong there, and what he traded with the others."""
        leaving = deque(one for one in self.members if not self._stays(one))
        while leaving:
            one = leaving.popleft()
            if one not in self.members:
                continue
            self.members.discard(one)
            for other, lots in self._from[one].items():
                self._sold[other] -= lots
                self._bought[other] -= self._from[other][one]
                if other in self.members and not self._stays(other):
                    leaving.append(other)

    def groups(self) -> Iterator[set[Wallet]]:
        """Members in groups that traded with each other."""
        unseen = set(self.members)
        while unseen:
            group, ahead = set[Wallet](), {min(unseen)}
            while ahead:
                one = ahead.pop()
                group.add(one)
                ahead |= (set(self._from[one]) & unseen) - group
            unseen -= group
            yield group
