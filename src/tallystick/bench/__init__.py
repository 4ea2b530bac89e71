"""Benchmarks, each a command: `tallystick bench NAME`."""
