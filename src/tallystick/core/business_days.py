"""Business days: Monday to Friday but for those on which the office is closed, as UTC days."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from tallystick.core.times import DAY_S

DAYS_A_WEEK: Final = 7
# 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday.
_FIRST_WEEKDAY: Final = 3
_WORKDAYS: Final = 5
# No office is closed for longer.
CLOSED_DAYS_MAX: Final = 3_660


def is_business_day(day: int, closed: Container[int] = ()) -> bool:
    """Whether the office is open on a UTC day."""
    return (day + _FIRST_WEEKDAY) % DAYS_A_WEEK < _WORKDAYS and day not in closed


def business_day_after(day: int, count: int, closed: Container[int] = ()) -> int:
    """The UTC day that is so many business days after a day, which itself is not counted."""
    for later in range(day + 1, day + 1 + CLOSED_DAYS_MAX):
        count -= is_business_day(later, closed)
        if count <= 0:
            return later
    raise ValueError(f"the office is closed for {CLOSED_DAYS_MAX} days")


def business_days_between(since_s: int, until_s: int, closed: Container[int] = ()) -> int:
    """Business days after the day of one time up to and with the day of another, in UTC seconds."""
    first, last = since_s // DAY_S, until_s // DAY_S
    return sum(is_business_day(day, closed) for day in range(first + 1, last + 1))
