"""Chain and model say the same, over random histories."""

from __future__ import annotations

from hypothesis import settings

from tests.support.machine import TwinMachine

# The long tier does at least twenty thousand steps.
TestParity = TwinMachine.TestCase
TestParity.settings = settings(TestParity.settings, max_examples=120, stateful_step_count=60)
