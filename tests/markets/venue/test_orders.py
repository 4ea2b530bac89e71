"""Each kind of order does what it says, and what is against an order is said."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.markets.signed_orders import Duration, Instructions
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.naming import NAMES_KEPT
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.snapshot import state_hash
from tests.markets.venue.pit import (
    IMMEDIATE,
    MARKET,
    NOW_S,
    POST,
    SYMBOL,
    WHOLE,
    House,
    Pit,
    codes,
    person,
)


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


def test_an_id_is_used_once_by_each_whatever_became_of_the_order() -> None:
    """A retry after a timeout bought twice, once the first order was filled."""
    pit = Pit()
    pit.place(0, buys=False, client_id="mine")
    assert codes(pit.place(0, buys=False, client_id="mine")) == [Why.CLIENT_ID_USED]
    pit.place(1, buys=True, client_id="mine")
    assert pit.trades() == [(2, 1, 1, 100)]
    assert codes(pit.place(0, buys=False, client_id="mine")) == [Why.CLIENT_ID_USED]
    assert codes(pit.place(1, buys=True, client_id="mine")) == [Why.CLIENT_ID_USED]
    assert pit.waiting() == []
    assert state_hash(pit.restored()) == state_hash(pit.replayed())


def test_ids_of_open_orders_are_remembered_and_old_ones_of_others_forgotten() -> None:
    pit = Pit()
    for at in range(5):
        pit.place(0, buys=False, client_id=f"open {at}")
    for at in range(NAMES_KEPT):
        pit.place(0, buys=True, price=1, client_id=f"gone {at}", instructions=IMMEDIATE)
    known = pit.venue.state.client_ids[person(0)]
    assert len(known) == NAMES_KEPT
    assert {f"open {at}" for at in range(5)} <= set(known)
    pit.place(0, buys=True, price=1, client_id="gone 0", instructions=IMMEDIATE)
    assert codes(pit.place(0, buys=False, client_id="open 3")) == [Why.CLIENT_ID_USED]


def test_a_replacement_that_is_sent_again_is_told_as_one_that_was_taken() -> None:
    """It was told that the order to be replaced is unknown; who retried had neither, he thought."""
    pit = Pit()
    pit.place(0, buys=False, client_id="first")
    again = pit.order(0, buys=False, price=101, client_id="second", replaces=1)
    assert codes(pit.do(again)) == [Why.REPLACED]
    assert codes(pit.do(again)) == [Why.ORDER_UNKNOWN, Why.NONCE_USED, Why.CLIENT_ID_USED]
    signed_anew = pit.order(0, buys=False, price=101, client_id="second", replaces=1)
    assert codes(pit.do(signed_anew)) == [Why.ORDER_UNKNOWN, Why.CLIENT_ID_USED]
    assert codes(pit.place(0, buys=False, price=101, replaces=1)) == [Why.ORDER_UNKNOWN]
    assert pit.waiting() == [(2, 1)]


@pytest.mark.parametrize("call", [False, True])
def test_an_order_of_somebody_who_is_frozen_leaves_when_it_is_passed_over(call: bool) -> None:
    """It stood in the book for good, and bids above it beside it."""
    pit = Pit()
    pit.place(0, buys=False, lots=3, price=99)
    pit.place(1, buys=False, lots=3, price=105)
    pit.add_block(logs=(said.LogRow("frozen", (), person(0)),))
    if call:
        pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
        pit.do(said.ResumeAsked(SYMBOL, "x"))
    events = pit.place(2, buys=True, lots=1, price=101)
    if call:
        events = pit.do(said.Ticked(), after_s=pit.terms.call_s + 1)
    assert codes(events) == [Why.BARRED]
    assert [number for number, _ in pit.waiting()] == [3, 2]
    pit.check()
    assert codes(pit.place(0, buys=True)) == ["frozen"]


def test_an_order_that_the_other_sides_rules_refuse_stays() -> None:
    """Who is one too many, or may not trade with that one, may trade later, or with others."""
    pit = Pit(House(barred=[(person(0), person(1))]))
    pit.place(0, buys=False)
    pit.place(1, buys=True)
    assert [number for number, _ in pit.waiting()] == [2, 1]
    pit.place(2, buys=True)
    assert pit.trades() == [(3, 1, 1, 100)]


def test_all_that_is_against_an_order_is_told_at_once() -> None:
    """What the market was against hid what the investor lacked."""
    pit = Pit(tick=5)
    found = codes(pit.place(0, buys=True, lots=10**8, price=101, expiry=NOW_S))
    assert found == [Why.OFF_TICK, Why.EXPIRES_TOO_SOON, Why.UNCOVERED]
    assert codes(pit.place(0, buys=True, lots=0)) == [Why.SENSELESS]
