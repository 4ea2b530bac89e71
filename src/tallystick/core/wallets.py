"""Wallet addresses: 20 bytes, kept as lower-case 0x-hex, shown with the checksum of EIP-55."""

from __future__ import annotations

import re
from typing import NewType

from tallystick.core.errors import Invalid
from tallystick.core.hashing import keccak

Wallet = NewType("Wallet", str)

NOBODY = Wallet("0x" + "00" * 20)

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_UPPER_NIBBLE = 8


def parse_wallet(text: str, *, where: str = "") -> Wallet:
    """Read an address. One of mixed case must bear a right checksum (EIP-55).

    Raises `Invalid` if it is malformed, mistyped, or the empty address.
    """
    if not _ADDRESS.fullmatch(text):
        raise Invalid(
            "wallet-malformed",
            f"{text!r} is no wallet address",
            where=where,
            cure="Write 0x and 40 hex digits.",
        )
    wallet = Wallet(text.lower())
    if wallet == NOBODY:
        raise Invalid(
            "wallet-empty",
            "The empty address belongs to nobody",
            where=where,
            cure="Write the address of a wallet that somebody holds.",
        )
    digits = text[2:]
    mixed = digits not in (digits.lower(), digits.upper())
    if mixed and show_wallet(wallet) != text:
        raise Invalid(
            "wallet-checksum",
            f"{text} fails its checksum (EIP-55): a digit is wrong",
            where=where,
            cure="Copy the address again.",
        )
    return wallet


def show_wallet(wallet: Wallet) -> str:
    """The address with the checksum of EIP-55 in its capitals."""
    digits = wallet[2:]
    digest = keccak(text=digits).hex()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= _UPPER_NIBBLE else digit
        for digit, nibble in zip(digits, digest, strict=False)
    )


def shorten(wallet: Wallet) -> str:
    """The address as tables show it: its first and last digits."""
    shown = show_wallet(wallet)
    return f"{shown[:8]}…{shown[-6:]}"
