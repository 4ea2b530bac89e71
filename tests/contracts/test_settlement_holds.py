"""Units that are held for orders: as their investors signed it, and for no longer."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.markets.signed_orders import Instructions
from tallystick.securities.exchanges import Ratio
from tests.support.evm import TOKEN, Outcome
from tests.support.floor import HOUR_S, RICH, UNLIMITED, Floor, Match, SignedOrder
from tests.support.world import OFFICER, STRANGER

HOLD = Instructions(hold=True)
# Lots of 10 units.
LOTS, UNITS = 5, 50
FEW = 60


@pytest.fixture(scope="module")
def floor() -> Floor:
    return Floor()


@pytest.fixture
def stage(floor: Floor) -> Any:
    """The floor, of which nothing is left after the test; the second investor has 60 units."""
    with floor.evm.anchor():
        seller, token = floor.investors[1], floor.world.tokens[0]
        assert floor.evm.act(seller, TOKEN, token, "transfer", floor.investors[2], RICH - FEW).ok
        yield floor


def sale(floor: Floor, who: int = 1, **changes: Any) -> SignedOrder:
    return floor.order(who, **{"instructions": HOLD, **changes})


def buy(floor: Floor, **changes: Any) -> SignedOrder:
    return floor.order(0, buys=True, **{"lots": 9, **changes})


def matched(floor: Floor, sell: SignedOrder, **changes: Any) -> Match:
    return floor.match(buy(floor), sell, **changes)


def walks_away(floor: Floor, units: int, who: int = 1) -> Outcome:
    """The seller sends units elsewhere."""
    token = floor.world.tokens[0]
    return floor.evm.act(floor.investors[who], TOKEN, token, "transfer", floor.investors[2], units)


def held(floor: Floor, who: int = 1) -> tuple[int, int]:
    """What is held of an investor for settlement, and what he allows it beside."""
    token, investor = floor.world.tokens[0], floor.investors[who]
    return (floor.evm.view(TOKEN, token, "heldFor", investor, floor.settlement),
            floor.evm.view(TOKEN, token, "allowance", investor, floor.settlement))  # fmt: skip


def outcome(floor: Floor, match: Match) -> str:
    done = floor.settle([match])
    assert done.ok, done.reason
    return floor.outcomes(done)[match.number]


def test_what_is_held_is_there_when_it_is_bought(stage: Floor) -> None:
    """Nobody is busted as the seller sold elsewhere, or took his allowance back."""
    order = sale(stage)
    assert stage.hold(order).ok
    assert (stage.hold_of(order), held(stage)) == (UNITS, (UNITS, UNLIMITED))
    assert walks_away(stage, FEW - UNITS + 1).reason == "units-held"
    stage.allow(stage.investors[1], stage.world.tokens[0], 0)
    before = stage.held(stage.world.tokens[0], stage.investors[0])
    assert outcome(stage, matched(stage, order, lots=2)) == ""
    assert (stage.hold_of(order), held(stage)) == (30, (30, 0))
    assert outcome(stage, matched(stage, order, lots=3, starts=(2, 2), number=2)) == ""
    assert (stage.hold_of(order), held(stage)) == (0, (0, 0))
    assert stage.held(stage.world.tokens[0], stage.investors[0]) - before == UNITS
    assert walks_away(stage, FEW - UNITS).ok


def test_without_a_hold_who_walked_away_is_busted(stage: Floor) -> None:
    order = sale(stage)
    assert walks_away(stage, 15).ok
    assert outcome(stage, matched(stage, order, lots=LOTS)) == "tokens-refuse"


def test_a_hold_of_what_is_left_of_an_order_and_of_a_limited_allowance(stage: Floor) -> None:
    order = sale(stage)
    token = stage.world.tokens[0]
    assert outcome(stage, matched(stage, order, lots=2)) == ""
    stage.allow(stage.investors[1], token, 30)
    assert stage.hold(order).reason == "fill-start-differs"
    assert stage.hold(order, 2).ok
    assert (stage.hold_of(order), held(stage)) == (30, (30, 0))
    assert stage.release(order).ok
    assert held(stage) == (0, 30)
    stage.allow(stage.investors[1], token, 29)
    assert stage.hold(order, 2).reason == "insufficient-allowance"


def test_the_venue_lets_go_and_anybody_once_the_order_is_void(stage: Floor) -> None:
    me = stage.investors[1]
    for end in ("venue", "cancelled", "raised", "expired"):
        order = sale(stage, nonce={"venue": 1, "cancelled": 2, "raised": 3, "expired": 9}[end])
        assert stage.hold(order).ok
        assert stage.release(order, by=STRANGER).reason == "still-held"
        assert stage.release(order, by=me).reason == "still-held"
        if end == "venue":
            assert stage.release(order).ok
        elif end == "cancelled":
            assert stage.void(1, nonces=[2]).ok
            assert stage.release(order, by=STRANGER).ok
        elif end == "raised":
            assert stage.void(1, lowest=4).ok
            assert stage.release(order, by=me).ok
        else:
            stage.evm.advance(HOUR_S)
            assert stage.release(order, by=me).reason == "still-held"
            stage.evm.advance(1)
            assert stage.release(order, by=me).ok
        assert (stage.hold_of(order), held(stage)[0]) == (0, 0)
        assert stage.release(order).reason == "nothing-held"
    assert walks_away(stage, FEW).ok


def test_only_the_venue_of_the_order_holds_and_only_what_was_signed(stage: Floor) -> None:
    order = sale(stage)
    forged = SignedOrder(order.terms, buy(stage).signature)
    for reason, done in {
        "signature-invalid": stage.hold(order, by=STRANGER),
        "no-hold-asked": stage.hold(stage.order(1)),
        "order-expired": stage.hold(sale(stage, expiry=stage.now - 1)),
        "fill-start-differs": stage.hold(order, 1),
    }.items():
        assert (done.ok, done.reason) == (False, reason)
    assert stage.hold(forged).reason == "signature-invalid"
    # An order to buy, signed as such, says nothing about units of the buyer's.
    assert stage.hold(sale(stage, buys=True)).reason == "signature-invalid"
    assert stage.hold(sale(stage, epoch=1)).reason == "signature-invalid"
    assert stage.hold(sale(stage, units_per_lot=0)).reason == "market-unfit"
    stage.void(1, nonces=[7])
    assert stage.hold(sale(stage, nonce=7)).reason == "order-cancelled"
    assert stage.hold(order).ok
    assert stage.hold(order).reason == "held-already"
    assert stage.hold(sale(stage, nonce=2)).reason == "insufficient-balance"
    assert outcome(stage, matched(stage, order, lots=LOTS)) == ""
    assert stage.hold(order, LOTS).reason == "nothing-to-hold"


def test_a_hold_is_used_by_its_own_order_alone(stage: Floor) -> None:
    """Another order of the same number, of another security or another venue, has none of it."""
    order = sale(stage)
    assert stage.hold(order).ok
    other = sale(stage, nonce=2, lots=2)
    assert outcome(stage, matched(stage, other, lots=2)) == "tokens-refuse"
    same_number = sale(stage, security=stage.world.tokens[1], units_per_lot=1)
    match = stage.match(buy(stage, security=stage.world.tokens[1], units_per_lot=1, nonce=8),
                        same_number, number=2)  # fmt: skip
    assert outcome(stage, match) == ""
    assert stage.hold_of(order) == UNITS
    elsewhere = sale(stage, nonce=1, venue=STRANGER, lots=3)
    match = stage.match(buy(stage, venue=STRANGER, nonce=5), elsewhere, starts=(0, 1), number=3,
                        lots=2)  # fmt: skip
    done = stage.settle([match], by=STRANGER)
    assert stage.outcomes(done)[3] == "tokens-refuse"
    assert (stage.hold_of(order), held(stage)[0]) == (UNITS, UNITS)


def test_what_a_busted_trade_left_is_let_go_and_never_twice(stage: Floor) -> None:
    order = sale(stage)
    assert stage.hold(order).ok
    assert stage.evm.act(OFFICER, TOKEN, stage.world.tokens[0], "setVenue", STRANGER, True).ok
    stage.world.freeze(stage.investors[0], True)
    assert outcome(stage, matched(stage, order, lots=2)) == "tokens-refuse"
    assert (stage.hold_of(order), held(stage)[0]) == (UNITS, UNITS)
    stage.world.freeze(stage.investors[0], False)
    assert outcome(stage, matched(stage, order, lots=3, starts=(2, 2), number=2)) == ""
    assert (stage.hold_of(order), held(stage)[0]) == (20, 20)
    assert stage.release(order, by=STRANGER).reason == "still-held"
    assert stage.void(1, nonces=[1]).ok
    assert stage.release(order, by=STRANGER).ok
    assert held(stage)[0] == 0


def test_an_order_of_which_less_is_held_takes_the_rest_from_what_is_free(stage: Floor) -> None:
    order = sale(stage, lots=6)
    part = sale(stage, lots=4)
    assert stage.hold(part).ok
    assert outcome(stage, matched(stage, order, lots=6)) == ""
    assert (stage.hold_of(part), held(stage)[0]) == (0, 0)


def test_a_key_holds_no_more_than_it_may_sell(stage: Floor) -> None:
    stage.grant(stage.session(1, 0, units=(40,)), by=stage.investors[1])
    order = sale(stage, key=0)
    assert stage.hold(order).reason == "session-used-up"
    less = sale(stage, key=0, lots=4)
    assert stage.hold(less).ok
    assert outcome(stage, stage.match(buy(stage), less, lots=4)) == ""
    assert (stage.hold_of(less), held(stage)[0]) == (0, 0)
    assert stage.hold(sale(stage, key=1)).reason == "session-missing"


def test_units_that_are_exchanged_are_held_no_more_and_the_order_lets_go(stage: Floor) -> None:
    order = sale(stage)
    assert stage.hold(order).ok
    stage.world.exchange_all(Ratio(2, 1))
    assert held(stage)[0] == 0
    assert walks_away(stage, 2 * FEW).ok
    assert stage.release(order).ok
    assert stage.hold_of(order) == 0


def test_a_wallet_that_is_a_contract_has_its_units_held(stage: Floor) -> None:
    order = sale(stage, 3)
    assert stage.hold(order).ok
    assert held(stage, 3)[0] == UNITS
    assert outcome(stage, matched(stage, order, lots=LOTS)) == ""
    assert held(stage, 3)[0] == 0


def test_a_token_that_knows_no_holds_is_not_held_and_trades_as_before(stage: Floor) -> None:
    """What is traded for money here is other money."""
    order = stage.order(1, instructions=HOLD, security=stage.hostile, cash=stage.cash)
    assert not stage.hold(order).ok
    assert stage.hold_of(order) == 0


def test_the_order_of_an_epoch_that_is_over_lets_nothing_of_another_go(stage: Floor) -> None:
    """What was held for a later order was let go with an earlier one, by anybody."""
    old = sale(stage)
    assert stage.hold(old).ok
    stage.world.exchange_all(Ratio(2, 1))
    new = sale(stage, nonce=2, epoch=1)
    assert stage.hold(new).ok
    assert stage.release(old).ok
    assert (stage.hold_of(new), held(stage)[0]) == (UNITS, UNITS)
    match = stage.match(buy(stage, epoch=1), new, lots=LOTS)
    assert outcome(stage, match) == ""
    assert held(stage)[0] == 0
