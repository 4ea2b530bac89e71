"""A million orders: memory stays as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

WARM, ORDERS = 250_000, 1_000_000
GROWTH_MAX = 1.10


def test_a_million_orders_leave_memory_flat(
    tmp_path: Path, note: Callable[[str, int], None]
) -> None:
    command = [sys.executable, "-m", "tests.support.million", str(tmp_path), str(WARM), str(ORDERS)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    before, after, taken = map(int, told.split())
    assert taken > ORDERS * 0.9
    assert after < before * GROWTH_MAX
    note("orders taken one after the other by a venue", taken)
    note("memory after a quarter of them, in MB", before >> 20)
    note("memory after all of them, in MB", after >> 20)
