"""Counters of investors by tier, and the limits on them: the twin of `counters.vy`.

A claim that expires sends no transaction. While tier 0 is limited, the expiry day behind everybody
counted in a better tier is tracked; from the first such day on nobody new enters tier 0 until those
concerned are refreshed. It fails closed and never hinders a seller.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from tallystick.core.times import FOREVER_DAY
from tallystick.securities.claims import Tier

UNLIMITED = 2**28 - 1
DAYS_SCANNED_MAX = 1024


class LimitVerdict(IntEnum):
    """What the limits say of one investor who enters while another leaves."""

    WITHIN = 0
    TOO_MANY = 1
    TOO_MANY_RETAIL = 2
    STALE = 3


class Tally(msgspec.Struct):
    """Investors counted, and the limits; `None` is no limit.

    `tracked` counts investors above tier 0 whose expiry is in `expiring`; `earliest_day` is a day
    before which none of these claims expires, 0 if none is tracked.
    """

    counts: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0, 0])
    investors_max: int | None = None
    retail_max: int | None = None
    tracked: int = 0
    earliest_day: int = 0
    expiring: dict[int, int] = msgspec.field(default_factory=dict)

    @property
    def total(self) -> int:
        """Investors counted in all tiers."""
        return sum(self.counts)

    @property
    def above_retail(self) -> int:
        """Investors counted in a tier above 0."""
        return sum(self.counts[1:])

    def is_stale(self, day: int) -> bool:
        """Whether somebody counted in a better tier may have fallen to tier 0 unseen."""
        return self.tracked != self.above_retail or 0 < self.earliest_day <= day

    def verdict(self, leaving: Tier | None, entering: Tier, day: int) -> LimitVerdict:
        """Whether an investor of tier `entering` may enter while one of `leaving` leaves."""
        if self.investors_max is not None and (self.total + (leaving is None) > self.investors_max):
            return LimitVerdict.TOO_MANY
        if entering is Tier.RETAIL and self.retail_max is not None:
            if self.counts[0] + (leaving is not Tier.RETAIL) > self.retail_max:
                return LimitVerdict.TOO_MANY_RETAIL
            if self.is_stale(day):
                return LimitVerdict.STALE
        return LimitVerdict.WITHIN

    def enter(self, tier: Tier, expiry_day: int) -> int:
        """Count an investor in; returns the expiry day tracked for him, or 0."""
        self.counts[tier] += 1
        if tier is Tier.RETAIL or self.retail_max is None:
            return 0
        self.tracked += 1
        if expiry_day != FOREVER_DAY:
            self.expiring[expiry_day] = self.expiring.get(expiry_day, 0) + 1
            if self.earliest_day == 0 or expiry_day < self.earliest_day:
                self.earliest_day = expiry_day
        return expiry_day

    def leave(self, tier: Tier, tracked_day: int) -> None:
        """Count an investor out of the tier in which he was counted."""
        self.counts[tier] -= 1
        if tracked_day == 0:
            return
        if tracked_day != FOREVER_DAY:
            self.expiring[tracked_day] -= 1
        self.tracked -= 1

    def advance(self, day: int) -> None:
        """Move the earliest day to the next on which something tracked expires."""
        at = self.earliest_day
        if at == 0 or at > day:
            return
        if self.tracked == 0:
            self.earliest_day = 0
            return
        last = min(at + DAYS_SCANNED_MAX, FOREVER_DAY)
        while at < last and not self.expiring.get(at):
            at += 1
        self.earliest_day = at if at != FOREVER_DAY else 0
