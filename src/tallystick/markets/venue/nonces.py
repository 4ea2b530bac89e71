"""Numbers that an investor has used for orders: each may be used once."""

from __future__ import annotations

from typing import Final

import msgspec

# How far below the highest number used others may still come.
WINDOW: Final = 4_096
_BITS: Final = (1 << WINDOW) - 1


class NonceWindow(msgspec.Struct):
    """The highest number used, and which of those below it, one bit each, the highest first.

    As IPsec's protection against replay (RFC 4303, 3.4.3): memory does not grow with use.
    """

    highest: int = -1
    used: int = 0

    def fits(self, nonce: int) -> bool:
        """Whether a number is not too far below the highest."""
        return nonce > self.highest - WINDOW

    def has(self, nonce: int) -> bool:
        """Whether a number that fits was used."""
        return nonce <= self.highest and bool(self.used >> (self.highest - nonce) & 1)

    def use(self, nonce: int) -> None:
        """Note that a number is used."""
        if nonce > self.highest:
            shift = min(nonce - self.highest, WINDOW)
            self.used = (self.used << shift | 1) & _BITS
            self.highest = nonce
        else:
            self.used |= 1 << (self.highest - nonce)
