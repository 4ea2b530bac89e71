"""Distributions on chain: exact to the unit, once, whoever refuses, whoever lies."""

from __future__ import annotations

import random
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from tallystick.securities.distribution.entitlements import entitlements
from tests.support.declaring import (
    ANN,
    BOB,
    CYD,
    DAN,
    HER,
    REINVEST,
    declared,
    elsewhere_paid,
    instructed,
    payout,
    with_her,
)
from tests.support.evm import REGISTRY, TOKEN
from tests.support.payouts import DISTRIBUTOR, HOSTILE
from tests.support.world import AGENT, OWNER, STRANGER, wallet

# --- exact sums


@given(
    amount=st.integers(1, 2**111),
    units=st.lists(st.integers(1, 2**100), min_size=1, max_size=60),
    seed=st.integers(0, 2**32),
)
def test_any_order_any_page_pays_the_amount_to_the_unit(
    amount: int, units: list[int], seed: int
) -> None:
    """Claimed, pushed in pages of any size, twice, in any order: each gets what he is owed."""
    drawn = random.Random(seed)
    made = payout(())
    lines = [(wallet(at), each) for at, each in enumerate(units, start=1)]
    withheld = [drawn.randrange(owed + 1) if drawn.random() < 0.5 else 0
                for owed in entitlements(amount, units)]  # fmt: skip
    made.plan(amount, lines, withheld=withheld if drawn.random() < 0.5 else ())
    assert made.declare().ok
    payer_before = made.cash_of(AGENT)
    for _ in range(3):
        size = 2 ** drawn.randrange(8)
        pages = range(-(-len(lines) // size))
        for at in drawn.sample(pages, len(pages) // 2):
            assert made.push(at, min(size, 128)).ok or size > 128
        index = drawn.randrange(len(lines))
        if not made.paid()[index]:
            assert made.claim_for(index, lines[index][0], by=lines[index][0]).ok
        else:
            assert made.claim_for(index, lines[index][0]).reason == "paid-already"
    for at in range(-(-len(lines) // 128)):
        assert made.push(at, 128).ok
    kept = made.withheld or [0] * len(lines)
    got = [made.cash_of(one) for one, _ in lines]
    assert [net + each for net, each in zip(got, kept, strict=True)] == made.owed
    assert made.cash_of(AGENT) - payer_before == sum(kept)
    assert made.cash_of(made.distributor) == 0
    for owed, (_, each) in zip(made.owed, lines, strict=True):
        assert owed in {amount * each // sum(units), -(-amount * each // sum(units))}


def test_the_money_of_two_distributions_is_kept_apart() -> None:
    made = declared()
    first, lines = made.distribution, made.lines
    made.plan(500, number=2)
    assert made.declare().ok
    for index in range(3):
        assert made.claim(index).ok
    made.distribution, made.owed = first, entitlements(1_001, [each for _, each in lines])
    assert made.cash_of(made.distributor) == 1_001
    for index in range(3):
        assert made.claim(index).ok
    assert made.cash_of(made.distributor) == 0


def test_a_holder_of_the_record_date_is_paid_whatever_he_sold_since() -> None:
    made = payout()
    made.plan(1_000, record_date=1, record_at=made.world.now + 10)
    blank = made.distribution.__class__(
        **{name: getattr(made.distribution, name) for name in (
            "reference", "registry", "cash", "payer", "amount", "expires_at")})  # fmt: skip
    assert made.call("announceWithRecordDate", made.announcement.members, blank.members).ok
    root = made.distribution
    args = (made.announcement.members, blank.members, root.root, root.total, root.holders,
            root.withholding)  # fmt: skip
    assert made.call("publish", *args).reason == "record-date-ahead"
    made.world.advance(10)
    assert made.evm.act(ANN, TOKEN, made.world.token, "transfer", BOB, 50).ok
    assert made.call("publish", *args).ok
    assert made.view("stateOf", blank.id)[0] == 0
    for index, one in enumerate((ANN, BOB, CYD)):
        assert made.claim(index).ok
        assert made.cash_of(one) == (500, 300, 200)[index]


# --- who cannot be paid


def test_whom_the_cash_refuses_delays_nobody_and_is_paid_later() -> None:
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.declare().ok
    assert made.evm.act(OWNER, HOSTILE, made.cash, "block_", BOB, True).ok
    assert made.push(0, 4).ok
    assert (made.cash_of(ANN), made.cash_of(BOB), made.cash_of(CYD)) == (500, 0, 200)
    assert made.paid() == [True, False, True]
    assert made.claim(1).reason == "cash-refused"
    assert made.evm.act(OWNER, HOSTILE, made.cash, "block_", BOB, False).ok
    assert made.claim(1).ok
    assert made.cash_of(BOB) == 300
    assert made.push(0, 4).ok
    assert made.cash_of(made.distributor) == 0


@pytest.mark.parametrize("mode", [7, 8, 9])
def test_cash_that_lies_pays_nobody_twice(mode: int) -> None:
    """It moves money and denies it, or the other way round: the page is as if never sent."""
    made = payout(hostile=True)
    assert made.plan(1_000).declare().ok
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", mode).ok
    assert made.push(0, 4).reason == "cash-not-whole"
    assert not any(made.paid())
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", 4).ok
    assert made.push(0, 4).ok
    assert [made.cash_of(one) for one in (ANN, BOB, CYD)] == made.owed


@pytest.mark.parametrize("mode", [1, 2, 6])
def test_cash_that_refuses_loses_nobodys_money(mode: int) -> None:
    """Answers false, reverts, burns all gas: all can be paid afterwards."""
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.declare().ok
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", mode).ok
    assert made.push(0, 4).ok
    assert not any(made.paid())
    assert made.claim(0).reason == "cash-refused"
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", 4).ok
    assert made.push(0, 4).ok
    assert [made.cash_of(one) for one in (ANN, BOB, CYD)] == made.owed


def test_cash_that_calls_back_pays_nobody_twice() -> None:
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.declare().ok
    messages = [
        DISTRIBUTOR.function("claim").encode(
            made.distribution.members, 0, 50, made.steps(0)),
        DISTRIBUTOR.function("push").encode(made.distribution.members, made.page(0, 4)),
        DISTRIBUTOR.function("expire").encode(made.distribution.members),
    ]  # fmt: skip
    for message in messages:
        with made.evm.anchor():
            raw = bytes.fromhex(message[2:])
            assert made.evm.act(OWNER, HOSTILE, made.cash, "plan", made.distributor, raw).ok
            assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", 5).ok
            assert made.push(0, 4).ok
            assert not made.evm.view(HOSTILE, made.cash, "calledBack")
            assert [made.cash_of(one) for one in (ANN, BOB, CYD)] == made.owed


@pytest.mark.parametrize(("mode", "reason"), [(1, "cash-refused"), (3, "cash-not-whole"),
                                              (8, "cash-not-whole")])  # fmt: skip
def test_cash_that_does_not_arrive_whole_declares_nothing(mode: int, reason: str) -> None:
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", mode).ok
    assert made.declare().reason == reason
    assert made.view("stateOf", made.distribution.id)[0] == 0


def test_a_recovered_wallet_receives_what_the_lost_one_was_owed() -> None:
    made = declared()
    assert made.world.recover(BOB, DAN) == ""
    assert made.claim(1).reason == "wallet-retired"
    assert made.push(0, 4).ok
    assert made.paid() == [True, False, True]
    assert made.claim_for(1, STRANGER, by=STRANGER).reason == "not-the-holder"
    assert made.claim_for(1, BOB).reason == "wallet-retired"
    assert made.claim_for(1, DAN, by=STRANGER).reason == "neither-receiver-nor-payer"
    with made.evm.anchor():
        assert made.claim_for(1, DAN, by=DAN).ok
        assert made.cash_of(DAN) == made.owed[1]
    assert made.claim_for(1, DAN).ok
    assert made.cash_of(DAN) == made.owed[1]
    assert made.cash_of(made.distributor) == 0


# --- paid otherwise, by the holder's own instruction


def test_a_holder_is_paid_by_bank_or_reinvests_as_she_signed() -> None:
    made, at = with_her()
    payer = made.cash_of(AGENT)
    assert elsewhere_paid(made, at, 480, instructed(made, means=REINVEST)).ok
    assert (made.cash_of(HER), made.cash_of(AGENT) - payer) == (20, 480)
    assert elsewhere_paid(made, at, 0, instructed(made)).reason == "paid-already"
    assert made.push(0, 4).ok
    assert made.cash_of(made.distributor) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"key": Account.from_key(b"\x06" * 32)}, "signature-invalid"),
     ({"until": 5}, "instruction-expired"), ({"nonce": 1}, "signature-invalid"),
     ({"registry": STRANGER}, "signature-invalid")],
)  # fmt: skip
def test_nobody_takes_what_she_did_not_sign_away(changes: dict[str, Any], reason: str) -> None:
    made, at = with_her()
    assert elsewhere_paid(made, at, 500, instructed(made, **changes)).reason == reason
    signed = instructed(made)
    assert elsewhere_paid(made, at, 500, (REINVEST, *signed[1:])).reason == "signature-invalid"
    assert elsewhere_paid(made, at, 501, signed).reason == "taken-more-than-owed"
    assert elsewhere_paid(made, at, 500, signed, by=STRANGER).reason == "not-payer"
    assert made.call("withdrawInstructions", by=HER).ok
    assert elsewhere_paid(made, at, 500, signed).reason == "signature-invalid"
    assert made.view("nonces", HER) == 1
    assert made.push(0, 4).ok
    assert made.cash_of(HER) == 500


def test_a_lost_wallet_gives_no_instructions() -> None:
    made, at = with_her()
    assert made.world.recover(HER, wallet(9)) == ""
    assert elsewhere_paid(made, at, 500, instructed(made)).reason == "wallet-retired"


def test_what_is_withheld_is_not_paid_elsewhere() -> None:
    made, at = with_her(withheld=[10, 20, 30])
    payer, owed, kept = made.cash_of(AGENT), made.owed[at], made.withheld[at]
    assert elsewhere_paid(made, at, owed - kept + 1, instructed(made)).reason == (
        "taken-more-than-owed"
    )
    assert elsewhere_paid(made, at, owed - kept, instructed(made)).ok
    assert made.cash_of(AGENT) - payer == owed


def test_too_little_gas_pays_nobody_and_takes_no_claim_away() -> None:
    """Whoever sends a page with too little gas does not make payees be passed over."""
    made = declared()
    data = DISTRIBUTOR.function("push").encode(made.distribution.members, made.page(0, 4))
    outcome = made.evm.send(AGENT, made.distributor, data, gas=250_000)
    assert outcome.reason == "too-little-gas"
    assert not any(made.paid())


def test_a_recorder_may_set_record_dates_and_nothing_else() -> None:
    made = payout()
    assert made.evm.act(made.distributor, TOKEN, made.world.token, "setRecordDate", 0).ok
    for name, args in (("withdrawRecordDate", ()), ("mint", (ANN, 5)), ("pause", ())):
        outcome = made.evm.act(made.distributor, TOKEN, made.world.token, name, *args)
        assert outcome.reason == "not-agent"
    assert made.evm.view(TOKEN, made.world.token, "isRecorder", made.distributor)
    assert made.evm.act(OWNER, TOKEN, made.world.token, "removeRecorder", made.distributor).ok
    outcome = made.evm.act(made.distributor, TOKEN, made.world.token, "setRecordDate", 0)
    assert outcome.reason == "not-agent"


def test_who_was_reported_lost_is_told_for_many_wallets_at_once() -> None:
    made = payout()
    assert made.world.recover(BOB, DAN) == ""
    view = (REGISTRY, made.world.registry_address, "retiredAmong")
    assert made.evm.view(*view, [ANN, BOB, CYD, DAN]) == 0b0010
    assert made.evm.view(*view, [BOB] * 128) == 2**128 - 1
