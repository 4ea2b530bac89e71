"""The rules, case by case, on chain and on the model; and that a fault in any would be noticed."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.securities import rules
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, RuleSet
from tests.support.cases import CASES
from tests.support.faults import FAULTS
from tests.support.market import ANN, BOB, DAY_S, Case, claims
from tests.support.world import World


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_case(case: Case) -> None:
    case()


def noticed() -> bool:
    """Whether some case fails."""
    for case in CASES:
        try:
            case()
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize("name", [rule.name for rule in rules.TABLE])
def test_leaving_out_a_rule_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [rule for rule in rules.TABLE if rule.name != name]
    monkeypatch.setattr(rules, "asked", lambda *of: [rule.check for rule in others
                                                     if rule.judges(*of)])  # fmt: skip
    assert noticed()


@pytest.mark.parametrize(("owner", "name", "fault"), FAULTS)
def test_a_fault_in_what_rules_rest_on_is_noticed(
    owner: Any, name: str, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, fault)
    assert noticed()


def test_a_verdict_names_every_refusal_and_when_time_cures_them() -> None:
    """The chain tells the first alone; all of them are one answer here, each with its numbers."""
    world = World(RuleSet(max_balance=50, lock_up=True, holding_period_s=10 * DAY_S))
    for who in (ANN, BOB):
        world.admit(who, claims=claims(world))
    start = world.now
    assert world.mint(ANN, 40) is Code.ALLOWED
    assert world.mint(BOB, 30) is Code.ALLOWED
    world.set_claim(BOB, Claim.VERIFIED, 0)
    verdict = world.model.judge(Movement.RESALE, ANN, BOB, 45, now_s=world.now)
    assert [refusal.code for refusal in verdict.refusals] == [
        Code.LOT_LOCKED, Code.RECEIVER_UNVERIFIED, Code.MAX_BALANCE, Code.INSUFFICIENT_BALANCE,
    ]  # fmt: skip
    assert verdict.passes_at is None
    locked, _, largest, short = verdict.refusals
    assert locked.passes_at is None, "so much is not his even when nothing is locked"
    assert (largest.limit, largest.now, largest.after, largest.most) == (50, 30, 75, 20)
    assert (short.now, short.after, short.most) == (40, -5, 40)
    world.set_claim(BOB, Claim.VERIFIED, 65_535)
    alone = world.model.judge(Movement.RESALE, ANN, BOB, 10, now_s=world.now)
    assert alone.passes_at == start + 10 * DAY_S
    world.advance(10 * DAY_S)
    assert world.transfer(ANN, BOB, 10) is Code.ALLOWED
