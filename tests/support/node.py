"""Nodes of others for integration tests: anvil by itself, and hardhat, an independent one.

Both charge fees and seal a block per transaction. Either can be taken back to an earlier block.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tallystick.core.errors import Unavailable
from tallystick.gateways.chain.embedded.anvil import find_anvil, free_port
from tallystick.gateways.chain.rpc import Rpc
from tests.support.peers import MODULES

CHAIN_ID = 31_337
# The first account that development nodes fund; its key is public knowledge.
FUNDED_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
START_WAIT_S = 60.0
HARDHAT_CONFIG = Path(__file__).with_name("hardhat.config.js")
NODES = ("anvil", "hardhat")


class Node:
    """A node by its URL, and how to take it back."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.rpc = Rpc(url)

    def mark(self) -> str:
        """A place to come back to."""
        if self.name == "anvil":
            return str(self.rpc.call("eth_blockNumber"))
        return str(self.rpc.call("evm_snapshot"))

    def take_back(self, mark: str) -> None:
        """Undo every block since a mark, as a re-organisation does."""
        if self.name == "anvil":
            depth = int(self.rpc.call("eth_blockNumber"), 16) - int(mark, 16)
            if depth:
                self.rpc.call("anvil_rollback", depth)
        else:
            assert self.rpc.call("evm_revert", mark)


@contextlib.contextmanager
def plain_node(name: str) -> Iterator[Node]:
    """A development node: `anvil` or `hardhat`."""
    port = free_port()
    if name == "anvil":
        command = [str(find_anvil()), "--port", str(port), "--silent"]
        command += ["--chain-id", str(CHAIN_ID)]
    else:
        command = ["node", str(MODULES / ".bin" / "hardhat"), "node", "--port", str(port)]
        command += ["--config", str(HARDHAT_CONFIG)]
    with running(command, f"http://127.0.0.1:{port}", cwd=str(MODULES.parent)) as url:
        node = Node(name, url)
        yield node
        node.rpc.close()


@contextlib.contextmanager
def running(command: list[str], url: str, cwd: str | None = None) -> Iterator[str]:
    """A server process, once it answers; ended on leaving."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd
    )
    try:
        rpc = Rpc(url)
        deadline = time.monotonic() + START_WAIT_S
        while True:
            try:
                rpc.call("eth_chainId")
                break
            except Unavailable:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        rpc.close()
        yield url
    finally:
        process.kill()
        process.wait()
