"""Gas of every operation, read from receipts of separate transactions on the embedded chain."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account

from tallystick.gateways.chain.contracts import contract, revert_reason
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.embedded.rawtx import TRANSACTION_GAS_MAX
from tallystick.gateways.chain.platform import deploy_platform
from tallystick.gateways.chain.rpc import Rpc, RpcError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

TOKEN = contract("SecurityToken")
REGISTRY = contract("IdentityRegistry")
FACTORY = contract("Factory")
ZERO = "0x" + "00" * 20
DAY_S = 86_400
UNLIMITED = 2**28 - 1
UNITS_MAX = 2**112 - 1
HOLDING_PERIOD_S = 7 * DAY_S
ALL_RULES = 31


class Bench:
    """A chain, an issuer with all roles, and a registry."""

    def __init__(self, url: str, hosting: Hosting) -> None:
        self.hosting = hosting
        self.rpc = Rpc(url)
        self.chain_id = int(self.rpc.call("eth_chainId"), 16)
        self.random = random.Random(20261122)  # noqa: S311 - a seed for repeatable figures
        self.nonces: dict[str, int] = {}
        self.issuer = self.account()

    def account(self) -> LocalAccount:
        key = self.random.randbytes(32)
        return Account.from_key(key)

    def send(self, sender: LocalAccount, to: str | None, data: str) -> dict[str, Any]:
        nonce = self.nonces.get(sender.address, 0)
        transaction = {
            "chainId": self.chain_id, "nonce": nonce, "value": 0, "data": data,
            "gas": TRANSACTION_GAS_MAX, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0,
        }
        if to is not None:
            transaction["to"] = bytes.fromhex(to[2:])
        raw = sender.sign_transaction(transaction).raw_transaction.to_0x_hex()
        tx_hash = self.rpc.call("eth_sendRawTransaction", raw)
        self.nonces[sender.address] = nonce + 1
        receipt = self.rpc.call("eth_getTransactionReceipt", tx_hash)
        if receipt["status"] != "0x1":
            call = {"from": sender.address, "to": to, "data": data}
            try:
                self.rpc.call("eth_call", call, "latest")
            except RpcError as error:
                raise RuntimeError(revert_reason(error.data)) from error
            raise RuntimeError("reverted")
        return receipt

    def act(self, sender: LocalAccount, target: Any, to: str, name: str, *args: Any) -> int:
        receipt = self.send(sender, to, target.function(name).encode(*args))
        return int(receipt["gasUsed"], 16)

    def view(self, target: Any, to: str, name: str, *args: Any) -> Any:
        f = target.function(name)
        return f.decode(self.rpc.call("eth_call", {"to": to, "data": f.encode(*args)}, "latest"))

    def deploy(self, _name: str, data: str) -> str:
        address: str = self.send(self.issuer, None, data)["contractAddress"]
        return address

    def record(self, verified: int = 25_000, accredited: int = 24_000) -> int:
        country = self.random.randrange(1, 250)
        return self.random.getrandbits(48) | country << 48 | verified << 56 | accredited << 72
