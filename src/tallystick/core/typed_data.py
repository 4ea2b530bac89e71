"""Typed data as it is signed (EIP-712): by whom it is meant to be read, and the hash of it.

Of the types of the standard these are known: `address`, `bool`, `uint256`, `bytes32`, `bytes`,
`string`, and lists of the first four.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.core.words import number_word, wallet_word

Members = Mapping[str, str]

_DOMAIN_MEMBERS = {
    "name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address",
}  # fmt: skip


class Domain(msgspec.Struct, frozen=True):
    """For which contract on which chain something is signed."""

    chain_id: int
    contract: Wallet
    name: str = "Tallystick"
    version: str = "1"

    @property
    def members(self) -> dict[str, Any]:
        """As wallets are given it."""
        return {"name": self.name, "version": self.version, "chainId": self.chain_id,
                "verifyingContract": self.contract}  # fmt: skip

    @property
    def separator(self) -> bytes:
        """Its hash, 32 bytes."""
        return _separator(self)


@functools.lru_cache(maxsize=256)
def _separator(domain: Domain) -> bytes:
    return struct_hash("EIP712Domain", _DOMAIN_MEMBERS, domain.members)


def struct_hash(kind: str, members: Members, values: Mapping[str, Any]) -> bytes:
    """The hash of a struct, 32 bytes. `members` gives the type of each by its name, in order."""
    return keccak(
        _kind_hash(kind, tuple(members.items()))
        + b"".join(_word(type_of, values[name]) for name, type_of in members.items())
    )


def digest(domain: Domain, hashed: bytes) -> bytes:
    """What is signed: the hash of a struct within a domain, 32 bytes."""
    return keccak(b"\x19\x01" + domain.separator + hashed)


def typed_data(
    domain: Domain, kind: str, members: Members, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The same as wallets are given it to show and sign (`eth_signTypedData_v4`)."""
    types = {
        name: [{"name": member, "type": type_of} for member, type_of in each.items()]
        for name, each in (("EIP712Domain", _DOMAIN_MEMBERS), (kind, members))
    }
    message = {name: _shown(values[name]) for name in members}
    return {"types": types, "primaryType": kind, "domain": domain.members, "message": message}


@functools.lru_cache(maxsize=64)
def _kind_hash(kind: str, members: tuple[tuple[str, str], ...]) -> bytes:
    written = ",".join(f"{type_of} {name}" for name, type_of in members)
    return keccak(text=f"{kind}({written})")


def _word(type_of: str, value: Any) -> bytes:
    """A member as it is hashed: as it is if it fits in a word, else its hash."""
    if type_of.endswith("[]"):
        return keccak(b"".join(_word(type_of[:-2], each) for each in value))
    if type_of == "address":
        return wallet_word(value)
    if type_of == "string":
        return keccak(text=value)
    if type_of == "bytes":
        return keccak(value)
    return bytes(value) if type_of == "bytes32" else number_word(int(value))


def _shown(value: Any) -> Any:
    """A value as JSON has it. Numbers stand as text, since not all programs read large ones."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value
