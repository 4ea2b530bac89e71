"""Dates on which coupons fall: a grid of equal months, counted from one of its dates."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

import msgspec

MONTHS_A_YEAR = 12
PERIODS_MAX = 1_200


def add_months(day: date, months: int, *, end_of_month: bool) -> date:
    """The same day so many months later, or the last one of a month that is shorter.

    With `end_of_month`, the last day of any month leads to the last day of the other.
    """
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    last = monthrange(year, month + 1)[1]
    at_end = end_of_month and day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if at_end else min(day.day, last))


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Dates every so many months, of which one is known; all count from that one."""

    anchor: date
    months: int
    end_of_month: bool = True

    @property
    def a_year(self) -> int:
        """Coupons a year."""
        return MONTHS_A_YEAR // self.months

    def at(self, number: int) -> date:
        """The date so many periods after the one that is known."""
        return add_months(self.anchor, number * self.months, end_of_month=self.end_of_month)

    def spans(self, start: date, end: date) -> Iterator[tuple[date, date]]:
        """The periods of the grid that meet a span of days, in order."""
        months = (start.year - self.anchor.year) * MONTHS_A_YEAR + start.month - self.anchor.month
        number = months // self.months - 1
        for _ in range(PERIODS_MAX):
            first, last = self.at(number), self.at(number + 1)
            if first >= end:
                return
            if last > start:
                yield first, last
            number += 1
        message = f"more than {PERIODS_MAX} coupons"
        raise ValueError(message)
