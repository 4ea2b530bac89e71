"""`kill -9` of the venue, the node, or both, while people trade; and power that fails with it."""

from __future__ import annotations

from pathlib import Path

from tests.support.killing import kill_venue_repeatedly


def test_what_was_acknowledged_is_there_and_every_trade_ends_once(tmp_path: Path) -> None:
    found = kill_venue_repeatedly(tmp_path / "data", times=3, seed=1)
    assert found["acknowledged"] > 50
    assert found["settled"] > 20


def test_the_same_when_what_was_not_synced_is_lost(tmp_path: Path) -> None:
    found = kill_venue_repeatedly(tmp_path / "data", times=2, seed=2, driver="logged")
    assert found["settled"] > 5


def test_the_same_where_units_are_held(tmp_path: Path) -> None:
    found = kill_venue_repeatedly(tmp_path / "data", times=3, seed=3, holds=True)
    assert found["settled"] > 5
