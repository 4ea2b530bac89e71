"""Counters counted anew by brute force, and what limits promise, said without any counter."""

from __future__ import annotations

from collections import Counter

from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Tier
from tallystick.securities.codes import Code
from tallystick.securities.registry import Investor
from tallystick.securities.security import Security
from tallystick.securities.tally import Tally
from tests.support.world import World

DAY_S = 86_400
LIMIT_CODES = {
    Code.HOLDER_LIMIT, Code.RETAIL_LIMIT, Code.RETAIL_LIMIT_STALE, Code.ISSUER_HOLDER_LIMIT,
    Code.ISSUER_RETAIL_LIMIT, Code.ISSUER_LIMIT_STALE,
}  # fmt: skip


def holders(model: Security) -> list[Investor]:
    """Investors who hold units, found by looking at every wallet."""
    investors = model.registry.investors.values()
    return [one for one in investors if any(model.balances.get(own) for own in one.wallets)]


def shareholders(world: World) -> list[Investor]:
    """Investors who count with the issuer: counted with him in at least one class."""
    held = [
        model.holders[one.home].enrolled and one.home
        for model in world.models
        for one in holders(model)
    ]
    return [one for one in world.registry.investors.values() if one.home in held]


def tiers(people: list[Investor], now_s: int) -> list[int]:
    """How many count in each tier by the claims they have now."""
    found = Counter(one.claims.tier(now_s // DAY_S)[0] for one in people)
    return [found[tier] for tier in Tier]


def check_stored(world: World) -> None:
    """Every counter equals a recount over what investors were counted as."""
    for model in world.models:
        counted = [model.holders[one.home] for one in holders(model)]
        stored = [(holder.tier_counted, holder.tracked_day) for holder in counted]
        _check_tally(model.tally, stored)
        assert model.enrolled == sum(holder.enrolled for holder in counted)
        assert model.supply == sum(model.balances.values())
    people = shareholders(world)
    _check_tally(world.registry.tally, [(one.tier_counted, one.tracked_day) for one in people])
    for one in world.registry.investors.values():
        classes = [
            model.holders[one.home].enrolled for model in world.models if one in holders(model)
        ]
        assert one.classes_held == sum(classes)


def _check_tally(tally: Tally, stored: list[tuple[Tier | None, int]]) -> None:
    found = Counter(tier for tier, _ in stored)
    assert tally.counts == [found[tier] for tier in Tier]
    days = [day for _, day in stored if day]
    assert tally.tracked == len(days)
    finite = Counter(day for day in days if day != 65_535)
    assert {day: count for day, count in tally.expiring.items() if count} == finite
    assert not finite or 0 < tally.earliest_day <= min(finite)


def check_claims(world: World) -> None:
    """Counters equal a recount by the claims of today; so it is once everybody was refreshed."""
    for model in world.models:
        assert model.tally.counts == tiers(holders(model), world.now)
    assert world.registry.tally.counts == tiers(shareholders(world), world.now)


class Admission:
    """Who is new in which count, looked at before a movement; `check` is asked after it."""

    def __init__(self, world: World, receiver: Wallet, at: int) -> None:
        self._world, self._model = world, world.models[at]
        self._home = world.registry.home(receiver)
        self._new_in_class = self._home not in {one.home for one in holders(self._model)}
        self._new_with_issuer = self._home not in {one.home for one in shareholders(world)}

    def check(self) -> None:
        """Nobody was let in beyond a limit, by the claims that everybody really has now."""
        day = self._world.now // DAY_S
        investor = self._world.registry.investors[self._home]
        entering = investor.claims.tier(day)[0]
        if self._new_in_class:
            self._within(self._model.tally, holders(self._model), entering)
        if self._new_with_issuer and self._model.joined_issuer_limits:
            self._within(self._world.registry.tally, shareholders(self._world), entering)

    def _within(self, tally: Tally, people: list[Investor], entering: Tier) -> None:
        found = tiers(people, self._world.now)
        if tally.investors_max is not None:
            assert sum(found) <= tally.investors_max
        if tally.retail_max is not None and entering is Tier.RETAIL:
            assert found[Tier.RETAIL] <= tally.retail_max
