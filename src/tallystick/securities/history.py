"""Positions of a security at every block: who held what, as of any of them.

One row for each change of a wallet's balance, in order: block, wallet, balance after it. A
position as of a block is the last row of its wallet up to there, so that a whole register costs one
pass over the rows and no replay.
"""

from __future__ import annotations

from array import array

import msgspec
import numpy as np

from tallystick.core.wallets import Wallet

WORD = 2**63


class History(msgspec.Struct):
    """Changes of balances of one security.

    A balance below 2**126 is kept as `high * 2**63 + low`; units are at most 2**112.
    """

    wallets: list[Wallet] = msgspec.field(default_factory=list)
    numbers: dict[Wallet, int] = msgspec.field(default_factory=dict)
    blocks: array[int] = msgspec.field(default_factory=lambda: array("q"))
    who: array[int] = msgspec.field(default_factory=lambda: array("q"))
    high: array[int] = msgspec.field(default_factory=lambda: array("q"))
    low: array[int] = msgspec.field(default_factory=lambda: array("q"))

    def note(self, block: int, wallet: Wallet, units: int) -> None:
        """Note what a wallet holds after a change; blocks never fall."""
        number = self.numbers.get(wallet)
        if number is None:
            number = self.numbers[wallet] = len(self.wallets)
            self.wallets.append(wallet)
        self.blocks.append(block)
        self.who.append(number)
        self.high.append(units // WORD)
        self.low.append(units % WORD)

    def as_of(self, block: int) -> dict[Wallet, int]:
        """Units by wallet after a block, those that hold none left out."""
        blocks = (
            np.frombuffer(self.blocks, dtype=np.int64) if self.blocks else np.empty(0, np.int64)
        )
        end = int(np.searchsorted(blocks, block, side="right"))
        if end == 0:
            return {}
        last = np.full(len(self.wallets), -1, dtype=np.int64)
        last[np.frombuffer(self.who, dtype=np.int64)[:end]] = np.arange(end)
        numbers = np.flatnonzero(last >= 0)
        rows = last[numbers]
        high = np.frombuffer(self.high, dtype=np.int64)[rows].tolist()
        low = np.frombuffer(self.low, dtype=np.int64)[rows].tolist()
        return {
            self.wallets[number]: above * WORD + below
            for number, above, below in zip(numbers.tolist(), high, low, strict=True)
            if above or below
        }

    def packed(self) -> dict[str, object]:
        """The history as values that can be written to a file."""
        return {
            "wallets": self.wallets,
            **{name: getattr(self, name).tobytes() for name in ("blocks", "who", "high", "low")},
        }

    @classmethod
    def unpacked(cls, packed: dict[str, object]) -> History:
        """A history from what `packed` gave."""
        history = cls(wallets=[Wallet(str(wallet)) for wallet in packed["wallets"]])  # type: ignore[attr-defined]
        history.numbers = {wallet: number for number, wallet in enumerate(history.wallets)}
        for name in ("blocks", "who", "high", "low"):
            getattr(history, name).frombytes(packed[name])
        return history
