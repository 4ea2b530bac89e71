"""What other token systems cost, measured in the same run from their npm packages."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tallystick.bench.peers.erc20 import measure_erc20
from tallystick.bench.peers.node import ACCOUNTS, Artifacts, Chain, Figures
from tallystick.bench.peers.trex import VARIANTS, measure_trex
from tallystick.core.errors import Unavailable
from tallystick.gateways.chain.embedded.anvil import HARDFORK, find_anvil, free_port
from tallystick.gateways.chain.rpc import Rpc

MODULES = Path(sys.prefix) / "node" / "node_modules"
START_WAIT_S = 20.0

# Not published on npm, so that it cannot be measured here: with 2 rules and no identity check, as
# the design notes of this project give it.
QUOTED: dict[str, Any] = {"cmtat": {"transfer_existing": 73_696, "measured_in_this_run": False}}


def peers_installed(node_modules: Path = MODULES) -> bool:
    """Whether the packages of all peers are there."""
    names = ("@tokenysolutions/t-rex", "@onchain-id/solidity", "@openzeppelin/contracts", "solc")
    return all((node_modules / name).exists() for name in names)


def measure_peers(node_modules: Path = MODULES) -> dict[str, Any]:
    """Figures of every peer, in gas, on a plain node of their own.

    Those that were not measured in this run say so, and how to have them measured.
    """
    trex = node_modules / "@tokenysolutions" / "t-rex"
    onchain_id = node_modules / "@onchain-id" / "solidity"
    if not peers_installed(node_modules):
        absent = {"measured_in_this_run": False, "cure": "Run `make peers`."}
        return dict.fromkeys(("openzeppelin-erc20", *VARIANTS), absent) | QUOTED
    results: dict[str, Any] = {}
    with _node() as url:
        chain = Chain(url)
        with chain.scratch():
            results["openzeppelin-erc20"] = measure_erc20(chain, node_modules)
        for name, variant in VARIANTS.items():
            with chain.scratch():
                figures: Figures = measure_trex(chain, Artifacts([trex, onchain_id]), variant)
            results[name] = figures
    return results | QUOTED


@contextmanager
def _node() -> Iterator[str]:
    port = free_port()
    command = [str(find_anvil()), "--host", "127.0.0.1", "--port", str(port), "--silent"]
    command += ["--order", "fifo", "--base-fee", "0", "--gas-price", "0"]
    command += ["--hardfork", HARDFORK, "--enable-tx-gas-limit", "--accounts", str(ACCOUNTS)]
    process = subprocess.Popen(command)  # noqa: S603 - our own command
    rpc = Rpc(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + START_WAIT_S
        while True:
            try:
                rpc.call("eth_chainId")
                break
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield rpc.url
    finally:
        rpc.close()
        process.kill()
        process.wait()
