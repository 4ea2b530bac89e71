"""Where an investor's units come from: the provenance of every lot.

A parcel keeps when its holding period began and when it was received, how, from whom, and under
which exemption it was issued. Units leave first in, first out: those whose period began earliest go
first, as they are unlocked first on the chain. A sale by an affiliate begins the period anew;
everything else carries it on (17 CFR 230.144(d)). Who claims what by which exemption is needed long
after the issue (17 CFR 240.12g-6, for one).

A seller may name the lot that he sells by the UTC day on which its holding period began. He does
so in the nonce of the authorization he signs (ERC-3009), which the token logs: the choice costs no
gas, nobody else can make it, and whoever rebuilds the register sees it.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from tallystick.core.hashing import keccak
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.securities.proposal import Movement

# Of the 32 bytes of a nonce that names a lot: these, four of the day, and 16 that set it apart.
_NAMES_LOT: Final = b"tally-lot:v1"


class Source(StrEnum):
    """Of whom units were acquired."""

    ISSUER = "issuer"
    AFFILIATE = "affiliate"
    OTHER = "other"


class Parcel(msgspec.Struct, frozen=True, gc=False):
    """Units of one provenance. Times are UTC seconds; `since` is when the holding period began.

    `legend` is the code of the reason for which they bear one; 0 if they bear none.
    """

    since: int
    received: int
    units: int
    how: Movement
    source: Source
    exemption: str = ""
    legend: int = 0

    def of(self, units: int) -> Parcel:
        """The same with another number of units."""
        return Parcel(
            self.since, self.received, units, self.how, self.source, self.exemption, self.legend
        )

    def like(self, other: Parcel) -> bool:
        """Whether two parcels differ in nothing but their units."""
        return (
            self.since == other.since
            and self.received == other.received
            and self.how is other.how
            and self.source is other.source
            and self.exemption == other.exemption
            and self.legend == other.legend
        )


def lot_nonce(day: int, apart: str) -> bytes:
    """The nonce of an authorization that names a lot; `apart` sets it apart from all others."""
    return _NAMES_LOT + day.to_bytes(4, "big") + keccak(text=apart)[:16]


def lot_named(nonce: bytes) -> int | None:
    """The UTC day of the lot that a nonce names; None if it names none."""
    if not nonce.startswith(_NAMES_LOT):
        return None
    return int.from_bytes(nonce[len(_NAMES_LOT) : len(_NAMES_LOT) + 4], "big")


class Parcels(msgspec.Struct):
    """The parcels of one investor, by the beginning of their holding period.

    Legends are on the latest, which are those that are still locked, so that what may be sold are
    the earliest: as on the chain, where units that are kept for several reasons are the same ones.
    """

    held: list[Parcel] = msgspec.field(default_factory=list)

    def add(self, parcel: Parcel) -> None:
        """Take up a parcel; one that is alike grows."""
        held = self.held
        at = len(held)
        if held and held[-1].since > parcel.since:
            at = bisect.bisect_right(held, parcel.since, key=lambda each: each.since)
        if at and held[at - 1].like(parcel):
            held[at - 1] = held[at - 1].of(held[at - 1].units + parcel.units)
        else:
            held.insert(at, parcel)

    def of_day(self, day: int, free: int) -> int:
        """Units without a legend whose holding period began on a UTC day.

        Of all units the earliest are free, so many of them; the others are locked.
        """
        found = 0
        for each in self.held:
            if each.since // DAY_S == day and not each.legend:
                found += max(0, min(each.units, free))
            free -= each.units
        return found

    def take(self, units: int, *, day: int | None = None, free: int = 0) -> list[Parcel]:
        """Give up units, those of a named day first, then the earliest; as they were held.

        Of all units the earliest are free, so many of them; no others go for being named.
        """
        taken: list[Parcel] = []
        if day is None and self.held and not self.held[0].legend and units < self.held[0].units:
            # Nearly always the earliest is enough.
            whole = self.held[0]
            self.held[0] = whole.of(whole.units - units)
            return [whole.of(units)]
        if day is not None:
            first = bisect.bisect_left(self.held, day * DAY_S, key=lambda each: each.since)
            taken = self._take(min(units, self.of_day(day, free)), first)
            units -= sum(each.units for each in taken)
        earliest = self._take(units)
        units -= sum(each.units for each in earliest)
        return taken + earliest + self._take(units, legended=True)

    def _take(self, units: int, at: int = 0, *, legended: bool = False) -> list[Parcel]:
        taken: list[Parcel] = []
        while units and at < len(self.held):
            first = self.held[at]
            if bool(first.legend) is not legended:
                at += 1
                continue
            part = min(units, first.units)
            taken.append(first.of(part))
            units -= part
            if part == first.units:
                del self.held[at]
            else:
                self.held[at] = first.of(first.units - part)
        return taken

    def bear(self, legends: Sequence[tuple[int, int]]) -> None:
        """Let units bear legends, by code and units: the first that is named on the latest."""
        wanted = [list(each) for each in legends]
        after: list[Parcel] = []
        for each in reversed(self.held):
            left = each.units
            while left and wanted:
                code, units = wanted[0]
                part = min(left, units)
                after.append(msgspec.structs.replace(each, units=part, legend=code))
                left, wanted[0][1] = left - part, units - part
                if not wanted[0][1]:
                    del wanted[0]
            if left:
                after.append(msgspec.structs.replace(each, units=left, legend=0))
        self.held = []
        for each in reversed(after):
            self.add(each)


class _Nothing(Parcels):
    """Parcels that are not kept."""

    def add(self, parcel: Parcel) -> None:
        """Keep nothing."""

    def take(self, units: int, *, day: int | None = None, free: int = 0) -> list[Parcel]:
        """Give nothing."""
        del units, day, free
        return []


class Untold(dict[Wallet, Parcels]):
    """Where the units of investors come from, where nobody asks: it takes no memory."""

    _nothing = _Nothing()

    def __missing__(self, home: Wallet) -> Parcels:
        return self._nothing

    def setdefault(self, home: Wallet, default: Any = None) -> Parcels:
        """Nothing, which stays so."""
        del home, default
        return self._nothing

    def __delitem__(self, home: Wallet) -> None:
        """Nothing is there."""


def received(parcel: Parcel, *, how: Movement, now_s: int, from_affiliate: bool) -> Parcel:
    """A parcel as it is with who receives it; `from_affiliate`: sold by one, its period is new."""
    return Parcel(
        since=now_s if from_affiliate else parcel.since,
        received=now_s,
        units=parcel.units,
        how=how,
        source=Source.AFFILIATE if from_affiliate else Source.OTHER,
        exemption=parcel.exemption,
    )
