"""Puts an embedded chain under load until somebody kills it.

`python -m tests.support.load FOLDER DRIVER` prints the process number of the node, then every
transaction hash as it is acknowledged. The driver is one of `DRIVERS`.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from eth_account import Account

from tallystick.core.errors import TallystickError
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.rpc import Rpc, RpcError
from tests.support import disk

DRIVERS = {"plain": None, "logged": disk.connect, "careless": disk.connect_carelessly}
ACCOUNTS = 4
HALTED = 9


def key(number: int) -> bytes:
    """Private key of one of the accounts that make the load."""
    return bytes([number + 1]) * 32


def send_for_ever(url: str, number: int, lock: threading.Lock) -> None:
    """Send one transaction after the other from one account; tell each that is acknowledged."""
    rpc = Rpc(url)
    account = Account.from_key(key(number))
    chain_id = int(rpc.call("eth_chainId"), 16)
    nonce = int(rpc.call("eth_getTransactionCount", account.address, "latest"), 16)
    while True:
        signed = account.sign_transaction({
            "chainId": chain_id, "nonce": nonce, "to": "0x" + "11" * 20, "value": 0,
            "data": nonce.to_bytes(8, "big"), "gas": 40_000, "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
        })  # fmt: skip
        try:
            tx_hash = rpc.call("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        except (RpcError, TallystickError):
            return
        with lock:
            sys.stdout.write(f"ack {tx_hash}\n")
            sys.stdout.flush()
        nonce += 1


def main(folder: Path, driver: str) -> int:
    """Run until killed, or until the chain halts."""
    hosting = Hosting(
        folder / "chain.sqlite", clock=lambda: int(time.time()), sandbox=True,
        connect=DRIVERS[driver],
    )  # fmt: skip
    sys.stdout.write(f"node {hosting.node_pid}\n")
    sys.stdout.flush()
    lock = threading.Lock()
    senders = [
        threading.Thread(target=send_for_ever, args=(hosting.url, number, lock), daemon=True)
        for number in range(ACCOUNTS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return HALTED


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
