"""Hours of trading as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S
from tallystick.markets.venue.schedules import PHASES, parse_schedule, show_schedule
from tallystick.markets.venue.terms import Opening, Phase

HOUR_S = 3_600


def test_a_week_is_written_in_a_few_lines() -> None:
    found = parse_schedule(["mon-fri 09:00 call", "mon-fri 09:10 continuous",
                            "mon-fri 17:30 closed"])  # fmt: skip
    assert len(found) == 15
    assert found[:3] == (
        Opening(9 * HOUR_S, Phase.CALL), Opening(9 * HOUR_S + 600, Phase.CONTINUOUS),
        Opening(17 * HOUR_S + 1_800, Phase.CLOSED),
    )  # fmt: skip
    assert found[-1] == Opening(4 * DAY_S + 17 * HOUR_S + 1_800, Phase.CLOSED)
    assert parse_schedule([]) == ()


@pytest.mark.parametrize(("days", "expected"), [
    ("daily", [0, 1, 2, 3, 4, 5, 6]), ("sun", [6]), ("Tue,Thu", [1, 3]), ("fri-mon", [0, 4, 5, 6]),
    ("mon-mon", [0]), ("mon,wed-thu,sun", [0, 2, 3, 6]),
])  # fmt: skip
def test_days_are_names_ranges_and_lists(days: str, expected: list[int]) -> None:
    found = parse_schedule([f"{days} 00:00 continuous"])
    assert [each.at_s // DAY_S for each in found] == expected


@pytest.mark.parametrize(("line", "code"), [
    ("", "schedule-malformed"), ("09:00 call", "schedule-malformed"),
    ("mo 09:00 call", "schedule-malformed"), ("mon- 09:00 call", "schedule-malformed"),
    ("mon-fri-sat 09:00 call", "schedule-malformed"), ("mon 09:00 halted", "schedule-malformed"),
    ("mon 09:00 open", "schedule-malformed"), ("mon 25:00 call", "time-malformed"),
    ("mon 09:00:30 call", "schedule-malformed"),
    ("mon 09:00+01:00 call", "time-malformed"), ("mon,mon 09:00 call", "schedule-twice"),
])  # fmt: skip
def test_what_says_no_phase_of_a_week_is_refused(line: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_schedule(["daily 08:00 continuous", line], where="--hours")
    assert refused.value.code == code
    assert refused.value.where == "--hours"
    assert refused.value.cure


@given(st.dictionaries(st.integers(0, 7 * 24 * 60 - 1), st.sampled_from(PHASES), max_size=40))
def test_what_is_shown_is_taken_again(minutes: dict[int, Phase]) -> None:
    schedule = tuple(Opening(at * 60, minutes[at]) for at in sorted(minutes))
    assert parse_schedule(show_schedule(schedule)) == schedule
