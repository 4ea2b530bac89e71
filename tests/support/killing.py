"""Kills programs under load, again and again, and checks what is left.

With a driver other than `plain` the power fails too: whatever was not synced to the disk is lost or
torn before the check, see `tests.support.disk`.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from eth_account import Account

from tallystick.gateways.chain.embedded.anvil import process_is_alive
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.rpc import Rpc
from tests.support import office, trading
from tests.support.counter import market_of_four
from tests.support.disk import Disk
from tests.support.load import ACCOUNTS, key

KINDS = ("program", "node", "both")
START_WAIT_S = 30.0
LOAD_S = (0.02, 0.6)
OFFICE_LOAD_S = (0.02, 1.6)


def run_and_kill(
    command: list[str], kind: str, chance: random.Random, load_s: tuple[float, float] = LOAD_S
) -> list[str]:
    """Start the load, kill it at a random instant, and return what it had acknowledged.

    `load_s` is how long it works at least and at most. It must print `node PID` first, then
    `ack WHAT` for everything acknowledged.
    """
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    start = process.stdout.readline()
    assert start.startswith("node "), f"the load did not start: {process.wait()}"
    node = int(start.split()[1])
    first = process.stdout.readline()
    time.sleep(chance.uniform(*load_s))
    victims = {"program": [process.pid], "node": [node], "both": [process.pid, node]}[kind]
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    output, _ = process.communicate(timeout=START_WAIT_S)
    _wait_until_gone(node)
    lines = (first + output).splitlines(keepends=True)
    return [line.split()[1] for line in lines if line.startswith("ack ") and line.endswith("\n")]


def _wait_until_gone(pid: int) -> None:
    """The node must not outlive the program that started it."""
    for _ in range(200):
        if not process_is_alive(pid):
            return
        time.sleep(0.01)
    raise AssertionError(f"the node {pid} is still running")


def check(folder: Path, acknowledged: set[str]) -> int:
    """Everything acknowledged is sealed, once, and the state comes out the same; returns the head.

    Opening the chain compares every block's hash, and with it the state root, with the journal.
    """
    with Hosting(folder / "chain.sqlite", clock=lambda: int(time.time()), sandbox=True) as hosting:
        rpc = Rpc(hosting.url)
        head = int(rpc.call("eth_blockNumber"), 16)
        blocks = rpc.batch([("eth_getBlockByNumber", [hex(at), False]) for at in range(head + 1)])
        sealed = [tx_hash for block in blocks for tx_hash in block["transactions"]]
        assert len(sealed) == len(set(sealed)), "a transaction was sealed twice"
        assert acknowledged <= set(sealed), "an acknowledged transaction was lost"
        counts = [
            int(
                rpc.call("eth_getTransactionCount", Account.from_key(key(at)).address, "latest"), 16
            )
            for at in range(ACCOUNTS)
        ]
        assert sum(counts) == len(sealed)
        for earlier, later in itertools.pairwise(blocks):
            assert later["parentHash"] == earlier["hash"]
        rpc.close()
    return head


def kill_repeatedly(folder: Path, times: int, seed: int, driver: str = "plain") -> int:
    """Kill `times` times on one data directory, checking after each; returns how many acks held."""
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    command = ["tests.support.load", str(folder), driver]
    for number in range(times):
        disk = Disk(folder)
        acknowledged |= set(run_and_kill(command, KINDS[number % len(KINDS)], chance))
        if driver != "plain":
            disk.fail(chance)
        check(folder, acknowledged)
    return len(acknowledged)


def kill_office_repeatedly(folder: Path, times: int, seed: int, driver: str = "plain") -> int:
    """The same for whole commands on a data directory: outbox, vault and journal included."""
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    office.set_up(folder)
    for number in range(times):
        disk = Disk(folder)
        command = ["tests.support.office", str(folder), driver]
        kind = KINDS[number % len(KINDS)]
        acknowledged |= set(run_and_kill(command, kind, chance, OFFICE_LOAD_S))
        if driver != "plain":
            disk.fail(chance)
        office.check(folder, acknowledged)
    return len(acknowledged)


def kill_venue_repeatedly(folder: Path, times: int, seed: int, driver: str = "plain", *,
                          holds: bool = False) -> dict[str, int]:  # fmt: skip
    """The same for a venue on which people trade; returns what held, and how trades ended.

    Its market has units held, if that is asked.
    """
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    market_of_four(folder, *(("--holds", "--holds-a-day", "1000000") if holds else ()))
    ended: dict[str, int] = {}
    for number in range(times):
        disk = Disk(folder)
        command = ["tests.support.trading", str(folder), driver]
        kind = KINDS[number % len(KINDS)]
        acknowledged |= set(run_and_kill(command, kind, chance, OFFICE_LOAD_S))
        if driver != "plain":
            disk.fail(chance)
        ended = trading.check(folder, acknowledged)
    return {"acknowledged": len(acknowledged), **ended}
