"""Who makes a market: how long each investor quotes, how well, and what is traded with him."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush

import msgspec

from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.markets.tape import Entered, Happening, Matched, Open, OpenOrders


class Making(msgspec.Struct):
    """What one investor did for a market. Times in nanoseconds, quantities in lots.

    `quoted_ns` is how long he had orders on both sides, `best_ns` how long on one and on the other
    side nobody had a better price than he, `made` what others took of his, `taken` what he took.
    """

    owner: Wallet
    orders: int = 0
    entered: int = 0
    made: int = 0
    taken: int = 0
    in_calls: int = 0
    quoted_ns: int = 0
    best_ns: dict[bool, int] = msgspec.field(default_factory=lambda: {True: 0, False: 0})
    # The sum of his spread in basis points, each for as long as it stood.
    spread_ns: float = 0.0

    @property
    def spread_bps(self) -> float | None:
        """How far his bid and offer were apart, of their middle, on average by time."""
        return self.spread_ns / self.quoted_ns if self.quoted_ns else None


def makers(tape: Iterable[Happening], end_ns: int) -> dict[Wallet, Making]:
    """What each investor did, as of a moment after the tape."""
    reading = _Reading()
    for each in tape:
        reading.take(each)
    return reading.done(end_ns)


class _Side:
    """Prices of a side, and who has orders there."""

    def __init__(self, *, buys: bool) -> None:
        self._sign = -1 if buys else 1
        self._keys: list[int] = []
        self._owners: dict[int, Counter[Wallet]] = {}

    def add(self, price: int, owner: Wallet) -> None:
        """Note an order."""
        owners = self._owners.get(price)
        if owners is None:
            owners = self._owners[price] = Counter()
            heappush(self._keys, self._sign * price)
        owners[owner] += 1

    def remove(self, price: int, owner: Wallet) -> None:
        """Note that an order is gone."""
        owners = self._owners[price]
        owners[owner] -= 1
        if not owners[owner]:
            del owners[owner]
        if not owners:
            del self._owners[price]

    @property
    def best(self) -> int | None:
        """The best price."""
        while self._keys and self._sign * self._keys[0] not in self._owners:
            heappop(self._keys)
        return self._sign * self._keys[0] if self._keys else None

    @property
    def at_best(self) -> set[Wallet]:
        """Who has an order at the best price."""
        best = self.best
        return set() if best is None else set(self._owners[best])


class _Standing(msgspec.Struct):
    """How somebody stands since a moment: his spread if he quotes, and whether he is the best."""

    sides: dict[bool, _Side] = msgspec.field(
        default_factory=lambda: {True: _Side(buys=True), False: _Side(buys=False)}
    )
    since_ns: int = 0
    spread_bps: float | None = None
    is_best: dict[bool, bool] = msgspec.field(default_factory=lambda: {True: False, False: False})


class _Reading:
    """A tape as far as it was read."""

    def __init__(self) -> None:
        self._orders = OpenOrders()
        self._found: dict[Wallet, Making] = {}
        self._sides = {True: _Side(buys=True), False: _Side(buys=False)}
        self._standing: dict[Wallet, _Standing] = {}

    def take(self, happening: Happening) -> None:
        """Take up what happened next."""
        if isinstance(happening, Entered):
            self._orders.take(happening)
            self._enter(happening)
            return
        numbers = ((happening.buy, happening.sell) if isinstance(happening, Matched)
                   else (happening.order,))  # fmt: skip
        open_orders = [self._orders.orders[each] for each in numbers
                       if each in self._orders.orders]  # fmt: skip
        if isinstance(happening, Matched) and not happening.busted:
            self._trade(happening)
        self._orders.take(happening)
        for order in open_orders:
            if order.lots <= 0:
                self._changed(happening.at_ns, order, adds=False)

    def done(self, end_ns: int) -> dict[Wallet, Making]:
        """What came out, up to a moment."""
        for owner in self._standing:
            self._count(owner, end_ns)
        return self._found

    def _enter(self, entered: Entered) -> None:
        making = self._found.setdefault(entered.owner, Making(entered.owner))
        making.orders += 1
        making.entered += entered.lots
        self._changed(entered.at_ns, self._orders.orders[entered.order], adds=True)

    def _trade(self, trade: Matched) -> None:
        for number, side in ((trade.buy, "buy"), (trade.sell, "sell")):
            making = self._found[self._orders.owner(number)]
            if not trade.taker:
                making.in_calls += trade.lots
            elif trade.taker == side:
                making.taken += trade.lots
            else:
                making.made += trade.lots

    def _changed(self, at_ns: int, order: Open, *, adds: bool) -> None:
        """Let an order come or go, and look at everybody anew for whom that changed something."""
        market = self._sides[order.buys]
        own = self._standing.setdefault(order.owner, _Standing(since_ns=at_ns)).sides[order.buys]
        before, were_best = market.best, market.at_best
        for side in (market, own):
            (side.add if adds else side.remove)(order.price, order.owner)
        concerned = {order.owner}
        if market.best != before:
            concerned |= were_best | market.at_best
        for owner in concerned:
            self._count(owner, at_ns)

    def _count(self, owner: Wallet, at_ns: int) -> None:
        """Count how somebody stood until a moment, and note how he stands from then on."""
        standing, making = self._standing[owner], self._found[owner]
        lasted = at_ns - standing.since_ns
        if standing.spread_bps is not None:
            making.quoted_ns += lasted
            making.spread_ns += lasted * standing.spread_bps
        for buys, is_best in standing.is_best.items():
            making.best_ns[buys] += lasted * is_best
        bid, ask = standing.sides[True].best, standing.sides[False].best
        standing.since_ns = at_ns
        standing.spread_bps = (None if bid is None or ask is None
                               else 2 * BASIS_POINTS * (ask - bid) / (ask + bid))  # fmt: skip
        for buys, own in ((True, bid), (False, ask)):
            standing.is_best[buys] = own is not None and own == self._sides[buys].best
