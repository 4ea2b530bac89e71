"""Who makes a market: how long each investor quotes, how well, and what is traded with him."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
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


class _Level:
    """A price of a side: how many orders each has there, and how long it was the best."""

    def __init__(self) -> None:
        self.owners: Counter[Wallet] = Counter()
        self.best_ns = 0
        # What stood on that clock when somebody came.
        self.joined_ns: dict[Wallet, int] = {}


class _Side:
    """Prices of a side; each has a clock that runs while it is the best."""

    def __init__(self, *, buys: bool) -> None:
        self._sign = -1 if buys else 1
        self._keys: list[int] = []
        self._levels: dict[int, _Level] = {}
        self._since_ns = 0

    @property
    def best(self) -> int | None:
        """The best price."""
        while self._keys and self._sign * self._keys[0] not in self._levels:
            heappop(self._keys)
        return self._sign * self._keys[0] if self._keys else None

    def add(self, price: int, owner: Wallet, at_ns: int) -> None:
        """Note an order."""
        self._run(at_ns)
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = _Level()
            heappush(self._keys, self._sign * price)
        if owner not in level.owners:
            level.joined_ns[owner] = level.best_ns
        level.owners[owner] += 1

    def remove(self, price: int, owner: Wallet, at_ns: int) -> int:
        """Note that an order is gone; how long its owner was the best there, if he is gone too."""
        self._run(at_ns)
        level = self._levels[price]
        level.owners[owner] -= 1
        if level.owners[owner]:
            return 0
        del level.owners[owner]
        if not level.owners:
            del self._levels[price]
        return level.best_ns - level.joined_ns.pop(owner)

    def still(self, at_ns: int) -> Iterator[tuple[Wallet, int]]:
        """How long those who are still there have been the best by a moment, price by price."""
        self._run(at_ns)
        for level in self._levels.values():
            for owner, joined_ns in level.joined_ns.items():
                yield owner, level.best_ns - joined_ns

    def _run(self, at_ns: int) -> None:
        """Let the clock of the best price run until a moment."""
        best = self.best
        if best is not None:
            self._levels[best].best_ns += at_ns - self._since_ns
        self._since_ns = at_ns


class _Standing(msgspec.Struct):
    """How somebody stands since a moment: his prices, and his spread if he has both sides."""

    sides: dict[bool, _Side] = msgspec.field(
        default_factory=lambda: {True: _Side(buys=True), False: _Side(buys=False)}
    )
    since_ns: int = 0
    spread_bps: float | None = None


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
                self._leave(happening.at_ns, order)

    def done(self, end_ns: int) -> dict[Wallet, Making]:
        """What came out, up to a moment."""
        for owner, standing in self._standing.items():
            self._count(owner, standing, end_ns)
        for buys, side in self._sides.items():
            for owner, best_ns in side.still(end_ns):
                self._found[owner].best_ns[buys] += best_ns
        return self._found

    def _trade(self, trade: Matched) -> None:
        for number, side in ((trade.buy, "buy"), (trade.sell, "sell")):
            making = self._found[self._orders.owner(number)]
            if not trade.taker:
                making.in_calls += trade.lots
            elif trade.taker == side:
                making.taken += trade.lots
            else:
                making.made += trade.lots

    def _enter(self, entered: Entered) -> None:
        owner, at_ns = entered.owner, entered.at_ns
        making = self._found.setdefault(owner, Making(owner))
        making.orders += 1
        making.entered += entered.lots
        standing = self._standing.setdefault(owner, _Standing(since_ns=at_ns))
        for side in (self._sides[entered.buys], standing.sides[entered.buys]):
            side.add(entered.price, owner, at_ns)
        self._count(owner, standing, at_ns)

    def _leave(self, at_ns: int, order: Open) -> None:
        owner, standing = order.owner, self._standing[order.owner]
        best_ns = self._sides[order.buys].remove(order.price, owner, at_ns)
        self._found[owner].best_ns[order.buys] += best_ns
        standing.sides[order.buys].remove(order.price, owner, at_ns)
        self._count(owner, standing, at_ns)

    def _count(self, owner: Wallet, standing: _Standing, at_ns: int) -> None:
        """Count how long somebody quoted until a moment, and note how he stands from then on."""
        if standing.spread_bps is not None:
            lasted = at_ns - standing.since_ns
            self._found[owner].quoted_ns += lasted
            self._found[owner].spread_ns += lasted * standing.spread_bps
        bid, ask = standing.sides[True].best, standing.sides[False].best
        standing.since_ns = at_ns
        standing.spread_bps = (None if bid is None or ask is None
                               else 2 * BASIS_POINTS * (ask - bid) / (ask + bid))  # fmt: skip
