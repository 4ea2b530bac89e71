"""Distributions under attack (found by review)."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.distribution.declared import Announcement, Distribution
from tests.support.declaring import ANN, BOB, CYD, DAY, RIGHT, challenged, declared, payout, sides
from tests.support.evm import CASH, TOKEN, compiled
from tests.support.payouts import HOSTILE, Payout
from tests.support.world import AGENT, OWNER, STRANGER

VYPER = Path(__file__).parent / "vyper"
STOPPED = 3


def hostile_at_record_date(**changes: object) -> Payout:
    made = payout(hostile=True)
    assert made.evm.act(AGENT, TOKEN, made.world.token, "setRecordDate", 0).ok
    made.plan(1_000, RIGHT, record_date=1, challenge_s=DAY, **changes)  # type: ignore[arg-type]
    assert made.declare().ok
    return made


def behave(made: Payout, mode: int) -> None:
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", mode).ok


def block(made: Payout, who: str, *, blocked: bool = True) -> None:
    assert made.evm.act(OWNER, HOSTILE, made.cash, "block_", who, blocked).ok


def test_nobody_sets_record_dates_of_a_security_that_is_not_his() -> None:
    """With a registry of his own he used the distributor, which may set them."""
    made = payout()
    forged = made.evm.deploy(compiled(VYPER / "ForgedRegistry.vy").creation())
    own_cash = made.evm.deploy(CASH.creation("Mine", "M", 2, STRANGER))
    far = made.world.now + DAY
    plan = Announcement(security=made.world.token, record_date=1, record_at=far, challenge_s=0,
                        treasury=(), document=b"\x01" * 32)  # fmt: skip
    blank = Distribution(reference=plan.reference, registry=Wallet(forged), cash=Wallet(own_cash),
                         payer=STRANGER, amount=1, expires_at=0)  # fmt: skip
    outcome = made.call("announceWithRecordDate", plan.members, blank.members, by=STRANGER)
    assert outcome.reason == "not-agent"


def test_a_list_that_says_it_is_shorter_is_shown_wrong() -> None:
    made = challenged(RIGHT)
    made.distribution = replace(made.distribution, holders=1)
    made.announcement = replace(made.announcement, document=b"\x02" * 32)
    made.distribution = replace(made.distribution, reference=made.announcement.reference)
    assert made.declare().ok
    assert made.call("challenge", *sides(made), made.leaf(0)).reason == "list-not-shown-wrong"
    assert made.call("challenge", *sides(made), made.leaf(1), by=STRANGER).ok
    assert made.view("stateOf", made.distribution.id)[0] == STOPPED


def test_a_holder_who_is_not_shown_his_place_stops_the_distribution() -> None:
    """The hash of nothing in the place of a holder fits no challenge."""
    made = challenged(RIGHT)
    assert made.call("demand", *sides(made), by=STRANGER).reason == "not-a-holder"
    assert made.call("demand", *sides(made), by=BOB).ok
    assert made.call("demand", *sides(made), by=BOB).reason == "demanded-already"
    identifier = made.distribution.id
    assert made.view("demandOf", identifier, BOB) == made.world.now + DAY
    assert made.call("stopUnanswered", made.distribution.members, BOB).reason == "answer-not-due"
    made.world.advance(DAY)
    assert made.claim(0).reason == "not-open-yet"
    assert made.call("stopUnanswered", made.distribution.members, ANN).reason == "not-demanded"
    assert made.call("stopUnanswered", made.distribution.members, BOB, by=STRANGER).ok
    assert made.view("stateOf", identifier)[0] == STOPPED
    assert made.cash_of(made.distributor) == 0


def test_a_holder_who_is_shown_his_place_delays_no_longer() -> None:
    made = challenged(RIGHT)
    for who in (ANN, BOB):
        assert made.call("demand", *sides(made), by=who).ok
    made.world.advance(DAY)
    for index, who in enumerate((ANN, BOB)):
        assert made.push(0, 4).reason == "not-open-yet"
        members, leaf = made.distribution.members, made.leaf(index)
        assert made.call("answer", members, made.leaf(2), by=STRANGER).reason == "not-demanded"
        assert made.call("answer", members, leaf, by=STRANGER).ok
        assert made.view("demandOf", made.distribution.id, who) == 1
    assert made.call("stopUnanswered", made.distribution.members, BOB).reason == "not-demanded"
    assert made.push(0, 4).ok
    assert made.paid() == [True, True, True]


def test_cash_that_refuses_the_payer_does_not_save_a_wrong_list() -> None:
    made = hostile_at_record_date()
    made.plan(1_000, [(ANN, 80), (CYD, 20)], record_date=1, challenge_s=DAY, number=2)
    assert made.declare().ok
    block(made, AGENT)
    pair = (made.leaf(0), made.leaf(1))
    assert made.call("challengeOrder", *sides(made), *pair, BOB, by=STRANGER).ok
    assert made.view("stateOf", made.distribution.id)[0] == STOPPED
    assert made.view("owedOf", made.distribution.id) == 1_000
    assert made.call("collect", made.distribution.members).reason == "cash-refused"
    block(made, AGENT, blocked=False)
    assert made.call("collect", made.distribution.members, by=STRANGER).ok
    assert made.call("collect", made.distribution.members).reason == "nothing-owed-to-payer"
    assert made.cash_of(made.distributor) == 1_000


@pytest.mark.parametrize("single", [True, False])
def test_cash_that_refuses_the_payer_keeps_nobody_from_being_paid(*, single: bool) -> None:
    """What is withheld waits for the payer, not the holders for what is withheld."""
    made = payout(hostile=True)
    made.plan(1_000, withheld=[50, 30, 20])
    assert made.declare().ok
    block(made, AGENT)
    if single:
        for index, who in enumerate((ANN, BOB, CYD)):
            assert made.claim_for(index, who, by=who).ok
    else:
        assert made.push(0, 4).ok
    assert [made.cash_of(who) for who in (ANN, BOB, CYD)] == [450, 270, 180]
    assert made.view("owedOf", made.distribution.id) == 100
    block(made, AGENT, blocked=False)
    assert made.call("collect", made.distribution.members).ok
    assert made.cash_of(made.distributor) == 0


def test_what_is_left_over_waits_for_a_payer_whom_the_cash_refuses() -> None:
    made = payout(hostile=True)
    made.plan(1_000, expires_in_s=DAY)
    assert made.declare().ok
    assert made.claim(0).ok
    made.world.advance(DAY)
    block(made, AGENT)
    assert made.call("expire", made.distribution.members).ok
    assert made.view("owedOf", made.distribution.id) == 500


def test_who_sends_money_back_at_once_is_paid_by_himself() -> None:
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.declare().ok
    behave(made, 10)
    assert made.push(0, 4).reason == "cash-not-whole"
    for index, who in enumerate((ANN, BOB, CYD)):
        assert made.claim_for(index, who).ok
    assert made.paid() == [True, True, True]


def test_a_record_date_that_was_set_anew_is_another_one() -> None:
    """Withdrawn, its number goes to the next one, which may be at another time."""
    made = payout()
    at = made.world.now + 10 * DAY
    plan = Announcement(security=made.world.token, record_date=1, record_at=at, challenge_s=0,
                        treasury=(), document=b"\x01" * 32)  # fmt: skip
    made.plan(1_000)
    blank = Distribution(
        reference=plan.reference, registry=made.world.registry_address, cash=Wallet(made.cash),
        payer=AGENT, amount=1_000, expires_at=0)  # fmt: skip
    assert made.call("announceWithRecordDate", plan.members, blank.members).ok
    assert made.evm.act(AGENT, TOKEN, made.world.token, "withdrawRecordDate").ok
    assert made.evm.act(AGENT, TOKEN, made.world.token, "setRecordDate", at - DAY).ok
    made.world.advance(11 * DAY)
    outcome = made.call("publish", plan.members, blank.members, made.tree.root.hash,
                        made.tree.root.sum, 3, bytes(32))  # fmt: skip
    assert outcome.reason == "record-date-differs"


@pytest.mark.parametrize("treasury", [(BOB, ANN), (BOB, BOB), (NOBODY,)])
def test_the_issuers_wallets_stand_in_order_each_once(treasury: tuple[Wallet, ...]) -> None:
    made = payout()
    made.plan(1_000, [(CYD, 20)], treasury=treasury)
    assert made.declare().reason == "treasury-out-of-order"


def test_units_beyond_all_bounds_prove_nothing() -> None:
    """A leaf of nearly 2**256 units passed with a total of five."""
    made = declared()
    huge = 2**256 - 5
    outcome = made.call("claim", made.distribution.members, 0, huge, made.steps(0), by=ANN)
    assert outcome.reason == "proof-wrong"


def test_nothing_expires_before_it_can_be_paid() -> None:
    made = payout()
    made.plan(1_000, challenge_s=DAY, expires_in_s=DAY)
    assert made.declare().reason == "expires-too-early"
