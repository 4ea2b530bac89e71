"""`kill -9`, many times, with and without a power failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.killing import (
    kill_office_repeatedly,
    kill_repeatedly,
    kill_venue_repeatedly,
)

Note = Callable[[str, int], None]
HOW = {"plain": "killed", "logged": "killed, with a power failure"}


@pytest.mark.parametrize("driver", ["plain", "logged"])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_acknowledged_is_lost_or_doubled(
    tmp_path: Path, seed: int, driver: str, note: Note
) -> None:
    held = kill_repeatedly(tmp_path, times=12, seed=seed, driver=driver)
    assert held > 200
    note(f"times a chain under load was {HOW[driver]}", 12)
    note("transactions acknowledged before, all there once", held)


@pytest.mark.parametrize("driver", ["plain", "logged"])
@pytest.mark.parametrize("seed", range(3))
def test_whole_commands_are_finished(tmp_path: Path, seed: int, driver: str, note: Note) -> None:
    held = kill_office_repeatedly(tmp_path / "data", times=10, seed=seed, driver=driver)
    assert held > 20
    note(f"times an issuer's office at work was {HOW[driver]}", 10)
    note("acts acknowledged before, all done once", held)


@pytest.mark.parametrize("driver", ["plain", "logged"])
@pytest.mark.parametrize("seed", range(5))
def test_what_was_matched_is_settled_once(
    tmp_path: Path, seed: int, driver: str, note: Note
) -> None:
    found = kill_venue_repeatedly(tmp_path / "data", times=20, seed=seed, driver=driver,
                                  holds=seed % 2 == 1)  # fmt: skip
    assert found["settled"] > 100
    note(f"times a venue under load was {HOW[driver]}", 20)
    note("orders acknowledged before, all there once", found["acknowledged"])
    note("trades settled once", found["settled"])
    note("trades busted once", found["busted"])
