"""Halts, calls, schedules."""

from __future__ import annotations

import msgspec
import pytest

from tallystick.markets.venue import entries as said
from tallystick.markets.venue.eligibility import Answer, Sale
from tallystick.markets.venue.events import (
    Event,
    PhaseBegan,
    Traded,
    Unanswered,
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


def test_each_of_many_in_a_call_is_judged_a_few_times() -> None:
    """A call in which places were scarce took the fourth power of its orders."""
    people = 120
    pit = Pit(House(places=people + 3), people=people, call_s=60)
    for who in range(people, 2 * people):
        pit.add_block(accounts=(said.AccountFact(USD, person(who), RICH, RICH),))
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    pit.do(said.ResumeAsked(SYMBOL, "x"))
    for who in range(people):
        pit.place(people + who, buys=True, lots=2, price=110 - who % 3)
        pit.place(who, buys=False, lots=2, price=100)
    asked = 0
    judge = pit.house.judge

    def counted(sale: Sale, *, now_s: int) -> Answer:
        nonlocal asked
        asked += 1
        return judge(sale, now_s=now_s)

    pit.house.judge = counted  # type: ignore[method-assign]
    pit.do(said.Ticked(), after_s=61)
    assert asked < 2 * people**2
    assert {buy for buy, _, _, _ in pit.trades()} == {1, 7, 13}
    pit.check()


@pytest.mark.parametrize("people", [40, 120])
def test_as_much_is_traded_in_a_call_as_may_be(people: int) -> None:
    """Of forty on each side half as much was traded as could be: who might not took turns."""
    barred = [(person(seller), person(people + buyer)) for seller in range(0, people, 2)
              for buyer in range(0, people, 2)]  # fmt: skip
    pit = Pit(House(barred=barred), people=2 * people, call_s=60)
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    pit.do(said.ResumeAsked(SYMBOL, "x"))
    for who in range(people):
        # Those whom nobody bars come first, and would take from each other what others need.
        pit.place((who * 2 + 1) % people - (who * 2 >= people), buys=False)
        pit.place(people + (who * 2 + 1) % people - (who * 2 >= people), buys=True)
    pit.do(said.Ticked(), after_s=61)
    assert len(pit.trades()) == people
    pit.check()


def test_a_call_is_not_begun_by_who_could_not_trade_in_it() -> None:
    """An investor's own order beyond the bound, or one of whom he may not buy, began a call."""
    pit = Pit(House(barred=[(person(1), person(0))]), move_bps=300, call_s=60)
    pit.place(0, buys=False, price=104)
    pit.place(1, buys=False, price=104)
    assert _phases(pit.place(0, buys=True, price=105)) == []
    assert _phases(pit.place(2, buys=True, price=105)) == [Phase.CALL]


def test_other_terms_do_not_cut_a_call_short() -> None:
    pit = Pit(call_s=60)
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    pit.do(said.ResumeAsked(SYMBOL, "x"))
    pit.place(0, buys=False)
    pit.place(1, buys=True)
    assert _phases(pit.do(said.MarketOpened(msgspec.structs.replace(pit.terms, tick=1)))) == []
    assert pit.trades() == []
    pit.do(said.Ticked(), after_s=61)
    assert len(pit.trades()) == 1


def test_nobody_resumes_what_is_still_halted_by_something_else() -> None:
    pit = Pit()
    pit.add_block(logs=(said.LogRow("halt", (), "paused"),))
    assert pit.do(said.ResumeAsked(SYMBOL, "x")) == [Unanswered(0, Why.MARKET_HALTED)]
    pit.add_block(logs=(said.LogRow("halt", (), ""), said.LogRow("epoch", (), "")))
    assert pit.do(said.ResumeAsked(SYMBOL, "x")) == [Unanswered(0, Why.MARKET_HALTED)]
    assert _phases(pit.do(said.MarketOpened(pit.terms))) == [Phase.CONTINUOUS]


def test_several_open_orders_are_judged_together() -> None:
    """Each was within what the investor may hold; all of them were not."""
    pit = Pit(House(most=10_050))
    pit.place(0, buys=True, lots=3, price=90)
    assert codes(pit.place(0, buys=True, lots=3, price=91)) == ["max-balance"]
    pit.place(0, buys=True, lots=2, price=91)
    assert codes(pit.place(0, buys=True, lots=3, price=92, replaces=1)) == [Why.REPLACED]
    pit.do_cancel(2)
    pit.place(0, buys=True, lots=2, price=89)
    pit.check()


def test_a_market_that_is_resumed_out_of_hours_stays_closed() -> None:
    """What was mended on a Saturday was traded on that Saturday."""
    schedule = (Opening(0, Phase.CONTINUOUS), Opening(60, Phase.CLOSED))
    for reason, code in (("by-hand", ""), (Why.DOSSIER, Why.DOSSIER)):
        pit = Pit(schedule=schedule)
        pit.do(said.HaltAsked(SYMBOL, reason, "x"))
        pit.do(said.ResumeAsked(SYMBOL, "x", code))
        assert pit.venue.state.markets[SYMBOL].phase is Phase.CLOSED
        assert Why.MARKET_CLOSED in codes(pit.place(1, buys=True))
    pit = Pit(schedule=schedule)
    pit.add_block(logs=(said.LogRow("halt", (), "paused"),))
    pit.add_block(logs=(said.LogRow("halt", (), ""),))
    assert pit.venue.state.markets[SYMBOL].phase is Phase.CLOSED


def test_another_halt_does_not_hide_what_has_to_be_mended() -> None:
    pit = Pit()
    pit.do(said.HaltAsked(SYMBOL, Why.DOSSIER, "dossier"))
    pit.do(said.HaltAsked(SYMBOL, "by-hand", "x"))
    assert pit.venue.state.markets[SYMBOL].halted == Why.DOSSIER
    assert pit.do(said.ResumeAsked(SYMBOL, "x")) == [Unanswered(0, Why.MARKET_HALTED)]
    pit.do(said.ResumeAsked(SYMBOL, "dossier", "another"))
    assert pit.venue.state.markets[SYMBOL].halted == Why.DOSSIER
    pit.do(said.ResumeAsked(SYMBOL, "dossier", Why.DOSSIER))
    assert pit.venue.state.markets[SYMBOL].phase is Phase.CALL


def test_a_market_keeps_the_lot_that_orders_and_trades_count_in() -> None:
    pit = Pit()
    pit.place(0, buys=False)
    other = msgspec.structs.replace(pit.terms, units_per_lot=2 * pit.terms.units_per_lot)
    assert pit.do(said.MarketOpened(other)) == [Unanswered(0, Why.TERMS_DIFFER)]
    assert pit.venue.state.markets[SYMBOL].terms == pit.terms
    assert len(pit.venue.state.markets[SYMBOL].book) == 1
