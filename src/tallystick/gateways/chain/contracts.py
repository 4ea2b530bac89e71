"""The compiled contracts, and ABI encoding and decoding of their calls, events and errors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import msgspec
from eth_abi.abi import decode, encode

from tallystick.core.errors import NotFound
from tallystick.core.hashing import keccak

ERROR_STRING = bytes.fromhex("08c379a0")
PANIC = bytes.fromhex("4e487b71")
WORD = 32


class Function(msgspec.Struct, frozen=True):
    """One function of a contract: its name, selector and types."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode(self, *args: Any) -> str:
        """Call data as 0x-hex."""
        return "0x" + (self.selector + encode(self.inputs, args)).hex()

    def arguments(self, data: bytes) -> tuple[Any, ...]:
        """The arguments of a call, from its data."""
        return tuple(decode(self.inputs, data[len(self.selector) :]))

    def decode(self, answer: str) -> Any:
        """The value returned, or a tuple if there are several."""
        values = decode(self.outputs, bytes.fromhex(answer[2:]))
        return values[0] if len(values) == 1 else values


class Event(msgspec.Struct, frozen=True):
    """One event of a contract; `topic` is 0x-hex, indexed members come first when decoded."""

    name: str
    topic: str
    indexed: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]

    def decode(self, topics: list[str], data: str) -> dict[str, Any]:
        """Members by name. An indexed dynamic member is its 32-byte hash."""
        values: dict[str, Any] = {}
        for (name, kind), topic in zip(self.indexed, topics[1:], strict=True):
            raw = bytes.fromhex(topic[2:])
            values[name] = raw if kind in {"string", "bytes"} else _decode([kind], raw)[0]
        plain = _decode([kind for _, kind in self.plain], bytes.fromhex(data[2:]))
        values.update(zip((name for name, _ in self.plain), plain, strict=True))
        return values


def _decode(kinds: list[str], data: bytes) -> Sequence[Any]:
    """Decode values; those that are a word each, as in most logs, without the library's detours."""
    if len(data) != WORD * len(kinds) or not _WORDS.keys() >= set(kinds):
        return decode(kinds, data)
    return [_WORDS[kind](data[WORD * at : WORD * at + WORD]) for at, kind in enumerate(kinds)]


_WORDS: dict[str, Callable[[bytes], Any]] = {
    "address": lambda word: "0x" + word[12:].hex(),
    "uint256": lambda word: int.from_bytes(word, "big"),
    "bytes32": bytes,
}


class Contract(msgspec.Struct, frozen=True):
    """A compiled contract."""

    name: str
    bytecode: str
    blueprint: str
    code_bytes: int
    constructor: tuple[str, ...]
    functions: dict[str, Function]
    views: frozenset[str]
    events: dict[str, Event]

    def creation(self, *args: Any) -> str:
        """Data of the transaction that deploys the contract."""
        return self.bytecode + encode(self.constructor, args).hex()

    def function(self, name: str) -> Function:
        """A function by name; names are not overloaded in our contracts."""
        try:
            return self.functions[name]
        except KeyError:
            raise NotFound(
                "function-unknown",
                f"{self.name} has no function {name}",
                cure="Name a function that the contract has.",
            ) from None


@functools.cache
def contract(name: str) -> Contract:
    """Load a compiled contract from the package.

    Raises `NotFound` if the package was built without it.
    """
    source = resources.files("tallystick.contracts") / "compiled" / f"{name}.json"
    try:
        artifact = msgspec.json.decode(source.read_bytes())
    except FileNotFoundError:
        raise NotFound(
            "contract-not-compiled",
            f"The package holds no compiled {name}",
            cure="Build it with `python hatch_build.py`.",
        ) from None
    return from_artifact(
        name, artifact["abi"], artifact["bytecode"], blueprint=artifact.get("blueprint", ""),
        code_bytes=artifact["code_bytes"],
    )  # fmt: skip


def from_artifact(
    name: str, abi: list[dict[str, Any]], bytecode: str, *, blueprint: str = "", code_bytes: int = 0
) -> Contract:
    """A contract from its ABI and creation code; of overloaded functions the first is kept."""
    constructors = [entry for entry in abi if entry["type"] == "constructor"]
    entries = [entry for entry in abi if entry["type"] == "function"]
    functions: dict[str, Function] = {}
    for entry in entries:
        functions.setdefault(entry["name"], _function(entry))
    events = [_event(entry) for entry in abi if entry["type"] == "event"]
    return Contract(
        name=name,
        bytecode=bytecode,
        blueprint=blueprint,
        code_bytes=code_bytes,
        constructor=_types(constructors[0]["inputs"]) if constructors else (),
        functions=functions,
        views=frozenset(
            entry["name"] for entry in entries if entry["stateMutability"] in {"view", "pure"}
        ),
        events={event.topic: event for event in events},
    )


def _types(members: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(_type(member) for member in members)


def _type(member: dict[str, Any]) -> str:
    kind: str = member["type"]
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(_types(member["components"])) + ")" + kind.removeprefix("tuple")


def _function(entry: dict[str, Any]) -> Function:
    inputs = _types(entry["inputs"])
    signature = f"{entry['name']}({','.join(inputs)})"
    return Function(
        name=entry["name"],
        selector=keccak(text=signature)[:4],
        inputs=inputs,
        outputs=_types(entry["outputs"]),
    )


def _event(entry: dict[str, Any]) -> Event:
    members = [(member["name"], _type(member), member["indexed"]) for member in entry["inputs"]]
    signature = f"{entry['name']}({','.join(kind for _, kind, _ in members)})"
    return Event(
        name=entry["name"],
        topic="0x" + keccak(text=signature).hex(),
        indexed=tuple((name, kind) for name, kind, indexed in members if indexed),
        plain=tuple((name, kind) for name, kind, indexed in members if not indexed),
    )


def revert_reason(data: str | None) -> str:
    """What a contract said when it reverted, from its revert data; empty if it said nothing.

    Ours revert with a kebab-case reason, or with the one error that ERC-7943 names.
    """
    raw = bytes.fromhex((data or "0x")[2:])
    if raw.startswith(ERROR_STRING):
        reason: str = decode(["string"], raw[4:])[0]
        return reason
    if raw.startswith(PANIC):
        return f"panic-{int.from_bytes(raw[4:], 'big'):#04x}"
    if raw[:4] == keccak(text="ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)")[:4]:
        return "units-frozen"
    return raw[:4].hex()
