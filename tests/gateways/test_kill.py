"""`kill -9` of node, program, or both, under load; and power that fails with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.killing import kill_office_repeatedly, kill_repeatedly


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    assert kill_repeatedly(tmp_path, times=6, seed=1) > 100


def test_the_same_when_what_was_not_synced_is_lost(tmp_path: Path) -> None:
    assert kill_repeatedly(tmp_path, times=3, seed=2, driver="logged") > 20


def test_whole_commands_survive_a_power_failure(tmp_path: Path) -> None:
    assert kill_office_repeatedly(tmp_path / "data", times=3, seed=3, driver="logged") > 5


def test_a_program_that_does_not_sync_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"lost|rebuilt|malformed|not a database|no such"):
        kill_repeatedly(tmp_path, times=4, seed=4, driver="careless")


def test_a_new_data_directory_is_on_the_disk(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.unsynced", str(tmp_path / "data")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == ""
