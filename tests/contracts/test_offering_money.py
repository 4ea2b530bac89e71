"""Offerings paid by signature, and in cash that lies, refuses or calls back."""

from __future__ import annotations

import pytest
from eth_account import Account

from tallystick.securities.offerings.offers import authorization_nonce
from tests.support.payouts import HOSTILE
from tests.support.sale import (
    ANN,
    BOB,
    FOREVER,
    HER,
    OFFERING,
    OURS,
    PROCEEDS,
    Sale,
    authorized,
    permitted,
    signed,
    typed,
)
from tests.support.world import AGENT, DOCUMENT, OWNER, STRANGER

# --- gasless


def test_an_investor_without_gas_signs_an_authorization() -> None:
    sale = Sale()
    assert authorized(sale, value=49).reason == "signature-invalid"
    assert authorized(sale).ok
    assert authorized(sale).reason == "authorization-used"
    assert sale.paid_by(HER) == 50


def test_an_authorization_is_for_one_subscription_alone() -> None:
    """With other lots, another amount or another offering its nonce is another."""
    sale = Sale()
    nonce = authorization_nonce(sale.offer.id, HER, 10, 50, b"\x01" * 32)
    signature = typed(sale.cash, OURS, "ReceiveWithAuthorization", {
        "from": ("address", HER), "to": ("address", sale.offering), "value": ("uint256", 50),
        "validAfter": ("uint256", 0), "validBefore": ("uint256", FOREVER),
        "nonce": ("bytes32", nonce)})  # fmt: skip
    for sub, salt in (((HER, 10, 50), b"\x02"), ((ANN, 10, 50), b"\x01"),
                      ((HER, 11, 55), b"\x01")):  # fmt: skip
        outcome = sale.call("subscribeAuthorized", (sale.offer.id, *sub),
                            (0, FOREVER, salt * 32, *signature))  # fmt: skip
        assert outcome.reason == "signature-invalid"
    other = (DOCUMENT, HER, 10, 50)
    outcome = sale.call("subscribeAuthorized", other, (0, FOREVER, b"\x01" * 32, *signature))
    assert outcome.reason == "offering-differs"


def test_a_permit_that_somebody_else_submitted_harms_nobody() -> None:
    sale = Sale()
    sale.money(HER, "approve", sale.offering, 0)
    deadline, v, r, s = permitted(sale, 50)
    with sale.evm.anchor():
        assert signed(sale).ok
    ahead = signed
    assert sale.money(STRANGER, "permit", HER, sale.offering, 50, deadline, v, r, s).ok
    assert ahead(sale).ok
    assert sale.paid_by(HER) == 50


def test_nobody_subscribes_for_her_without_her_signature() -> None:
    sale = Sale()
    other = Account.from_key(b"\x06" * 32)
    assert signed(sale, key=other).reason == "signature-invalid"
    assert signed(sale, deadline=5).reason == "signature-expired"
    assert signed(sale, permits=False).ok
    assert signed(sale, permits=False).reason == "signature-used"
    assert sale.paid_by(HER) == 50


# --- hostile cash


@pytest.mark.parametrize("mode", [1, 2, 6])
@pytest.mark.parametrize("soft", [1, 99])
def test_cash_that_refuses_to_pay_back_loses_nobodys_money(mode: int, soft: int) -> None:
    """It answers false, reverts, burns all gas: what it refuses is owed and paid later."""
    sale = Sale(hostile=True, soft_lots=soft, hard_lots=99).subscribed(ann=10, bob=20)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", mode)
    assert sale.call("reject", ANN, 1, by=AGENT).ok
    assert sale.owed(ANN) == 50
    sale.closed()
    if soft == 1:
        assert sale.call("settle", 64).ok
        assert sale.call("collect").reason == "cash-refused"
    else:
        assert sale.call("refund", BOB).reason == "cash-refused"
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", 4)
    assert sale.call("refund", ANN).ok
    assert sale.paid_by(ANN) == 0
    if soft == 1:
        assert sale.call("collect").ok
        assert (sale.paid_by(BOB), sale.cash_of(PROCEEDS)) == (100, 100)
    else:
        assert sale.call("refund", BOB).ok
        assert sale.paid_by(BOB) == 0
    assert sale.cash_of(sale.offering) == 0


@pytest.mark.parametrize("mode", [7, 9])
def test_cash_that_moves_and_denies_it_pays_nobody_twice(mode: int) -> None:
    sale = Sale(hostile=True, hard_lots=15).subscribed(ann=10, bob=20)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", mode)
    sale.closed().settled()
    assert (sale.paid_by(ANN), sale.paid_by(BOB)) == (25, 50)
    assert (sale.owed(ANN), sale.owed(BOB)) == (0, 0)
    assert sale.call("refund", ANN).reason == "nothing-to-refund"


def test_an_account_that_the_cash_blocks_delays_nobody() -> None:
    sale = Sale(hostile=True, hard_lots=15).subscribed(ann=10, bob=20)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "block_", ANN, True)
    sale.closed().settled()
    assert (sale.units_of(ANN), sale.units_of(BOB)) == (10, 20)
    assert sale.paid_by(BOB) == 50
    assert sale.call("refund", ANN).reason == "cash-refused"
    sale.evm.act(OWNER, HOSTILE, sale.cash, "block_", ANN, False)
    assert sale.call("refund", ANN).ok
    assert sale.paid_by(ANN) == 25


@pytest.mark.parametrize(("mode", "reason"), [(1, "cash-refused"), (3, "cash-not-whole"),
                                              (8, "cash-not-whole")])  # fmt: skip
def test_cash_that_does_not_arrive_whole_subscribes_nothing(mode: int, reason: str) -> None:
    sale = Sale(hostile=True)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", mode)
    assert sale.subscribe(ANN, 100).reason == reason
    assert sale.state()[1] == 0


def test_cash_that_calls_back_gets_nothing_twice() -> None:
    sale = Sale(hostile=True, soft_lots=99).subscribed(ann=10, bob=20).closed()
    members = sale.offer.members
    for name, args in (("refund", (members, ANN)), ("refund", (members, BOB)),
                       ("settle", (members, 9)), ("collect", (members,))):  # fmt: skip
        with sale.evm.anchor():
            raw = bytes.fromhex(OFFERING.function(name).encode(*args)[2:])
            sale.evm.act(OWNER, HOSTILE, sale.cash, "plan", sale.offering, raw)
            sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", 5)
            assert sale.call("refund", ANN).ok
            assert not sale.evm.view(HOSTILE, sale.cash, "calledBack")
            assert (sale.paid_by(ANN), sale.paid_by(BOB)) == (0, 100)
