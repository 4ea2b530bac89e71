"""Locked lots of an investor: the twin of `lots.vy`.

Units that are not in a lot are unlocked. Lots are kept in order of unlock time; a lot whose time
has come is unlocked by itself.
"""

from __future__ import annotations

import bisect
from itertools import accumulate

import msgspec

from tallystick.core.errors import Refused

# What one transaction can pay for: lots moved up to sort one in before them, and lots taken.
LATER_MAX = 64
TAKEN_MAX = 32


class Lot(msgspec.Struct, frozen=True, order=True):
    """Units that are locked until a time, in UTC seconds."""

    unlock_at: int
    units: int


class Lots(msgspec.Struct, frozen=True):
    """The locked lots of one investor, by unlock time, and the running sums of their units.

    What is free is found by bisection, however many lots there are.
    """

    locked: tuple[Lot, ...] = ()
    sums: tuple[int, ...] = ()

    @classmethod
    def of(cls, locked: tuple[Lot, ...]) -> Lots:
        """Lots that stand in order of unlock time."""
        return cls(locked, tuple(accumulate(lot.units for lot in locked)))

    def locked_units(self, now_s: int) -> int:
        """Units that cannot be sold yet."""
        return self.sums[-1] - self._unlocked(now_s) if self.sums else 0

    def unlocks_enough_at(self, units: int, now_s: int) -> int:
        """The time from which so many of the units now locked are unlocked."""
        at = bisect.bisect_left(self.sums, self._unlocked(now_s) + units)
        return self.locked[at].unlock_at if units > 0 and at < len(self.locked) else now_s

    def _unlocked(self, now_s: int) -> int:
        """Units of lots whose time has come."""
        first = bisect.bisect_right(self.locked, now_s, key=lambda lot: lot.unlock_at)
        return self.sums[first - 1] if first else 0

    def plus(self, units: int, unlock_at: int, now_s: int) -> Lots:
        """The lots after units are acquired; the same if their time has come already.

        Raises `Refused` (`too-many-lots`) if too many lots unlock later, as the chain would.
        """
        if unlock_at <= now_s:
            return self
        locked = self._still_locked(now_s)
        if locked and locked[-1].unlock_at == unlock_at:
            return Lots.of((*locked[:-1], Lot(unlock_at, locked[-1].units + units)))
        at = bisect.bisect_right(locked, unlock_at, key=lambda lot: lot.unlock_at)
        if len(locked) - at > LATER_MAX:
            raise _too_many()
        return Lots.of((*locked[:at], Lot(unlock_at, units), *locked[at:]))

    def minus(self, units: int, now_s: int) -> tuple[Lots, tuple[Lot, ...]]:
        """The lots after so many locked units are taken, the earliest first, and what was taken.

        Raises `Refused` (`too-many-lots`) if they are of too many lots, as the chain would.
        """
        locked = self._still_locked(now_s)
        taken: list[Lot] = []
        for lot in locked:
            if not units:
                break
            part = min(units, lot.units)
            units -= part
            taken.append(Lot(lot.unlock_at, part))
        if not taken:
            return self, ()
        if len(taken) > TAKEN_MAX:
            raise _too_many()
        split = locked[len(taken) - 1]
        rest = Lot(split.unlock_at, split.units - taken[-1].units)
        kept = (rest,) if rest.units else ()
        return Lots.of(kept + locked[len(taken) :]), tuple(taken)

    def _still_locked(self, now_s: int) -> tuple[Lot, ...]:
        first = bisect.bisect_right(self.locked, now_s, key=lambda lot: lot.unlock_at)
        return self.locked[first:]


def _too_many() -> Refused:
    return Refused(
        "too-many-lots",
        "The lots concerned are too many for one transaction",
        cure="Issue earlier lots first; force or destroy fewer units at a time.",
    )
