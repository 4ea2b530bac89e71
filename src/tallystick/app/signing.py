"""What investors sign (EIP-712), and who signed."""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_keys.exceptions import BadSignature

from tallystick.core.errors import Invalid
from tallystick.core.wallets import Wallet

SIGNATURE_BYTES = 65
DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def text_of_signature(signed: tuple[int, bytes, bytes]) -> str:
    """v, r and s as wallets write them: r, s and v in hex."""
    v, r, s = signed
    return "0x" + (r + s + bytes([v])).hex()


def signer_of(typed: dict[str, Any], signature: str, *, where: str = "--signature") -> Wallet:
    """Who signed EIP-712 data. Raises `Invalid` if that is no signature."""
    digits = signature.removeprefix("0x")
    try:
        message = encode_typed_data(full_message=typed)
        found = Account.recover_message(message, signature=_raw(digits))
    except (ValueError, BadSignature):
        raise Invalid(
            "signature-malformed", "That is no signature", where=where,
            cure="Write 0x and the 130 hex digits that the wallet gives.",
        ) from None  # fmt: skip
    return Wallet(str(found).lower())


def _raw(digits: str) -> bytes:
    raw = bytes.fromhex(digits)
    if len(raw) != SIGNATURE_BYTES:
        message = f"a signature has {SIGNATURE_BYTES} bytes"
        raise ValueError(message)
    return raw
