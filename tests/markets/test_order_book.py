"""The order book against a naive one, and the defects that other engines are known for."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.markets import order_book
from tallystick.markets.order_book import Fill, Order, OrderBook, Prevented, SelfTrade
from tests.markets.naive_book import NaiveBook

EVENTS = 100_000
# So few prices and owners that all of them meet: equal prices, equal times, self trades.
PRICES = range(95, 106)
OWNERS = range(1, 9)


def _agree(taker: Any, maker: Any, lots: int) -> int:
    """Some may not trade with each other, some only a part."""
    if (taker + maker) % 5 == 0:
        return 0
    fewer: int = (lots + 1) // 2 if (taker * maker) % 7 == 6 else lots
    return fewer


def _compare(seed: int, events: int, *, choosy: bool) -> int:
    """Random events on both books; returns how many orders were traded or prevented."""
    chosen = random.Random(seed)
    book = OrderBook((lambda t, m, lots: _agree(t.owner, m.owner, lots)) if choosy else None)
    naive = NaiveBook(_agree if choosy else None)
    met = number = 0
    for event in range(events):
        what = chosen.random()
        if what < 0.55:
            number += 1
            fields = (number, chosen.choice(OWNERS), chosen.random() < 0.5, chosen.choice(PRICES),
                      chosen.randint(1, 9), chosen.choice(list(SelfTrade)))  # fmt: skip
            waits = chosen.random() < 0.8
            order = Order(*fields)
            got = book.enter(order) if waits else book.take(order)
            assert list(got) == naive.enter(Order(*fields), waits=waits), event
            met += len(got)
        elif what < 0.85:
            # Of known orders and of unknown, traded and cancelled ones.
            victim = chosen.randint(1, number + 2)
            assert book.cancel(victim) == naive.cancel(victim), event
        else:
            victim, lots = chosen.randint(1, number + 2), chosen.randint(0, 6)
            assert book.reduce(victim, lots) == naive.reduce(victim, lots), event
        if event % 500 == 0:
            assert [(each.number, each.left) for each in book.resting()] == naive.resting()
    assert [(each.number, each.left) for each in book.resting()] == naive.resting()
    return met


@pytest.mark.parametrize(("choosy", "events"), [(False, EVENTS), (True, EVENTS // 5)])
def test_100_000_random_events_are_as_in_a_naive_book(choosy: bool, events: int) -> None:
    assert _compare(5, events, choosy=choosy) > events // 5


@given(st.integers(min_value=0), st.booleans())
def test_any_history_is_as_in_a_naive_book(seed: int, choosy: bool) -> None:
    _compare(seed, 300, choosy=choosy)


# --- one at a time


def _sale(number: int, price: int, lots: int, owner: int = 1) -> Order:
    return Order(number, owner, False, price, lots)


def _purchase(number: int, price: int, lots: int, owner: int = 2) -> Order:
    return Order(number, owner, True, price, lots)


def test_the_price_is_that_of_who_was_there_first() -> None:
    """Another engine takes it from the taker."""
    book = OrderBook()
    book.enter(_sale(1, 100, 5))
    assert book.enter(_purchase(2, 107, 5)) == [Fill(2, 1, 100, 5)]
    book.enter(_purchase(3, 99, 5))
    assert book.enter(_sale(4, 90, 5)) == [Fill(4, 3, 99, 5)]


def test_orders_of_one_time_are_all_kept_in_the_order_they_came() -> None:
    """Another engine keys orders by their time, and loses all but the last of equal ones."""
    book = OrderBook()
    for number in range(1, 6):
        book.enter(_sale(number, 100, 1))
    assert len(book) == 5
    fills = book.enter(_purchase(9, 100, 5))
    assert [fill.maker for fill in fills if isinstance(fill, Fill)] == [1, 2, 3, 4, 5]


def test_the_book_goes_on_after_a_partly_filled_order_is_cancelled() -> None:
    """Another engine never ends when it meets such an order's level again."""
    book = OrderBook()
    book.enter(_sale(1, 100, 10))
    assert book.enter(_purchase(2, 100, 4)) == [Fill(2, 1, 100, 4)]
    assert book.cancel(1) == 6
    assert not book.enter(_purchase(3, 100, 1))
    assert book.best_ask() is None
    book.enter(_sale(4, 100, 1))
    assert not book.cancel(2)
    assert [each.number for each in book.resting()] == []


def test_an_unknown_order_is_cancelled_without_harm() -> None:
    """Another engine aborts the process."""
    book = OrderBook()
    assert book.cancel(7) == 0
    book.enter(_sale(1, 100, 1))
    book.enter(_purchase(2, 100, 1))
    assert book.cancel(1) == 0
    assert book.cancel(2) == 0
    assert not book.reduce(1, 1)


def test_who_is_passed_over_keeps_his_place_before_the_others() -> None:
    book = OrderBook(lambda taker, maker, lots: 0 if {taker.owner, maker.owner} == {1, 2} else lots)
    book.enter(_sale(1, 100, 3, owner=1))
    book.enter(_sale(2, 100, 3, owner=3))
    book.enter(_sale(3, 101, 3, owner=3))
    assert book.enter(_purchase(4, 101, 5, owner=2)) == [Fill(4, 2, 100, 3), Fill(4, 3, 101, 2)]
    assert book.enter(_purchase(5, 101, 4, owner=4)) == [Fill(5, 1, 100, 3), Fill(5, 3, 101, 1)]


def test_what_could_be_filled_is_what_is_filled() -> None:
    chosen = random.Random(11)
    for _ in range(2_000):
        book = OrderBook()
        for number in range(1, 12):
            book.enter(Order(number, chosen.choice(OWNERS), chosen.random() < 0.5,
                             chosen.choice(PRICES), chosen.randint(1, 5)))  # fmt: skip
        taker = Order(99, chosen.choice(OWNERS), chosen.random() < 0.5, chosen.choice(PRICES),
                      chosen.randint(1, 20), chosen.choice(list(SelfTrade)))  # fmt: skip
        before = [(each.number, each.left) for each in book.resting()]
        fillable = book.fillable(taker)
        assert before == [(each.number, each.left) for each in book.resting()]
        fills = [each for each in book.take(taker) if isinstance(each, Fill)]
        assert fillable == sum(fill.lots for fill in fills)


def test_self_trades_are_told_and_leave_nothing_behind() -> None:
    book = OrderBook()
    book.enter(_sale(1, 100, 3))
    order = Order(2, 1, True, 100, 5, SelfTrade.DECREMENT)
    assert book.enter(order) == [Prevented(2, 1, 3, 3)]
    assert [(each.number, each.left) for each in book.resting()] == [(2, 2)]


def test_depth_sums_what_is_alive() -> None:
    book = OrderBook()
    for number, price, lots in ((1, 101, 2), (2, 101, 3), (3, 103, 4), (4, 102, 5)):
        book.enter(_sale(number, price, lots))
    book.cancel(4)
    assert book.depth(buy=False, levels_max=5) == [(101, 5, 2), (103, 4, 1)]
    assert book.depth(buy=False, levels_max=1) == [(101, 5, 2)]
    assert book.depth(buy=True, levels_max=5) == []
    assert (book.best_bid(), book.best_ask()) == (None, 101)


def test_cancelled_orders_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where nobody ever trades: queues and prices are swept."""
    monkeypatch.setattr(order_book, "DEAD_MAX", 10)
    book = OrderBook()
    book.enter(_sale(1, 500, 1))
    for number in range(2, 5_000):
        book.enter(_sale(number, 1_000 + number, 1))
        book.cancel(number)
    kept = sum(len(queue) for queue in book._asks.values())
    assert kept <= 1 + 11
    assert len(book._ask_keys) == len(book._asks) <= 12
    assert book.best_ask() == 500
