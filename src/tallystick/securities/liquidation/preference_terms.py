"""What the terms of a security say of its preference: `[security.preference]` beside its rights."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from tallystick.core.fields import Fields
from tallystick.core.units import parse_exact


class PreferenceTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole unit was issued for, and into how many shares of common it converts.

    `common` shares come of so many `units`; 0 if it does not convert.
    """

    issue_price: str
    common: int = 1
    units: int = 1

    @property
    def price(self) -> Fraction:
        """What a whole unit was issued for, in whole money."""
        return parse_exact(self.issue_price)

    @property
    def ratio(self) -> Fraction:
        """Shares of common for a unit."""
        return Fraction(self.common, self.units)


def read_preference(fields: Fields) -> PreferenceTerms:
    """Read `[security.preference]`."""
    issue_price = fields.text("issue_price")
    fields.parsed("issue_price", parse_exact, Fraction(1))
    terms = PreferenceTerms(
        issue_price=issue_price,
        common=fields.integer("common", 1),
        units=fields.integer("units", 1, lowest=1),
    )
    fields.finish()
    return terms
