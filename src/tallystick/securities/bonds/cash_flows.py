"""What a bond pays when: its coupons and its redemption, and what has accrued in between."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import msgspec

from tallystick.core.units import BASIS_POINTS, half_up
from tallystick.securities.bonds.calendars import ROLLS, Calendar
from tallystick.securities.bonds.coupon_dates import MONTHS_A_YEAR, PERIODS_MAX, Grid, add_months
from tallystick.securities.bonds.day_counts import DAY_COUNTS


class Bond(msgspec.Struct, frozen=True, kw_only=True):
    """A bond with fixed coupons.

    Interest runs from `issued` to `maturity` at `coupon_bps` a year on the nominal, paid every
    `months`. Coupons fall on the grid of `first_coupon`, or on that of the maturity if it is not
    given; whatever does not fit is a stub at the other end. Payments move by `roll`; what accrues
    moves with them if `adjusted`.
    """

    issued: date
    maturity: date
    coupon_bps: int
    months: int
    day_count: str
    roll: str = "following"
    end_of_month: bool = True
    adjusted: bool = False
    first_coupon: date | None = None
    # The last coupon date before maturity, if what follows is longer than a period.
    last_coupon: date | None = None
    calendar: Calendar = Calendar()

    @property
    def grid(self) -> Grid:
        """The dates on which regular coupons fall."""
        return Grid(anchor=self.first_coupon or self.last_coupon or self.maturity,
                    months=self.months, end_of_month=self.end_of_month)  # fmt: skip


class CashFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment: when, for which days, which part of a year those are, and what comes back."""

    pays: date
    start: date
    end: date
    fraction: Fraction
    redeems: bool

    def interest_half_up(self, bond: Bond, nominal: int) -> int:
        """Interest on a nominal in the smallest units of its money, half of one rounded up.

        Rounding: ICMA Rule 252.
        """
        exact = nominal * Fraction(bond.coupon_bps, BASIS_POINTS) * self.fraction
        return half_up(exact)


def coupon_dates(bond: Bond) -> list[date]:
    """Unadjusted ends of all coupon periods, in order; the last one is the maturity."""
    if not bond.issued < bond.maturity or MONTHS_A_YEAR % bond.months:
        message = "a bond matures after its issue, and a year has a whole number of its periods"
        raise ValueError(message)
    dates: list[date] = []
    if bond.first_coupon is not None or bond.last_coupon is not None:
        anchor, end = bond.first_coupon or bond.last_coupon, bond.last_coupon or bond.maturity
        found = _forward(bond, anchor, end) if bond.first_coupon else _backward(bond, end)
        dates = [day for day in found if bond.issued < day < bond.maturity]
        dates += [bond.last_coupon] if bond.last_coupon and bond.last_coupon not in dates else []
    else:
        dates = _backward(bond, bond.maturity)[:-1]
    return [*dates, bond.maturity]


def _forward(bond: Bond, anchor: date | None, end: date) -> list[date]:
    found: list[date] = []
    for number in range(PERIODS_MAX):
        day = add_months(anchor or end, number * bond.months, end_of_month=bond.end_of_month)
        if day > end:
            break
        found.append(day)
    return found


def _backward(bond: Bond, end: date) -> list[date]:
    found: list[date] = []
    for number in range(PERIODS_MAX):
        day = add_months(end, -number * bond.months, end_of_month=bond.end_of_month)
        if day <= bond.issued:
            break
        found.append(day)
    return found[::-1]


def cash_flows(bond: Bond) -> list[CashFlow]:
    """All payments of a bond, in order."""
    roll, counted = ROLLS[bond.roll], DAY_COUNTS[bond.day_count]
    flows: list[CashFlow] = []
    start = bond.issued
    for end in coupon_dates(bond):
        pays = roll(end, bond.calendar)
        until = pays if bond.adjusted else end
        flows.append(CashFlow(
            pays=pays, start=start, end=until, fraction=counted(start, until, bond.grid),
            redeems=end == bond.maturity,
        ))  # fmt: skip
        start = until
    return flows


def accrued_fraction(bond: Bond, on: date) -> Fraction:
    """Interest that has accrued and is not paid, as a part of the nominal.

    Nothing before the issue and from the maturity on.
    """
    for flow in cash_flows(bond):
        if flow.start <= on < flow.end:
            part = DAY_COUNTS[bond.day_count](flow.start, on, bond.grid)
            return Fraction(bond.coupon_bps, BASIS_POINTS) * part
    return Fraction(0)


def accrued_half_up(bond: Bond, nominal: int, on: date) -> int:
    """The same in the smallest unit of the nominal's money, half of one rounded up."""
    return half_up(nominal * accrued_fraction(bond, on))
