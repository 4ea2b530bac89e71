"""Defects that were found by looking for them, each kept from coming back."""

from __future__ import annotations

import contextlib

import pytest

from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claims
from tallystick.securities.codes import Code
from tallystick.securities.lots import LATER_MAX, TAKEN_MAX
from tallystick.securities.packing import pack_record
from tallystick.securities.proposal import RuleSet
from tests.support.evm import FACTORY, REGISTRY, TOKEN, address_in, compile_vyper
from tests.support.folding import Folding
from tests.support.market import ANN, BOB, CAY, DAN, DAY_S, EVE, claims, expect, market
from tests.support.world import AGENT, EVEN_LOTS, OFFICER, OWNER, STRANGER, World

TIME_MAX = 2**40 - 1
VERIFIED = pack_record(number=7, country="DE", claims=Claims((65_535,) + (0,) * 7))


def other_registry(world: World) -> Wallet:
    made = world.evm.act(
        OWNER, FACTORY, world.platform.factory, "createRegistry", OWNER, AGENT, OFFICER
    )
    return address_in(made)


def test_a_holding_period_without_end_locks_without_end() -> None:
    world = market()
    world.burn(ANN, 100)
    world.set_rules(RuleSet(lock_up=True, holding_period_s=TIME_MAX))
    assert world.mint(ANN, 100) is Code.ALLOWED
    expect(world, Code.LOT_LOCKED, ANN, BOB, 100)
    world.compare([ANN, BOB])
    assert world.burn(ANN, 100) is Code.ALLOWED
    world.compare([ANN, BOB])


def test_who_has_nothing_left_is_told_of_no_lock() -> None:
    """All that was locked was taken by force; the word on chain still has its unlock time."""
    world = market()
    world.burn(ANN, 100)
    world.set_rules(RuleSet(lock_up=True, holding_period_s=10 * DAY_S))
    world.mint(ANN, 5)
    world.force(ANN, BOB, 5)
    expect(world, Code.INSUFFICIENT_BALANCE, ANN, CAY, 1)


def test_sums_of_lots_pass_what_a_word_holds() -> None:
    world = World(RuleSet(lock_up=True, holding_period_s=10 * DAY_S))
    for who in (ANN, BOB):
        world.admit(who, claims=claims(world))
    for _ in range(3):
        assert world.mint(ANN, 1) is Code.ALLOWED
        world.advance(60)
        assert world.mint(ANN, 2**111) is Code.ALLOWED
        world.compare([ANN, BOB])
        assert world.force(ANN, BOB, 1) is Code.ALLOWED
        assert world.burn(ANN, 2**111) is Code.ALLOWED
        world.advance(60)
    assert world.mint(ANN, 5) is Code.ALLOWED
    assert world.force(ANN, BOB, 2) is Code.ALLOWED
    world.compare([ANN, BOB])


def test_a_class_in_another_registry_stops_no_claims_in_the_old_one() -> None:
    world = World(classes=2)
    second = other_registry(world)
    evm, token = world.evm, world.tokens[1]
    assert evm.act(OWNER, REGISTRY, second, "bindToken", token).ok
    assert evm.act(AGENT, REGISTRY, second, "admit", BOB, VERIFIED).ok
    assert evm.act(AGENT, REGISTRY, second, "setClaim", BOB, 1, 65_535).ok
    assert evm.act(OWNER, TOKEN, token, "setIdentityRegistry", second).ok
    assert evm.act(AGENT, TOKEN, token, "mint", BOB, 1).ok
    first = world.registry_address
    assert evm.act(AGENT, REGISTRY, first, "admit", ANN, VERIFIED).ok
    assert evm.act(AGENT, REGISTRY, first, "setClaim", ANN, 0, 0).ok
    assert evm.act(STRANGER, REGISTRY, first, "refresh", [ANN]).ok
    assert evm.act(OWNER, REGISTRY, first, "unbindToken", token).ok
    assert not evm.act(OWNER, REGISTRY, second, "unbindToken", token).ok


def test_a_contract_that_is_no_security_stops_no_claims() -> None:
    world = market()
    stray = world.evm.deploy(compile_vyper(EVEN_LOTS))
    address = world.registry_address
    assert world.evm.act(OWNER, REGISTRY, address, "bindToken", stray).ok
    assert world.set_claim(ANN, 1, 65_535) == ""  # type: ignore[arg-type]
    assert world.evm.act(OWNER, REGISTRY, address, "unbindToken", stray).ok


@pytest.mark.parametrize("had", ["units", "a recovered home wallet"])
def test_a_security_stays_with_its_registry_once_it_had(had: str) -> None:
    world = World()
    world.admit(ANN, claims=claims(world))
    if had == "units":
        world.mint(ANN, 100)
        world.burn(ANN, 100)
    else:
        world.recover(ANN, EVE)
    second = other_registry(world)
    assert world.evm.act(OWNER, REGISTRY, second, "bindToken", world.token).ok
    outcome = world.evm.act(OWNER, TOKEN, world.token, "setIdentityRegistry", second)
    assert outcome.reason == "units-outstanding"


def test_a_wallet_that_is_its_own_identity_is_never_verified_by_chance() -> None:
    world = World()
    address = world.registry_address
    assert world.evm.act(OWNER, REGISTRY, address, "addClaimTopic", 1).ok
    for number in range(8):
        own = Wallet("0x" + keccak(bytes([number]))[12:].hex())
        for name, args in (
            ("registerIdentity", (own, own, 276)),
            ("deleteIdentity", (own,)),
            ("registerIdentity", (own, own, 276)),
        ):
            assert world.evm.act(AGENT, REGISTRY, address, name, *args).ok
        assert world.evm.view(REGISTRY, address, "homeOf", own) == own
        assert not world.evm.view(REGISTRY, address, "isVerified", own)
        assert world.evm.act(AGENT, TOKEN, world.token, "mint", own, 5).reason


def test_a_module_that_breaks_can_be_let_go_of() -> None:
    world = market()
    source = EVEN_LOTS.parent / "BreakingModule.vy"
    for bind, release in (("addModule", "removeModule"), ("setCompliance", "setCompliance")):
        module = world.evm.deploy(compile_vyper(source))
        assert world.evm.act(OFFICER, TOKEN, world.token, bind, module).ok
        assert world.evm.send(STRANGER, module, "0x" + keccak(text="break_now()")[:4].hex()).ok
        stuck = world.evm.act(ANN, TOKEN, world.token, "transfer", BOB, 5)
        assert stuck.reason == "module-refused"
        gone = module if release == "removeModule" else world.token
        assert world.evm.act(OFFICER, TOKEN, world.token, release, gone).ok
        expect(world, Code.ALLOWED, ANN, BOB, 5)


def test_a_retail_limit_stays_open_until_the_next_claim_expires() -> None:
    world = market(RuleSet(retail_max=50))
    for who, days in ((ANN, 2), (BOB, 30)):
        world.state(who, country="DE", claims=claims(world, accredited_days=days))
    world.state(CAY, country="DE", claims=Claims((65_535, 65_535) + (0,) * 6))
    for who in (BOB, CAY):
        expect(world, Code.ALLOWED, ANN, who, 10)
    world.advance(2 * DAY_S)
    assert world.mint(DAN, 1) is Code.RETAIL_LIMIT_STALE
    world.refresh(ANN)
    for _ in range(27):
        world.probe(ANN, DAN, 1)
        assert world.model.tally.is_stale(world.now // DAY_S) is False
        world.advance(DAY_S)
    world.advance(DAY_S)
    assert world.mint(DAN, 1) is Code.RETAIL_LIMIT_STALE
    world.refresh(BOB)
    assert world.model.tally.earliest_day > world.now // DAY_S + 100
    assert world.mint(DAN, 1) is Code.ALLOWED
    world.compare([ANN, BOB, CAY, DAN])


def locked(days: int) -> World:
    """A class whose units are locked for so many days after they were acquired."""
    world = World(RuleSet(lock_up=True, holding_period_s=days * DAY_S))
    for who in (ANN, BOB):
        world.admit(who, claims=claims(world))
    return world


def test_a_lot_is_sorted_in_before_64_later_ones_and_no_more() -> None:
    world = locked(10)
    start = world.now
    for age_s in range(LATER_MAX + 1):
        assert world.mint(ANN, 1, acquired_at=start - age_s) is Code.ALLOWED
    assert world.mint(ANN, 1, acquired_at=start - 1000) is None
    assert world.mint(ANN, 1, acquired_at=start) is Code.ALLOWED
    world.compare([ANN, BOB])


def test_32_locked_lots_are_taken_at_once_and_no_more() -> None:
    world = locked(10)
    start = world.now
    for age_s in range(TAKEN_MAX + 8, 0, -1):
        assert world.mint(ANN, 2, acquired_at=start - age_s) is Code.ALLOWED
    assert world.force(ANN, BOB, 2 * TAKEN_MAX + 1) is None
    assert world.burn(ANN, 2 * TAKEN_MAX + 1) is None
    assert world.force(ANN, BOB, 1) is Code.ALLOWED
    assert world.force(ANN, BOB, 2 * TAKEN_MAX) is None
    assert world.force(ANN, BOB, 2 * TAKEN_MAX - 1) is Code.ALLOWED
    world.compare([ANN, BOB])


def test_a_list_of_lots_begins_anew_once_nothing_is_locked() -> None:
    world = locked(1)
    for _ in range(4):
        for _ in range(3):
            assert world.mint(ANN, 2) is Code.ALLOWED
            world.advance(60)
        assert world.force(ANN, BOB, 3) is Code.ALLOWED
        world.compare([ANN, BOB])
        word = world.evm.slot(world.token, "positions", key=ANN)
        assert word >> 208 & 65_535 == 3
        world.advance(2 * DAY_S)
        expect(world, Code.ALLOWED, ANN, BOB, 3)


def test_a_record_date_set_by_mistake_is_withdrawn() -> None:
    world = market()
    assert world.set_record_date(100) == ""
    assert world.set_record_date(10**9) == ""
    assert world.withdraw_record_date() == ""
    assert world.set_record_date(200) == ""
    world.advance(150)
    world.transfer(ANN, BOB, 10)
    world.advance(100)
    assert world.withdraw_record_date() == "no-record-date-ahead"
    world.transfer(ANN, BOB, 10)
    assert world.set_record_date(300) == ""
    assert world.withdraw_record_date() == ""
    world.advance(10**6)
    world.transfer(ANN, BOB, 10)
    world.compare([ANN, BOB])
    assert world.evm.view(TOKEN, world.token, "recordDate") == len(world.past[0].seen)


def test_logs_unfreeze_once_what_a_forced_movement_takes() -> None:
    world = market()
    folding = Folding(world)
    world.set_frozen_units(ANN, 150)
    assert world.force(ANN, BOB, 40) is Code.ALLOWED
    assert world.burn(ANN, 10) is Code.ALLOWED
    folding.check()
    assert folding.book.securities[world.token].holders[ANN].frozen_units == 100


def test_logs_tell_whose_identity_was_changed() -> None:
    """An identity may have the address of somebody else's home wallet."""
    world = World()
    folding = Folding(world)
    world.admit(BOB, claims=claims(world))
    address = world.registry_address
    for name, args in (("registerIdentity", (ANN, BOB, 276)), ("updateIdentity", (ANN, CAY))):
        assert world.evm.act(AGENT, REGISTRY, address, name, *args).ok
    with contextlib.suppress(AssertionError):  # The model knows no live identities.
        folding.check()
    found = folding.book.registry.investors
    assert (found[ANN].identity, found[BOB].identity) == (CAY, None)


def test_lots_of_many_decimals_are_exact() -> None:
    """A lot of 125 and a least holding of 20,000, of units with 18 decimals."""
    unit = 10**18
    world = market()
    world.set_rules(RuleSet(lot_size=125 * unit, minimum_holding=20_000 * unit))
    assert world.mint(BOB, 20_000 * unit) is Code.ALLOWED
    assert world.mint(BOB, 124 * unit) is Code.LOT_SIZE
    assert world.mint(BOB, 125 * unit + 1) is Code.LOT_SIZE
    assert world.mint(CAY, 19_875 * unit) is Code.BELOW_MINIMUM
    assert world.mint(BOB, 125 * unit) is Code.ALLOWED
    assert world.mint(CAY, 20_000 * unit) is Code.ALLOWED
    expect(world, Code.REST_BELOW_MINIMUM, BOB, CAY, 250 * unit)
    expect(world, Code.ALLOWED, BOB, CAY, 125 * unit)
