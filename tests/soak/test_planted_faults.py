"""A fault planted in any rule, or in what rules rest on, is found by random histories."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tallystick.securities import rules
from tests.support.comparing import Divergence
from tests.support.faults import FAULTS
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


@pytest.mark.parametrize("name", [rule.name for rule in rules.TABLE])
def test_leaving_out_a_rule_is_noticed(
    name: str, monkeypatch: pytest.MonkeyPatch, note: Note
) -> None:
    others = [rule for rule in rules.TABLE if rule.name != name]
    monkeypatch.setattr(rules, "asked", lambda *of: [rule.check for rule in others
                                                     if rule.judges(*of)])  # fmt: skip
    with pytest.raises(NOTICED):
        hunt()
    note(FOUND, 1)


@pytest.mark.parametrize(("owner", "name", "fault"), FAULTS)
def test_a_fault_in_what_rules_rest_on_is_noticed(
    owner: object, name: str, fault: object, monkeypatch: pytest.MonkeyPatch, note: Note
) -> None:
    monkeypatch.setattr(owner, name, fault)
    with pytest.raises(NOTICED):
        hunt()
    note(FOUND, 1)
