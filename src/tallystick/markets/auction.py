"""The call auction: one price for all, at which most is traded.

Of the prices on the grid the one is taken at which the volume is greatest; of several, that of the
least imbalance between what is asked for and what is offered; of several, that nearest to the
reference price; of two, the lower. Orders are filled by price, then time, as far as both sides may
trade with each other; where not all may, the volume is the greatest that is possible between
those who do, and of all ways to reach it the one is taken that favours the earlier orders of both
sides most.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

import msgspec

from tallystick.markets.flows import Network
from tallystick.markets.order_book import Order

# The most lots that a purchase and a sale may trade with each other.
PairLots = Callable[[Order, Order], int]


class Cross(msgspec.Struct, frozen=True, gc=False):
    """Lots that a purchase and a sale trade in an auction, by the numbers of the orders."""

    bid: int
    ask: int
    lots: int


class Uncrossing(msgspec.Struct, frozen=True):
    """What an auction ends in. `imbalance` is what is asked for less what is offered, in lots."""

    price: int
    volume: int
    imbalance: int
    crosses: tuple[Cross, ...]


class _Book:
    """Orders of both sides in priority, and how many lots of them take part at a price."""

    def __init__(self, bids: Sequence[Order], asks: Sequence[Order]) -> None:
        self.bids, self.asks = bids, asks
        self._bid_keys = [-order.price for order in bids]
        self._ask_keys = [order.price for order in asks]
        self._bid_sums = [0, *accumulate(order.left for order in bids)]
        self._ask_sums = [0, *accumulate(order.left for order in asks)]

    def demand(self, price: int) -> int:
        return self._bid_sums[bisect_right(self._bid_keys, -price)]

    def supply(self, price: int) -> int:
        return self._ask_sums[bisect_right(self._ask_keys, price)]

    def bound(self, price: int) -> int:
        """Lots that cannot be exceeded at a price."""
        return min(self.demand(price), self.supply(price))

    def imbalance(self, price: int) -> int:
        return self.demand(price) - self.supply(price)

    def at(self, price: int) -> _Sides:
        """The orders that take part at a price."""
        return _Sides(
            self.bids[: bisect_right(self._bid_keys, -price)],
            self.asks[: bisect_right(self._ask_keys, price)],
        )


class _Sides(msgspec.Struct, frozen=True):
    """Orders that take part in an auction at its price."""

    bids: Sequence[Order]
    asks: Sequence[Order]


def uncross(
    bids: Sequence[Order], asks: Sequence[Order], *, reference: int, tick: int,
    pair_lots: PairLots | None = None,
) -> Uncrossing | None:  # fmt: skip
    """What orders trade in an auction; None if nothing.

    Orders of each side come as they have priority. Prices are multiples of `tick`. `pair_lots`
    bounds what two may trade, whom it is asked of once; without it all may. Nobody trades with
    himself.
    """
    book, pairs = _Book(bids, asks), _Pairs(pair_lots, bids, asks)
    best: tuple[int, int, int, int] | None = None
    prices = _prices(bids, asks, reference, tick)
    for price in sorted(prices, key=lambda each: (-book.bound(each), each)):
        if not book.bound(price) or (best is not None and book.bound(price) < -best[0]):
            break
        rank = (-_volume(book, price, pairs), abs(book.imbalance(price)),
                abs(price - reference), price)  # fmt: skip
        best = rank if best is None else min(best, rank)
    if best is None or not best[0]:
        return None
    price = best[3]
    crosses = _allot(book.at(price), pairs)
    return Uncrossing(price, -best[0], book.imbalance(price), tuple(crosses))


def price_of_all(
    bids: Sequence[Order], asks: Sequence[Order], *, reference: int, tick: int
) -> Uncrossing | None:
    """The price, volume and imbalance if everybody might trade with everybody; None if none would.

    Who gets how much is left open. It takes a sort, where `uncross` takes a network of all pairs.
    """
    book = _Book(bids, asks)
    ranks = [(-book.bound(price), abs(book.imbalance(price)), abs(price - reference), price)
             for price in _prices(bids, asks, reference, tick)]  # fmt: skip
    best = min(ranks, default=(0, 0, 0, 0))
    if not best[0]:
        return None
    return Uncrossing(best[3], -best[0], book.imbalance(best[3]), ())


def allotted(
    bids: Sequence[Order], asks: Sequence[Order], price: int, pair_lots: PairLots
) -> tuple[Cross, ...]:
    """Who trades how much with whom at a price that is given, as `uncross` would have it."""
    return tuple(_allot(_Book(bids, asks).at(price), _Pairs(pair_lots, bids, asks)))


class _Pairs:
    """What pairs may trade, each asked for once."""

    def __init__(
        self, pair_lots: PairLots | None, bids: Sequence[Order], asks: Sequence[Order]
    ) -> None:
        self._ask = pair_lots
        self._known: dict[tuple[int, int], int] = {}
        # Whether there may be some who may not trade with each other.
        self.restricted = pair_lots is not None or not {order.owner for order in bids}.isdisjoint(
            order.owner for order in asks
        )

    def lots(self, bid: Order, ask: Order) -> int:
        """The most lots that two orders may trade with each other."""
        if bid.owner == ask.owner:
            return 0
        both = min(bid.left, ask.left)
        if self._ask is None:
            return both
        pair = (bid.number, ask.number)
        if pair not in self._known:
            self._known[pair] = self._ask(bid, ask)
        return min(both, self._known[pair])


def _prices(bids: Sequence[Order], asks: Sequence[Order], reference: int, tick: int) -> list[int]:
    """Prices at which something changes, and those at the reference; between them nothing does."""
    found = {reference // tick * tick, -(-reference // tick) * tick}
    for order in bids:
        found |= {order.price, order.price + tick}
    for order in asks:
        found |= {order.price, order.price - tick}
    return [price for price in found if price > 0]


def _volume(book: _Book, price: int, pairs: _Pairs) -> int:
    """The most that can be traded at a price."""
    if not pairs.restricted:
        return book.bound(price)
    sides = book.at(price)
    network = _network(sides, pairs, [order.left for order in sides.bids],
                       [order.left for order in sides.asks])  # fmt: skip
    return sum(network.augment(at) for at in range(len(sides.bids)))


def _network(sides: _Sides, pairs: _Pairs, bid_lots: list[int], ask_lots: list[int]) -> Network:
    return Network(bid_lots, ask_lots, lambda i, j: pairs.lots(sides.bids[i], sides.asks[j]))


def _allot(sides: _Sides, pairs: _Pairs) -> list[Cross]:
    """Who trades how much with whom.

    What the bids get is found by augmenting from them in order, what the asks get from theirs; both
    can be had at once (Mendelsohn and Dulmage, Canadian Journal of Mathematics 10, 1958).
    """
    if not pairs.restricted:
        volume = min(sum(order.left for order in each) for each in (sides.bids, sides.asks))
        return _paired(sides, _first(sides.bids, volume), _first(sides.asks, volume))
    everything = [order.left for order in sides.bids], [order.left for order in sides.asks]
    forward = _network(sides, pairs, *everything)
    bid_lots = [forward.augment(at) for at in range(len(sides.bids))]
    backward = Network(
        everything[1], everything[0], lambda j, i: pairs.lots(sides.bids[i], sides.asks[j])
    )
    ask_lots = [backward.augment(at) for at in range(len(sides.asks))]
    both = _network(sides, pairs, bid_lots, ask_lots)
    for at in range(len(sides.bids)):
        both.augment(at)
    return [
        Cross(bid.number, ask.number, lots)
        for bid, row in zip(sides.bids, both.flow, strict=True)
        for ask, lots in zip(sides.asks, row, strict=True)
        if lots
    ]


def _first(orders: Sequence[Order], volume: int) -> list[int]:
    """What each gets of a volume, the first as much as he wants."""
    given: list[int] = []
    for order in orders:
        given.append(min(order.left, volume))
        volume -= given[-1]
    return given


def _paired(sides: _Sides, bid_lots: list[int], ask_lots: list[int]) -> list[Cross]:
    """Pairs of bids and asks in order, for what each gets."""
    crosses: list[Cross] = []
    asks = iter(zip(sides.asks, ask_lots, strict=True))
    ask, offered = next(asks)
    for bid, wanted in zip(sides.bids, bid_lots, strict=True):
        left = wanted
        while left:
            while not offered:
                ask, offered = next(asks)
            lots = min(left, offered)
            crosses.append(Cross(bid.number, ask.number, lots))
            left -= lots
            offered -= lots
    return crosses
