"""Locked lots of an investor: the twin of `lots.vy`.

Units that are not in a lot are unlocked. Lots are kept in order of unlock time; a lot whose time
has come is unlocked by itself.
"""

from __future__ import annotations

import bisect

import msgspec


class Lot(msgspec.Struct, frozen=True, order=True):
    """Units that are locked until a time, in UTC seconds."""

    unlock_at: int
    units: int


class Lots(msgspec.Struct):
    """The locked lots of one investor, by unlock time."""

    locked: list[Lot] = msgspec.field(default_factory=list)

    def locked_units(self, now_s: int) -> int:
        """Units that cannot be sold yet."""
        return sum(lot.units for lot in self.locked if lot.unlock_at > now_s)

    def unlocks_enough_at(self, units: int, now_s: int) -> int:
        """The time from which so many of the units now locked are unlocked."""
        freed = 0
        for lot in self.locked:
            if lot.unlock_at > now_s:
                freed += lot.units
                if freed >= units:
                    return lot.unlock_at
        return now_s

    def add(self, units: int, unlock_at: int, now_s: int) -> None:
        """Lock units that the investor acquires; nothing happens if the time has come already."""
        if unlock_at > now_s:
            bisect.insort(self.locked, Lot(unlock_at, units), key=lambda lot: lot.unlock_at)

    def take(self, units: int, now_s: int) -> list[Lot]:
        """Take locked units, the earliest lots first; returns what was taken of each."""
        taken: list[Lot] = []
        kept: list[Lot] = []
        for lot in self.locked:
            if lot.unlock_at <= now_s:
                continue
            part = min(units, lot.units)
            units -= part
            if part:
                taken.append(Lot(lot.unlock_at, part))
            if lot.units > part:
                kept.append(Lot(lot.unlock_at, lot.units - part))
        self.locked = kept
        return taken
