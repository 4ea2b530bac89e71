"""How long a transfer agent takes: requests for transfer, and what is owed of their turnaround.

Nine of ten routine items received in a month are to be turned around within three business days of
receipt; whoever falls short files a notice. What comes by noon of a business day counts as received
at noon, everything else at noon of the next one. Sources: 17 CFR 240.17Ad-2(a) and (c), 17Ad-1(i)
for what is routine, 17Ad-6(a)(2) for what is recorded each month; cited from secondary sources and
from knowledge, not read in the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from tallystick.core.business_days import (
    business_day_after,
    business_days_between,
    is_business_day,
)
from tallystick.core.times import DAY_S
from tallystick.core.units import BASIS_POINTS

DAYS_ALLOWED: Final = 3
ROUTINE_LEAST_BPS: Final = 9_000
# From so many business days on, what is still there is counted by its age (17Ad-6(a)(2)(vi)).
OLD_DAYS: Final = 5


NOON_S: Final = DAY_S // 2


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """When the office is open: UTC days, besides weekends, on which it is closed, and its noon.

    `noon_s` is noon there in seconds after midnight UTC: 61,200 for New York in winter.
    """

    closed: frozenset[int] = frozenset()
    noon_s: int = NOON_S

    def local_s(self, time_s: int) -> int:
        """A time in UTC seconds as seconds of the office's own days."""
        return time_s + NOON_S - self.noon_s


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """An item for transfer: when it was received, and turned around or sent back, if it was."""

    received_s: int
    done_s: int | None
    routine: bool


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the items received in a month, and what was still there at its end.

    `routine_in_time` of `routine` were done within the time allowed, `routine_pending` may still
    be; `old` counts routine items there at the end by their age in business days, from five on.
    """

    routine: int
    routine_in_time: int
    routine_late: int
    routine_pending: int
    other: int
    other_done: int
    other_left: int
    old: dict[int, int]

    @property
    def in_time_bps(self) -> int | None:
        """The share done in time of what is decided, rounded down; None if nothing is."""
        decided = self.routine_in_time + self.routine_late
        return self.routine_in_time * BASIS_POINTS // decided if decided else None

    @property
    def falls_short(self) -> bool:
        """Whether a notice is owed if the month ended so."""
        share = self.in_time_bps
        return share is not None and share < ROUTINE_LEAST_BPS


def received_day(received_s: int, office: Office) -> int:
    """The business day at whose noon an item counts as received."""
    day, time_s = divmod(office.local_s(received_s), DAY_S)
    if is_business_day(day, office.closed) and time_s <= NOON_S:
        return day
    return business_day_after(day, 1, office.closed)


def due_s(received_s: int, office: Office) -> int:
    """The last moment, in UTC seconds, at which an item is turned around in time."""
    day = business_day_after(received_day(received_s, office), DAYS_ALLOWED, office.closed)
    return day * DAY_S + office.noon_s


def in_time(item: Handled, now_s: int, office: Office) -> bool | None:
    """Whether an item was turned around in time; None if it is open and still may be."""
    until_s = now_s if item.done_s is None else item.done_s
    if until_s > due_s(item.received_s, office):
        return False
    return None if item.done_s is None else True


def _age_days(item: Handled, at_s: int, office: Office) -> int:
    """Business days for which an item has been there."""
    since_s = received_day(item.received_s, office) * DAY_S
    return business_days_between(since_s, office.local_s(at_s), office.closed)


def month(
    items: Iterable[Handled], *, first_day: int, end_day: int, now_s: int, office: Office
) -> Month:
    """The record of the month from a day to before another, as known at a time (UTC seconds)."""
    counts = dict.fromkeys(Month.__struct_fields__[:-1], 0)
    old: dict[int, int] = {}
    end_s = min(now_s, end_day * DAY_S - 1 - office.local_s(0))
    for item in items:
        received = first_day <= received_day(item.received_s, office) < end_day
        left = item.received_s <= end_s and (item.done_s is None or item.done_s > end_s)
        if received and item.routine:
            state = {True: "in_time", False: "late", None: "pending"}[in_time(item, now_s, office)]
            counts["routine"] += 1
            counts[f"routine_{state}"] += 1
        elif received:
            counts["other"] += 1
            counts["other_done"] += item.done_s is not None
        if left and item.routine:
            age = _age_days(item, end_s, office)
            if age >= OLD_DAYS:
                old[age] = old.get(age, 0) + 1
        elif left:
            counts["other_left"] += 1
    return Month(**counts, old=dict(sorted(old.items())))
