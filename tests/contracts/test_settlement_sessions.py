"""What keys may have settled for investors, and what cancellations bind, at their bounds."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.core.wallets import NOBODY
from tallystick.markets.signed_orders import Cancellation, Session
from tallystick.markets.standing import VOID, Reason
from tests.support.floor import RICH, VENUE, Floor, Match
from tests.support.world import STRANGER


@pytest.fixture(scope="module")
def floor() -> Floor:
    return Floor()


def became(floor: Floor, match: Match, **options: Any) -> str:
    """What becomes of one trade alone; nothing is left of it."""
    with floor.evm.anchor():
        return floor.outcomes(floor.settle([match], **options))[match.number]


def granted(floor: Floor, session: Session) -> Session:
    """A session that its investor himself grants."""
    outcome = floor.grant(session, by=session.investor)
    assert outcome.ok, outcome.reason
    return session


def sale(floor: Floor, **changes: Any) -> Match:
    """A sale that a key of the seller signed."""
    return floor.match(floor.order(0, buys=True), floor.order(1, key=0), **changes)


def purchase(floor: Floor, **changes: Any) -> Match:
    """A purchase that a key of the buyer signed."""
    return floor.match(floor.order(1, key=0, buys=True), floor.order(0), **changes)


def test_a_session_ends_when_its_investor_says_so(floor: Floor) -> None:
    with floor.evm.anchor():
        granted(floor, floor.session(1, 0))
        assert became(floor, sale(floor)) == ""
        granted(floor, floor.session(1, 0, securities=(), units=(), serial=2))
        assert became(floor, sale(floor)) == Reason.SESSION_OF_ANOTHER_MARKET


def test_a_session_ends_with_its_second(floor: Floor) -> None:
    for late_s, reason in ((0, ""), (1, Reason.SESSION_EXPIRED)):
        with floor.evm.anchor():
            granted(floor, floor.session(1, 0, expiry=floor.now - late_s))
            assert became(floor, sale(floor)) == reason


def test_a_key_without_a_session_signs_nothing(floor: Floor) -> None:
    assert became(floor, sale(floor)) == Reason.SESSION_MISSING


def test_a_key_sells_no_more_units_than_its_session_says(floor: Floor) -> None:
    """A session bound money alone, and its key could sell all units for one cent."""
    with floor.evm.anchor():
        granted(floor, floor.session(1, 0, units=(39,), amount=0))
        assert became(floor, sale(floor, lots=3)) == ""
        assert became(floor, sale(floor, lots=4)) == Reason.SESSION_USED_UP
        assert floor.settle([sale(floor, lots=3)]).ok
        rest = sale(floor, number=2, starts=(3, 3))
        assert became(floor, rest) == Reason.SESSION_USED_UP
        assert floor.held(floor.world.tokens[0], floor.investors[1]) == RICH - 30


def test_a_key_spends_no_more_than_its_session_says_the_fee_included(floor: Floor) -> None:
    with floor.evm.anchor():
        granted(floor, floor.session(1, 0, units=(0,), amount=201))
        assert became(floor, purchase(floor, lots=2, fees=(1, 0))) == ""
        assert became(floor, purchase(floor, lots=2, fees=(2, 0))) == Reason.SESSION_USED_UP
        assert floor.settle([purchase(floor, fees=(1, 0))]).ok
        assert floor.view("sessionOf", floor.investors[1], floor.session(1, 0).key)[0] == 100
        again = purchase(floor, number=2, starts=(1, 1))
        assert became(floor, again) == ""
        assert became(floor, msgspec.structs.replace(again, fees=(1, 0))) == Reason.SESSION_USED_UP


def test_what_a_session_has_left_counts_settled_trades_alone(floor: Floor) -> None:
    with floor.evm.anchor():
        session = granted(floor, floor.session(1, 0, units=(25,)))
        left = ("sessionUnits", session.investor, session.key, VENUE, session.securities[0],
                session.cash)  # fmt: skip
        floor.allow(floor.investors[0], floor.cash, 0)
        assert floor.outcomes(floor.settle([sale(floor)])) == {1: Reason.TOKENS_REFUSE}
        assert floor.view(*left) == (True, 25)
        floor.allow(floor.investors[0], floor.cash, 2**256 - 1)
        again = sale(floor, number=2, starts=(1, 1))
        assert floor.outcomes(floor.settle([again])) == {2: ""}
        assert floor.view(*left) == (True, 15)


def test_a_later_session_starts_anew(floor: Floor) -> None:
    with floor.evm.anchor():
        granted(floor, floor.session(1, 0, units=(10,)))
        assert floor.outcomes(floor.settle([sale(floor)])) == {1: ""}
        second = sale(floor, number=2, starts=(1, 1))
        assert became(floor, second) == Reason.SESSION_USED_UP
        granted(floor, floor.session(1, 0, units=(10,), serial=2))
        assert became(floor, second) == ""


@pytest.mark.parametrize("change", [
    {"cash": "hostile"}, {"securities": 1}, {"venue": STRANGER}, {"investor": 2},
])  # fmt: skip
def test_a_session_is_for_one_investor_venue_money_and_what_it_names(
    floor: Floor, change: dict[str, Any]
) -> None:
    changes = dict(change)
    if "cash" in changes:
        changes["cash"] = floor.hostile
    if "securities" in changes:
        changes["securities"] = (floor.world.tokens[1],)
    reason = Reason.SESSION_OF_ANOTHER_MARKET
    if "investor" in changes:
        changes["investor"], reason = floor.investors[2], Reason.SESSION_MISSING
    with floor.evm.anchor():
        granted(floor, floor.session(1, 0, **changes))
        assert became(floor, sale(floor)) == reason


def test_an_order_allows_no_higher_fee_than_the_session_of_its_key(floor: Floor) -> None:
    for fee_bps, reason in ((100, ""), (99, Reason.SESSION_FEE_TOO_HIGH)):
        with floor.evm.anchor():
            granted(floor, floor.session(1, 0, fee_bps=fee_bps))
            assert became(floor, sale(floor)) == reason


def test_units_of_a_session_fit(floor: Floor) -> None:
    outcome = floor.grant(floor.session(1, 0, units=(2**128,)), by=floor.investors[1])
    assert outcome.reason == "amount-too-large"
    outcome = floor.grant(
        msgspec.structs.replace(floor.session(1, 0), key=NOBODY), by=floor.investors[1]
    )
    assert outcome.reason == "session-key-invalid"


# --- whose numbers are whose


def test_orders_of_a_key_have_numbers_of_their_own(floor: Floor) -> None:
    """A key could use up, or have counted wrongly, what its investor had signed himself."""
    with floor.evm.anchor():
        me = granted(floor, floor.session(1, 0))
        assert floor.settle([sale(floor, lots=2)]).ok
        own = floor.match(floor.order(0, buys=True, nonce=2), floor.order(1), number=2)
        assert became(floor, own) == ""
        assert floor.view("filledLots", me.investor, me.investor, 1) == 0
        assert floor.view("filledLots", me.investor, me.key, 1) == 2
        assert floor.void(1, lowest=9).ok
        assert became(floor, sale(floor, number=3, lots=3, starts=(2, 2))) == ""
        assert became(floor, own) == Reason.CANCELLED


def test_orders_of_a_key_are_cancelled_by_it_or_by_its_investor(floor: Floor) -> None:
    with floor.evm.anchor():
        me = granted(floor, floor.session(1, 0))
        for by in (me.investor, me.key):
            for lowest, nonces in ((0, (1,)), (2, ())):
                void = Cancellation(investor=me.investor, signer=me.key, lowest_nonce=lowest,
                                    nonces=nonces)  # fmt: skip
                with floor.evm.anchor():
                    assert floor.call("cancel", *floor.voided(void), by=by).ok
                    assert became(floor, sale(floor)) == Reason.CANCELLED
                    assert became(floor, pair(floor)) == ""
        for signer in (floor.people[1], floor.keys[0]):
            void = Cancellation(investor=me.investor, signer=me.key, nonces=(1,))
            with floor.evm.anchor():
                assert floor.cancel(void, floor.sign(signer, void.digest(floor.domain))).ok
                assert became(floor, sale(floor)) == Reason.CANCELLED


def pair(floor: Floor) -> Match:
    """A trade that both investors signed themselves."""
    return floor.match(floor.order(0, buys=True), floor.order(1))


def test_a_key_cancels_nothing_of_its_investors_and_grants_no_session(floor: Floor) -> None:
    with floor.evm.anchor():
        me = granted(floor, floor.session(1, 0))
        void = Cancellation(investor=me.investor, signer=me.investor, nonces=(1,))
        assert floor.call("cancel", *floor.voided(void), by=me.key).reason == "not-yours"
        signature = floor.sign(floor.keys[0], void.digest(floor.domain))
        assert floor.cancel(void, signature).reason == "signature-invalid"
        more = floor.session(1, 1, serial=9)
        signature = floor.sign(floor.keys[0], more.digest(floor.domain))
        assert floor.grant(more, signature).reason == "signature-invalid"


def test_a_binding_cancel_binds_every_venue(floor: Floor) -> None:
    with floor.evm.anchor():
        assert floor.void(1, nonces=[1]).ok
        assert became(floor, pair(floor)) == Reason.CANCELLED
        elsewhere = floor.match(floor.order(0, buys=True, venue=STRANGER),
                                floor.order(1, venue=STRANGER))  # fmt: skip
        assert became(floor, elsewhere, by=STRANGER) == Reason.CANCELLED
        ann, bob = floor.investors[:2]
        assert floor.view("filledLots", bob, bob, 1) == VOID
        assert floor.void(0, lowest=9).ok
        assert floor.view("lowestNonce", ann, ann) == 9
        assert floor.view("filledLots", ann, ann, 8) == VOID
        assert floor.view("filledLots", ann, ann, 9) == 0
        assert floor.void(0, lowest=3).ok
        assert floor.view("lowestNonce", ann, ann) == 9
