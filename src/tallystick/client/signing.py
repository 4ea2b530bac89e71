"""Who signs for a client."""

from __future__ import annotations

from typing import Final, Protocol

from coincurve import PrivateKey

from tallystick.core.errors import Invalid
from tallystick.core.hashing import keccak
from tallystick.core.signatures import compacted
from tallystick.core.wallets import Wallet

KEY_BYTES: Final = 32


class Signer(Protocol):
    """A key, wherever it is kept."""

    @property
    def wallet(self) -> Wallet:
        """The account of the key."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """A signature of 32 bytes in its compact form (EIP-2098)."""
        ...


class KeySigner:
    """A key that this process holds, as 32 bytes or their hex digits."""

    def __init__(self, key: bytes | str) -> None:
        try:
            raw = bytes.fromhex(key.removeprefix("0x")) if isinstance(key, str) else key
        except ValueError:
            raw = b""
        if len(raw) != KEY_BYTES:
            raise Invalid("key-malformed", "That is no private key", where="key",
                          cure=f"Give {KEY_BYTES} bytes, or their hex digits.")  # fmt: skip
        self._key = PrivateKey(raw)
        public = self._key.public_key.format(compressed=False)[1:]
        self._wallet = Wallet("0x" + keccak(public)[12:].hex())

    @property
    def wallet(self) -> Wallet:
        """The account of the key."""
        return self._wallet

    def sign_digest(self, digest: bytes) -> bytes:
        """A signature of 32 bytes in its compact form (EIP-2098)."""
        return compacted(self._key.sign_recoverable(digest, hasher=None))

    def __repr__(self) -> str:
        """The account; never the key."""
        return f"KeySigner({self.wallet})"
