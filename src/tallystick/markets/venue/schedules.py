"""Hours of trading as people write them: `mon-fri 09:00 continuous`, in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S, parse_clock
from tallystick.markets.venue.terms import Opening, Phase

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PHASES = (Phase.CONTINUOUS, Phase.CALL, Phase.CLOSED)
_PARTS = 3
MINUTE_S = 60


def parse_schedule(lines: Sequence[str], *, where: str = "") -> tuple[Opening, ...]:
    """Phases of a week in order, of lines such as `mon-fri 09:00 call`; nothing for none.

    Days are a name, a range or several with commas, or `daily`. Raises `Invalid` at a line that
    says no phase, and at two that begin at one time.
    """
    found: dict[int, Phase] = {}
    for line in lines:
        parts = line.lower().split()
        if len(parts) != _PARTS or parts[2] not in PHASES:
            raise _malformed(line, where)
        clock = parse_clock(parts[1], where=where)
        if clock % MINUTE_S:
            raise _malformed(line, where)
        for day in _days(parts[0], line, where):
            at_s = day * DAY_S + clock
            if at_s in found:
                raise Invalid("schedule-twice", f"{line!r} begins when another phase does",
                              where=where, cure="Leave one of them out.")  # fmt: skip
            found[at_s] = Phase(parts[2])
    return tuple(Opening(at_s, found[at_s]) for at_s in sorted(found))


def show_schedule(schedule: Iterable[Opening]) -> list[str]:
    """A schedule as `parse_schedule` takes it, days on which the same happens together."""
    days: dict[tuple[int, Phase], list[int]] = {}
    for each in schedule:
        days.setdefault((each.at_s % DAY_S, each.phase), []).append(each.at_s // DAY_S)
    return [
        f"{_named(found)} {clock // 3600:02}:{clock // 60 % 60:02} {phase}"
        for (clock, phase), found in sorted(days.items())
    ]


def _days(text: str, line: str, where: str) -> list[int]:
    """Days of the week by number, from Monday."""
    if text == "daily":
        return list(range(len(DAYS)))
    found: list[int] = []
    for part in text.split(","):
        first, is_range, last = part.partition("-")
        last = last if is_range else first
        if first not in DAYS or last not in DAYS:
            raise _malformed(line, where)
        begin, end = DAYS.index(first), DAYS.index(last)
        found += [day % len(DAYS) for day in range(begin, end + 1 + len(DAYS) * (end < begin))]
    return found


def _named(days: list[int]) -> str:
    """Days as they are written: in ranges."""
    if len(days) == len(DAYS):
        return "daily"
    runs = [[day for _, day in run] for _, run in
            groupby(enumerate(days), lambda pair: pair[1] - pair[0])]  # fmt: skip
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}"
                    for run in runs)  # fmt: skip


def _malformed(line: str, where: str) -> Invalid:
    return Invalid(
        "schedule-malformed", f"{line!r} says no phase of a week", where=where,
        cure="Write days, a time (UTC) and continuous, call or closed: 'mon-fri 09:00 continuous'.",
    )  # fmt: skip
