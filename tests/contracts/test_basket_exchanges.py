"""Baskets when units become others: those of the basket, and those that it holds."""

from __future__ import annotations

import pytest

from tallystick.securities.baskets.in_kind import (
    Fees,
)
from tallystick.securities.exchanges import Ratio
from tests.support.basketry import (
    ANN,
    BOB,
    CYD,
    DEALER,
    HER,
    RICH,
    YEAR,
    Hamper,
)
from tests.support.evm import TOKEN
from tests.support.payouts import HOSTILE
from tests.support.world import DOCUMENT, OWNER, STRANGER


@pytest.mark.parametrize("ratio", [Ratio(3, 1), Ratio(1, 100)])
def test_a_split_of_its_units_leaves_each_holder_and_the_manager_his_part(ratio: Ratio) -> None:
    hamper = Hamper(fees=Fees(annual_bps=1_000), lot=1)
    assert hamper.create(ANN, 100_000).ok
    hamper.evm.advance(YEAR)
    assert hamper.view("feeDue") == 10_000
    hamper.exchange(ratio)
    assert hamper.view("feeDue") == 10_000 * ratio.numerator // ratio.denominator
    everything = hamper.held()
    assert hamper.redeem(ANN, hamper.units_of(ANN)).ok
    assert [everything[at] - left for at, left in enumerate(hamper.held())] == [
        amount * 10 // 11 for amount in everything]  # fmt: skip


def test_it_goes_on_behind_the_security_that_replaced_its_own() -> None:
    hamper = Hamper(lot=1, classes=2)
    assert hamper.create(ANN, 100).ok
    world = hamper.world
    assert hamper.call("follow", DOCUMENT).reason == "not-exchanged"
    assert hamper.evm.act(OWNER, TOKEN, world.tokens[1], "addAgent", hamper.at).ok
    hamper.exchange(Ratio(2, 1), to=world.tokens[1])
    assert hamper.call("follow", DOCUMENT).ok
    hamper.token = world.tokens[1]
    assert hamper.units_of(ANN) == 200
    assert hamper.token_act(ANN, "approve", hamper.at, 200).ok
    assert hamper.redeem(ANN, 200).ok
    assert hamper.held() == [0, 0, 0]


def test_an_exchanged_asset_dilutes_nobody_and_anybody_counts_its_successor() -> None:
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 900).ok
    assert hamper.create(BOB, 100).ok
    first = hamper.assets[0]
    other = hamper.exchanged(first)
    assert hamper.create(CYD, 9_000).reason == "asset-unreadable"
    assert hamper.redeem(ANN, 10).reason == "asset-unreadable"
    assert hamper.call("replaceAsset", first, by=STRANGER).ok
    assert hamper.listed() == [other, *hamper.assets[1:]]
    assert dict(hamper.view("holdings"))[other] == 300
    assert hamper.redeem(ANN, 900).ok
    assert hamper.of(other, ANN) == RICH + 270


def test_a_merger_of_two_assets_counts_once() -> None:
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 100).ok
    first, second, third = hamper.assets
    hamper.scale(first, 0, 1)
    assert hamper.evm.act(OWNER, HOSTILE, first, "succeed", second).ok
    assert hamper.evm.act(OWNER, HOSTILE, second, "mint", hamper.at, 30).ok
    assert hamper.call("replaceAsset", first, by=STRANGER).ok
    assert hamper.view("holdings") == ((second, 230), (third, 70))


def test_what_was_signed_before_units_were_exchanged_is_void() -> None:
    hamper = Hamper()
    assert hamper.signed_creation(10).ok
    deadline = hamper.world.now
    parts = [{"asset": asset, "amount": 0} for asset in hamper.listed()]
    message = {"owner": HER, "units": 5, "least": parts, "receiver": HER, "forgone": 0,
               "security": hamper.token, "number": 1, "deadline": deadline}  # fmt: skip
    before = hamper.signature("Redemption", message)
    hamper.exchange(Ratio(1, 2))
    assert hamper.units_of(HER) == 5
    given = [(asset, 0) for asset in hamper.listed()]
    order = (HER, 5, given, HER, 0)
    outcome = hamper.call("redeemSigned", *order, (deadline, *before), by=DEALER)
    assert outcome.reason == "signature-invalid"
    after = hamper.signature("Redemption", message)
    assert hamper.call("redeemSigned", *order, (deadline, *after), by=DEALER).ok


def test_a_fee_that_is_due_outlasts_an_exchange_into_another_security() -> None:
    hamper = Hamper(lot=1, classes=2, fees=Fees(annual_bps=1_000))
    assert hamper.create(ANN, 10_000).ok
    hamper.evm.advance(YEAR)
    second = hamper.world.tokens[1]
    hamper.exchange(Ratio(2, 1), to=second)
    assert hamper.view("feeDue") == 1_000
    assert hamper.call("lowerFees", (0, 0, 0)).ok
    assert hamper.evm.act(OWNER, TOKEN, second, "addAgent", hamper.at).ok
    assert hamper.call("follow", DOCUMENT).ok
    assert hamper.view("feeDue") == 2_000
    assert hamper.call("takeFee").ok
