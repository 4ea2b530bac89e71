"""Day counts: which part of a year a period is, exactly.

The first day counts, the last one does not. Sources: 2006 ISDA Definitions 4.16 for 30/360 (f),
30E/360 (g), ACT/360 (e), ACT/365 (Fixed) (d) and ACT/ACT (b); ICMA Rule 251 for ACT/ACT (ICMA).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from tallystick.securities.bonds.coupon_dates import Grid

LAST = 30


def thirty_360(start: date, end: date, _grid: Grid) -> Fraction:
    """30/360 (Bond Basis): a 31st counts as the 30th, at the end only if the start is either."""
    first = min(start.day, LAST)
    last = LAST if end.day > LAST and first == LAST else end.day
    return _thirty(start, end, first, last)


def thirty_e_360(start: date, end: date, _grid: Grid) -> Fraction:
    """30E/360 (Eurobond Basis): a 31st counts as the 30th."""
    return _thirty(start, end, min(start.day, LAST), min(end.day, LAST))


def _thirty(start: date, end: date, first: int, last: int) -> Fraction:
    days = 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first
    return Fraction(days, 360)


def act_360(start: date, end: date, _grid: Grid) -> Fraction:
    """Actual days of a year of 360."""
    return Fraction((end - start).days, 360)


def act_365f(start: date, end: date, _grid: Grid) -> Fraction:
    """Actual days of a year of 365, leap years too."""
    return Fraction((end - start).days, 365)


def act_act_isda(start: date, end: date, _grid: Grid) -> Fraction:
    """Actual days, those of leap years of 366 and the others of 365."""
    total = Fraction(0)
    for year in range(start.year, end.year + 1):
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        days = (min(end, after) - max(start, first)).days
        total += Fraction(max(days, 0), (after - first).days)
    return total


def act_act_icma(start: date, end: date, grid: Grid) -> Fraction:
    """Actual days of each coupon period, regular or notional, that the span meets."""
    total = Fraction(0)
    for first, last in grid.spans(start, end):
        days = (min(end, last) - max(start, first)).days
        total += Fraction(days, (last - first).days * grid.a_year)
    return total


DAY_COUNTS: dict[str, Callable[[date, date, Grid], Fraction]] = {
    "30/360": thirty_360,
    "30E/360": thirty_e_360,
    "ACT/360": act_360,
    "ACT/365F": act_365f,
    "ACT/ACT-ICMA": act_act_icma,
    "ACT/ACT-ISDA": act_act_isda,
}
