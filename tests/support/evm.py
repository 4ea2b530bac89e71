"""An EVM in this process (py-evm through titanoboa), spoken to with our own ABI encoding."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import Any

import boa
import msgspec
from vyper.cli.vyper_compile import compile_files

from tallystick.core.hashing import keccak
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import Contract, contract, revert_reason
from tallystick.gateways.chain.platform import Platform, deploy_platform

GENESIS_S = 1_790_000_000


class Outcome(msgspec.Struct, frozen=True):
    """What a transaction did: its return data, or the reason for which it reverted."""

    ok: bool
    output: bytes
    reason: str
    gas: int
    logs: list[tuple[str, list[str], str]]


class Evm:
    """A fresh chain state whose time is set by hand."""

    def __init__(self) -> None:
        self.env = boa.Env()
        _without_tracers(self.env)
        self.env.evm.patch.timestamp = GENESIS_S
        # Of every act that logged something: its time and its logs.
        self.logged: list[tuple[int, list[tuple[str, list[str], str]]]] = []

    @property
    def now(self) -> int:
        return int(self.env.evm.patch.timestamp)

    def advance(self, seconds: int) -> None:
        self.env.evm.patch.timestamp = self.now + seconds

    def deploy(self, data: str, sender: str = NOBODY) -> Wallet:
        address, _ = self.env.deploy_code(
            sender=boa.util.abi.Address(sender), bytecode=bytes.fromhex(data[2:])
        )
        return Wallet(str(address).lower())

    def send(self, sender: str, to: str, data: str) -> Outcome:
        computation = self.env.execute_code(
            to_address=boa.util.abi.Address(to),
            sender=boa.util.abi.Address(sender),
            data=bytes.fromhex(data[2:]),
        )
        ok = not computation.is_error
        logs = [
            (
                "0x" + address.hex(),
                ["0x" + topic.to_bytes(32, "big").hex() for topic in topics],
                "0x" + body.hex(),
            )
            for _, address, topics, body in (computation.get_raw_log_entries() if ok else ())
        ]
        if logs:
            self.logged.append((self.now, logs))
        reason = "" if ok else revert_reason("0x" + computation.output.hex())
        return Outcome(ok, computation.output, reason, computation.get_gas_used(), logs)

    def act(self, sender: str, target: Contract, to: str, name: str, *args: Any) -> Outcome:
        return self.send(sender, to, target.function(name).encode(*args))

    def view(self, target: Contract, to: str, name: str, *args: Any) -> Any:
        function = target.function(name)
        outcome = self.send(NOBODY, to, function.encode(*args))
        if not outcome.ok:
            raise AssertionError(f"{name} reverted: {outcome.reason}")
        return function.decode("0x" + outcome.output.hex())

    def slot(self, address: str, *path: str, key: str | None = None) -> int:
        """A storage word of a token, by the names in its layout; `key` is that of a mapping."""
        return self._slot(TOKEN_LAYOUT["state"], address, path, key)

    def poke(self, address: str, name: str, *, value: int, key: str = "", then: int | None = None
             ) -> None:  # fmt: skip
        """Write a storage word of a token; `then` is the key of a mapping of numbers, or within."""
        at: int = TOKEN_LAYOUT["state"][name]["slot"]
        if key:
            at = _mapping_slot(at, key)
        if then is not None:
            at = _mapping_slot(at, f"0x{then:040x}")
        self.env.set_storage(boa.util.abi.Address(address), at, value)

    def registry_slot(self, address: str, *path: str, key: str | None = None) -> int:
        """A storage word of a registry."""
        return self._slot(REGISTRY_LAYOUT, address, path, key)

    def _slot(self, layout: Any, address: str, path: tuple[str, ...], key: str | None) -> int:
        for name in path:
            layout = layout[name]
        at: int = layout["slot"]
        if key is not None:
            at = _mapping_slot(at, key)
        return int(self.env.get_storage(boa.util.abi.Address(address), at))


def _without_tracers(env: boa.Env) -> None:
    """Take off what titanoboa wraps around two opcodes, for all environments at once.

    Each new environment would wrap them once more, and with them hold every earlier one in memory.
    """
    opcodes = env.evm.vm.state.computation_class.opcodes
    for code, wrapped in ((0x20, "sha3"), (0x55, "sstore")):
        while hasattr(opcodes[code], wrapped):
            opcodes[code] = getattr(opcodes[code], wrapped)


@functools.cache
def compile_vyper(path: Path) -> str:
    """Creation bytecode of a contract of the tests, as 0x-hex."""
    return str(compile_files([str(path)], ["bytecode"])[path]["bytecode"])


@functools.cache
def _mapping_slot(at: int, key: str) -> int:
    return int.from_bytes(
        keccak(at.to_bytes(32, "big") + bytes(12) + bytes.fromhex(key[2:])), "big"
    )


def deploy_all(evm: Evm, sender: str) -> Platform:
    """The shared contracts on a fresh chain."""
    return deploy_platform(lambda _name, data: evm.deploy(data, sender))


def address_in(outcome: Outcome, event_topic_at: int = 1) -> Wallet:
    """The address in the last log, at a topic."""
    return Wallet("0x" + outcome.logs[-1][1][event_topic_at][-40:])


TOKEN = contract("SecurityToken")
REGISTRY = contract("IdentityRegistry")
FACTORY = contract("Factory")
CASH = contract("Cash")


def _layout(name: str) -> Any:
    path = resources.files("tallystick.contracts") / "compiled" / f"{name}.json"
    return msgspec.json.decode(path.read_bytes())["layout"]["storage_layout"]


TOKEN_LAYOUT = _layout("SecurityToken")
REGISTRY_LAYOUT = _layout("IdentityRegistry")
