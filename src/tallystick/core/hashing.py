"""keccak-256, the hash of the Ethereum chain."""

from __future__ import annotations

from eth_utils.crypto import keccak as _keccak


def keccak(data: bytes = b"", *, text: str | None = None) -> bytes:
    """keccak-256 of bytes, or of a text as UTF-8."""
    return bytes(_keccak(data if text is None else text.encode()))
