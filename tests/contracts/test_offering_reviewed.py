"""Offerings under attack, and where what was to be issued changes meanwhile (found by review)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claims
from tallystick.securities.exchanges import Ratio
from tallystick.securities.offerings.offers import Tier
from tests.contracts.test_offering_reasons import linked, stale
from tests.support.evm import CASH, TOKEN, compiled
from tests.support.payouts import HOSTILE
from tests.support.sale import ANN, BOB, CYD, DAN, DAY, FOREVER, PROCEEDS, Sale
from tests.support.world import AGENT, DOCUMENT, OFFICER, OWNER, STRANGER

VYPER = Path(__file__).parent / "vyper"
FAILED, SUCCEEDED, SETTLED, REVIEWING = 2, 3, 4, 5
MONTH = 30 * DAY


def test_nobody_issues_units_with_a_registry_of_his_own() -> None:
    sale = Sale()
    forged = sale.evm.deploy(compiled(VYPER / "ForgedRegistry.vy").creation())
    own_cash = sale.evm.deploy(CASH.creation("Mine", "M", 2, BOB))
    sale.offer = msgspec.structs.replace(
        sale.offer, registry=Wallet(forged), cash=Wallet(own_cash), proceeds=BOB, soft_lots=0,
        tiers=(Tier(up_to=FOREVER, until=FOREVER, price=0),),
    )  # fmt: skip
    assert sale.call("open", by=BOB).reason == "not-agent"
    assert sale.call("open", by=AGENT).reason == "registry-differs"


def test_who_cannot_be_issued_units_does_not_help_to_the_soft_cap() -> None:
    """An unverified wallet made an offering succeed, and bound the others to it."""
    sale = Sale()
    sale.world.admit(DAN, claims=Claims((0, 0, 0, 0, 0, 0, 0, 0)))
    sale.money(AGENT, "mint", DAN, 10**6)
    sale.money(DAN, "approve", sale.offering, 10**6)
    sale.subscribed(ann=1)
    assert sale.subscribe(DAN, 9).ok
    sale.closed()
    assert sale.state()[0] == FAILED
    assert sale.cash_of(DAN) == 10**6
    assert sale.call("refund", ANN).ok
    assert sale.paid_by(ANN) == 0


def test_who_cannot_be_issued_units_takes_none_from_the_others() -> None:
    sale = Sale()
    sale.world.admit(DAN, claims=Claims((0, 0, 0, 0, 0, 0, 0, 0)))
    sale.money(AGENT, "mint", DAN, 10**6)
    sale.money(DAN, "approve", sale.offering, 10**6)
    assert sale.subscribe(DAN, 900).ok
    sale.subscribed(ann=100).closed().settled()
    assert sale.units_of(ANN) == 200


def test_a_review_goes_on_page_by_page_by_anybody() -> None:
    sale = Sale().subscribed(ann=10, bob=10, cyd=10)
    sale.world.advance(DAY)
    assert sale.call("close").ok
    assert sale.state()[0] == REVIEWING
    assert sale.call("settle", 1).reason == "offering-not-settling"
    for left in (2, 1):
        assert sale.call("review", 1).ok
        assert sale.state()[2] == 3 - left
    assert sale.call("review", 70).ok
    assert sale.state()[0] == SUCCEEDED
    assert sale.call("review", 1).reason == "offering-not-in-review"
    assert sale.call("settle", 70).ok
    assert sale.state()[0] == SETTLED


def test_units_that_are_others_than_were_offered_are_not_issued() -> None:
    """After a reverse split everybody got units worth a tenth; amid one, everybody was refused."""
    sale = Sale().subscribed(ann=10, bob=20)
    sale.world.mint(CYD, 10)
    sale.world.begin_exchange(Ratio(1, 10))
    sale.world.advance(DAY)
    assert sale.call("close").ok
    assert sale.call("review", 64).reason == "units-exchanged"
    sale.world.exchange([CYD])
    sale.world.end_exchange()
    assert sale.call("review", 64).reason == "units-exchanged"
    assert sale.call("cancel", 1, DOCUMENT, by=OFFICER).ok
    for who in (ANN, BOB):
        assert sale.call("refund", who).ok
        assert sale.paid_by(who) == 0


def test_counters_that_wait_to_be_refreshed_decide_nothing() -> None:
    sale = stale()
    assert sale.call("review", 64).reason == "refresh-first"
    sale.world.refresh(CYD)
    sale.reviewed().settled()
    assert sale.units_of(ANN) == 20


@pytest.mark.parametrize("settled", [0, 1])
def test_an_offering_that_cannot_be_settled_is_cancelled_or_lapses(settled: int) -> None:
    """Without its role the money of everybody was locked."""
    sale = Sale().subscribed(ann=10, bob=20).closed()
    assert sale.call("settle", settled).ok
    assert sale.evm.act(OWNER, TOKEN, sale.world.token, "removeAgent", sale.offering).ok
    assert sale.call("settle", 1).reason == "offering-no-agent"
    assert sale.call("lapse").reason == "offering-goes-on"
    sale.world.advance(MONTH)
    assert sale.call("lapse", by=STRANGER).ok
    assert sale.call("lapse").reason == "offering-not-open"
    assert sale.call("refund", BOB).ok
    assert sale.paid_by(BOB) == 0
    if settled:
        assert sale.call("refund", ANN).reason == "nothing-to-refund"
        assert sale.call("collect").ok
        assert (sale.units_of(ANN), sale.cash_of(PROCEEDS)) == (20, 50)
    assert sale.cash_of(sale.offering) == (0 if settled else 50)


def test_who_sends_money_back_at_once_delays_nobody() -> None:
    sale = Sale(hostile=True, hard_lots=15).subscribed(ann=10, bob=20)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", 10)
    sale.closed().settled()
    assert (sale.units_of(ANN), sale.units_of(BOB)) == (10, 20)
    assert (sale.owed(ANN), sale.owed(BOB)) == (0, 0)


def test_units_beyond_all_bounds_are_not_offered() -> None:
    def opening(**changes: Any) -> str:
        return Sale(opened=False, **changes).call("open", by=AGENT).reason

    assert opening(units_per_lot=2**255) == "lots-out-of-range"
    assert opening(units_per_lot=2**111, hard_lots=3, soft_lots=3) == "amount-too-large"


def test_limits_are_stated_for_home_wallets() -> None:
    assert linked().call("stateLimit", DAN, 9, by=OFFICER).reason == "not-a-home-wallet"
