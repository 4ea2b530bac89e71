"""Blocks and their times."""

from __future__ import annotations

import time
from collections.abc import Callable

from tallystick.gateways.chain.rpc import Rpc

POLL_S = 0.05


def time_of(rpc: Rpc, number: int) -> int:
    """When a block was sealed, in UTC seconds."""
    return int(rpc.call("eth_getBlockByNumber", hex(number), False)["timestamp"], 16)


def last_time(rpc: Rpc) -> int:
    """When the last block was sealed, in UTC seconds."""
    return int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def last_block_at(rpc: Rpc, time_s: int) -> int:
    """Number of the last block sealed at or before a time in UTC seconds; -1 if there is none."""
    low, high = -1, int(rpc.call("eth_blockNumber"), 16)
    while low < high:
        middle = (low + high + 1) // 2
        if time_of(rpc, middle) <= time_s:
            low = middle
        else:
            high = middle - 1
    return low


def wait_until(now: Callable[[], int], time_s: int) -> None:
    """Wait until a clock in UTC seconds has come to a time."""
    while now() < time_s:
        time.sleep(POLL_S)
