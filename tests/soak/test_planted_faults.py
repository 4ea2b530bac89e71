"""A fault planted in any rule, or in what rules rest on, is found by random histories."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tallystick.securities import rules, security
from tallystick.securities.lots import Lots
from tallystick.securities.tally import LimitVerdict, Tally
from tests.support.comparing import Divergence
from tests.support.machine import TwinMachine

# Chain and model differ, or a counter differs from a recount.
NOTICED = (Divergence, AssertionError)
HUNT = settings(
    max_examples=2000,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def hunt() -> None:
    """Look for a history on which both sides differ."""
    run_state_machine_as_test(TwinMachine, settings=HUNT)


Note = Callable[[str, int], None]
FOUND = "planted faults found by random histories"


@pytest.mark.parametrize("name", [name for name, _ in rules.TABLE])
def test_leaving_out_a_rule_is_noticed(
    name: str, monkeypatch: pytest.MonkeyPatch, note: Note
) -> None:
    table = tuple(entry for entry in rules.TABLE if entry[0] != name)
    monkeypatch.setattr(rules, "TABLE", table)
    with pytest.raises(NOTICED):
        hunt()
    note(FOUND, 1)


def _never_stale(self: Tally, day: int) -> bool:
    return False


def _forgets_tracking(self: Tally, tier: int, tracked_day: int) -> None:
    self.counts[tier] -= 1


def _off_by_one(self: Tally, leaving: object, entering: object, day: int) -> LimitVerdict:
    over = self.investors_max is not None and self.total > self.investors_max
    return LimitVerdict.TOO_MANY if over else LimitVerdict.WITHIN


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        (Tally, "is_stale", _never_stale),
        (Tally, "leave", _forgets_tracking),
        (Tally, "verdict", _off_by_one),
        (Tally, "advance", lambda self, day: None),
        (Lots, "minus", lambda self, units, now_s: (self, ())),
        (Lots, "locked_units", lambda self, now_s: 0),
        (security.Security, "_unfreeze_taken", lambda self, giver, holder, amount: None),
        (security.Security, "_issuer_verdict", lambda *_: LimitVerdict.WITHIN),
        (security.Security, "refresh", lambda self, wallet, *, now_s: None),
    ],
)
def test_a_fault_in_what_rules_rest_on_is_noticed(
    owner: type, name: str, fault: object, monkeypatch: pytest.MonkeyPatch, note: Note
) -> None:
    monkeypatch.setattr(owner, name, fault)
    with pytest.raises(NOTICED):
        hunt()
    note(FOUND, 1)
