"""What is held for orders, as a naive model has it: by what was signed, and by token and owner."""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import OrderTerms, SignedBy


class Kept(msgspec.Struct, frozen=True):
    """Units that a venue has held for an order."""

    security: Wallet
    investor: Wallet
    venue: Wallet
    units: int
    expiry: int
    epoch: int


class Keeping(msgspec.Struct):
    """What a settlement contract holds; `of` are the units that tokens have for it, by owner."""

    orders: dict[SignedBy, Kept] = msgspec.field(default_factory=dict)
    of: dict[tuple[Wallet, Wallet], int] = msgspec.field(default_factory=dict)
    epochs: dict[Wallet, int] = msgspec.field(default_factory=dict)

    def copied(self) -> Keeping:
        """Another one like it."""
        return Keeping(dict(self.orders), dict(self.of), dict(self.epochs))

    def held(self, token: Wallet, owner: Wallet) -> int:
        """Units of an owner that go nowhere."""
        return self.of.get((token, owner), 0)

    def hold(self, terms: OrderTerms, units: int, venue: Wallet) -> None:
        """Hold units for an order."""
        self.orders[terms.signed_by] = Kept(terms.security, terms.investor, venue, units,
                                            terms.expiry, self._epoch(terms.security)
                                            )  # fmt: skip
        self._change(terms.security, terms.investor, units)

    def release(self, signed: SignedBy) -> Kept:
        """Let go what is held for an order; what of that there is still."""
        kept = self.orders.pop(signed)
        there = kept.units if kept.epoch == self._epoch(kept.security) else 0
        self._change(kept.security, kept.investor, -there)
        return msgspec.structs.replace(kept, units=there)

    def usable(self, terms: OrderTerms, security: Wallet, units: int, venue: Wallet) -> int:
        """How many of some units of a trade are held for its seller's order."""
        kept = self.orders.get(terms.signed_by)
        asked = terms.instructions.hold
        if kept is None or not asked or kept.epoch != self._epoch(kept.security):
            return 0
        if (kept.security, kept.venue) != (security, venue):
            return 0
        return min(kept.units, units)

    def use(self, terms: OrderTerms, units: int) -> None:
        """Deliver units that are held for an order."""
        kept = self.orders[terms.signed_by]
        self._change(kept.security, kept.investor, -units)
        left = msgspec.structs.replace(kept, units=kept.units - units)
        self.orders.pop(terms.signed_by)
        if left.units:
            self.orders[terms.signed_by] = left

    def end(self, token: Wallet) -> None:
        """Note that a token holds nothing any more, as its units are others."""
        self.of = {place: units for place, units in self.of.items() if place[0] != token}
        self.epochs[token] = self._epoch(token) + 1

    def _epoch(self, token: Wallet) -> int:
        return self.epochs.get(token, 0)

    def _change(self, token: Wallet, owner: Wallet, units: int) -> None:
        self.of[token, owner] = self.held(token, owner) + units
