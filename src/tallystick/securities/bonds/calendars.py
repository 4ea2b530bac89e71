"""Business days of a place, and where a date goes that is none.

Conventions as in the 2006 ISDA Definitions, 4.12; modified preceding as in FpML.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import msgspec

from tallystick.core.business_days import CLOSED_DAYS_MAX

DAY = timedelta(days=1)
SATURDAY = 5


class Calendar(msgspec.Struct, frozen=True):
    """A place's calendar: weekends and the days on which it is closed."""

    closed: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """Whether business is done on a day."""
        return day.weekday() < SATURDAY and day not in self.closed


def _next(day: date, calendar: Calendar, step: timedelta) -> date:
    for _ in range(CLOSED_DAYS_MAX):
        if calendar.is_open(day):
            return day
        day += step
    message = f"no business day within {CLOSED_DAYS_MAX} days"
    raise ValueError(message)


def following(day: date, calendar: Calendar) -> date:
    """The day itself if business is done on it, or the next one on which it is."""
    return _next(day, calendar, DAY)


def preceding(day: date, calendar: Calendar) -> date:
    """The day itself if business is done on it, or the last one before on which it is."""
    return _next(day, calendar, -DAY)


def modified_following(day: date, calendar: Calendar) -> date:
    """`following`, unless that is in another month: then `preceding`."""
    moved = following(day, calendar)
    return moved if moved.month == day.month else preceding(day, calendar)


def modified_preceding(day: date, calendar: Calendar) -> date:
    """`preceding`, unless that is in another month: then `following`."""
    moved = preceding(day, calendar)
    return moved if moved.month == day.month else following(day, calendar)


def unadjusted(day: date, _calendar: Calendar) -> date:
    """The day itself."""
    return day


ROLLS: dict[str, Callable[[date, Calendar], date]] = {
    "following": following,
    "modified-following": modified_following,
    "preceding": preceding,
    "modified-preceding": modified_preceding,
    "none": unadjusted,
}
