"""Bonds against published examples.

Sources: ISDA, "EMU and Market Conventions: Recent Developments" (BS:9951.1, 1998) and "The
Actual/Actual Day Count Fraction" (1999); ISDA, "30/360 Day Count Conventions" (sheet Comparison,
2008); "Standard CDS Examples" of the ISDA CDS Standard Model (2012); P. J. Brown, "Bond Markets:
Structures and Yield Calculations" (ISMA 1998), with the tables of ISMA Rule 251; FpML 1.0,
IRSExample2. No document of ISDA or ICMA was found that prints a coupon under ACT/365 (Fixed) over a
leap day, nor an example of the preceding conventions: those rest on their definitions.
"""

from __future__ import annotations

import itertools
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tallystick.core.units import half_up
from tallystick.securities.bonds.calendars import ROLLS, Calendar
from tallystick.securities.bonds.cash_flows import (
    Bond,
    accrued_half_up,
    cash_flows,
    coupon_dates,
)
from tallystick.securities.bonds.coupon_dates import Grid
from tallystick.securities.bonds.day_counts import DAY_COUNTS


def day(text: str) -> date:
    return date.fromisoformat(text)


def fraction(name: str, start: str, end: str, months: int = 12, anchor: str = "") -> Fraction:
    grid = Grid(anchor=day(anchor or end), months=months)
    return DAY_COUNTS[name](day(start), day(end), grid)


# ISDA 1998 and 1999, notional 10,000 at 10 %: ACT/ACT (ISMA) with its period grid, and the amounts.
@pytest.mark.parametrize(
    ("start", "end", "months", "anchor", "parts", "amount"),
    [("2003-11-01", "2004-05-01", 6, "2004-05-01", [(182, 182 * 2)], "500.00"),
     ("1999-02-01", "1999-07-01", 12, "1999-07-01", [(150, 365)], "410.96"),
     ("1999-07-01", "2000-07-01", 12, "2000-07-01", [(366, 366)], "1000.00"),
     ("2002-08-15", "2003-07-15", 6, "2003-07-15", [(181, 181 * 2), (153, 184 * 2)], "915.76"),
     ("2003-07-15", "2004-01-15", 6, "2004-01-15", [(184, 184 * 2)], "500.00"),
     ("1999-07-30", "2000-01-30", 6, "2000-01-30", [(184, 184 * 2)], "500.00"),
     ("2000-01-30", "2000-06-30", 6, "2000-01-30", [(152, 182 * 2)], "417.58"),
     ("1999-11-30", "2000-04-30", 3, "1999-11-30", [(91, 91 * 4), (61, 92 * 4)], "415.76")],
)  # fmt: skip
def test_act_act_icma(
    start: str, end: str, months: int, anchor: str, parts: list[tuple[int, int]], amount: str
) -> None:
    found = fraction("ACT/ACT-ICMA", start, end, months, anchor)
    assert found == sum(Fraction(*part) for part in parts)
    assert half_up(100_000 * found) == int(amount.replace(".", ""))


# ISMA 1998, pp. 10-11: 8 %, interest from 1999-02-01; per cent of the nominal.
@pytest.mark.parametrize(
    ("end", "months", "parts"),
    [("2000-02-01", 12, [(8, 1)]), ("1999-07-01", 12, [(8 * 150, 365)]),
     ("2000-07-01", 12, [(8 * 150, 365), (8 * 366, 366)]), ("1999-07-01", 6, [(8 * 150, 362)]),
     ("2000-01-01", 6, [(8 * 150, 362), (8 * 184, 368)])],
)  # fmt: skip
def test_first_coupons_of_isma(end: str, months: int, parts: list[tuple[int, int]]) -> None:
    found = 8 * fraction("ACT/ACT-ICMA", "1999-02-01", end, months)
    assert found == sum(Fraction(*part) for part in parts)


# ISDA 1998: the amounts are printed.
@pytest.mark.parametrize(
    ("start", "end", "amount"),
    [("2003-11-01", "2004-05-01", 49_772), ("1999-02-01", "1999-07-01", 41_096),
     ("1999-07-01", "2000-07-01", 100_138), ("2002-08-15", "2003-07-15", 91_507),
     ("1999-07-30", "2000-01-30", 50_389), ("2000-01-30", "2000-06-30", 41_530),
     ("1999-11-30", "2000-04-30", 41_554), ("2003-07-15", "2004-01-15", 50_400)],
)  # fmt: skip
def test_act_act_isda(start: str, end: str, amount: int) -> None:
    assert half_up(100_000 * fraction("ACT/ACT-ISDA", start, end)) == amount


# ISDA 2008, sheet Comparison: days of 30/360, of 30E/360, and actual ones.
COMPARISON = """
2007-01-15 2007-01-30 15 15 15
2007-01-15 2007-02-15 30 30 31
2007-01-15 2007-07-15 180 180 181
2007-09-30 2008-03-31 180 180 183
2007-09-30 2007-10-31 30 30 31
2007-09-30 2008-09-30 360 360 366
2007-01-15 2007-01-31 16 15 16
2007-01-31 2007-02-28 28 28 28
2007-02-28 2007-03-31 33 32 31
2006-08-31 2007-02-28 178 178 181
2007-02-28 2007-08-31 183 182 184
2007-02-14 2007-02-28 14 14 14
2007-02-26 2008-02-29 363 363 368
2008-02-29 2009-02-28 359 359 365
2008-02-29 2008-03-30 31 31 30
2008-02-29 2008-03-31 32 31 31
2007-02-28 2007-03-05 7 7 5
2007-10-31 2007-11-28 28 28 28
2007-08-31 2008-02-29 179 179 182
2008-02-29 2008-08-31 182 181 184
2008-08-31 2009-02-28 178 178 181
2009-02-28 2009-08-31 183 182 184
"""


@pytest.mark.parametrize("row", COMPARISON.strip().splitlines())
def test_thirty_360_and_actual_days(row: str) -> None:
    start, end, bond, euro, actual = row.split()
    assert fraction("30/360", start, end) * 360 == int(bond)
    assert fraction("30E/360", start, end) * 360 == int(euro)
    assert fraction("ACT/360", start, end) * 360 == int(actual)
    assert fraction("ACT/365F", start, end) * 365 == int(actual)


# ISMA Rule 251, table of January 1997 (leap-year columns): 30E days and actual ones.
@pytest.mark.parametrize(
    ("start", "end", "euro", "actual"),
    [("1995-11-30", "1996-02-28", 88, 90), ("1995-11-30", "1996-02-29", 89, 91),
     ("1995-11-30", "1996-03-01", 91, 92), ("1995-11-30", "1996-03-31", 120, 122),
     ("1995-12-31", "1996-02-29", 59, 60), ("1995-12-31", "1996-03-31", 90, 91),
     ("1996-01-01", "1996-02-28", 57, 58), ("1996-01-15", "1996-03-03", 48, 48),
     ("1996-02-01", "1996-02-28", 27, 27), ("1996-02-01", "1996-03-01", 30, 29)],
)  # fmt: skip
def test_rule_251(start: str, end: str, euro: int, actual: int) -> None:
    assert fraction("30E/360", start, end) * 360 == euro
    assert fraction("ACT/365F", start, end) * 365 == actual


# Standard CDS Examples, table 1: 36 m at 1 %, and 10 m; the last period is said to include its end.
@pytest.mark.parametrize(
    ("nominal", "start", "end", "amount"),
    [(36_000_000, "2008-12-22", "2009-03-20", 88_000), (36_000_000, "2009-03-20", "2009-06-22",
     94_000), (36_000_000, "2009-06-22", "2009-09-21", 91_000), (36_000_000, "2009-09-21",
     "2009-12-21", 91_000), (36_000_000, "2009-12-21", "2010-03-21", 90_000),
     (10_000_000, "2009-03-20", "2009-06-22", 26_111)],
)  # fmt: skip
def test_act_360(nominal: int, start: str, end: str, amount: int) -> None:
    assert half_up(Fraction(nominal, 100) * fraction("ACT/360", start, end)) == amount


# ISMA 1998: 9.25 % over 182 days of 360 (p. 42); 8 % over 138 days of 365 (p. 57); 2 days at 10 %.
def test_amounts_of_isma() -> None:
    assert round(float(9.25 * fraction("ACT/360", "1997-11-30", "1998-05-31")), 5) == 4.67639
    assert round(float(100 - 8 * fraction("ACT/365F", "1998-02-12", "1998-06-30")), 4) == 96.9753
    assert round(float(10 * fraction("ACT/365F", "1998-01-01", "1998-01-03")), 4) == 0.0548


# CDS 2012; FpML 1.0; ISMA 1998, pp. 3-4 (of which the weekdays are those of 1992); the last four
# follow from the definitions.
@pytest.mark.parametrize(
    ("roll", "falls", "moved"),
    [("following", "2009-06-20", "2009-06-22"), ("following", "2010-03-20", "2010-03-22"),
     ("following", "2009-03-20", "2009-03-20"), ("modified-following", "1996-12-14", "1996-12-16"),
     ("modified-following", "1997-12-14", "1997-12-15"),
     ("modified-following", "1992-05-30", "1992-05-29"),
     ("modified-following", "1992-03-28", "1992-03-30"),
     ("modified-following", "1992-08-31", "1992-08-28"),
     ("preceding", "2014-08-30", "2014-08-29"), ("preceding", "2014-11-01", "2014-10-31"),
     ("modified-preceding", "2014-07-12", "2014-07-11"),
     ("modified-preceding", "2014-11-01", "2014-11-03")],
)  # fmt: skip
def test_dates_that_are_no_business_days(roll: str, falls: str, moved: str) -> None:
    calendar = Calendar(frozenset({day("1992-08-31")}))
    assert ROLLS[roll](day(falls), calendar) == day(moved)


def test_a_swap_of_fpml_with_adjusted_periods() -> None:
    """IRSExample2: 6 %, 30E/360, yearly to the 14th of December, accrual moves with payment."""
    bond = Bond(
        issued=day("1995-01-16"), maturity=day("1999-12-14"), coupon_bps=600, months=12,
        day_count="30E/360", roll="modified-following", adjusted=True,
    )  # fmt: skip
    flows = cash_flows(bond)
    assert [flow.pays.isoformat() for flow in flows] == [
        "1995-12-14", "1996-12-16", "1997-12-15", "1998-12-14", "1999-12-14"]  # fmt: skip
    nominals = [50_000_000_00, 40_000_000_00, 30_000_000_00, 20_000_000_00, 10_000_000_00]
    assert [flow.interest_half_up(bond, each) for flow, each in zip(flows, nominals, strict=True)
            ] == [273_333_333, 241_333_333, 179_500_000, 119_666_667, 60_000_000]  # fmt: skip


def bond_of(**changes: Any) -> Bond:
    members: dict[str, Any] = {
        "issued": day("2026-03-31"), "maturity": day("2029-03-31"), "coupon_bps": 500, "months": 6,
        "day_count": "ACT/ACT-ICMA", "roll": "none",
    }  # fmt: skip
    return Bond(**{**members, **changes})


def test_coupons_at_the_ends_of_months() -> None:
    assert [each.isoformat() for each in coupon_dates(bond_of(months=3))][:4] == [
        "2026-06-30", "2026-09-30", "2026-12-31", "2027-03-31"]  # fmt: skip
    not_at_ends = bond_of(maturity=day("2029-03-30"), end_of_month=False)
    assert coupon_dates(not_at_ends)[0] == day("2026-09-30")


def test_stubs_first_and_last_short_and_long() -> None:
    short = bond_of(issued=day("2026-05-15"))
    assert coupon_dates(short)[0] == day("2026-09-30")
    long = bond_of(issued=day("2026-05-15"), first_coupon=day("2027-03-31"))
    assert coupon_dates(long)[:2] == [day("2027-03-31"), day("2027-09-30")]
    last = bond_of(maturity=day("2029-01-15"), first_coupon=day("2026-09-30"))
    assert coupon_dates(last)[-2:] == [day("2028-09-30"), day("2029-01-15")]
    long_last = bond_of(maturity=day("2029-01-15"), last_coupon=day("2028-03-31"))
    assert coupon_dates(long_last)[-2:] == [day("2028-03-31"), day("2029-01-15")]


def test_a_bond_that_cannot_be() -> None:
    for changes in ({"maturity": day("2026-03-31")}, {"months": 5}):
        with pytest.raises(ValueError, match="a bond matures"):
            coupon_dates(bond_of(**changes))


DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(
    issued=DAYS,
    years=st.integers(1, 30),
    extra=st.integers(0, 400),
    months=st.sampled_from([1, 2, 3, 4, 6, 12]),
    eom=st.booleans(),
)
def test_regular_coupons_of_icma_are_equal_and_periods_join(
    issued: date, years: int, extra: int, months: int, eom: bool
) -> None:
    maturity = date.fromordinal(issued.toordinal() + years * 365 + extra)
    assume(maturity.year < 2090)
    bond = bond_of(issued=issued, maturity=maturity, months=months, end_of_month=eom)
    flows = cash_flows(bond)
    assert flows[0].start == issued
    assert flows[-1].end == maturity
    assert all(one.end == other.start for one, other in itertools.pairwise(flows))
    assert all(flow.fraction == Fraction(months, 12) for flow in flows[1:])
    assert 0 < flows[0].fraction <= Fraction(months, 12)
    assert [flow.redeems for flow in flows] == [False] * (len(flows) - 1) + [True]


@given(
    name=st.sampled_from(sorted(DAY_COUNTS)),
    first=DAYS,
    more=st.integers(0, 3_000),
    still=st.integers(0, 3_000),
    months=st.sampled_from([3, 6, 12]),
)
def test_actual_days_add_up_over_any_division(
    name: str, first: date, more: int, still: int, months: int
) -> None:
    middle = date.fromordinal(first.toordinal() + more)
    last = date.fromordinal(middle.toordinal() + still)
    grid = Grid(anchor=date(2026, 1, 31), months=months)
    count = DAY_COUNTS[name]
    whole = count(first, last, grid)
    parts = count(first, middle, grid) + count(middle, last, grid)
    if name.startswith("ACT"):
        assert parts == whole
    else:
        assert abs(parts - whole) <= Fraction(3, 360)


@given(on=st.dates(date(2026, 3, 31), date(2029, 3, 30)), name=st.sampled_from(sorted(DAY_COUNTS)))
def test_what_accrued_never_exceeds_the_coupon(on: date, name: str) -> None:
    bond = bond_of(day_count=name)
    accrued = accrued_half_up(bond, 10**9, on)
    coupons = {flow.start: flow.interest_half_up(bond, 10**9) for flow in cash_flows(bond)}
    start = max(each for each in coupons if each <= on)
    assert 0 <= accrued <= coupons[start] + 10**9 // 360
    assert accrued_half_up(bond, 10**9, start) == 0
    assert accrued_half_up(bond, 10**9, day("2029-03-31")) == 0
