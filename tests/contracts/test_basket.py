"""Baskets on the chain: nobody's unit stands for less by what another does, nothing is lost."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.gateways.chain.contracts import contract
from tallystick.securities.baskets.in_kind import (
    Accrual,
    Fees,
    costs_up,
    counted_down,
    issued_down,
    shares_down,
)
from tallystick.securities.codes import Code
from tallystick.securities.proposal import RuleSet
from tests.support.basketry import (
    ANN,
    BASKET,
    BOB,
    CYD,
    DAY,
    DEALER,
    HER,
    MANAGER,
    RICH,
    VERIFIED,
    YEAR,
    Hamper,
)
from tests.support.evm import TOKEN
from tests.support.payouts import HOSTILE
from tests.support.world import AGENT, DOCUMENT, OWNER, STRANGER

WHO = st.sampled_from([ANN, BOB, CYD])
BPS = st.sampled_from([0, 1, 33, 500])
STEPS = st.lists(st.one_of(
    st.tuples(st.just("create"), WHO, st.integers(1, 50)),
    st.tuples(st.just("redeem"), WHO, st.integers(1, 700)),
    st.tuples(st.just("gift"), WHO, st.integers(1, 10**6)),
    st.tuples(st.just("wait"), WHO, st.integers(1, YEAR)),
    st.tuples(st.just("fee"), WHO, st.just(0)),
    st.tuples(st.just("block"), WHO, st.integers(0, 2)),
), max_size=25)  # fmt: skip


class Naive:
    """What a basket should have: every balance by itself."""

    def __init__(self, hamper: Hamper) -> None:
        self.hamper, self.fees = hamper, hamper.fees
        self.held = [0, 0, 0]
        self.units: dict[str, int] = {}
        self.fee = Accrual(accrued=0, at_s=hamper.world.now)
        self.blocked: set[tuple[str, int]] = set()

    @property
    def supply(self) -> int:
        return sum(self.units.values())

    @property
    def outstanding(self) -> int:
        return self.supply + self.fee.due_down(self.supply, self.fees, self.hamper.world.now)

    def backing(self) -> list[Fraction]:
        """Assets behind one unit."""
        outstanding = self.outstanding
        return [Fraction(each, outstanding) if outstanding else Fraction(0) for each in self.held]

    def create(self, who: str, lots: int) -> None:
        units, outstanding = lots * 10, self.outstanding
        costs = costs_up(self.held if outstanding else [30, 20, 7], units, outstanding or 10)
        stuck = any(cost and (who, at) in self.blocked for at, cost in enumerate(costs))
        outcome = self.hamper.create(who, units)
        if stuck or not any(costs):
            assert not outcome.ok
            return
        assert outcome.ok, outcome.reason
        self.fee.bring_up(self.supply, self.fees, self.hamper.world.now)
        self.units[who] = self.units.get(who, 0) + issued_down(units, outstanding, self.fees)
        self.held = [have + cost for have, cost in zip(self.held, costs, strict=True)]

    def redeem(self, who: str, units: int) -> None:
        forgone = {at for at in range(3) if (who, at) in self.blocked}
        outcome = self.hamper.redeem(who, units, forgone=sum(1 << at for at in forgone))
        if units > self.units.get(who, 0):
            assert not outcome.ok
            return
        outstanding = self.outstanding
        counted = counted_down(units, outstanding, self.fees)
        shares = [0 if at in forgone else share for at, share in
                  enumerate(shares_down(self.held, counted, outstanding))]  # fmt: skip
        if not any(shares):
            assert outcome.reason == "nothing-brought"
            return
        assert outcome.ok, outcome.reason
        self.fee.bring_up(self.supply, self.fees, self.hamper.world.now)
        self.held = [have - share for have, share in zip(self.held, shares, strict=True)]
        self.units[who] -= units

    def gift(self, who: str, amount: int) -> None:
        asset = self.hamper.assets[amount % 3]
        assert self.hamper.evm.act(OWNER, HOSTILE, asset, "mint", self.hamper.at, amount).ok
        self.held[amount % 3] += amount

    def wait(self, _who: str, seconds: int) -> None:
        self.hamper.evm.advance(seconds)

    def take_fee(self, _who: str, _nothing: int) -> None:
        self.fee.bring_up(self.supply, self.fees, self.hamper.world.now)
        units = self.fee.take()
        assert self.hamper.call("takeFee", by=STRANGER).ok == (units > 0)
        self.units[MANAGER] = self.units.get(MANAGER, 0) + units

    def block(self, who: str, at: int) -> None:
        self.blocked ^= {(who, at)}
        self.hamper.block(at, who, (who, at) in self.blocked)

    def compare(self) -> None:
        hamper = self.hamper
        assert hamper.held() == self.held
        assert [amount for _, amount in hamper.view("holdings")] == self.held
        assert {who: hamper.units_of(who) for who in self.units} == self.units
        assert hamper.view("unitsOutstanding") == self.outstanding


@given(STEPS, BPS, BPS, st.sampled_from([0, 75, 1_000]))
def test_any_history_equals_the_model_and_makes_no_other_unit_stand_for_less(
    steps: list[tuple[str, Any, int]], creation_bps: int, redemption_bps: int, annual_bps: int
) -> None:
    fees = Fees(creation_bps=creation_bps, redemption_bps=redemption_bps, annual_bps=annual_bps)
    model = Naive(Hamper(fees=fees))
    acts = {"create": model.create, "redeem": model.redeem, "gift": model.gift, "wait": model.wait,
            "fee": model.take_fee, "block": model.block}  # fmt: skip
    for name, who, number in steps:
        before, some = model.backing(), model.outstanding > 0
        acts[name](who, number)
        model.compare()
        if some and model.outstanding and name != "wait":
            after = model.backing()
            assert all(now >= then for now, then in zip(after, before, strict=True)), (name, before)


def test_the_first_units_cost_the_composition_and_the_last_bring_all() -> None:
    hamper = Hamper(fees=Fees(creation_bps=100, redemption_bps=100))
    assert hamper.view("quoteCreation", 100)[1] == 100
    assert hamper.create(ANN, 100).ok
    assert (hamper.held(), hamper.units_of(ANN)) == ([300, 200, 70], 100)
    assert hamper.redeem(ANN, 100).ok
    assert (hamper.held(), hamper.supply) == ([0, 0, 0], 0)
    assert [hamper.of(asset, ANN) for asset in hamper.assets] == [RICH] * 3


def test_a_levy_stays_with_those_who_stay() -> None:
    hamper = Hamper(fees=Fees(creation_bps=100, redemption_bps=200))
    assert hamper.create(ANN, 1_000).ok
    assert hamper.view("quoteCreation", 1_000) == (
        tuple(zip(hamper.assets, (3_000, 2_000, 700), strict=True)), 990)  # fmt: skip
    assert hamper.create(BOB, 1_000).ok
    assert hamper.units_of(BOB) == 990
    quoted = [amount for _, amount in hamper.view("quoteRedemption", 990)]
    assert quoted == [6_000 * 970 // 1_990, 4_000 * 970 // 1_990, 1_400 * 970 // 1_990]
    assert hamper.redeem(BOB, 990).ok
    assert all(have > then for have, then in zip(hamper.held(), (3_000, 2_000, 700), strict=True))


def test_who_creates_and_redeems_gains_nothing_by_rounding() -> None:
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 1_000).ok
    for _ in range(20):
        assert hamper.create(BOB, 1).ok
        assert hamper.redeem(BOB, 1).ok
    assert all(hamper.of(asset, BOB) <= RICH for asset in hamper.assets)
    assert all(have >= then for have, then in zip(hamper.held(), (3_000, 2_000, 700), strict=True))


@pytest.mark.parametrize("pokes", [1, 7, 365])
def test_the_manager_s_fee_does_not_depend_on_how_often_somebody_looks(pokes: int) -> None:
    """A year at 1% of a thousand units is ten, however often it is brought up to date."""
    hamper = Hamper(fees=Fees(annual_bps=100), lot=1)
    assert hamper.create(ANN, 1_000).ok
    for _ in range(pokes):
        hamper.evm.advance(YEAR // pokes)
        assert hamper.call("lowerFees", (0, 0, 100)).ok
    hamper.evm.advance(YEAR - YEAR // pokes * pokes)
    assert hamper.view("feeDue") == 10
    assert hamper.call("takeFee", by=STRANGER).ok
    assert (hamper.units_of(MANAGER), hamper.supply, hamper.view("feeDue")) == (10, 1_010, 0)
    assert hamper.redeem(ANN, 1_000).ok
    assert hamper.held() == [30, 20, 7]


@pytest.mark.parametrize("mode", [1, 2, 6, 8])
def test_an_asset_that_does_not_move_keeps_nobody_from_the_others(mode: int) -> None:
    """It answers false, reverts, burns all gas, moves nothing: he waits, or does without it."""
    hamper = Hamper()
    assert hamper.create(ANN, 100).ok
    assert hamper.create(BOB, 100).ok
    hamper.behave(1, mode)
    data = BASKET.function("redeem").encode(50, [(each, 0) for each in hamper.assets], ANN, 0)
    assert not hamper.evm.send(ANN, hamper.at, data, gas=10_000_000).ok
    assert hamper.units_of(ANN) == 100
    assert hamper.redeem(ANN, 50, forgone=2).ok
    assert [hamper.of(asset, ANN) for asset in hamper.assets] == [
        RICH - 300 + 150, RICH - 200, RICH - 70 + 35]  # fmt: skip
    # What he did without is the others'.
    assert hamper.held() == [450, 400, 105]
    hamper.behave(1, 0)
    assert hamper.redeem(BOB, 100).ok
    assert hamper.of(hamper.assets[1], BOB) == RICH - 200 + 266


def test_who_may_not_hold_an_asset_names_somebody_who_may() -> None:
    hamper = Hamper()
    assert hamper.create(ANN, 100).ok
    hamper.block(0, ANN)
    assert not hamper.redeem(ANN, 50).ok
    assert hamper.redeem(ANN, 50, receiver=BOB).ok
    assert [hamper.of(asset, BOB) - RICH for asset in hamper.assets] == [150, 100, 35]


def test_who_leaves_is_not_kept_by_assets_that_burn_all_gas() -> None:
    """Twenty-nine of them, within the gas of a transaction (EIP-7825)."""
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 100).ok
    for _ in range(29):
        made = hamper.asset()
        assert hamper.evm.act(OWNER, HOSTILE, made, "mint", hamper.at, 1_000).ok
        assert hamper.evm.act(OWNER, HOSTILE, made, "behave", 6).ok
        assert hamper.call("addAsset", made).ok
    every = [(each, 0) for each in hamper.listed()]
    for forgone, done in ((0, False), (2**32 - 8, True)):
        data = BASKET.function("redeem").encode(10, every, ANN, forgone)
        outcome = hamper.evm.send(ANN, hamper.at, data, gas=2**24)
        assert outcome.ok == done
    assert hamper.of(hamper.assets[0], ANN) == RICH - 270


@pytest.mark.parametrize(("mode", "reason"), [
    (1, "cash-refused"), (2, "reverts"), (3, "cash-not-whole"), (8, "cash-not-whole"),
    (9, "cash-refused"), (10, "cash-not-whole"),
])  # fmt: skip
def test_who_brings_less_than_all_is_issued_nothing(mode: int, reason: str) -> None:
    hamper = Hamper()
    hamper.behave(2, mode)
    assert hamper.create(ANN, 1_000).reason == reason
    assert (hamper.supply, hamper.held()) == (0, [0, 0, 0])


def test_an_asset_that_calls_back_gets_nowhere() -> None:
    """Whatever it tries while it is moved, the basket does not listen."""
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 100).ok
    asset = hamper.assets[0]
    # It holds units and is approved itself, so that nothing but the lock can be in its way.
    hamper.world.admit(asset, claims=VERIFIED)
    assert hamper.world.mint(asset, 10) is Code.ALLOWED
    assert hamper.token_act(asset, "approve", hamper.at, 10).ok
    redeeming: tuple[Any, ...] = ("redeem", 10, [(each, 0) for each in hamper.assets], asset, 0)
    calls: dict[str, tuple[Any, ...]] = {
        "redeem": redeeming, "create": ("create", 1, [(each, 1) for each in hamper.assets]),
        "takeFee": ("takeFee",), "replaceAsset": ("replaceAsset", hamper.assets[1]),
    }  # fmt: skip
    hamper.behave(0, 5)
    for name, *args in calls.values():
        data = BASKET.function(name).encode(*args)
        plan = HOSTILE.function("plan").encode(hamper.at, bytes.fromhex(data[2:]))
        assert hamper.evm.send(OWNER, asset, plan).ok
        before = hamper.supply
        assert hamper.redeem(ANN, 5).ok
        assert hamper.supply == before - 5
        assert not hamper.evm.view(HOSTILE, asset, "calledBack")
    hamper.behave(0, 0)
    # Who sends has no code meanwhile, so that of itself it says nothing.
    assert hamper.call(*redeeming[:-1], 1, by=asset).ok


def test_redemption_cannot_be_closed_by_the_manager() -> None:
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 100).ok
    assert hamper.call("setCreation", 0, 1).ok
    assert hamper.create(ANN, 1).reason == "creation-closed"
    assert hamper.redeem(ANN, 60).ok
    assert hamper.call("setCreation", 1, 1).ok
    assert hamper.create(ANN, 1).reason == "not-a-participant"
    assert hamper.redeem(ANN, 40).ok


def test_what_keeps_a_holder_from_giving_units_away_keeps_him_from_giving_them_back() -> None:
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 100).ok
    act = hamper.token_act
    assert act(AGENT, "setFrozenTokens", ANN, 60).ok
    assert hamper.redeem(ANN, 41).reason == "units-frozen"
    assert hamper.redeem(ANN, 40).ok
    assert act(AGENT, "setFrozenTokens", ANN, 0).ok
    assert act(AGENT, "placeLegend", ANN, 60, 1, DOCUMENT).ok
    assert hamper.redeem(ANN, 1).reason == "units-legended"
    assert act(AGENT, "liftLegend", ANN, 60, 1, DOCUMENT).ok
    assert act(AGENT, "pause").ok
    assert hamper.redeem(ANN, 1).reason == "paused"
    assert act(AGENT, "unpause").ok
    assert act(AGENT, "setAddressFrozen", ANN, True).ok
    assert hamper.redeem(ANN, 1).reason == "sender-frozen"
    assert act(AGENT, "setAddressFrozen", ANN, False).ok
    assert act(ANN, "approve", hamper.at, 10).ok
    assert hamper.redeem(ANN, 11).reason == "insufficient-allowance"
    assert hamper.redeem(ANN, 10).ok
    assert hamper.evm.view(TOKEN, hamper.token, "allowance", ANN, hamper.at) == 0


@pytest.mark.parametrize("reasons", [True, False])
@pytest.mark.parametrize("locked_too", [True, False])
def test_units_within_a_holding_period(reasons: bool, locked_too: bool) -> None:
    rules = RuleSet(lock_up=True, holding_period_s=YEAR)
    hamper = Hamper(rules=rules, lot=1, locked_too=locked_too, reasons=reasons)
    assert hamper.create(ANN, 100).ok
    assert hamper.redeem(ANN, 40).reason == ("" if locked_too else "units-locked")
    hamper.evm.advance(YEAR)
    assert hamper.create(ANN, 10).ok
    assert hamper.redeem(ANN, 60).ok


def test_only_the_agent_whom_the_holder_approved_destroys_his_units_so() -> None:
    hamper = Hamper(lot=1)
    assert hamper.create(ANN, 100).ok
    assert hamper.token_act(AGENT, "burnFrom", ANN, 5).reason == "insufficient-allowance"
    assert hamper.token_act(ANN, "approve", STRANGER, 5).ok
    assert hamper.token_act(STRANGER, "burnFrom", ANN, 5).reason == "not-agent"
    assert hamper.token_act(ANN, "approve", AGENT, 5).ok
    assert hamper.token_act(AGENT, "burnFrom", ANN, 4).ok
    assert hamper.token_act(AGENT, "burnFrom", ANN, 2).reason == "insufficient-allowance"
    assert (hamper.units_of(ANN), hamper.supply) == (96, 96)
    assert hamper.token_act(ANN, "approve", AGENT, 1_000).ok
    assert hamper.token_act(AGENT, "burnFrom", ANN, 97).reason == "insufficient-balance"


def test_a_trade_moves_both_legs_or_none() -> None:
    hamper = Hamper()
    assert hamper.create(ANN, 100).ok
    first, second, third = hamper.assets
    fresh = hamper.asset()
    trade = hamper.trade([(first, 100), (third, 70)], [(second, 50), (fresh, 40)], DEALER)
    assert hamper.call("offerTrade", trade).ok
    assert hamper.call("takeTrade", trade, by=BOB).reason == "not-the-counterparty"
    # She has not approved the fresh asset: nothing moves.
    assert not hamper.call("takeTrade", trade, by=DEALER).ok
    assert hamper.held() == [300, 200, 70]
    assert hamper.evm.act(DEALER, HOSTILE, fresh, "approve", hamper.at, 40).ok
    hamper.behave(0, 2)
    assert not hamper.call("takeTrade", trade, by=DEALER).ok
    hamper.behave(0, 0)
    assert hamper.call("takeTrade", trade, by=DEALER).ok
    assert hamper.listed() == [first, second, fresh]
    assert [amount for _, amount in hamper.view("holdings")] == [200, 250, 40]
    assert [hamper.of(each, DEALER) - RICH for each in (first, second, third, fresh)] == [
        100, -50, 70, -40]  # fmt: skip
    assert hamper.call("takeTrade", trade, by=DEALER).reason == "trade-not-offered"


def test_income_counts_for_the_holders_once_it_is_named() -> None:
    """A dividend arrives in a currency that was no asset: each has his part of it."""
    hamper = Hamper()
    assert hamper.create(ANN, 100).ok
    money = hamper.asset()
    assert hamper.evm.act(OWNER, HOSTILE, money, "mint", hamper.at, 1_000).ok
    assert hamper.call("addAsset", money).ok
    assert hamper.redeem(ANN, 25).ok
    assert hamper.of(money, ANN) == RICH + 250
    assert hamper.call("removeAsset", money, DOCUMENT).ok
    assert hamper.listed() == hamper.assets


def test_an_asset_that_says_nothing_is_forgone_by_who_wants_the_others() -> None:
    hamper = Hamper()
    assert hamper.create(ANN, 100).ok
    mute = hamper.evm.deploy("0x600a600c600039600a6000f3600080fd" + "00" * 6)
    assert hamper.call("addAsset", mute).ok
    assert hamper.create(ANN, 10).reason == "asset-unreadable"
    assert hamper.redeem(ANN, 10).reason == "asset-unreadable"
    assert hamper.redeem(ANN, 10, forgone=8).ok
    assert hamper.held() == [270, 180, 63]


def test_a_stated_value_names_the_units_it_was_for() -> None:
    hamper = Hamper(fees=Fees(annual_bps=100))
    assert hamper.create(ANN, 1_000).ok
    hamper.evm.advance(YEAR)
    now = hamper.world.now
    assert hamper.call("stateNav", hamper.assets[0], 5_000, DOCUMENT).ok
    assert hamper.view("nav") == (hamper.assets[0], 5_000, 1_010, now, DOCUMENT)


def test_composing_anew_is_for_an_empty_basket() -> None:
    hamper = Hamper(lot=1)
    fresh = hamper.asset()
    assert hamper.create(ANN, 10).ok
    parts = [(hamper.assets[0], 5), (fresh, 9)]
    assert hamper.call("compose", parts, 2).reason == "basket-in-use"
    assert hamper.redeem(ANN, 10).ok
    assert hamper.call("compose", parts, 2).ok
    assert hamper.evm.act(ANN, HOSTILE, fresh, "approve", hamper.at, 100).ok
    assert hamper.create(ANN, 3).ok
    assert [amount for _, amount in hamper.view("holdings")] == [8, 0, 0, 14]


def test_a_day_passes_before_nothing_is_offered_any_more() -> None:
    hamper = Hamper()
    assert hamper.create(ANN, 100).ok
    trade = hamper.trade([(hamper.assets[0], 1)], [(hamper.assets[1], 1)])
    assert hamper.call("offerTrade", trade).ok
    hamper.evm.advance(DAY)
    assert hamper.call("takeTrade", trade, by=DEALER).reason == "trade-expired"


def test_orders_are_signed_and_submitted_by_somebody_else() -> None:
    hamper = Hamper()
    assert hamper.signed_creation(10).ok
    assert hamper.units_of(HER) == 10
    assert hamper.signed_creation(10).reason == "signature-invalid"
    assert hamper.view("numberOf", HER) == 1
    assert hamper.signed_redemption(5).ok
    assert hamper.units_of(HER) == 5
    assert [hamper.of(asset, HER) - RICH for asset in hamper.assets] == [-15, -10, -4]


def test_the_second_part_makes_no_baskets() -> None:
    hamper = Hamper()
    desk = hamper.evm.deploy(contract("BasketDesk").creation())
    terms = tuple(hamper.terms.values())
    assert hamper.evm.act(AGENT, BASKET, desk, "open", terms).reason == "not-the-implementation"
    assert hamper.evm.act(AGENT, BASKET, desk, "initialize", terms).reason == "initialised-already"


def test_an_asset_that_left_is_no_part_of_the_first_composition() -> None:
    hamper = Hamper(lot=1)
    first = hamper.assets[0]
    assert hamper.call("removeAsset", first, DOCUMENT).ok
    assert hamper.call("addAsset", first).ok
    assert hamper.create(ANN, 10).ok
    assert hamper.of(first, ANN) == RICH
