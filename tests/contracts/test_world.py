"""The contracts and the model, act by act."""

from __future__ import annotations

from tallystick.securities.claims import Claims
from tallystick.securities.codes import Code
from tallystick.securities.proposal import RuleSet
from tests.support.world import World, wallet

VERIFIED = Claims((65_000, 0, 0, 0, 0, 0, 0, 0))


def test_units_move_between_verified_investors() -> None:
    world = World()
    world.admit(wallet(1), claims=VERIFIED)
    world.admit(wallet(2), claims=VERIFIED)
    assert world.mint(wallet(1), 100) is Code.ALLOWED
    assert world.transfer(wallet(1), wallet(2), 40) is Code.ALLOWED
    assert world.transfer(wallet(1), wallet(3), 40) is Code.RECEIVER_UNKNOWN
    world.compare([wallet(1), wallet(2), wallet(3)])


def test_a_recovered_wallet_keeps_lots_and_freezes() -> None:
    rules = RuleSet(lock_up=True, holding_period_s=86_400)
    world = World(rules)
    world.admit(wallet(1), claims=VERIFIED)
    world.admit(wallet(2), claims=VERIFIED)
    world.mint(wallet(1), 100)
    assert world.recover(wallet(1), wallet(3)) == ""
    world.compare([wallet(1), wallet(2), wallet(3)])
    assert world.transfer(wallet(3), wallet(2), 10) is Code.LOT_LOCKED
    world.evm.advance(86_400)
    assert world.transfer(wallet(3), wallet(2), 10) is Code.ALLOWED
    world.compare([wallet(1), wallet(2), wallet(3)])
