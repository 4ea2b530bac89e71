"""Plain nodes for integration tests: anvil by itself, sealing a block per transaction."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator

from tallystick.core.errors import Unavailable
from tallystick.gateways.chain.embedded.anvil import find_anvil, free_port
from tallystick.gateways.chain.rpc import Rpc

CHAIN_ID = 31_337
# The first account that development nodes fund; its key is public knowledge.
FUNDED_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
START_WAIT_S = 60.0


@contextlib.contextmanager
def plain_anvil() -> Iterator[str]:
    """A development node by its URL: fees are charged, every transaction gets its own block."""
    port = free_port()
    command = [str(find_anvil()), "--port", str(port), "--silent", "--chain-id", str(CHAIN_ID)]
    with running(command, f"http://127.0.0.1:{port}") as url:
        yield url


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
