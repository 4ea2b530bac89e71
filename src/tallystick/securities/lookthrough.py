"""The share of an issuer's votes that one investor has, and whether he is to be looked through.

An investment company, or a fund that section 3(c)(1) or 3(c)(7) exempts, which owns a tenth or more
of the outstanding voting securities of an issuer counts as those who own it. Source: Investment
Company Act 3(c)(1)(A).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from tallystick.core.units import BASIS_POINTS

LOOK_THROUGH_BPS: Final = 1_000


class Class(msgspec.Struct, frozen=True, kw_only=True):
    """A class of an issuer: votes of a unit, units in existence, and those of the investor."""

    votes_per_unit: int
    supply: int
    held: int


class Votes(msgspec.Struct, frozen=True, kw_only=True):
    """Votes of an investor among all."""

    own: int
    all: int

    @property
    def share_bps(self) -> int:
        """His share in basis points, rounded down; 0 where nobody votes."""
        return self.own * BASIS_POINTS // self.all if self.all else 0

    @property
    def looks_through(self) -> bool:
        """Whether a fund with such a share counts as those who own it."""
        return self.all > 0 and self.own * BASIS_POINTS >= LOOK_THROUGH_BPS * self.all


def votes(classes: Iterable[Class]) -> Votes:
    """The votes of an investor over all classes of an issuer."""
    counted = [each for each in classes if each.votes_per_unit]
    return Votes(
        own=sum(each.votes_per_unit * each.held for each in counted),
        all=sum(each.votes_per_unit * each.supply for each in counted),
    )
