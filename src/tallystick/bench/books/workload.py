"""A seeded stream of events for an order book: adds around a mid, cancels, and what takes."""

from __future__ import annotations

import random
from typing import Final, NamedTuple

MID: Final = 10_000
EVENTS: Final = 200_000
ADDS, CANCELS = 0.60, 0.25
# Mean distance of an order from the mid, in ticks, and how far a marketable one reaches over it.
DISTANCE, REACH = 20, 50


class Event(NamedTuple):
    """An order, or the cancellation of an earlier one if it has no lots."""

    number: int
    buy: bool
    price: int
    lots: int


def workload(events: int = EVENTS, seed: int = 7) -> list[Event]:
    """60% adds that do not cross the mid, 25% cancels of any order so far, 15% that take."""
    drawn = random.Random(seed)  # noqa: S311 - a seed, so that runs repeat
    found: list[Event] = []
    orders = 0
    for _ in range(events):
        what, buy = drawn.random(), drawn.random() < 0.5  # noqa: PLR2004 - a side
        if ADDS <= what < ADDS + CANCELS and orders:
            found.append(Event(drawn.randrange(orders), False, 0, 0))
            continue
        sign = 1 if buy else -1
        if what < ADDS or not orders:
            price = MID - sign * (int(drawn.expovariate(1 / DISTANCE)) + 1)
            lots = drawn.randint(1, 100)
        else:
            price, lots = MID + sign * REACH, drawn.randint(1, 200)
        found.append(Event(orders, buy, price, lots))
        orders += 1
    return found
