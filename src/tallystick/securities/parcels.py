"""Where an investor's units come from: the provenance of every lot.

A parcel keeps when its holding period began and when it was received, how, from whom, and under
which exemption it was issued. Units leave first in, first out: those whose period began earliest go
first, as they are unlocked first on the chain. A sale by an affiliate begins the period anew;
everything else carries it on (17 CFR 230.144(d)). Who claims what by which exemption is needed long
after the issue (17 CFR 240.12g-6, for one).
"""

from __future__ import annotations

import bisect
from enum import StrEnum

import msgspec

from tallystick.securities.proposal import Movement


class Source(StrEnum):
    """Of whom units were acquired."""

    ISSUER = "issuer"
    AFFILIATE = "affiliate"
    OTHER = "other"


class Parcel(msgspec.Struct, frozen=True):
    """Units of one provenance. Times are UTC seconds; `since` is when the holding period began."""

    since: int
    received: int
    units: int
    how: Movement
    source: Source
    exemption: str = ""

    def of(self, units: int) -> Parcel:
        """The same with another number of units."""
        return msgspec.structs.replace(self, units=units)

    def like(self, other: Parcel) -> bool:
        """Whether two parcels differ in nothing but their units."""
        return (
            self.since == other.since
            and self.received == other.received
            and self.how is other.how
            and self.source is other.source
            and self.exemption == other.exemption
        )


class Parcels(msgspec.Struct):
    """The parcels of one investor, by the beginning of their holding period."""

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

    def take(self, units: int) -> list[Parcel]:
        """Give up units, the earliest first; returns them as they were."""
        taken: list[Parcel] = []
        while units and self.held:
            first = self.held[0]
            part = min(units, first.units)
            taken.append(first.of(part))
            units -= part
            if part == first.units:
                del self.held[0]
            else:
                self.held[0] = first.of(first.units - part)
        return taken


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
