"""Vyper sources, and under `compiled/` what the build makes of them."""
