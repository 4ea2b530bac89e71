"""Chain and model say the same, over random histories."""

from __future__ import annotations

from tests.support.machine import TwinMachine

TestParity = TwinMachine.TestCase
