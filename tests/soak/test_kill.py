"""`kill -9`, many times, with and without a power failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.killing import kill_office_repeatedly, kill_repeatedly


@pytest.mark.parametrize("driver", ["plain", "logged"])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path, seed: int, driver: str) -> None:
    assert kill_repeatedly(tmp_path, times=12, seed=seed, driver=driver) > 200


@pytest.mark.parametrize("driver", ["plain", "logged"])
@pytest.mark.parametrize("seed", range(3))
def test_whole_commands_are_finished(tmp_path: Path, seed: int, driver: str) -> None:
    assert kill_office_repeatedly(tmp_path / "data", times=10, seed=seed, driver=driver) > 50
