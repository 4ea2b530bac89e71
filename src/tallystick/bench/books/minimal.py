"""The least that matches orders: a dictionary, queues, heaps. What ours is held against.

It knows no investors, asks nobody, tells no state, prevents no self trade, cannot reduce an order,
and never forgets one that was cancelled in a queue which nobody reaches.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

# Taker, maker, price, lots.
Filled = tuple[int, int, int, int]


class MinimalBook:
    """Price, then time; an order is its number and what is left of it."""

    def __init__(self) -> None:
        self._bids: dict[int, deque[list[int]]] = {}
        self._asks: dict[int, deque[list[int]]] = {}
        self._bid_heap: list[int] = []
        self._ask_heap: list[int] = []
        self._orders: dict[int, list[int]] = {}

    def enter(self, number: int, buy: bool, price: int, lots: int) -> list[Filled]:  # noqa: FBT001
        """Match an order, and let what is left of it wait; returns its fills."""
        fills: list[Filled] = []
        heap, queues = (self._ask_heap, self._asks) if buy else (self._bid_heap, self._bids)
        limit = price if buy else -price
        orders = self._orders
        while lots and heap and heap[0] <= limit:
            key = heap[0]
            queue = queues[key]
            while queue and lots:
                maker = queue[0]
                there = maker[1]
                if there == 0:
                    queue.popleft()
                    continue
                traded = min(lots, there)
                fills.append((number, maker[0], key if buy else -key, traded))
                lots -= traded
                maker[1] = there - traded
                if there == traded:
                    queue.popleft()
                    del orders[maker[0]]
            if not queue:
                del queues[heappop(heap)]
        if lots:
            order = [number, lots]
            orders[number] = order
            heap, queues = (self._bid_heap, self._bids) if buy else (self._ask_heap, self._asks)
            waiting = queues.get(-limit)
            if waiting is None:
                queues[-limit] = deque((order,))
                heappush(heap, -limit)
            else:
                waiting.append(order)
        return fills

    def cancel(self, number: int) -> None:
        """Take an order out."""
        order = self._orders.pop(number, None)
        if order is not None:
            order[1] = 0
