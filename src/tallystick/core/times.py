"""Time: UTC seconds on chain, UTC days for claims, ISO 8601 for people."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time

from tallystick.core.errors import Invalid

DAY_S = 86_400
DATE_LENGTH = len("2026-01-31")
TIME_MAX = 2**40 - 1
# 9999-12-31T23:59:59Z
LAST_SHOWN_S = 253_402_300_799

# The day on which a claim without end expires, and the last one that a claim can name.
FOREVER_DAY = 65_535
LAST_DAY = FOREVER_DAY - 1


def parse_time(text: str, *, where: str = "") -> int:
    """UTC seconds of an ISO 8601 date or time; a date means its first second.

    Raises `Invalid` if it is malformed, has no offset, or lies before 1970.
    """
    try:
        if len(text) == DATE_LENGTH:
            moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise _malformed(text, where) from None
    if moment.tzinfo is None or moment.timestamp() < 0:
        raise _malformed(text, where)
    return int(moment.timestamp())


def parse_close(text: str, *, where: str = "") -> int:
    """UTC seconds of a record date: a date means its close, which is the next midnight."""
    return parse_time(text, where=where) + (DAY_S if len(text) == DATE_LENGTH else 0)


def parse_clock(text: str, *, where: str = "") -> int:
    """Seconds after midnight of a time of day such as `17:00`. Raises `Invalid` if it is none."""
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        clock = None
    if clock is None or clock.tzinfo is not None:
        raise Invalid("time-malformed", f"{text!r} is no time of day", where=where,
                      cure="Write 17:00.")  # fmt: skip
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _malformed(text: str, where: str) -> Invalid:
    return Invalid(
        "time-malformed",
        f"{text!r} is no date or time",
        where=where,
        cure="Write 2026-01-31 or 2026-01-31T09:30:00Z.",
    )


def parse_day(text: str, *, where: str = "") -> int:
    """UTC day number, counted from 1970-01-01, of a date; `never` is `FOREVER_DAY`."""
    if text == "never":
        return FOREVER_DAY
    try:
        day = (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        raise _malformed(text, where) from None
    if not 0 < day <= LAST_DAY:
        raise Invalid(
            "day-out-of-range",
            f"{text} is out of range",
            where=where,
            cure=f"Name a date from {show_day(1)} to {show_day(LAST_DAY)}, or `never`.",
        )
    return day


def months_later(time_s: int, months: int) -> int:
    """UTC seconds so many calendar months later; a day that a month lacks is its last one."""
    start = datetime.fromtimestamp(time_s, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def longest_days(months: int) -> int:
    """Days of so many calendar months, counted from the day from which they are longest."""
    starts = (int(datetime(2023 + at // 12, at % 12 + 1, 1, tzinfo=UTC).timestamp())
              for at in range(48))  # fmt: skip
    return max((months_later(start, months) - start) // DAY_S for start in starts)


def show_time(time_s: int) -> str:
    """UTC seconds as ISO 8601, to the second; `never` for what lies beyond the year 9999."""
    if time_s > LAST_SHOWN_S:
        return "never"
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show_date(time_s: int) -> str:
    """UTC seconds as an ISO 8601 date."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d")


def show_day(day: int) -> str:
    """A day number as a date; `never` for `FOREVER_DAY`."""
    return "never" if day == FOREVER_DAY else show_date(day * DAY_S)
