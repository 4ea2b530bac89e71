"""Chain and model over many more and longer histories than the daily test has time for."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.machine import TwinMachine

HISTORIES = 1_000
STEPS_LEAST = 20_000
LONG = settings(
    max_examples=HISTORIES,
    stateful_step_count=120,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_chain_and_model_say_the_same(note: Callable[[str, int], None]) -> None:
    TwinMachine.steps = 0
    run_state_machine_as_test(TwinMachine, settings=LONG)
    assert TwinMachine.steps >= STEPS_LEAST
    note("random steps without a difference", TwinMachine.steps)
    note("long random histories on which chain and model agreed", HISTORIES)
