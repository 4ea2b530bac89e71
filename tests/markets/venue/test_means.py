"""What is there to trade with: units, money, places, keys; and what the chain says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.markets.venue import chain_facts
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import (
    Accepted,
    TradeBusted,
    Unanswered,
)
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.terms import MarketTerms, Phase
from tests.markets.venue.pit import ACME, RICH, SYMBOL, USD, House, Pit, codes, person

if TYPE_CHECKING:
    import pytest


def test_what_open_orders_and_trades_need_cannot_be_used_twice() -> None:
    pit = Pit(taker_bps=100, maker_bps=0)
    pit.place(1, buys=False, lots=1_000, price=100)
    assert codes(pit.place(1, buys=False, lots=1)) == [Why.UNCOVERED]
    pit.place(0, buys=True, lots=600)
    assert codes(pit.place(1, buys=False, lots=1, price=101)) == [Why.UNCOVERED]
    # What was bought is not there before it is settled.
    assert codes(pit.place(0, buys=False, lots=1_001, price=101)) == [Why.UNCOVERED]
    pit.do(said.BatchSent(1, (1,)))
    facts = [(ACME, 0, 16_000), (ACME, 1, 4_000), (USD, 0, RICH - 60_600), (USD, 1, RICH + 60_000)]
    told = tuple(said.AccountFact(token, person(who), held, RICH) for token, who, held in facts)
    pit.add_block(settled=(1,), accounts=told)
    pit.place(0, buys=False, lots=1_600, price=101)
    pit.check()


def test_orders_that_are_no_longer_covered_leave_the_latest_first() -> None:
    pit = Pit()
    for _ in range(3):
        pit.place(0, buys=False, lots=300)
    facts = (said.AccountFact(ACME, person(0), 7_000, RICH),)
    assert codes(pit.add_block(accounts=facts)) == [Why.UNCOVERED]
    assert [number for number, _ in pit.waiting()] == [1, 2]
    facts = (said.AccountFact(ACME, person(0), 7_000, 0),)
    assert codes(pit.add_block(accounts=facts)) == [Why.UNCOVERED] * 2
    pit.check()


def test_100_buyers_race_for_the_last_three_places() -> None:
    """Three are filled, in price-time order, though none of them has settled; nobody is busted."""
    pit = Pit(House(places=11), people=108, units=0)
    owners = tuple(said.LogRow(person(at), (), "10000") for at in range(8))
    pit.add_block(logs=owners, accounts=tuple(
        said.AccountFact(ACME, person(at), 10_000, RICH) for at in range(8)))  # fmt: skip
    for who in range(8, 108):
        pit.place(who, buys=True, lots=2, price=100 + (who % 10))
    assert len(pit.waiting()) == 100
    pit.place(0, buys=False, lots=500, price=100)
    # Best price first, then who came first: 9, 19, 29 buy at 109.
    assert pit.trades() == [(2, 101, 2, 109), (12, 101, 2, 109), (22, 101, 2, 109)]
    assert not any(isinstance(event, TradeBusted) for event in pit.events)
    # Who holds already needs no place.
    pit.place(1, buys=True, lots=1, price=109)
    assert len(pit.trades()) == 4
    # A place that becomes free is taken by the next one, as the chain says so.
    logs = (said.LogRow(person(7), (), "0"),)
    pit.do(said.BatchSent(1, (1, 2, 3, 4)))
    holders = tuple(said.LogRow(person(who), (), "20") for who in (9, 19, 29))
    pit.add_block(settled=(1, 2, 3, 4), logs=(*holders, *logs), accounts=(
        said.AccountFact(ACME, person(7), 0, RICH),))  # fmt: skip
    assert pit.trades()[4:] == [(32, 101, 2, 109)]
    pit.check()


def test_a_trade_that_is_busted_frees_what_it_kept() -> None:
    pit = Pit(House(places=9), people=8)
    for who in (8, 9):
        pit.add_block(accounts=(said.AccountFact(USD, person(who), RICH, RICH),))
    pit.place(8, buys=True, lots=2)
    pit.place(9, buys=True, lots=2)
    pit.place(0, buys=False, lots=4)
    assert pit.trades() == [(1, 3, 2, 100)]
    pit.do(said.BatchSent(1, (1,)))
    events = pit.add_block(busted=(said.Bust(1, "tokens-refuse", "0x", 3),))
    assert any(isinstance(event, TradeBusted) for event in events)
    pit.check()
    pit.add_block(logs=(said.LogRow(person(0), (), "10000"),))
    assert pit.trades()[1:] == [(2, 3, 2, 100)]


def test_a_trade_told_twice_has_ended_once() -> None:
    pit = Pit()
    pit.place(0, buys=False)
    pit.place(1, buys=True)
    pit.do(said.BatchSent(1, (1,)))
    pit.add_block(settled=(1,))
    assert pit.add_block(busted=(said.Bust(1, "fill-start-differs", "", 0),), settled=(1, 9)) == []
    pit.check()


def test_what_ended_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_facts, "BLOCKS_KEPT", 3)
    pit = Pit()
    pit.place(0, buys=False, lots=2)
    pit.place(1, buys=True)
    pit.do(said.BatchSent(1, (1,)))
    pit.add_block(settled=(1,))
    for _ in range(3):
        pit.add_block()
    state = pit.venue.state
    assert (list(state.orders), list(state.trades), list(state.batches)) == ([1], [], [])
    pit.check()


def test_a_higher_fee_is_bound_for_orders_that_wait() -> None:
    """They were traded at the fee of their day, and what was due beyond was not there."""
    pit = Pit()
    pit.place(0, buys=True, lots=10)
    cent = said.AccountFact(USD, person(1), 1_000, RICH)
    pit.add_block(accounts=(cent,))
    pit.place(1, buys=True, lots=10)
    terms = msgspec.structs.replace(pit.terms, taker_bps=100)
    assert codes(pit.do(said.MarketOpened(terms))) == [Why.UNCOVERED]
    assert pit.waiting() == [(1, 10)]
    account = pit.venue.state.means.of(USD, person(0))
    assert account is not None
    assert account.bound == 1_010
    pit.check()


def test_units_that_are_exchanged_void_orders_and_halt_the_market() -> None:
    pit = Pit()
    pit.place(0, buys=False)
    events = pit.add_block(logs=(said.LogRow("epoch", (), ""),))
    assert codes(events) == [Why.EPOCH_PASSED]
    assert pit.venue.state.markets[SYMBOL].phase is Phase.HALTED
    assert Why.MARKET_HALTED in codes(pit.place(0, buys=False, epoch=1))
    pit.do(said.MarketOpened(pit.terms))
    assert isinstance(pit.place(0, buys=False, epoch=1)[0], Accepted)


def test_a_symbol_stands_for_one_pair_and_a_pair_has_one_symbol() -> None:
    pit = Pit()
    values = {name: getattr(pit.terms, name) for name in pit.terms.__struct_fields__}
    for change in ({"symbol": "OTHER/USD"}, {"security": person(80)}):
        terms = MarketTerms(**{**values, **change})
        assert pit.do(said.MarketOpened(terms)) == [Unanswered(0, Why.TERMS_DIFFER)]
    assert list(pit.venue.state.markets) == [SYMBOL]
