"""Units held for a spender: counted out of his approval and back, and nobody else's to move."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tallystick.core.wallets import Wallet
from tallystick.securities.codes import Code
from tallystick.securities.exchanges import Ratio
from tests.support.evm import TOKEN, Outcome
from tests.support.market import ANN, BOB, CAY, market
from tests.support.world import AGENT, STRANGER, World, wallet

VENUE, OTHER = wallet(70), wallet(71)
UNLIMITED = 2**256 - 1


class Desk:
    """Ann, who has 100 units, and those whom she approves."""

    def __init__(self) -> None:
        self.world = market()
        self.token = self.world.token
        for spender in (VENUE, OTHER):
            self.world.set_venue(spender, True)

    def do(self, who: Wallet, name: str, *arguments: object) -> Outcome:
        return self.world.evm.act(who, TOKEN, self.token, name, *arguments)

    def see(self, name: str, *arguments: object) -> int:
        return int(self.world.evm.view(TOKEN, self.token, name, *arguments))

    def standing(self, spender: Wallet = VENUE) -> tuple[int, int, int]:
        """What a spender may take, what is held for him, and what is held at all."""
        return (self.see("allowance", ANN, spender), self.see("heldFor", ANN, spender),
                self.see("heldUnits", ANN))  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_hold_is_no_more_than_the_approval_and_the_units(desk: Desk) -> None:
    assert desk.do(VENUE, "hold", ANN, 1).reason == "insufficient-allowance"
    desk.do(ANN, "approve", VENUE, 150)
    assert desk.do(VENUE, "hold", ANN, 101).reason == "insufficient-balance"
    assert desk.do(VENUE, "hold", ANN, 60).ok
    assert desk.standing() == (90, 60, 60)
    assert desk.do(VENUE, "hold", ANN, 41).reason == "insufficient-balance"
    assert desk.do(OTHER, "release", ANN, 1).reason == "not-so-much-held"
    assert desk.do(VENUE, "release", ANN, 61).reason == "not-so-much-held"
    assert desk.do(VENUE, "release", ANN, 60).ok
    assert desk.standing() == (150, 0, 0)
    assert desk.do(ANN, "transfer", BOB, 100).ok


def test_who_takes_the_approval_back_does_not_undo_the_hold(desk: Desk) -> None:
    for approved in (60, UNLIMITED):
        desk.do(ANN, "approve", VENUE, approved)
        assert desk.do(VENUE, "hold", ANN, 60).ok
        desk.do(ANN, "approve", VENUE, 0)
        assert desk.do(ANN, "transfer", BOB, 41).reason == "units-held"
        assert desk.do(VENUE, "transferFrom", ANN, BOB, 1).reason == "insufficient-allowance"
        assert desk.do(VENUE, "release", ANN, 60).ok
        assert desk.standing() == (60, 0, 0)
        assert desk.do(VENUE, "transferFrom", ANN, BOB, 1).ok
        desk.do(BOB, "transfer", ANN, 1)


def test_an_approval_without_end_stays_so(desk: Desk) -> None:
    desk.do(ANN, "approve", VENUE, UNLIMITED)
    assert desk.do(VENUE, "hold", ANN, 60).ok
    assert desk.do(VENUE, "release", ANN, 25).ok
    assert desk.standing() == (UNLIMITED, 35, 35)


def test_each_spender_has_holds_of_his_own(desk: Desk) -> None:
    for spender, units in ((VENUE, 60), (OTHER, 30)):
        desk.do(ANN, "approve", spender, units)
        assert desk.do(spender, "hold", ANN, units).ok
    assert desk.standing() == (0, 60, 90)
    assert desk.do(ANN, "transfer", BOB, 11).reason == "units-held"
    assert desk.do(ANN, "transfer", BOB, 10).ok
    assert desk.do(OTHER, "release", ANN, 30).ok
    assert desk.standing() == (0, 60, 60)
    assert desk.do(OTHER, "transferFrom", ANN, BOB, 30).ok


def test_units_that_are_held_do_not_go_to_another_wallet_of_the_owner(desk: Desk) -> None:
    """A seller could otherwise carry away what he sold, though it stays his."""
    second = wallet(72)
    desk.world.link(ANN, second)
    desk.world.set_venue(STRANGER, True)
    assert desk.world.hold(ANN, 60)
    assert desk.world.transfer(ANN, second, 41) is Code.UNITS_HELD
    assert desk.world.transfer(ANN, second, 40) is Code.ALLOWED
    assert desk.world.hold(second, 40)
    assert desk.world.transfer(second, ANN, 1) is Code.UNITS_HELD
    assert desk.world.let_go(ANN, 60)
    assert desk.world.transfer(ANN, BOB, 60) is Code.ALLOWED
    assert desk.world.transfer(second, BOB, 1) is Code.UNITS_HELD
    desk.world.compare([ANN, BOB])


def test_force_and_recovery_heed_no_hold_and_what_is_left_can_be_let_go(desk: Desk) -> None:
    desk.world.set_venue(STRANGER, True)
    assert desk.world.hold(ANN, 60)
    assert desk.world.force(ANN, BOB, 70) is Code.ALLOWED
    assert desk.see("heldUnits", ANN) == 60
    assert desk.world.transfer(ANN, BOB, 1) is Code.UNITS_HELD
    assert desk.world.let_go(ANN, 60)
    assert desk.world.transfer(ANN, BOB, 30) is Code.ALLOWED


def test_what_is_held_for_units_that_are_exchanged_is_held_no_more(desk: Desk) -> None:
    desk.do(ANN, "approve", VENUE, UNLIMITED)
    assert desk.do(VENUE, "hold", ANN, 60).ok
    epoch = desk.see("epoch")
    desk.world.exchange_all(Ratio(2, 1))
    assert desk.see("epoch") == epoch + 1
    assert desk.standing() == (UNLIMITED, 0, 0)
    assert desk.do(VENUE, "release", ANN, 1).reason == "not-so-much-held"
    assert desk.do(VENUE, "hold", ANN, 150).ok
    assert desk.standing() == (UNLIMITED, 150, 150)
    assert desk.do(ANN, "transfer", BOB, 51).reason == "units-held"
    assert desk.do(ANN, "transfer", BOB, 50).ok


class Holds(RuleBasedStateMachine):
    """Approvals, holds and transfers against a naive account of each."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.units = 100
        self.allowed = dict.fromkeys((VENUE, OTHER), 0)
        self.held = dict.fromkeys((VENUE, OTHER), 0)

    spenders = st.sampled_from((VENUE, OTHER))
    amounts = st.integers(0, 130)

    def _take(self, spender: Wallet, units: int) -> None:
        if self.allowed[spender] != UNLIMITED:
            self.allowed[spender] -= units

    @rule(spender=spenders, units=st.one_of(amounts, st.sampled_from([UNLIMITED, UNLIMITED - 1])))
    def approve(self, spender: Wallet, units: int) -> None:
        assert self.desk.do(ANN, "approve", spender, units).ok
        self.allowed[spender] = units

    @rule(spender=spenders, units=amounts)
    def hold(self, spender: Wallet, units: int) -> None:
        may = self.allowed[spender] >= units and sum(self.held.values()) + units <= self.units
        assert self.desk.do(spender, "hold", ANN, units).ok == may
        if may:
            self._take(spender, units)
            self.held[spender] += units

    @rule(spender=spenders, units=amounts)
    def release(self, spender: Wallet, units: int) -> None:
        may = units <= self.held[spender]
        assert self.desk.do(spender, "release", ANN, units).ok == may
        if may:
            self.held[spender] -= units
            if self.allowed[spender] != UNLIMITED:
                self.allowed[spender] = min(self.allowed[spender], UNLIMITED - 1 - units) + units

    @rule(spender=spenders, units=amounts)
    def take(self, spender: Wallet, units: int) -> None:
        free = self.units - sum(self.held.values())
        may = self.allowed[spender] >= units and (units <= free)
        assert self.desk.do(spender, "transferFrom", ANN, BOB, units).ok == may
        if may:
            self._take(spender, units)
            self.units -= units

    @rule(units=amounts)
    def send(self, units: int) -> None:
        may = units <= self.units - sum(self.held.values())
        assert self.desk.do(ANN, "transfer", CAY, units).ok == may
        if may:
            self.units -= units

    @rule(units=st.integers(1, 60))
    def buy(self, units: int) -> None:
        if self.desk.do(AGENT, "mint", ANN, units).ok:
            self.units += units

    @invariant()
    def everything_is_as_it_should_be(self) -> None:
        for spender in (VENUE, OTHER):
            assert self.desk.standing(spender) == (
                self.allowed[spender], self.held[spender], sum(self.held.values())
            )  # fmt: skip
        assert self.desk.see("balanceOf", ANN) == self.units


def test_only_venues_that_the_officer_allowed_hold(desk: Desk) -> None:
    """Whoever was approved could lock units for good, and their owner could do nothing."""
    anybody = wallet(72)
    desk.do(ANN, "approve", anybody, 50)
    assert desk.do(anybody, "hold", ANN, 1).reason == "not-a-venue"
    desk.world.set_venue(anybody, True)
    assert desk.do(anybody, "hold", ANN, 50).ok
    desk.world.set_venue(anybody, False)
    assert desk.do(anybody, "release", ANN, 50).ok


def test_an_approval_near_the_end_of_numbers_does_not_lock_units(desk: Desk) -> None:
    """An owner who approved so much meanwhile had his units held for good."""
    desk.do(ANN, "approve", VENUE, 60)
    assert desk.do(VENUE, "hold", ANN, 60).ok
    for approved in (UNLIMITED - 1, UNLIMITED - 30):
        desk.do(ANN, "approve", VENUE, approved)
        assert desk.do(VENUE, "release", ANN, 30).ok
    assert desk.standing() == (UNLIMITED - 1, 0, 0)


def test_a_random_history_of_holds() -> None:
    run_state_machine_as_test(Holds, settings=settings(stateful_step_count=25))


def test_strangers_hold_nothing_of_people_who_approved_nothing() -> None:
    world: World = market()
    world.set_venue(STRANGER, True)
    assert world.evm.act(STRANGER, TOKEN, world.token, "hold", ANN, 1).reason == (
        "insufficient-allowance")  # fmt: skip
    assert world.evm.act(STRANGER, TOKEN, world.token, "hold", ANN, 0).ok
    assert world.transfer(ANN, BOB, 100) is Code.ALLOWED
