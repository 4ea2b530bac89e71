"""Composition analysis: a witness for what it calls satisfiable, none for what is contradictory."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.securities.analysis import Finding, Flaw, Scope, Witness, analyse, witness
from tallystick.securities.claims import Claim, Claims, Tier
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, RuleSet
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security
from tests.support.evm import GENESIS_S
from tests.support.machine import full_rule_sets, rule_sets
from tests.support.world import World, wallet

TRIES = 10_000
BEST = Claims((65_535,) * 5 + (0,) * 3)
SELLER, BUYER = wallet(1), wallet(2)


@st.composite
def narrow_rules(draw: st.DrawFn) -> RuleSet:
    """Rule sets whose numbers are so small that they get in each other's way."""
    rules = draw(rule_sets() | full_rule_sets())
    small = st.none() | st.integers(0, 12)
    return msgspec.structs.replace(
        rules,
        max_balance=draw(small),
        supply_cap=draw(st.none() | st.integers(0, 40)),
        lot_size=draw(st.sampled_from([None, None, 1, 3, 10])),
        minimum_holding=draw(st.sampled_from([None, None, 1, 4, 11])),
        investors_max=draw(st.none() | st.integers(0, 3)),
        max_share_bps=draw(st.sampled_from([None, 0, 500, 3_000, 10_000])),
        countries_allowed=draw(st.sampled_from([None, frozenset(), frozenset({"US"}),
                                                frozenset({"DE", "US"})])),
        countries_denied=draw(st.sampled_from([None, None, frozenset({"FR"})])),
    )  # fmt: skip


def contradictions(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.flaw is Flaw.CONTRADICTORY]


def play(world: World, rules: RuleSet, found: Witness) -> Code:
    """Carry out a witness on chain and model."""
    homes = [SELLER, *(wallet(10 + at) for at in range(len(found.issues) - 1))]
    for home in [*homes, BUYER]:
        world.admit(home, country=found.country, claims=BEST)
    for home, units in zip(homes, found.issues, strict=True):
        assert world.mint(home, units) is Code.ALLOWED, (found, rules)
    world.advance(max(rules.lock_up_until - world.now, rules.holding_period_s, 0) + 1)
    if rules.approval:
        world.approve(SELLER, BUYER, found.issues[0], DAY_S)
    return world.transfer(SELLER, BUYER, found.issues[0])


@settings(max_examples=60)
@given(rules=narrow_rules())
def test_what_is_satisfiable_has_a_witness_on_the_chain(rules: RuleSet) -> None:
    found = witness(rules)
    assert (found is None) == bool(contradictions(analyse(rules)))
    if found is not None:
        assert play(World(rules), rules, found) is Code.ALLOWED


def market(rules: RuleSet) -> tuple[Security, list[Wallet]]:
    model = Security(registry=Registry())
    model.set_rules(rules)
    homes = [wallet(number) for number in range(6)]
    for home, country in zip(homes, ["DE", "US", "DE", "US", "FR", "JP"], strict=True):
        model.registry.admit(home, number=7, country=country, claims=BEST)
    return model, homes


def tries(rules: RuleSet, choice: random.Random) -> int:
    """Resales that pass among random issues and resales, long after every lock has ended."""
    model, homes = market(rules)
    now_s, passed = 2**32, 0
    for _ in range(TRIES):
        giver = choice.choice([None, *homes])
        taker = choice.choice(homes)
        amount = choice.choice([1, 3, 4, 10, 11, 12, 30, choice.randint(1, 40)])
        kind = Movement.ISSUE if giver is None else Movement.RESALE
        model.approve(giver, taker, amount, until_s=now_s + DAY_S)
        if model.judge(kind, giver, taker, amount, now_s=now_s).allowed:
            model.move(kind, giver, taker, amount, now_s=now_s, acquired_at=0)
            passed += giver is not None and giver != taker
    return passed


@settings(max_examples=12)
@given(rules=narrow_rules(), seed=st.integers(0, 2**32))
def test_what_is_contradictory_has_none_in_ten_thousand_tries(rules: RuleSet, seed: int) -> None:
    assume(contradictions(analyse(rules)))
    assert tries(rules, random.Random(seed)) == 0


@settings(max_examples=150)
@given(rules=rule_sets(), seed=st.integers(0, 2**32))
def test_leaving_out_what_is_shadowed_changes_no_verdict(rules: RuleSet, seed: int) -> None:
    """Judged on a market where everybody who holds was admitted under the rules."""
    shadowed = [finding for finding in analyse(rules) if finding.flaw is Flaw.SHADOWED]
    assume(shadowed)
    choice = random.Random(seed)
    model, homes = market(rules)
    other, _ = market(_without(rules, shadowed[0].parameters[0]))
    for home in homes[:3]:
        for one in (model, other):
            one.registry.investors[home].claims = Claims((65_535, 0, 0, 0, 65_535, 0, 0, 0))
    for _ in range(60):
        giver, taker = choice.choice([None, *homes]), choice.choice(homes)
        kind = Movement.ISSUE if giver is None else Movement.RESALE
        amount = choice.randint(1, 30)
        first = model.judge(kind, giver, taker, amount, now_s=GENESIS_S)
        second = other.judge(kind, giver, taker, amount, now_s=GENESIS_S)
        assert first.allowed == second.allowed, (shadowed[0], first, second)
        if first.allowed:
            for one in (model, other):
                one.move(kind, giver, taker, amount, now_s=GENESIS_S)


def _without(rules: RuleSet, name: str) -> RuleSet:
    fields = {field.name: field for field in msgspec.structs.fields(RuleSet)}
    changes = {name: fields[name].default}
    if name == "country_max":
        changes["country_limited"] = ""
    return msgspec.structs.replace(rules, **changes)


@pytest.mark.parametrize(("rules", "scope", "flaw", "parameters"), [
    (RuleSet(countries_allowed=frozenset()), Scope(), Flaw.CONTRADICTORY,
     ("countries_allowed", "countries_denied")),
    (RuleSet(investors_max=0), Scope(), Flaw.CONTRADICTORY, ("investors_max",)),
    (RuleSet(), Scope(investors_max=0), Flaw.CONTRADICTORY, ("investors_max of the issuer",)),
    (RuleSet(lot_size=100, max_balance=99), Scope(), Flaw.CONTRADICTORY,
     ("lot_size", "max_balance")),
    (RuleSet(minimum_holding=10, supply_cap=9), Scope(), Flaw.CONTRADICTORY,
     ("minimum_holding", "authorised")),
    (RuleSet(max_share_bps=0), Scope(), Flaw.CONTRADICTORY, ("max_share_bps",)),
    (RuleSet(max_share_bps=500, investors_max=10, max_balance=10, minimum_holding=5), Scope(),
     Flaw.CONTRADICTORY, None),
    (RuleSet(retail_max=5, investor_tier=Tier.ACCREDITED), Scope(), Flaw.SHADOWED,
     ("retail_max",)),
    (RuleSet(investors_max=100), Scope(investors_max=100), Flaw.SHADOWED, ("investors_max",)),
    (RuleSet(investors_max=100, supply_cap=50), Scope(), Flaw.UNREACHABLE,
     ("investors_max", "authorised")),
    (RuleSet(investors_max=3, max_balance=10, supply_cap=50), Scope(), Flaw.UNREACHABLE,
     ("authorised", "max_balance")),
])  # fmt: skip
def test_what_does_not_go_together_is_named(
    rules: RuleSet, scope: Scope, flaw: Flaw, parameters: tuple[str, ...] | None
) -> None:
    found = {finding.parameters: finding for finding in analyse(rules, scope)}
    if parameters is None:
        [finding] = found.values()
    else:
        finding = found[parameters]
    assert finding.flaw is flaw
    assert finding.why and finding.cure  # noqa: PT018 - a person reads both


def test_rules_that_go_together_are_not_named() -> None:
    rules = RuleSet(investors_max=100, max_balance=1_000, supply_cap=50_000, lot_size=10,
                    minimum_holding=100, max_share_bps=1_000, retail_max=35)  # fmt: skip
    assert analyse(rules) == []
    assert BEST.holds(Claim.INSTITUTIONAL_BUYER, 30_000)


def test_the_witness_resides_where_holders_are_not_limited() -> None:
    allowed = frozenset({"DE", "US"})
    found = witness(RuleSet(countries_allowed=allowed, country_limited="DE", country_max=0))
    assert found is not None
    assert found.country == "US"
