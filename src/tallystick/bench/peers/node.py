"""A plain anvil node, and contracts of other people on it, by their npm packages' artifacts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from eth_abi.abi import decode, encode

from tallystick.core.hashing import keccak

TX_GAS_LIMIT = 2**24  # the protocol's limit for one transaction (EIP-7825)
ACCOUNTS = 150  # unlocked accounts needed on the node
ZERO_ADDRESS = "0x" + "00" * 20
HOLDING, TRADE = 1_000, 5  # units minted to a holder, units moved in a transfer

Artifact = dict[str, Any]
Figures = dict[str, int]


class Chain:
    """A JSON-RPC connection to a node that mines every transaction at once."""

    def __init__(self, rpc_url: str) -> None:
        """Connect to the node at `rpc_url` and take over its unlocked accounts."""
        self._http = urllib3.PoolManager()
        self._url = rpc_url
        self.gas_spent = 0
        self.accounts: list[str] = self.rpc("eth_accounts")
        if len(self.accounts) < ACCOUNTS:
            raise RuntimeError(f"the node needs {ACCOUNTS} unlocked accounts")

    def rpc(self, method: str, *params: object) -> Any:
        """Return the result of one JSON-RPC request; raise on an error answer."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._http.request("POST", self._url, json=request).json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def transact(self, sender: str, data: str, to: str | None = None) -> Artifact:
        """Send one transaction, and return its receipt once it has succeeded."""
        request = {"from": sender, "data": data, "gas": hex(TX_GAS_LIMIT), "gasPrice": "0x0"}
        if to is not None:
            request["to"] = to
        receipt = self._await_receipt(self.rpc("eth_sendTransaction", request))
        if int(receipt["status"], 16) != 1:
            raise RuntimeError(f"reverted after {int(receipt['gasUsed'], 16)} gas: {receipt}")
        self.gas_spent += int(receipt["gasUsed"], 16)
        return receipt

    def _await_receipt(self, digest: str) -> Artifact:
        """Return the receipt of a transaction as soon as there is one."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            receipt: Artifact | None = self.rpc("eth_getTransactionReceipt", digest)
            if receipt is not None:
                return receipt
            time.sleep(0.002)
        raise RuntimeError(f"{digest} was not mined")

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Undo, on leaving the block, everything done to the chain inside it."""
        snapshot = self.rpc("evm_snapshot")
        try:
            yield
        finally:
            self.rpc("evm_revert", snapshot)


@dataclass(frozen=True)
class Contract:
    """A deployed contract, called by the names in its ABI."""

    chain: Chain
    address: str
    abi: list[Artifact]

    def data(self, function: str, *args: object) -> str:
        """Return the call data for `function`."""
        types = input_types(self.entry(function))
        selector = keccak(text=f"{function}({','.join(types)})")[:4]
        return "0x" + (selector + encode(types, args)).hex()

    def entry(self, function: str) -> Artifact:
        """Return the ABI entry of `function`, which must not be overloaded."""
        (found,) = (e for e in self.abi if e["type"] == "function" and e["name"] == function)
        return found

    def send(self, sender: str, function: str, *args: object) -> int:
        """Call `function` in a transaction of its own, and return the gas used."""
        receipt = self.chain.transact(sender, self.data(function, *args), self.address)
        return int(receipt["gasUsed"], 16)

    def read(self, function: str, *args: object) -> Any:
        """Return the single result of `function` without changing the chain."""
        request = {"to": self.address, "data": self.data(function, *args)}
        result = self.chain.rpc("eth_call", request, "latest")
        types = [abi_type(output) for output in self.entry(function)["outputs"]]
        return decode(types, bytes.fromhex(result[2:]))[0]

    def would_succeed(self, sender: str, function: str, *args: object) -> bool:
        """Tell whether the call would succeed as a transaction with the full gas limit."""
        request = {
            "from": sender,
            "to": self.address,
            "data": self.data(function, *args),
            "gas": hex(TX_GAS_LIMIT),
        }
        try:
            self.chain.rpc("eth_call", request, "latest")
        except RuntimeError:
            return False
        return True


def abi_type(parameter: Artifact) -> str:
    """Return the canonical ABI type of a parameter, with structs written as tuples."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    members = ",".join(abi_type(member) for member in parameter["components"])
    return f"({members}){kind.removeprefix('tuple')}"


def input_types(entry: Artifact) -> list[str]:
    """Return the canonical types of the inputs of a function or constructor."""
    return [abi_type(parameter) for parameter in entry["inputs"]]


def deploy(
    chain: Chain,
    sender: str,
    artifact: Artifact,
    *args: object,
    abi: list[Artifact] | None = None,
) -> Contract:
    """Deploy `artifact` in one transaction; a proxy takes the ABI it answers to in `abi`."""
    constructors = (e for e in artifact["abi"] if e["type"] == "constructor")
    types = input_types(next(constructors, {"inputs": []}))
    receipt = chain.transact(sender, artifact["bytecode"] + encode(types, args).hex())
    return Contract(chain, receipt["contractAddress"], abi or artifact["abi"])


class Artifacts:
    """Compiled contracts of some npm packages, by contract name."""

    def __init__(self, packages: Sequence[Path]) -> None:
        """Index the packages' artifacts; of two with one name the first package's is taken."""
        self._paths: dict[str, Path] = {}
        for package in packages:
            for path in sorted((package / "artifacts").rglob("*.sol/*.json")):
                if not path.name.endswith(".dbg.json"):
                    self._paths.setdefault(path.stem, path)

    def __getitem__(self, name: str) -> Artifact:
        """Return the artifact of the contract `name`."""
        artifact: Artifact = json.loads(self._paths[name].read_text())
        return artifact
