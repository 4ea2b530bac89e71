"""Halts, calls, schedules."""

from __future__ import annotations

from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import (
    Event,
    PhaseBegan,
    Traded,
    Uncrossed,
)
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.terms import Opening, Phase
from tests.markets.venue.pit import (
    IMMEDIATE,
    NOW_S,
    NS,
    RICH,
    SYMBOL,
    USD,
    House,
    Pit,
    codes,
    person,
)


def _phases(events: list[Event]) -> list[Phase]:
    return [event.phase for event in events if isinstance(event, PhaseBegan)]


def test_a_halt_takes_no_orders_and_a_call_ends_it() -> None:
    pit = Pit(call_s=60)
    pit.place(0, buys=False)
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    assert Why.MARKET_HALTED in codes(pit.place(1, buys=True))
    assert codes(pit.do(said.CancelAsked(1, "x"))) == [Why.CANCELLED]
    assert _phases(pit.do(said.ResumeAsked(SYMBOL, "x"))) == [Phase.CALL]
    pit.place(0, buys=False, lots=3, price=98)
    pit.place(1, buys=True, lots=2, price=104)
    assert pit.trades() == []
    events = pit.do(said.Ticked(), after_s=61)
    assert [event for event in events if isinstance(event, Uncrossed)] == [
        Uncrossed(SYMBOL, 100, 2, -1)]  # fmt: skip
    assert pit.trades() == [(3, 2, 2, 100)]
    assert _phases(events) == [Phase.CONTINUOUS]
    pit.check()


def test_the_issuer_pauses_the_security_and_the_market_with_it() -> None:
    pit = Pit()
    assert _phases(pit.add_block(logs=(said.LogRow("halt", (), "paused"),))) == [Phase.HALTED]
    assert _phases(pit.add_block(logs=(said.LogRow("halt", (), ""),))) == [Phase.CALL]


def test_a_price_that_moves_too_far_is_found_in_a_call() -> None:
    pit = Pit(move_bps=300, call_s=60)
    for price in (100, 102, 104):
        pit.place(0, buys=False, price=price)
    events = pit.place(1, buys=True, lots=3, price=105)
    assert [event.price for event in events if isinstance(event, Traded)] == [100, 102]
    assert _phases(events) == [Phase.CALL]
    pit.do(said.Ticked(), after_s=61)
    assert pit.trades()[2:] == [(4, 3, 1, 104)]


def test_a_schedule_opens_and_closes() -> None:
    day = 86_400
    weekday = (NOW_S // day + 3) % 7
    into = weekday * day + NOW_S % day
    schedule = (Opening(into + 60, Phase.CALL), Opening(into + 120, Phase.CONTINUOUS),
                Opening(into + 180, Phase.CLOSED))  # fmt: skip
    pit = Pit(schedule=schedule)
    assert codes(pit.place(0, buys=False)) == [Why.MARKET_CLOSED]
    assert _phases(pit.do(said.Ticked(), after_s=61)) == [Phase.CALL]
    pit.place(0, buys=False)
    pit.place(1, buys=True)
    assert Why.NOT_IN_A_CALL in codes(pit.place(1, buys=True, instructions=IMMEDIATE))
    assert _phases(pit.do(said.Ticked(), after_s=60)) == [Phase.CONTINUOUS]
    assert len(pit.trades()) == 1
    assert _phases(pit.do(said.Ticked(), after_s=60)) == [Phase.CLOSED]
    assert _phases(pit.do(said.Ticked(), after_s=7 * day - 100)) == [Phase.CALL]


def test_a_call_gives_places_out_once() -> None:
    """Two buyers could each take the last place at the one price; the better bid has it."""
    pit = Pit(House(places=9), people=8, call_s=60)
    for who in (8, 9):
        pit.add_block(accounts=(said.AccountFact(USD, person(who), RICH, RICH),))
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    pit.do(said.ResumeAsked(SYMBOL, "x"))
    pit.place(8, buys=True, lots=2, price=103)
    pit.place(9, buys=True, lots=2, price=104)
    pit.place(0, buys=False, lots=4, price=100)
    pit.do(said.Ticked(), after_s=61)
    assert [(buy, lots) for buy, _, lots, _ in pit.trades()] == [(2, 2)]
    pit.check()
    assert pit.now_ns > NOW_S * NS
