"""Profiles of Hypothesis, chosen with `--hypothesis-profile`."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

COMMON = settings(deadline=None, suppress_health_check=list(HealthCheck))

# A failing history is told as found: making it smaller takes minutes, and `soak` does it.
settings.register_profile(
    "quick",
    COMMON,
    max_examples=25,
    stateful_step_count=60,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
settings.register_profile("deep", COMMON, max_examples=400, stateful_step_count=100)
settings.load_profile("quick")
