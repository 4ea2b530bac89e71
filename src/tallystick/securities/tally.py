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

UNLIMITED = 2**24 - 1
COUNTRY_LIMIT_MAX = 65_534
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
    before which none of these claims expires, 0 if none is tracked. `of_country` counts holders of
    the country whose holders are limited to `country_max`, and those who were not looked at since
    that limit, number `generation`, was set. One investor may count as several owners, or none.
    """

    counts: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0, 0])
    investors_max: int | None = None
    retail_max: int | None = None
    tracked: int = 0
    earliest_day: int = 0
    expiring: dict[int, int] = msgspec.field(default_factory=dict)
    of_country: int = 0
    country_max: int | None = None
    generation: int = 0

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

    def verdict(
        self, leaving: Tier | None, entering: Tier, day: int, *, leavers: int = 1, joiners: int = 1
    ) -> LimitVerdict:
        """Whether an investor of tier `entering` may enter while one of `leaving` leaves."""
        if joiners == 0:
            return LimitVerdict.WITHIN
        gone = 0 if leaving is None else leavers
        if self.investors_max is not None and self.total + joiners - gone > self.investors_max:
            return LimitVerdict.TOO_MANY
        if entering is Tier.RETAIL and self.retail_max is not None:
            gone = leavers if leaving is Tier.RETAIL else 0
            if self.counts[0] + joiners - gone > self.retail_max:
                return LimitVerdict.TOO_MANY_RETAIL
            if self.is_stale(day):
                return LimitVerdict.STALE
        return LimitVerdict.WITHIN

    def enter(self, tier: Tier, expiry_day: int, *, owners: int = 1) -> int:
        """Count an investor in; returns the expiry day tracked for him, or 0."""
        self.counts[tier] += owners
        if tier is Tier.RETAIL or self.retail_max is None:
            return 0
        self.tracked += owners
        if expiry_day != FOREVER_DAY:
            self.expiring[expiry_day] = self.expiring.get(expiry_day, 0) + owners
            if self.earliest_day == 0 or expiry_day < self.earliest_day:
                self.earliest_day = expiry_day
        return expiry_day

    def leave(self, tier: Tier, tracked_day: int, *, owners: int = 1) -> None:
        """Count an investor out of the tier in which he was counted."""
        self.counts[tier] -= owners
        if tracked_day == 0:
            return
        if tracked_day != FOREVER_DAY:
            self.expiring[tracked_day] -= owners
        self.tracked -= owners

    def limit_country(self, limit: int | None, *, is_new: bool) -> None:
        """Limit the holders of a country; `is_new` says that it was another one before, or none.

        Every holder is presumed to be of a new one until he is looked at.
        """
        self.country_max = limit
        if limit is None:
            self.of_country = 0
        elif is_new:
            self.generation += 1
            self.of_country = self.total

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
