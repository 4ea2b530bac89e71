"""The rules, case by case, on chain and on the model; and that a fault in any would be noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tallystick.securities import rules
from tallystick.securities.lots import Lots
from tallystick.securities.security import Security
from tallystick.securities.tally import LimitVerdict, Tally
from tests.support.cases import CASES, Case


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


@pytest.mark.parametrize("name", [name for name, _ in rules.TABLE])
def test_leaving_out_a_rule_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tuple(entry for entry in rules.TABLE if entry[0] != name)
    monkeypatch.setattr(rules, "TABLE", table)
    assert noticed()


def _forgets_tracking(self: Tally, tier: int, tracked_day: int) -> None:
    self.counts[tier] -= 1


def _off_by_one(self: Tally, *_: Any) -> LimitVerdict:
    over = self.investors_max is not None and self.total > self.investors_max
    return LimitVerdict.TOO_MANY if over else LimitVerdict.WITHIN


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        (Tally, "is_stale", lambda *_: False),
        (Tally, "leave", _forgets_tracking),
        (Tally, "verdict", _off_by_one),
        (Tally, "advance", lambda *_: None),
        (Lots, "minus", lambda self, *_: (self, ())),
        (Lots, "locked_units", lambda *_: 0),
        (Security, "_unfreeze_taken", lambda *_: None),
        (Security, "_issuer_verdict", lambda *_: LimitVerdict.WITHIN),
        (Security, "refresh", lambda *_, **__: None),
    ],
)
def test_a_fault_in_what_rules_rest_on_is_noticed(
    owner: type, name: str, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, fault)
    assert noticed()
