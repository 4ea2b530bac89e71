"""Tallystick issues, trades and services tokenized securities on any EVM chain."""

__version__ = "0.1.0"
