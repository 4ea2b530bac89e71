"""An EVM in this process (revm), spoken to with our own ABI encoding."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pyrevm
from vyper.cli.vyper_compile import compile_files

from tallystick.core.hashing import keccak
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import Contract, contract, from_artifact, revert_reason
from tallystick.gateways.chain.platform import Platform, deploy_platform

GENESIS_S = 1_790_000_000
GAS = 2**40


class Outcome(msgspec.Struct, frozen=True):
    """What a transaction did: its return data, or the reason for which it reverted."""

    ok: bool
    output: bytes
    reason: str
    gas: int
    logs: list[tuple[str, list[str], str]]


class Reverted(Exception):
    """A contract could not be made; the reason is what it said."""


class Evm:
    """A fresh chain state whose time is set by hand."""

    def __init__(self) -> None:
        self._evm = pyrevm.EVM(gas_limit=GAS, spec_id="CANCUN")
        self._now = GENESIS_S
        self._block()
        # Of every act that logged something: its time and its logs.
        self.logged: list[tuple[int, list[tuple[str, list[str], str]]]] = []

    @property
    def now(self) -> int:
        return self._now

    def advance(self, seconds: int) -> None:
        self._now += seconds
        self._block()

    def _block(self) -> None:
        self._evm.set_block_env(pyrevm.BlockEnv(number=1, timestamp=self._now, gas_limit=GAS))

    @contextmanager
    def anchor(self) -> Iterator[None]:
        """What is done within is undone afterwards."""
        before = self._evm.snapshot()
        try:
            yield
        finally:
            self._evm.revert(before)

    def deploy(self, data: str, sender: str = NOBODY) -> Wallet:
        """Make a contract; raises `Reverted` if it refuses."""
        try:
            address = self._evm.deploy(sender, bytes.fromhex(data[2:]))
        except RuntimeError as error:
            raise Reverted(revert_reason(_output(error))) from error
        return Wallet(address.lower())

    def send(
        self, sender: str, to: str, data: str, *, value: int = 0, gas: int | None = None
    ) -> Outcome:
        with self._as_person(sender):
            return self._send(sender, to, data, value, gas)

    @contextmanager
    def _as_person(self, sender: str) -> Iterator[None]:
        """Let a contract send a transaction (EIP-3607 lets none): it has no code meanwhile."""
        account = self._evm.basic(sender)
        if len(account.code or b"") <= 1:
            yield
            return
        self._evm.insert_account_info(sender, pyrevm.AccountInfo())
        try:
            yield
        finally:
            self._evm.insert_account_info(sender, account)

    def _send(self, sender: str, to: str, data: str, value: int, gas: int | None) -> Outcome:
        self._evm.reset_transient_storage()
        try:
            output = self._evm.message_call(
                sender, to, calldata=bytes.fromhex(data[2:]), value=value, gas=gas
            )
        except RuntimeError as error:
            failure = _output(error)
            return Outcome(False, bytes.fromhex(failure[2:]), revert_reason(failure), 0, [])
        result = self._evm.result
        assert result is not None, "the call has just been made"
        logs = [
            (log.address.lower(), list(log.topics), "0x" + log.data[1].hex()) for log in result.logs
        ]
        if logs:
            self.logged.append((self.now, logs))
        return Outcome(True, output, "", result.gas_used, logs)

    def give(self, who: str, wei: int) -> None:
        """Let somebody have money."""
        self._evm.set_balance(who, wei)

    def act(self, sender: str, target: Contract, to: str, name: str, *args: Any) -> Outcome:
        return self.send(sender, to, target.function(name).encode(*args))

    def has_code(self, address: str) -> bool:
        """Whether there is a contract at an address."""
        code = self._evm.basic(address).code
        return code is not None and any(bytes(code))

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
        self._evm.insert_account_storage(address, at, value)

    def registry_slot(self, address: str, *path: str, key: str | None = None) -> int:
        """A storage word of a registry."""
        return self._slot(REGISTRY_LAYOUT, address, path, key)

    def _slot(self, layout: Any, address: str, path: tuple[str, ...], key: str | None) -> int:
        for name in path:
            layout = layout[name]
        at: int = layout["slot"]
        if key is not None:
            at = _mapping_slot(at, key)
        return int(self._evm.storage(address, at))


def _output(error: RuntimeError) -> str:
    """What a contract said when it reverted, out of the words of the EVM; nothing for a halt."""
    found = re.search("output: (0x[0-9a-f]*)", str(error))
    return found.group(1) if found else "0x"


@functools.cache
def compile_vyper(path: Path) -> str:
    """Creation bytecode of a contract of the tests, as 0x-hex."""
    return str(compile_files([str(path)], ["bytecode"])[path]["bytecode"])


@functools.cache
def compiled(path: Path) -> Contract:
    """A contract of the tests."""
    output = compile_files([str(path)], ["abi", "bytecode"])[path]
    return from_artifact(path.stem, output["abi"], output["bytecode"])


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
