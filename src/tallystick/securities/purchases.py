"""Purchasers of an issuer's offerings within a window of days: the twin of `purchases.vy`.

Counted are those who were neither accredited nor better when they bought from the issuer, each
once, by the last day on which he bought. A resale is no purchase. Source: 17 CFR
230.506(b)(2)(i).
"""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet

# What the chain can count back.
PURCHASE_DAYS_MAX = 255


class PurchaseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody may not be one more purchaser: the limit, how many count, when there is room."""

    limit: int
    days: int
    now: int
    owners: int
    room_on_day: int | None


class Purchases(msgspec.Struct):
    """Who bought last when, and counted as how many owners. No window: nothing is noted."""

    limit: int | None = None
    days: int = 0
    last: dict[Wallet, tuple[int, int]] = msgspec.field(default_factory=dict)

    def count(self, day: int, *, without: Wallet | None = None) -> int:
        """Purchasers within the window that ends on a UTC day."""
        return sum(
            owners
            for home, (bought, owners) in self.last.items()
            if home != without and day - self.days < bought <= day
        )

    def verdict(self, home: Wallet, owners: int, day: int) -> PurchaseVerdict | None:
        """Why an investor may not buy on a day who counts as so many; None if he may."""
        if self.limit is None or owners == 0:
            return None
        now = self.count(day, without=home)
        if now + owners <= self.limit:
            return None
        room = next(
            (
                later
                for later in range(day + 1, day + self.days + 1)
                if self._stay(home, day, later) + owners <= self.limit
            ),
            None,
        )
        return PurchaseVerdict(
            limit=self.limit, days=self.days, now=now, owners=owners, room_on_day=room
        )

    def _stay(self, home: Wallet, day: int, later: int) -> int:
        """How many of those who count on a day still will, on a later one."""
        return sum(
            owners
            for other, (bought, owners) in self.last.items()
            if other != home and later - self.days < bought <= day
        )

    def note(self, home: Wallet, owners: int, day: int) -> None:
        """Note that an investor bought on a day."""
        if self.days and owners:
            self.last[home] = (day, owners)
