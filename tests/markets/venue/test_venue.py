"""The venue: random histories keep what must hold, and each kind of order does what it says."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.markets.order_book import SelfTrade
from tallystick.markets.signed_orders import Cancellation, Duration, Instructions, Session
from tallystick.markets.venue import chain_facts
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import (
    Accepted,
    Event,
    Left,
    PhaseBegan,
    RefusedOrder,
    TradeBusted,
    Traded,
    Unanswered,
    Uncrossed,
)
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.snapshot import state_hash
from tallystick.markets.venue.terms import MarketTerms, Opening, Phase
from tests.markets.venue.pit import ACME, NOW_S, NS, RICH, SYMBOL, USD, House, Pit, person

IMMEDIATE = Instructions(duration=Duration.IMMEDIATE)
WHOLE = Instructions(duration=Duration.FILL_OR_KILL)
POST = Instructions(post_only=True)
MARKET = Instructions(duration=Duration.IMMEDIATE, market=True)


def codes(events: list[Event]) -> list[str]:
    """Codes of the refusals of an order, or of its leaving."""
    found: list[str] = []
    for event in events:
        if isinstance(event, RefusedOrder):
            found += [each.code for each in event.refusals]
        elif isinstance(event, Left):
            found.append(event.code)
    return found


# --- any history


class Random:
    """Histories drawn from a seed, with the chain in step and out of it."""

    def __init__(self, seed: int, **terms: Any) -> None:
        self.chosen = random.Random(seed)
        chosen = self.chosen
        barred = [(person(chosen.randrange(6)), person(chosen.randrange(6))) for _ in range(3)]
        house = House(places=chosen.choice([6, 7, 100]), barred=barred,
                      most=chosen.choice([None, 10_050]))  # fmt: skip
        self.pit = Pit(house, people=6, maker_bps=10, taker_bps=30, auction_bps=20,
                       move_bps=chosen.choice([0, 300]), call_s=5, **terms)  # fmt: skip
        self.held = {(ACME, person(at)): 10_000 for at in range(6)}
        self.held |= {(USD, person(at)): RICH for at in range(6)}
        self.past: dict[int, tuple[dict[Any, int], int]] = {1: (dict(self.held), 0)}
        self.batches = 0

    def step(self) -> None:
        chosen, pit = self.chosen, self.pit
        what = chosen.random()
        if what < 0.6:
            kind = chosen.choice([Instructions()] * 5 + [IMMEDIATE, WHOLE, POST, MARKET])
            policy = chosen.choice(list(SelfTrade))
            kind = Instructions(kind.duration, kind.post_only, kind.market, policy)
            open_orders = [each for each in pit.venue.state.orders.values() if each.left]
            changes: dict[str, Any] = {}
            if open_orders and chosen.random() < 0.1:
                old = chosen.choice(open_orders)
                changes = {"replaces": old.number, "filled": old.matched}
            pit.place(chosen.randrange(6), buys=chosen.random() < 0.5, lots=chosen.randint(1, 200),
                      price=chosen.randint(95, 105), instructions=kind,
                      login=chosen.choice(["", "a", "b"]), **changes)  # fmt: skip
        elif what < 0.7:
            pit.do(said.CancelAsked(chosen.randint(1, pit.venue.state.orders_made + 1), "x"))
        elif what < 0.74:
            pit.do(said.ReduceAsked(chosen.randint(1, pit.venue.state.orders_made + 1),
                                    chosen.randint(1, 50), "x"))  # fmt: skip
        elif what < 0.77:
            entries: list[said.Entry] = [
                said.AllCancelAsked(person(chosen.randrange(6)), "", "x"),
                said.Disconnected("a"), said.Ticked(),
            ]  # fmt: skip
            pit.do(chosen.choice(entries))
        elif what < 0.79:
            halts: list[said.Entry] = [said.HaltAsked(SYMBOL, "issuer", "x"),
                                       said.ResumeAsked(SYMBOL, "x")]  # fmt: skip
            pit.do(chosen.choice(halts))
        elif what < 0.83:
            pit.do(said.Ticked(), after_s=chosen.choice([1, 6, 4_000]))
        elif what < 0.9:
            self.send()
        elif what < 0.98:
            self.settle()
        else:
            self.roll_back()

    def send(self) -> None:
        trades = [each.number for each in self.pit.venue.state.trades.values() if not each.batch]
        if trades:
            self.batches += 1
            count = self.chosen.randint(1, len(trades))
            self.pit.do(said.BatchSent(self.batches, tuple(trades[:count])))
            if self.chosen.random() < 0.1:
                self.pit.do(said.BatchFailed(self.batches, "too-little-gas"))

    def settle(self) -> None:
        """A block: some trades are settled, some busted, somebody moves something elsewhere."""
        state, chosen = self.pit.venue.state, self.chosen
        settled, busted, touched = [], [], set()
        for trade in [each for each in state.trades.values() if each.batch and not each.block]:
            if chosen.random() < 0.1:
                busted.append(said.Bust(trade.number, "tokens-refuse", ""))
                continue
            settled.append(trade.number)
            buyer = state.orders[trade.buy].terms.investor
            seller = state.orders[trade.sell].terms.investor
            units = trade.lots * 10
            for token, giver, taker, amount in ((ACME, seller, buyer, units),
                                                (USD, buyer, seller, trade.value)):  # fmt: skip
                self.held[token, giver] -= amount
                self.held[token, taker] += amount
                touched |= {(token, giver), (token, taker)}
        if chosen.random() < 0.4:
            key = (chosen.choice([ACME, USD]), person(chosen.randrange(6)))
            self.held[key] = chosen.choice([self.held[key], self.held[key] // 2, 0])
            touched.add(key)
        facts = tuple(said.AccountFact(token, who, self.held[token, who], RICH)
                      for token, who in sorted(touched))  # fmt: skip
        logs = tuple(said.LogRow(who, (), str(self.held[token, who]))
                     for token, who in sorted(touched) if token == ACME)  # fmt: skip
        self.pit.add_block(settled=tuple(settled), busted=tuple(busted), accounts=facts, logs=logs)
        self.past[self.pit.block] = (dict(self.held), self.pit.block)

    def roll_back(self) -> None:
        """The chain loses some blocks; what they did is undone."""
        to = max(1, self.pit.block - self.chosen.randint(1, 4))
        self.held = dict(self.past[to][0])
        self.pit.block = to
        facts = tuple(said.AccountFact(token, who, amount, RICH)
                      for (token, who), amount in sorted(self.held.items()))  # fmt: skip
        self.pit.do(said.ChainSet(number=to, hash=str(to), time_s=NOW_S, accounts=facts, common=to))


@given(st.integers(min_value=0))
def test_any_history_keeps_what_must_hold(seed: int) -> None:
    history = Random(seed)
    for _ in range(60):
        history.step()
        history.pit.check()
    assert state_hash(history.pit.replayed()) == state_hash(history.pit.venue)


@given(st.integers(min_value=0), st.integers(1, 40))
def test_a_restart_from_any_snapshot_goes_on_the_same(seed: int, at: int) -> None:
    history = Random(seed)
    pit = history.pit
    for _ in range(at):
        history.step()
    restored, seen = pit.restored(), len(pit.journal)
    for _ in range(20):
        history.step()
    told: list[Event] = []
    for journaled in pit.journal[seen:]:
        told += restored.apply(journaled)
    assert told == pit.events[len(pit.events) - len(told) :]
    assert state_hash(restored) == state_hash(pit.venue)


def test_everything_that_histories_should_meet_they_meet() -> None:
    met: set[str] = set()
    for seed in range(60):
        history = Random(seed)
        for _ in range(80):
            history.step()
        met |= {type(event).__name__ for event in history.pit.events}
        met |= set(codes(history.pit.events))
    assert {"Traded", "TradeSettled", "TradeBusted", "TradeUnsettled", "Uncrossed", "Reduced",
            Why.SELF_TRADE, Why.UNCOVERED, Why.EXPIRED, Why.REPLACED, Why.DISCONNECTED,
            Why.NOT_FILLABLE, Why.WOULD_TAKE, Why.NOT_TRADED_AT_ONCE, Why.MARKET_HALTED,
            Why.NOT_IN_A_CALL, Why.FILLED, Why.CANCELLED} <= met  # fmt: skip


# --- kinds of orders


def test_an_order_is_traded_at_the_price_of_who_waited_and_the_rest_waits() -> None:
    pit = Pit()
    pit.place(0, buys=False, lots=3, price=99)
    pit.place(1, buys=True, lots=5, price=101)
    assert pit.trades() == [(2, 1, 3, 99)]
    assert pit.waiting() == [(2, 2)]


def test_what_is_immediate_does_not_wait() -> None:
    pit = Pit()
    pit.place(0, buys=False, lots=3)
    assert codes(pit.place(1, buys=True, lots=5, instructions=IMMEDIATE)) == [
        Why.FILLED, Why.NOT_TRADED_AT_ONCE]  # fmt: skip
    assert pit.waiting() == []


def test_fill_or_kill_is_all_or_nothing() -> None:
    pit = Pit()
    pit.place(0, buys=False, lots=3)
    pit.place(2, buys=False, lots=3, price=101)
    assert codes(pit.place(1, buys=True, lots=7, price=101, instructions=WHOLE)) == [
        Why.NOT_FILLABLE]  # fmt: skip
    assert pit.trades() == []
    pit.place(1, buys=True, lots=6, price=101, instructions=WHOLE)
    assert [lots for *_, lots, _ in pit.trades()] == [3, 3]


def test_fill_or_kill_counts_places_once() -> None:
    """Each of two sellers could sell to one more holder; both together only by the same buyer."""
    pit = Pit(House(places=8, most=10_030), people=8)
    pit.place(0, buys=False, lots=3)
    pit.place(2, buys=False, lots=3)
    assert codes(pit.place(1, buys=True, lots=6, instructions=WHOLE)) == ["max-balance"]
    assert codes(pit.place(1, buys=True, lots=3, instructions=WHOLE)) == [Why.FILLED, Why.FILLED]


def test_post_only_never_takes() -> None:
    pit = Pit()
    pit.place(0, buys=False, lots=3)
    assert codes(pit.place(1, buys=True, instructions=POST)) == [Why.WOULD_TAKE]
    pit.place(1, buys=True, price=99, instructions=POST)
    assert pit.waiting() == [(3, 1), (1, 3)]


def test_a_market_order_goes_as_far_as_the_price_that_protects_it() -> None:
    pit = Pit(band_bps=500)
    pit.place(0, buys=False, price=100)
    pit.place(0, buys=False, price=103)
    pit.place(0, buys=False, price=105)
    pit.place(1, buys=True, lots=9, price=104, instructions=MARKET)
    assert [price for *_, price in pit.trades()] == [100, 103]


def test_a_replacement_leaves_nothing_of_the_old_order() -> None:
    pit = Pit()
    pit.place(0, buys=False, lots=1_000)
    assert codes(pit.place(0, buys=False, lots=1, price=101)) == [Why.UNCOVERED]
    pit.place(0, buys=False, lots=900, price=101, replaces=1)
    assert pit.waiting() == [(2, 900)]
    pit.place(1, buys=True, lots=5, price=101)
    assert codes(pit.place(0, buys=False, lots=900, replaces=2)) == [Why.FILLED_MEANWHILE]
    assert codes(pit.place(1, buys=True, replaces=2, filled=5)) == [Why.NOT_HIS]
    assert codes(pit.place(0, buys=False, replaces=77)) == [Why.ORDER_UNKNOWN]
    pit.place(0, buys=False, lots=1, replaces=2, filled=5)
    assert [number for number, _ in pit.waiting()] == [4]


def test_less_of_an_order_keeps_its_place() -> None:
    pit = Pit()
    pit.place(0, buys=False, lots=5)
    pit.place(2, buys=False, lots=5)
    pit.do(said.ReduceAsked(1, 2, "x"))
    pit.place(1, buys=True, lots=3)
    assert [(sell, lots) for _, sell, lots, _ in pit.trades()] == [(1, 2), (2, 1)]


def test_orders_of_a_connection_leave_with_it() -> None:
    pit = Pit()
    pit.place(0, buys=False, login="wire")
    pit.place(0, buys=False)
    assert codes(pit.do(said.Disconnected("wire"))) == [Why.DISCONNECTED]
    assert [number for number, _ in pit.waiting()] == [2]


def test_an_order_leaves_before_it_expires_by_the_time_that_settlement_takes() -> None:
    pit = Pit(margin_s=10)
    assert codes(pit.place(0, buys=False, expiry=NOW_S + 9)) == [Why.EXPIRES_TOO_SOON]
    pit.place(0, buys=False, expiry=NOW_S + 30)
    assert pit.do(said.Ticked(), after_s=19) == []
    assert codes(pit.do(said.Ticked(), after_s=3)) == [Why.EXPIRED]


@pytest.mark.parametrize(("change", "code"), [
    ({"price": 103}, Why.OUTSIDE_BAND), ({"price": 99}, Why.OFF_TICK),
    ({"lots": 501}, Why.TOO_LARGE), ({"lots": 0}, Why.SENSELESS),
    ({"fee_bps": 29}, Why.FEE_TOO_LOW),
    ({"units_per_lot": 1}, Why.TERMS_DIFFER), ({"epoch": 1}, Why.EPOCH_PASSED),
    ({"security": person(90)}, Why.MARKET_UNKNOWN), ({"investor": person(70)}, Why.ACCOUNT_UNKNOWN),
    ({"instructions": Instructions(market=True)}, Why.SENSELESS),
    ({"instructions": Instructions(duration=Duration.IMMEDIATE, post_only=True)}, Why.SENSELESS),
    ({"signer": person(71)}, Why.SESSION),
])  # fmt: skip
def test_what_is_against_an_order_is_said(change: dict[str, Any], code: str) -> None:
    pit = Pit(tick=2, band_bps=200, lots_max=500, taker_bps=30)
    assert code in codes(pit.place(0, **{"buys": False, **change}))
    assert pit.waiting() == []
    pit.check()


def test_a_number_is_used_once() -> None:
    pit = Pit()
    pit.place(0, buys=False, nonce=5_000)
    assert codes(pit.place(0, buys=False, nonce=5_000)) == [Why.NONCE_USED]
    assert codes(pit.place(0, buys=False, nonce=904)) == [Why.NONCE_TOO_OLD]
    pit.place(0, buys=False, nonce=905)
    pit.place(0, buys=False, nonce=4_999)
    assert codes(pit.place(0, buys=False, nonce=4_999)) == [Why.NONCE_USED]
    pit.place(1, buys=False, nonce=5_000)
    assert len(pit.waiting()) == 4


def test_an_id_of_an_open_order_is_used_once() -> None:
    pit = Pit()
    pit.place(0, buys=False, client_id="mine")
    assert codes(pit.place(0, buys=False, client_id="mine")) == [Why.CLIENT_ID_USED]
    pit.place(1, buys=False, client_id="mine")
    pit.do(said.CancelAsked(1, "x"))
    pit.place(0, buys=False, client_id="mine")
    assert len(pit.waiting()) == 2


# --- what is there to trade with


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
    events = pit.add_block(busted=(said.Bust(1, "tokens-refuse", "0x"),))
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
    assert pit.add_block(busted=(said.Bust(1, "fill-start-differs", ""),), settled=(1, 9)) == []
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


# --- keys and the chain


def _session(amount: int, **changes: Any) -> Session:
    values: dict[str, Any] = {
        "investor": person(0), "key": person(50), "cash": USD, "securities": (ACME,),
        "amount": amount, "fee_bps": 500, "expiry": NOW_S + 10_000, "serial": 1,
    }  # fmt: skip
    return Session(**{**values, **changes})


def test_a_key_trades_as_far_as_its_session_goes() -> None:
    pit = Pit()
    pit.add_block(granted=(_session(1_000),))
    pit.place(0, buys=True, lots=6, signer=person(50))
    assert codes(pit.place(0, buys=True, lots=5, signer=person(50))) == [Why.SESSION]
    pit.place(0, buys=True, lots=4, signer=person(50))
    pit.place(1, buys=False, lots=6)
    pit.do(said.BatchSent(1, (1,)))
    pit.add_block(settled=(1,))
    assert pit.venue.state.sessions[person(0)][person(50)].amount == 400
    assert codes(pit.place(0, buys=True, lots=1, signer=person(50))) == [Why.SESSION]
    assert codes(pit.add_block(granted=(_session(300, serial=2),))) == [Why.SESSION]
    pit.check()


def test_a_restart_knows_what_is_promised_and_what_sessions_keep_bound() -> None:
    """Places were given out twice, and a session lent out again, after a restart."""
    pit = Pit(House(places=9), people=8)
    for who in (8, 9):
        pit.add_block(accounts=(said.AccountFact(USD, person(who), RICH, RICH),))
    pit.add_block(granted=(_session(1_000),))
    pit.place(0, buys=True, lots=9, price=99, signer=person(50))
    pit.place(8, buys=True)
    pit.place(1, buys=False)
    restored = pit.restored()
    by_key = pit.order(0, buys=True, lots=5, signer=person(50))
    for order, code in ((pit.order(9, buys=True), "holder-limit"), (by_key, Why.SESSION)):
        pit.do(order)
        assert code in codes(restored.apply(pit.journal[-1]))
    assert state_hash(restored) == state_hash(pit.venue)


def test_a_bust_for_a_session_takes_its_orders_out() -> None:
    """The chain did not count lots of an order that did not stand; its next trade would fail."""
    pit = Pit()
    pit.add_block(granted=(_session(1_000),))
    pit.place(0, buys=True, lots=9, signer=person(50))
    pit.place(1, buys=False, lots=3)
    pit.do(said.BatchSent(1, (1,)))
    events = pit.add_block(busted=(said.Bust(1, "session-used-up", ""),))
    assert codes(events) == [Why.BUSTED]
    assert pit.waiting() == []
    pit.check()


def test_a_sale_at_a_better_price_counts_at_that_price() -> None:
    pit = Pit()
    pit.add_block(granted=(_session(1_000),))
    pit.place(1, buys=True, lots=9, price=120)
    pit.place(0, buys=False, lots=9, price=100, signer=person(50))
    assert pit.trades() == [(1, 2, 8, 120)]
    assert pit.waiting() == [(1, 1), (2, 1)]


def test_what_is_cancelled_on_the_chain_leaves() -> None:
    pit = Pit()
    for nonce in (11, 12, 13):
        pit.place(0, buys=False, nonce=nonce)
    events = pit.add_block(cancelled=(Cancellation(investor=person(0), nonces=(12,)),))
    assert codes(events) == [Why.CANCELLED_ON_CHAIN]
    events = pit.add_block(cancelled=(Cancellation(investor=person(0), lowest_nonce=13),))
    assert codes(events) == [Why.CANCELLED_ON_CHAIN]
    assert codes(pit.place(0, buys=False, nonce=12)) != []
    assert [number for number, _ in pit.waiting()] == [3]


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


# --- phases


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
