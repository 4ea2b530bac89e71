"""`kill -9`, many times."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.killing import kill_repeatedly


@pytest.mark.parametrize("seed", range(5))
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    assert kill_repeatedly(tmp_path, times=12, seed=seed) > 200
