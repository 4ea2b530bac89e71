"""A node that goes back to earlier blocks, again and again, under a venue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.exchange import Exchange, PlainHost, roll_back_repeatedly

TIMES = 100


@pytest.mark.parametrize("seed", range(4))
def test_every_trade_ends_once(tmp_path: Path, seed: int, note: Callable[[str, int], None]) -> None:
    host = PlainHost()
    try:
        exchange = Exchange(tmp_path, host, holds=seed % 2 == 1)
        found = roll_back_repeatedly(exchange, host, times=TIMES, seed=seed)
        exchange.scene.close()
    finally:
        host.close()
    note("steps of a venue on a node that goes back", TIMES)
    note("trades settled once, whatever was taken back", found["settled"])
