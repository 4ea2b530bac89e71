"""Who signed a digest: signatures in their compact form, r and vs (EIP-2098)."""

from __future__ import annotations

from typing import Final

from coincurve import PublicKey

from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet

COMPACT_BYTES: Final = 64
FULL_BYTES: Final = 65
# Half the order of secp256k1: a signature with a higher s has another form (EIP-2).
S_MAX: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_S: Final = 2**255 - 1
_V_OFFSET: Final = 27


def signer_of_digest(digest: bytes, signature: bytes) -> Wallet | None:
    """The account that signed; None if that is no signature, or not in its one form."""
    if len(signature) != COMPACT_BYTES:
        return None
    vs = int.from_bytes(signature[32:], "big")
    if vs & _S > S_MAX:
        return None
    raw = signature[:32] + (vs & _S).to_bytes(32, "big") + bytes([vs >> 255])
    try:
        key = PublicKey.from_signature_and_message(raw, digest, hasher=None)
    except ValueError:
        return None
    return Wallet("0x" + keccak(key.format(compressed=False)[1:])[12:].hex())


def compacted(signature: bytes) -> bytes:
    """A signature as wallets give it (r, s, v) in its compact form; others are left as they are."""
    if len(signature) != FULL_BYTES or signature[-1] % _V_OFFSET > 1:
        return signature
    vs = int.from_bytes(signature[32:64], "big") | (signature[-1] % _V_OFFSET) << 255
    return signature[:32] + vs.to_bytes(32, "big")
