"""The order book of one market: price, then time; whole numbers only.

Quantities are lots of the market, prices cash units per lot. Each side keeps a queue for each price
and a heap of prices. A price stands under a key that is less the better it is, so that one loop
serves both sides. What is cancelled stays in its queue until it comes to the front, and is swept
out when there is more of it than of what is alive: every act is cheap, and memory does not grow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from enum import StrEnum
from heapq import heapify, heappop, heappush

import msgspec

# Orders that were cancelled and may stay in their queues, beside as many as are alive.
DEAD_MAX = 1_024


class SelfTrade(StrEnum):
    """What happens when an order meets another one of the same investor; the taker's order says it.

    The terms are those of FIX, tag 2964. `DECREMENT` takes the lesser quantity from both.
    """

    CANCEL_TAKER = "cancel-taker"
    CANCEL_MAKER = "cancel-maker"
    CANCEL_BOTH = "cancel-both"
    DECREMENT = "decrement"


class Order(msgspec.Struct, gc=False):
    """An order as the book sees it. `left` is what is still to be traded, in lots.

    `owner` is the investor, who does not trade with himself. Who is passed over keeps his place.
    """

    number: int
    owner: Hashable
    buy: bool
    price: int
    left: int
    self_trade: SelfTrade = SelfTrade.CANCEL_TAKER


class Fill(msgspec.Struct, frozen=True, gc=False):
    """Lots of two orders that met, at the price of the one that was there first."""

    taker: int
    maker: int
    price: int
    lots: int


class Prevented(msgspec.Struct, frozen=True, gc=False):
    """Two orders of one investor that met and did not trade; what was taken from each, in lots."""

    taker: int
    maker: int
    taker_lots: int
    maker_lots: int


Outcome = Fill | Prevented
# How many of some lots a taker and a maker may trade with each other; they are traded then.
Agree = Callable[[Order, Order, int], int]
# How many they could trade, nothing being noted.
Ask = Callable[[Order, Order, int], int]

_NOTHING: tuple[Outcome, ...] = ()


class OrderBook:
    """Buy and sell orders of one market that wait.

    `agree` is asked before each fill, if it is given, and may allow fewer lots or none. The order
    that was there is passed over then: it keeps its place, and the next one's turn comes.
    """

    __slots__ = ("_agree", "_ask_keys", "_asks", "_bid_keys", "_bids", "_dead", "_orders")

    def __init__(self, agree: Agree | None = None) -> None:
        self._agree = agree
        self._orders: dict[int, Order] = {}
        # By key, which is the price of a sale and less than nothing by the price of a purchase.
        self._bids: dict[int, deque[Order]] = {}
        self._asks: dict[int, deque[Order]] = {}
        self._bid_keys: list[int] = []
        self._ask_keys: list[int] = []
        self._dead = 0

    def agree_by(self, agree: Agree) -> None:
        """Ask this before each fill from now on."""
        self._agree = agree

    # --- acts

    def enter(self, order: Order) -> Sequence[Outcome]:
        """Match an order with those that wait; what is left of it waits behind them.

        The number must be new to the book, and some lots left.
        """
        outcomes: Sequence[Outcome] = _NOTHING
        if order.buy:
            keys, limit = self._ask_keys, order.price
            if keys and keys[0] <= limit:
                outcomes = self._match(order, keys, self._asks, limit)
        else:
            keys, limit = self._bid_keys, -order.price
            if keys and keys[0] <= limit:
                outcomes = self._match(order, keys, self._bids, limit)
        if order.left:
            self.rest(order)
        return outcomes

    def take(self, order: Order) -> Sequence[Outcome]:
        """Match an order with those that wait; what is left of it does not wait."""
        if order.buy:
            return self._match(order, self._ask_keys, self._asks, order.price)
        return self._match(order, self._bid_keys, self._bids, -order.price)

    def rest(self, order: Order) -> None:
        """Let an order wait without being matched, as between auctions."""
        if order.buy:
            keys, queues, key = self._bid_keys, self._bids, -order.price
        else:
            keys, queues, key = self._ask_keys, self._asks, order.price
        self._orders[order.number] = order
        queue = queues.get(key)
        if queue is None:
            queues[key] = deque((order,))
            heappush(keys, key)
        else:
            queue.append(order)

    def cancel(self, number: int) -> int:
        """Take an order out; returns the lots that were left of it, 0 if it is not there."""
        order = self._orders.pop(number, None)
        if order is None:
            return 0
        lots, order.left = order.left, 0
        self._dead += 1
        if self._dead > DEAD_MAX + len(self._orders):
            self._sweep()
        return lots

    def reduce(self, number: int, lots: int) -> bool:
        """Leave fewer lots of an order, which keeps its place; False if it has no more than that.

        An order of more lots, or at another price, is another order: cancel it and enter that.
        """
        order = self._orders.get(number)
        if order is None or not 0 < lots < order.left:
            return False
        order.left = lots
        return True

    # --- views

    def order(self, number: int) -> Order | None:
        """An order that waits."""
        return self._orders.get(number)

    def __len__(self) -> int:
        return len(self._orders)

    def best_bid(self) -> int | None:
        """The highest price at which somebody buys."""
        key = self._best(self._bid_keys, self._bids)
        return None if key is None else -key

    def best_ask(self) -> int | None:
        """The lowest price at which somebody sells."""
        return self._best(self._ask_keys, self._asks)

    def crosses(self, order: Order) -> bool:
        """Whether an order would meet another one's price at once, be it that of its own owner."""
        if order.buy:
            ask = self.best_ask()
            return ask is not None and ask <= order.price
        bid = self.best_bid()
        return bid is not None and bid >= order.price

    def fillable(self, order: Order, ask: Ask | None = None) -> int:
        """Lots of an order that would be traded at once, nothing being changed.

        `ask` says how many of some lots the two may trade; it is told of each, in order, as if
        those before had been traded.
        """
        found, left = 0, order.left
        for maker in self._resting(buy=not order.buy):
            if not left or (maker.price > order.price if order.buy else maker.price < order.price):
                break
            lots = min(left, maker.left)
            if maker.owner == order.owner:
                if order.self_trade is SelfTrade.CANCEL_MAKER:
                    continue
                if order.self_trade is SelfTrade.DECREMENT:
                    left -= lots
                    continue
                break
            if ask is not None:
                lots = ask(order, maker, lots)
            found += lots
            left -= lots
        return found

    def resting(self) -> Iterator[Order]:
        """Orders that wait: purchases, then sales, each as they come to be traded."""
        yield from self._resting(buy=True)
        yield from self._resting(buy=False)

    def depth(self, *, buy: bool, levels_max: int) -> list[tuple[int, int, int]]:
        """Price, lots and number of orders at the best prices of a side."""
        found: list[tuple[int, int, int]] = []
        queues, sign = (self._bids, -1) if buy else (self._asks, 1)
        for key in sorted(queues):
            live = [order.left for order in queues[key] if order.left]
            if live:
                found.append((sign * key, sum(live), len(live)))
            if len(found) == levels_max:
                break
        return found

    # --- inside

    def _match(
        self, taker: Order, keys: list[int], queues: dict[int, deque[Order]], limit: int
    ) -> list[Outcome]:
        """Match an order with those on the other side up to a key, the best and earliest first."""
        outcomes: list[Outcome] = []
        passed_keys: list[int] = []
        orders, choosy = self._orders, self._agree is not None
        number, owner, left = taker.number, taker.owner, taker.left
        while left and keys and keys[0] <= limit:
            queue = queues[keys[0]]
            passed: list[Order] = []
            while left and queue:
                maker = queue[0]
                there = maker.left
                if not there:
                    queue.popleft()
                    self._dead -= 1
                elif choosy or maker.owner == owner:
                    left = self._meet(taker, queue, left, outcomes, passed)
                elif there > left:
                    maker.left = there - left
                    outcomes.append(Fill(number, maker.number, maker.price, left))
                    left = 0
                else:
                    maker.left = 0
                    queue.popleft()
                    del orders[maker.number]
                    outcomes.append(Fill(number, maker.number, maker.price, there))
                    left -= there
            if passed:
                queue.extendleft(reversed(passed))
            if not queue:
                del queues[heappop(keys)]
            elif left:
                passed_keys.append(heappop(keys))
        for key in passed_keys:
            heappush(keys, key)
        taker.left = left
        return outcomes

    def _meet(
        self, taker: Order, queue: deque[Order], left: int, outcomes: list[Outcome],
        passed: list[Order],
    ) -> int:  # fmt: skip
        """Let an order meet the first of a queue that may be its owner's own, or may not agree.

        Returns what is left of the taker. Who is passed over goes from the queue to `passed`.
        """
        maker = queue[0]
        if maker.owner == taker.owner:
            return self._prevent(taker, maker, left, outcomes)
        lots = min(left, maker.left)
        if self._agree is not None:
            taker.left = left
            lots = self._agree(taker, maker, lots)
        if lots:
            outcomes.append(Fill(taker.number, maker.number, maker.price, lots))
            maker.left -= lots
        if not maker.left:
            queue.popleft()
            del self._orders[maker.number]
        elif left > lots:
            passed.append(queue.popleft())
        return left - lots

    def _prevent(self, taker: Order, maker: Order, left: int, outcomes: list[Outcome]) -> int:
        """Keep two orders of one investor apart; returns what is left of the taker."""
        policy, there = taker.self_trade, maker.left
        taken = given = 0
        if policy is SelfTrade.DECREMENT:
            taken = given = min(left, there)
        else:
            if policy is not SelfTrade.CANCEL_MAKER:
                taken = left
            if policy is not SelfTrade.CANCEL_TAKER:
                given = there
        outcomes.append(Prevented(taker.number, maker.number, taken, given))
        maker.left = there - given
        if not maker.left:
            del self._orders[maker.number]
            self._dead += 1
        return left - taken

    def _best(self, keys: list[int], queues: dict[int, deque[Order]]) -> int | None:
        """The best key of a side, dead orders before it being thrown away."""
        while keys:
            queue = queues[keys[0]]
            while queue and not queue[0].left:
                queue.popleft()
                self._dead -= 1
            if queue:
                return keys[0]
            del queues[heappop(keys)]
        return None

    def _resting(self, *, buy: bool) -> Iterator[Order]:
        queues = self._bids if buy else self._asks
        for key in sorted(queues):
            for order in queues[key]:
                if order.left:
                    yield order

    def _sweep(self) -> None:
        """Throw away all dead orders."""
        for queues, keys in ((self._bids, self._bid_keys), (self._asks, self._ask_keys)):
            for key in list(queues):
                live = deque(order for order in queues[key] if order.left)
                if live:
                    queues[key] = live
                else:
                    del queues[key]
            keys[:] = queues
            heapify(keys)
        self._dead = 0
