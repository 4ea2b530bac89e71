"""Orders whose units are held before they are traded: what the venue says of them."""

from __future__ import annotations

import msgspec

from tallystick.core.times import DAY_S
from tallystick.markets.signed_orders import Instructions
from tallystick.markets.venue import entries as said
from tallystick.markets.venue import holds
from tallystick.markets.venue.events import Held, Traded
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.snapshot import state_hash
from tallystick.markets.venue.state import Holding
from tests.markets.venue.pit import NOW_S, SYMBOL, UNITS_PER_LOT, Pit, codes, person

HOLD = Instructions(hold=True)
A_DAY = 5


def sold(pit: Pit, who: int, lots: int = 1, price: int = 100) -> int:
    """An order to sell that waits; its number."""
    pit.place(who, buys=False, lots=lots, price=price, instructions=HOLD)
    return pit.venue.state.orders_made


def hold(pit: Pit, number: int) -> None:
    """Have the chain hold the units of an order."""
    terms = pit.venue.state.orders[number].terms
    pit.do(said.HoldSent(number))
    units = terms.lots * UNITS_PER_LOT
    pit.add_block(holds=(said.HoldFact(*terms.signed_by, units),))


def test_an_order_comes_into_a_market_that_is_halted_meanwhile() -> None:
    pit = Pit(holds=True)
    number = sold(pit, 0)
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    hold(pit, number)
    assert pit.waiting() == [(number, 1)]
    assert isinstance(pit.events[-1], Held)
    pit.check()


def test_an_order_that_may_only_wait_leaves_if_it_would_meet_one_by_then() -> None:
    pit = Pit(holds=True)
    pit.place(0, buys=False, instructions=Instructions(post_only=True, hold=True))
    pit.place(1, buys=True)
    hold(pit, 1)
    assert codes(pit.events)[-1] == Why.WOULD_TAKE
    assert not pit.trades()
    # Its units are let go.
    assert pit.venue.state.orders[1].holding is Holding.HELD


def test_those_whose_units_are_held_come_in_the_order_of_the_chain() -> None:
    pit = Pit(holds=True)
    first, second = sold(pit, 0), sold(pit, 1)
    hold(pit, second)
    hold(pit, first)
    pit.place(2, buys=True, lots=1)
    assert pit.trades() == [(3, second, 1, 100)]


def test_an_order_that_waits_leaves_when_the_units_are_others() -> None:
    pit = Pit(holds=True)
    number = sold(pit, 0)
    pit.add_block(logs=(said.LogRow("epoch", (), ""),))
    assert codes(pit.events) == [Why.EPOCH_PASSED]
    assert number not in pit.venue.state.orders
    pit.check()


def test_an_order_that_waits_leaves_when_the_terms_are_others() -> None:
    pit = Pit(holds=True)
    sold(pit, 0, price=101)
    terms = msgspec.structs.replace(pit.terms, tick=2)
    pit.do(said.MarketOpened(terms))
    assert codes(pit.events) == [Why.TERMS_DIFFER]
    pit.check()


def test_one_that_is_replaced_while_it_waits_is_never_traded() -> None:
    pit = Pit(holds=True)
    number = sold(pit, 0, lots=900)
    pit.place(0, buys=False, lots=950, instructions=HOLD, replaces=number, filled=0)
    assert codes(pit.events) == [Why.REPLACED]
    hold(pit, number + 1)
    pit.place(1, buys=True, lots=950)
    assert [lots for *_, lots, _ in pit.trades()] == [950]
    pit.check()


def test_units_of_one_investor_are_held_so_often_a_day() -> None:
    """Whoever placed and cancelled orders had the venue pay for it without end."""
    pit = Pit(holds=True, holds_a_day=A_DAY)
    for _ in range(A_DAY):
        number = sold(pit, 0)
        pit.do(said.HoldSent(number))
        pit.do_cancel(number)
    # What left before anything was sent cost nothing.
    assert codes(pit.place(0, buys=False, instructions=HOLD)) == [Why.HOLDS_SPENT]
    assert not codes(pit.place(1, buys=False, instructions=HOLD))
    assert not codes(pit.place(0, buys=True))
    assert pit.venue.state.holds_asked == {person(0): A_DAY, person(1): 1}
    pit.do(said.Ticked(), after_s=DAY_S)
    assert not codes(pit.place(0, buys=False, instructions=HOLD))


def test_who_cancels_before_anything_is_sent_may_go_on() -> None:
    pit = Pit(holds=True, holds_a_day=A_DAY)
    for _ in range(A_DAY + 1):
        number = sold(pit, 0)
        pit.do_cancel(number)
    assert codes(pit.events) == [Why.CANCELLED] * (A_DAY + 1)


def test_a_hold_that_fails_ends_the_order_and_frees_its_units() -> None:
    pit = Pit(holds=True)
    number = sold(pit, 0, lots=1_000)
    pit.do(said.HoldSent(number))
    pit.do(said.HoldFailed(number, "insufficient-allowance"))
    assert codes(pit.events) == [Why.HOLD_REFUSED]
    assert not codes(pit.place(0, buys=False, lots=1_000, instructions=HOLD))
    assert not [event for event in pit.events if isinstance(event, Traded)]
    pit.check()


def test_what_is_held_again_and_busted_this_time_is_let_go() -> None:
    """It was delivered once; after the chain went back nobody looked after it."""
    pit = Pit(holds=True)
    number = sold(pit, 0, lots=5)
    signed = pit.venue.state.orders[number].terms.signed_by
    hold(pit, number)
    pit.place(1, buys=True, lots=5)
    pit.do(said.BatchSent(1, (1,)))
    pit.add_block(settled=(1,))
    pit.do(said.ChainSet(number=1, hash="1", time_s=NOW_S, common=1))
    pit.block = 1
    pit.add_block(holds=(said.HoldFact(*signed, 50),))
    pit.add_block(busted=(said.Bust(1, "tokens-refuse", "", 3),))
    assert [each.number for each in holds.to_release(pit.venue)] == [number]
    pit.check()


def test_what_is_held_for_an_order_that_is_forgotten_is_let_go() -> None:
    """A hold that failed succeeded after the chain went back, and stayed for good."""
    pit = Pit(holds=True)
    number = sold(pit, 0, lots=5)
    signed = pit.venue.state.orders[number].terms.signed_by
    pit.do(said.HoldSent(number))
    pit.do(said.HoldFailed(number, "insufficient-balance"))
    pit.add_block(holds=(said.HoldFact(*signed, 50),))
    assert [each.signed_by for each in pit.venue.state.strays] == [signed]
    assert state_hash(pit.restored()) == state_hash(pit.venue)
    pit.add_block(holds=(said.HoldFact(*signed, 0),))
    assert not pit.venue.state.strays


def test_what_is_held_again_leaves_no_order_uncovered() -> None:
    """The chain went back behind a hold; what it had kept bound was offered meanwhile."""
    pit = Pit(holds=True)
    first = sold(pit, 0, lots=1_000)
    signed = pit.venue.state.orders[first].terms.signed_by
    hold(pit, first)
    pit.do(said.ReduceAsked(first, 400, "x"))
    pit.do(said.ChainSet(number=1, hash="1", time_s=NOW_S, common=1))
    pit.block = 1
    second = sold(pit, 0, lots=600)
    assert second in pit.venue.state.orders
    assert codes(pit.add_block(holds=(said.HoldFact(*signed, 10_000),))) == [Why.UNCOVERED]
    assert second not in pit.venue.state.orders
    pit.check()
