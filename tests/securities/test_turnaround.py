"""Turnaround of requests, business days, and the look-through at a tenth of the votes."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.business_days import business_day_after, business_days_between, is_business_day
from tallystick.core.times import DAY_S, parse_day, parse_time, show_time
from tallystick.gateways.presets import presets
from tallystick.securities.lookthrough import LOOK_THROUGH_BPS, Class, votes
from tallystick.securities.turnaround import Handled, Office, due_s, in_time, month

# 2026-11-20 is a Friday; Thanksgiving is the Thursday after.
FRIDAY = parse_time("2026-11-20T15:00:00Z")
OFFICE = Office()
THANKSGIVING = frozenset({parse_day("2026-11-26")})


@given(day=st.integers(0, 60_000))
def test_business_days_are_those_of_the_calendar(day: int) -> None:
    assert is_business_day(day) is ((dt.date(1970, 1, 1) + dt.timedelta(day)).weekday() < 5)


@given(day=st.integers(0, 60_000), count=st.integers(1, 30),
       closed=st.frozensets(st.integers(0, 60_100), max_size=20))  # fmt: skip
def test_so_many_business_days_lie_between(day: int, count: int, closed: frozenset[int]) -> None:
    later = business_day_after(day, count, closed)
    assert is_business_day(later, closed)
    assert business_days_between(day * DAY_S, later * DAY_S, closed) == count


def due(text: str, office: Office = OFFICE) -> str:
    return show_time(due_s(parse_time(text), office))


def test_what_comes_by_noon_counts_from_noon_and_what_comes_later_from_the_next() -> None:
    """17 CFR 240.17Ad-2(a); 2026-11-20 is a Friday."""
    assert due("2026-11-20T12:00:00Z") == "2026-11-25T12:00:00Z"
    assert due("2026-11-20T12:00:01Z") == "2026-11-26T12:00:00Z"
    assert due("2026-11-21T09:00:00Z") == "2026-11-26T12:00:00Z"
    holiday = Office(closed=THANKSGIVING)
    assert due("2026-11-23T09:00:00Z", holiday) == "2026-11-27T12:00:00Z"


def test_noon_is_that_of_the_office() -> None:
    new_york = Office(noon_s=17 * 3600)
    assert due("2026-11-27T20:00:00-05:00", new_york) == "2026-12-03T17:00:00Z"
    assert due("2026-11-26T09:00:00-05:00", new_york) == "2026-12-01T17:00:00Z"


def test_what_is_done_by_noon_of_the_third_business_day_is_in_time() -> None:
    def done(text: str) -> bool | None:
        item = Handled(received_s=FRIDAY, done_s=parse_time(text), routine=True)
        return in_time(item, parse_time("2027-01-01"), OFFICE)

    assert done("2026-11-26T12:00:00Z")
    assert not done("2026-11-26T12:00:01Z")
    waiting = Handled(received_s=FRIDAY, done_s=None, routine=True)
    assert in_time(waiting, parse_time("2026-11-26"), OFFICE) is None
    assert in_time(waiting, parse_time("2026-11-27"), OFFICE) is False


def test_the_record_of_a_month() -> None:
    late, soon = parse_time("2026-11-27"), parse_time("2026-11-23")
    items = [
        *(Handled(received_s=FRIDAY, done_s=soon, routine=True) for _ in range(8)),
        Handled(received_s=FRIDAY, done_s=late, routine=True),
        Handled(received_s=FRIDAY, done_s=None, routine=True),
        Handled(received_s=FRIDAY, done_s=soon, routine=False),
        Handled(received_s=FRIDAY, done_s=None, routine=False),
        Handled(received_s=parse_time("2026-10-30"), done_s=soon, routine=True),
    ]
    first, end = parse_day("2026-11-01"), parse_day("2026-12-01")
    found = month(items, first_day=first, end_day=end, now_s=parse_time("2026-12-15"),
                  office=OFFICE)  # fmt: skip
    assert (found.routine, found.routine_in_time, found.routine_late) == (10, 8, 2)
    assert (found.in_time_bps, found.falls_short) == (8_000, True)
    assert (found.other, found.other_done, found.other_left) == (2, 1, 1)
    # Received on Friday afternoon, so from Monday the 23rd: five business days to the 30th.
    assert found.old == {5: 1}
    early = month(items, first_day=first, end_day=end, now_s=parse_time("2026-11-24"),
                  office=OFFICE)  # fmt: skip
    assert (early.routine_pending, early.falls_short) == (1, True)
    nothing = month([], first_day=first, end_day=end, now_s=FRIDAY, office=OFFICE)
    assert nothing.in_time_bps is None
    assert not nothing.falls_short


def test_nine_of_ten_are_enough() -> None:
    first, end = parse_day("2026-11-01"), parse_day("2026-12-01")
    soon, late = FRIDAY + DAY_S, FRIDAY + 20 * DAY_S
    items = [Handled(received_s=FRIDAY, done_s=soon if at else late, routine=True)
             for at in range(10)]  # fmt: skip
    found = month(items, first_day=first, end_day=end, now_s=late, office=OFFICE)
    assert (found.in_time_bps, found.falls_short) == (9_000, False)


def of(held: int, supply: int, votes_per_unit: int = 1) -> Class:
    return Class(votes_per_unit=votes_per_unit, supply=supply, held=held)


def test_a_tenth_of_the_votes_is_looked_through() -> None:
    """Investment Company Act 3(c)(1)(A): ten per centum or more of the outstanding voting ones."""
    assert votes([of(100, 1_000)]).looks_through
    assert not votes([of(99, 1_000)]).looks_through
    assert votes([of(90, 1_000), of(20, 100)]).looks_through
    assert not votes([of(90, 1_000), of(20, 100, votes_per_unit=0)]).looks_through
    assert votes([of(60, 1_000), of(10, 100, votes_per_unit=10)]).share_bps == 800
    assert not votes([of(5, 5, votes_per_unit=0)]).looks_through


def test_the_tenth_is_the_figure_of_the_preset() -> None:
    [figure] = [each for each in presets()["3c1"].figures if each.name == "look_through"]
    assert figure.value == LOOK_THROUGH_BPS
