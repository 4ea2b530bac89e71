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
    Code.HOLDER_LIMIT, Code.RETAIL_LIMIT, Code.RETAIL_LIMIT_STALE, Code.COUNTRY_LIMIT,
    Code.ISSUER_HOLDER_LIMIT, Code.ISSUER_RETAIL_LIMIT, Code.ISSUER_LIMIT_STALE,
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


def owners(world: World) -> dict[Wallet, int]:
    """As how many owners everybody counts over all classes, by his home.

    Who holds only by death or divorce of somebody counts as nobody, and that somebody counts while
    there is one such heir, be it that he holds nothing.
    """
    people = {one.home for one in shareholders(world)}
    investors = world.registry.investors
    roots = {investors[home].stands_for for home in people} - {None}
    heirs = {home for home in people if investors[home].stands_for}
    return {home: investors[home].owners for home in (people - heirs) | roots if home is not None}


def tiers(people: list[Investor], now_s: int, weights: dict[Wallet, int] | None = None
          ) -> list[int]:  # fmt: skip
    """How many count in each tier by the claims they have now; each as one, or by his weight."""
    found: Counter[Tier] = Counter()
    for one in people:
        found[one.claims.tier(now_s // DAY_S)[0]] += 1 if weights is None else weights[one.home]
    return [found[tier] for tier in Tier]


def owners_by_tier(world: World) -> list[int]:
    """Owners over all classes by the claims they have now."""
    weights = owners(world)
    people = [world.registry.investors[home] for home in weights]
    return tiers(people, world.now, weights)


def check_stored(world: World) -> None:
    """Every counter equals a recount over what investors were counted as."""
    for model in world.models:
        counted = [model.holders[one.home] for one in holders(model)]
        stored = [(holder.tier_counted, holder.tracked_day, 1) for holder in counted]
        _check_tally(model.tally, stored)
        assert model.enrolled == sum(holder.enrolled for holder in counted)
        assert model.supply == sum(model.balances.values())
        _check_parcels(world, model)
        if model.rules.country_max is not None:
            presumed = [holder.generation != model.tally.generation for holder in counted]
            known = [model.rules.limits_country(holder.country_counted) for holder in counted]
            assert model.tally.of_country == sum(map(max, presumed, known))
    registry = world.registry
    investors = [registry.investors[home] for home in owners(world)]
    _check_tally(
        registry.tally, [(one.tier_counted, one.tracked_day, one.owners_counted)
                         for one in investors]
    )  # fmt: skip
    for one in registry.investors.values():
        classes = [
            model.holders[one.home].enrolled for model in world.models if one in holders(model)
        ]
        assert one.classes_held == sum(classes)
        assert one.heirs == sum(other.stands_for == one.home
                                for other in registry.investors.values())  # fmt: skip


def _check_parcels(world: World, model: Security) -> None:
    """Everybody's parcels are as many units as he holds, and none is of tomorrow."""
    held = {home: sum(each.units for each in own.held) for home, own in model.parcels.items()}
    assert held == {home: model.total(home) for home in held}
    assert sum(held.values()) == model.supply
    for own in model.parcels.values():
        begun = [each.since for each in own.held]
        assert begun == sorted(begun)
        assert all(each.since <= each.received <= world.now for each in own.held)


def _check_tally(tally: Tally, stored: list[tuple[Tier | None, int, int]]) -> None:
    found: Counter[Tier | None] = Counter()
    finite: Counter[int] = Counter()
    for tier, day, weight in stored:
        found[tier] += weight
        finite[day] += weight
    assert tally.counts == [found[tier] for tier in Tier]
    assert tally.tracked == sum(finite.values()) - finite.pop(0, 0)
    finite.pop(65_535, None)
    finite = +finite
    assert {day: count for day, count in tally.expiring.items() if count} == finite
    assert not finite or 0 < tally.earliest_day <= min(finite)


def check_claims(world: World) -> None:
    """Counters equal a recount by the claims of today; so it is once everybody was refreshed."""
    for model in world.models:
        assert model.tally.counts == tiers(holders(model), world.now)
        if model.rules.country_max is not None:
            residents = [model.rules.limits_country(one.country) for one in holders(model)]
            assert model.tally.of_country == sum(residents)
    assert world.registry.tally.counts == owners_by_tier(world)


class Admission:
    """Who is new in which count, looked at before a movement; `check` is asked after it."""

    def __init__(self, world: World, receiver: Wallet, at: int) -> None:
        self._world, self._model = world, world.models[at]
        self._home = world.registry.home(receiver)
        self._new_in_class = self._home not in {one.home for one in holders(self._model)}
        # Whoever keeps a place for heirs of his is not new, and an heir himself is.
        self._new_with_issuer = self._home not in owners(world)

    def check(self) -> None:
        """Nobody was let in beyond a limit, by the claims that everybody really has now."""
        day = self._world.now // DAY_S
        investor = self._world.registry.investors[self._home]
        entering = investor.claims.tier(day)[0]
        if self._new_in_class:
            people = holders(self._model)
            self._within(self._model.tally, tiers(people, self._world.now), entering)
            self._within_country(people, investor)
        # Who held a class before it joined counts with the issuer once he is enrolled.
        weights = owners(self._world)
        if self._new_with_issuer and self._home in weights and investor.owners:
            self._within(self._world.registry.tally, owners_by_tier(self._world), entering)

    def _within_country(self, people: list[Investor], entering: Investor) -> None:
        rules = self._model.rules
        if rules.country_max is not None and rules.limits_country(entering.country):
            assert sum(rules.limits_country(one.country) for one in people) <= rules.country_max

    @staticmethod
    def _within(tally: Tally, found: list[int], entering: Tier) -> None:
        if tally.investors_max is not None:
            assert sum(found) <= tally.investors_max
        if tally.retail_max is not None and entering is Tier.RETAIL:
            assert found[Tier.RETAIL] <= tally.retail_max
