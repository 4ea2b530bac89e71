"""Profiles of Hypothesis, chosen with `--hypothesis-profile`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}

settings.register_profile("quick", max_examples=25, stateful_step_count=60, **COMMON)
settings.register_profile("deep", max_examples=400, stateful_step_count=100, **COMMON)
settings.load_profile("quick")
