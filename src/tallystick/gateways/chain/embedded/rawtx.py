"""What a signed transaction says, read without a node."""

from __future__ import annotations

import msgspec
import rlp

from tallystick.core.errors import Invalid
from tallystick.core.hashing import keccak

TRANSACTION_GAS_MAX = 16_777_216
BYTES_MAX = 131_072

# Typed transactions: position of the gas limit among the members (EIP-2930, EIP-1559).
GAS_AT = {1: 3, 2: 4}
LEGACY_GAS_AT = 2
LEGACY_MEMBERS = 9
EIP155_V_MIN = 35


class RawTransaction(msgspec.Struct, frozen=True):
    """A signed transaction as it travels, its hash, the chain it is for and its gas limit."""

    raw: str
    hash: str
    chain_id: int
    gas: int


def read_raw(raw: str) -> RawTransaction:
    """Read a signed transaction from 0x-hex.

    Raises `Invalid` if it is malformed, asks for more gas than one transaction may use, or is of a
    type that the embedded chain does not take (blobs, delegations).
    """
    try:
        data = bytes.fromhex(raw.removeprefix("0x"))
        kind = data[0] if data and data[0] < 0x80 else None  # noqa: PLR2004 - EIP-2718
        members = rlp.decode(data[1:] if kind is not None else data)
        if kind is None:
            chain_id = _legacy_chain(members)
            gas = int.from_bytes(members[LEGACY_GAS_AT], "big")
        else:
            chain_id = int.from_bytes(members[0], "big")
            gas = int.from_bytes(members[GAS_AT[kind]], "big")
    except (ValueError, IndexError, KeyError, TypeError, rlp.DecodingError) as error:
        raise Invalid(
            "transaction-malformed",
            "This is no signed transaction",
            cure="Sign it again and send it whole, as 0x and hex digits.",
        ) from error
    if len(data) > BYTES_MAX:
        raise Invalid(
            "transaction-too-large",
            f"{len(data)} bytes are more than {BYTES_MAX}",
            cure="Split it into several transactions.",
        )
    if gas > TRANSACTION_GAS_MAX:
        raise Invalid(
            "transaction-gas-too-high",
            f"Gas limit {gas:,} is more than {TRANSACTION_GAS_MAX:,} (EIP-7825)",
            cure="Split it into several transactions.",
        )
    return RawTransaction("0x" + data.hex(), "0x" + keccak(data).hex(), chain_id, gas)


def _legacy_chain(members: list[bytes]) -> int:
    """Chain of a legacy transaction, 0 if it is signed for any chain (before EIP-155)."""
    if len(members) != LEGACY_MEMBERS:
        raise ValueError(len(members))
    v = int.from_bytes(members[6], "big")
    return (v - EIP155_V_MIN) // 2 if v >= EIP155_V_MIN else 0
