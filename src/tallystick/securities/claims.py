"""Claims about an investor, each with the day from which it no longer holds."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from tallystick.core.times import FOREVER_DAY

CLAIMS_COUNT = 8


class Claim(IntEnum):
    """What can be claimed of an investor; the number is its place in the record on chain."""

    VERIFIED = 0
    """His identity has been verified."""
    ACCREDITED = 1
    """Accredited investor (17 CFR 230.501(a))."""
    QUALIFIED_PURCHASER = 2
    """Qualified purchaser (Investment Company Act 2(a)(51))."""
    INSTITUTIONAL_BUYER = 3
    """Qualified institutional buyer (17 CFR 230.144A(a)(1))."""
    SCREENED = 4
    """Screened against lists of sanctions, without a match."""
    AFFILIATE = 5
    """Affiliate of the issuer (17 CFR 230.144(a)(1)), until three months after he ceased to be."""


class Tier(IntEnum):
    """The tiers in which investors are counted, by the best claim that holds."""

    RETAIL = 0
    ACCREDITED = 1
    QUALIFIED_PURCHASER = 2
    INSTITUTIONAL_BUYER = 3


class Claims(msgspec.Struct, frozen=True):
    """Expiry day of each claim, by `Claim`; 0 where there is none, `FOREVER_DAY` without end.

    A claim holds until 00:00 UTC of its expiry day.
    """

    expiry_days: tuple[int, ...] = (0,) * CLAIMS_COUNT

    def holds(self, claim: Claim, day: int) -> bool:
        """Whether a claim holds on a UTC day."""
        expiry = self.expiry_days[claim]
        return expiry > day or expiry == FOREVER_DAY

    def tier(self, day: int) -> tuple[Tier, int]:
        """The tier an investor counts in on a day, and the expiry day of the claim behind it."""
        for claim in (Claim.INSTITUTIONAL_BUYER, Claim.QUALIFIED_PURCHASER, Claim.ACCREDITED):
            if self.holds(claim, day):
                return Tier(claim), self.expiry_days[claim]
        return Tier.RETAIL, 0

    def stated(self, claim: Claim, expiry_day: int) -> Claims:
        """The claims with one of them stated anew; expiry day 0 revokes it."""
        days = list(self.expiry_days)
        days[claim] = expiry_day
        return Claims(tuple(days))
