"""Call auctions against brute force on small books, and worked examples."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.markets.auction import PairLots, Uncrossing, uncross
from tallystick.markets.order_book import Order

TICK = 5


def _bids(*orders: tuple[int, int]) -> list[Order]:
    """Purchases by price and lots, each of an investor of his own."""
    return [Order(at, at, True, price, lots) for at, (price, lots) in enumerate(orders, 1)]


def _asks(*orders: tuple[int, int]) -> list[Order]:
    return [Order(at, at, False, price, lots) for at, (price, lots) in enumerate(orders, 101)]


def _filled(found: Uncrossing, orders: list[Order]) -> tuple[int, ...]:
    """What each order gets."""
    return tuple(
        sum(cross.lots for cross in found.crosses if order.number in {cross.bid, cross.ask})
        for order in orders
    )


# --- brute force


def _flows(
    bids: list[Order], asks: list[Order], bound: PairLots
) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every way to trade between orders, as a matrix of lots."""
    cells = [(i, j) for i in range(len(bids)) for j in range(len(asks))]
    most = [min(bids[i].left, asks[j].left, bound(bids[i], asks[j])) for i, j in cells]
    for chosen in itertools.product(*(range(each + 1) for each in most)):
        rows = tuple(
            chosen[i * len(asks) : (i + 1) * len(asks)] for i in range(len(bids))
        )  # fmt: skip
        if all(sum(row) <= bid.left for row, bid in zip(rows, bids, strict=True)) and all(
            sum(row[j] for row in rows) <= ask.left for j, ask in enumerate(asks)
        ):
            yield rows


def _best_at(
    price: int, bids: list[Order], asks: list[Order], bound: PairLots
) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """The greatest volume at a price, what bids then get at best, and what asks get."""
    takers = [order for order in bids if order.price >= price]
    givers = [order for order in asks if order.price <= price]
    found = []
    for rows in _flows(takers, givers, bound):
        bought = {order.number: sum(row) for order, row in zip(takers, rows, strict=True)}
        sold = {order.number: sum(row[j] for row in rows) for j, order in enumerate(givers)}
        found.append((
            sum(bought.values()),
            tuple(bought.get(order.number, 0) for order in bids),
            tuple(sold.get(order.number, 0) for order in asks),
        ))  # fmt: skip
    volume = max(each[0] for each in found)
    return (
        volume,
        max(each[1] for each in found if each[0] == volume),
        max(each[2] for each in found if each[0] == volume),
    )


def _brute_force(
    bids: list[Order], asks: list[Order], reference: int, bound: PairLots
) -> tuple[int, int, tuple[int, ...], tuple[int, ...]] | None:
    """Price, volume and fills, every price on the grid being tried."""
    best = None
    top = max([*(order.price for order in bids + asks), reference]) + 2 * TICK
    for price in range(TICK, top + 1, TICK):
        volume, bought, sold = _best_at(price, bids, asks, bound)
        demand = sum(order.left for order in bids if order.price >= price)
        supply = sum(order.left for order in asks if order.price <= price)
        rank = (-volume, abs(demand - supply), abs(price - reference), price)
        if best is None or rank < best[0]:
            best = (rank, price, volume, bought, sold)
    assert best is not None
    return best[1:] if best[2] else None


Drawn = tuple[int, int, int]


def _drawn(draw: st.DrawFn, order: st.SearchStrategy[Drawn], size: int) -> list[Drawn]:
    return draw(st.lists(order, min_size=size, max_size=size))


@st.composite
def _books(draw: st.DrawFn) -> tuple[list[Order], list[Order], int, PairLots | None]:
    prices = st.integers(min_value=1, max_value=6).map(lambda each: each * TICK)
    order = st.tuples(prices, st.integers(min_value=1, max_value=3), st.integers(1, 5))
    sizes = draw(st.sampled_from([(1, 1), (2, 2), (3, 2), (2, 3), (1, 4), (4, 1)]))
    bids = [
        Order(at, owner, True, price, lots)
        for at, (price, lots, owner) in enumerate(_drawn(draw, order, sizes[0]), 1)
    ]
    asks = [
        Order(at, owner, False, price, lots)
        for at, (price, lots, owner) in enumerate(_drawn(draw, order, sizes[1]), 101)
    ]
    bids.sort(key=lambda each: -each.price)
    asks.sort(key=lambda each: each.price)
    bounds = draw(st.none() | st.lists(st.integers(0, 3), min_size=12, max_size=12))
    pair_lots = None
    if bounds is not None:
        pair_lots = lambda bid, ask: bounds[(bid.number * 4 + ask.number) % 12]  # noqa: E731
    return bids, asks, draw(st.integers(min_value=1, max_value=35)), pair_lots


@given(_books())
def test_small_auctions_are_as_by_brute_force(
    book: tuple[list[Order], list[Order], int, PairLots | None],
) -> None:
    bids, asks, reference, pair_lots = book

    def bound(bid: Order, ask: Order) -> int:
        if bid.owner == ask.owner:
            return 0
        return 3 if pair_lots is None else pair_lots(bid, ask)

    found = uncross(bids, asks, reference=reference, tick=TICK, pair_lots=pair_lots)
    expected = _brute_force(bids, asks, reference, bound)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert (found.price, found.volume, _filled(found, bids), _filled(found, asks)) == expected
    for cross in found.crosses:
        bid = next(each for each in bids if each.number == cross.bid)
        ask = next(each for each in asks if each.number == cross.ask)
        assert 0 < cross.lots <= bound(bid, ask)
        assert bid.price >= found.price >= ask.price


# --- worked examples


def test_most_is_traded() -> None:
    bids = _bids((110, 10), (105, 20), (100, 30))
    asks = _asks((95, 15), (100, 15), (105, 30))
    found = uncross(bids, asks, reference=100, tick=5)
    # At 105: 30 wanted, 60 offered; at 100: 60 wanted, 30 offered. Both trade 30, both miss 30.
    assert found is not None
    assert (found.price, found.volume, found.imbalance) == (100, 30, 30)
    assert _filled(found, bids) == (10, 20, 0)
    assert _filled(found, asks) == (15, 15, 0)


def test_of_equal_volumes_the_least_imbalance_is_taken() -> None:
    bids, asks = _bids((110, 10), (100, 5)), _asks((100, 10))
    found = uncross(bids, asks, reference=100, tick=5)
    assert found is not None
    assert (found.price, found.imbalance) == (105, 0)


@pytest.mark.parametrize(("reference", "price"), [(90, 100), (104, 105), (108, 110), (150, 110)])
def test_of_equal_imbalances_the_one_nearest_to_the_reference_is_taken(
    reference: int, price: int
) -> None:
    found = uncross(_bids((110, 10)), _asks((100, 10)), reference=reference, tick=5)
    assert found is not None
    assert found.price == price


def test_of_two_prices_as_near_the_lower_is_taken() -> None:
    found = uncross(_bids((110, 10)), _asks((105, 10)), reference=1075 // 10, tick=5)
    assert found is not None
    assert found.price == 105


def test_nothing_is_traded_where_nobody_meets() -> None:
    assert uncross(_bids((95, 1)), _asks((100, 1)), reference=100, tick=5) is None
    assert uncross([], _asks((100, 1)), reference=100, tick=5) is None
    assert uncross(_bids((100, 1)), [], reference=100, tick=5) is None


def test_nobody_trades_with_himself() -> None:
    bids = [Order(1, 7, True, 110, 10), Order(2, 8, True, 105, 4)]
    asks = [Order(101, 7, False, 100, 10)]
    found = uncross(bids, asks, reference=100, tick=5)
    assert found is not None
    assert found.volume == 4
    assert [(cross.bid, cross.ask) for cross in found.crosses] == [(2, 101)]


def test_who_may_trade_with_few_leaves_the_others_to_those_who_may_not() -> None:
    """The first buyer may trade with both sellers, the second with the first seller alone."""
    bids, asks = _bids((100, 5), (100, 5)), _asks((100, 5), (100, 5))

    def pair_lots(bid: Order, ask: Order) -> int:
        return 0 if (bid.number, ask.number) == (2, 102) else 99

    found = uncross(bids, asks, reference=100, tick=5, pair_lots=pair_lots)
    assert found is not None
    assert {(cross.bid, cross.ask) for cross in found.crosses} == {(1, 102), (2, 101)}


def test_a_large_auction_among_all_trades_what_the_curves_say() -> None:
    chosen = random.Random(3)
    bids = sorted(_bids(*((chosen.randint(90, 110) * 5, chosen.randint(1, 50))
                          for _ in range(2_000))), key=lambda each: -each.price)  # fmt: skip
    asks = [Order(at + 5_000, at + 5_000, False, chosen.randint(90, 110) * 5,
                  chosen.randint(1, 50)) for at in range(2_000)]  # fmt: skip
    asks.sort(key=lambda each: each.price)
    found = uncross(bids, asks, reference=500, tick=5)
    assert found is not None
    most = max(
        min(sum(each.left for each in bids if each.price >= price),
            sum(each.left for each in asks if each.price <= price))
        for price in range(450, 555, 5)
    )  # fmt: skip
    assert found.volume == most == sum(cross.lots for cross in found.crosses)
