"""A small market for worked cases: four verified investors, of whom Ann holds 100 of each class."""

from __future__ import annotations

from collections.abc import Callable

from tallystick.securities.claims import Claims
from tallystick.securities.codes import Code
from tallystick.securities.proposal import RuleSet
from tests.support.world import World, wallet

DAY_S = 86_400
ANN, BOB, CAY, DAN, EVE = (wallet(number) for number in range(1, 6))

Case = Callable[[], None]


def claims(world: World, *, accredited_days: int = 0, verified_days: int = 1_000) -> Claims:
    today = world.now // DAY_S
    accredited = today + accredited_days if accredited_days else 0
    return Claims((today + verified_days, accredited, 0, 0, 0, 0, 0, 0))


def market(rules: RuleSet = RuleSet(), *, classes: int = 1, issuer_limits: bool = False) -> World:
    """Four verified investors in Germany; Ann holds 100 of each class."""
    world = World(rules, classes=classes, issuer_limits=issuer_limits)
    for who in (ANN, BOB, CAY, DAN):
        world.admit(who, claims=claims(world))
    for at in range(classes):
        assert world.mint(ANN, 100, at) is Code.ALLOWED
    return world


def expect(world: World, code: Code, giver: str, taker: str, units: int, at: int = 0) -> None:
    found = world.transfer(giver, taker, units, at)  # type: ignore[arg-type]
    assert found is code, (found, code)
