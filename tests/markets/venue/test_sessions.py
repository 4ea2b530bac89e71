"""What keys may do for investors, and what is void since the chain says so."""

from __future__ import annotations

from typing import Any

from tallystick.markets.signed_orders import Cancellation, Session
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import RefusedOrder
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.snapshot import state_hash
from tests.markets.venue.pit import (
    ACME,
    NOW_S,
    RICH,
    USD,
    VENUE,
    House,
    Pit,
    codes,
    person,
)


def _session(amount: int, **changes: Any) -> Session:
    values: dict[str, Any] = {
        "investor": person(0), "key": person(50), "venue": VENUE, "cash": USD,
        "securities": (ACME,), "units": (80,), "amount": amount, "fee_bps": 500,
        "expiry": NOW_S + 10_000, "serial": 1,
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


def test_an_order_ends_no_later_than_its_keys_session() -> None:
    """It was said that the session does not cover it, and not why."""
    pit = Pit()
    pit.add_block(granted=(_session(1_000),))
    [refused] = pit.place(0, buys=True, signer=person(50), expiry=NOW_S + 10_001)
    assert isinstance(refused, RefusedOrder)
    [why] = refused.refusals
    assert (why.code, why.limit, why.now) == (Why.SESSION_ENDS, NOW_S + 10_000, NOW_S + 10_001)
    assert not codes(pit.place(0, buys=True, signer=person(50), expiry=NOW_S + 10_000))


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
    pit.place(1, buys=False, lots=12)
    pit.do(said.BatchSent(1, (1,)))
    events = pit.add_block(busted=(said.Bust(1, "session-used-up", "", 2),))
    assert codes(events) == []
    assert pit.waiting() == [(2, 3)]
    pit.check()


def test_a_bust_takes_out_the_orders_that_did_not_stand() -> None:
    """Whose order stood goes on: the chain counts its lots as the venue does."""
    pit = Pit()
    pit.place(0, buys=True, lots=9)
    pit.place(1, buys=False, lots=3)
    pit.place(2, buys=False, lots=3)
    pit.do(said.BatchSent(1, (1, 2)))
    events = pit.add_block(busted=(said.Bust(1, "order-expired", "", 2),))
    assert codes(events) == [Why.BUSTED]
    assert pit.waiting() == []
    pit.check()


def test_a_key_sells_as_many_units_as_its_session_says() -> None:
    """A session bound money alone, and its key could sell all there was for next to nothing."""
    pit = Pit()
    pit.add_block(granted=(_session(0),))
    pit.place(1, buys=True, lots=9, price=120)
    assert codes(pit.place(0, buys=False, lots=9, signer=person(50))) == [Why.SESSION]
    pit.place(0, buys=False, lots=5, signer=person(50))
    assert codes(pit.place(0, buys=False, lots=4, signer=person(50))) == [Why.SESSION]
    pit.do(said.BatchSent(1, (1,)))
    pit.add_block(settled=(1,))
    assert pit.venue.state.sessions[person(0)][person(50)].units == (30,)
    assert codes(pit.place(0, buys=False, lots=4, signer=person(50))) == [Why.SESSION]
    pit.place(0, buys=False, lots=3, signer=person(50))
    assert [trade[2] for trade in pit.trades()] == [5, 3]
    pit.check()


def test_a_session_is_for_one_venue() -> None:
    pit = Pit()
    pit.add_block(granted=(_session(1_000, venue=person(70)),))
    assert codes(pit.place(0, buys=True, signer=person(50))) == [Why.SESSION]


def test_a_key_has_numbers_of_its_own() -> None:
    pit = Pit()
    pit.add_block(granted=(_session(1_000),))
    pit.place(0, buys=True, price=90, nonce=7)
    assert codes(pit.place(0, buys=True, price=90, nonce=7, signer=person(50))) == []
    by_key = Cancellation(investor=person(0), signer=person(50), lowest_nonce=9)
    assert codes(pit.add_block(cancelled=(by_key,))) == [Why.CANCELLED_ON_CHAIN]
    assert pit.waiting() == [(1, 1)]


def test_an_order_that_replaces_one_of_a_key_may_use_what_that_kept() -> None:
    pit = Pit()
    pit.add_block(granted=(_session(1_000),))
    pit.place(0, buys=True, lots=10, signer=person(50), client_id="a")
    events = pit.place(0, buys=True, lots=5, price=99, signer=person(50), replaces=1,
                       client_id="a")  # fmt: skip
    assert codes(events) == [Why.REPLACED]
    assert pit.waiting() == [(2, 5)]
    pit.check()


def _cancelled(**changes: Any) -> Cancellation:
    return Cancellation(investor=person(0), signer=person(0), **changes)


def test_what_is_cancelled_on_the_chain_leaves() -> None:
    pit = Pit()
    for nonce in (11, 12, 13):
        pit.place(0, buys=False, nonce=nonce)
    events = pit.add_block(cancelled=(_cancelled(nonces=(12,)),))
    assert codes(events) == [Why.CANCELLED_ON_CHAIN]
    events = pit.add_block(cancelled=(_cancelled(lowest_nonce=13),))
    assert codes(events) == [Why.CANCELLED_ON_CHAIN]
    assert codes(pit.place(0, buys=False, nonce=12)) != []
    assert [number for number, _ in pit.waiting()] == [3]
