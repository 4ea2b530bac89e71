"""Words of 32 bytes, as contracts encode and hash them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallystick.core.wallets import Wallet

WORD = 32


def number_word(number: int) -> bytes:
    """A whole number that is not negative, as a word."""
    return number.to_bytes(WORD, "big")


def wallet_word(wallet: Wallet) -> bytes:
    """A wallet as a word."""
    return bytes.fromhex(wallet[2:]).rjust(WORD, b"\x00")
