"""`kill -9` of node, program, or both, under load."""

from __future__ import annotations

from pathlib import Path

from tests.support.killing import kill_repeatedly


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    assert kill_repeatedly(tmp_path, times=6, seed=1) > 100
