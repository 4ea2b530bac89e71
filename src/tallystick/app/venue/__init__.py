"""Runs the venue: its journal, what it learns of the chain, settlement, and who talks to it."""
