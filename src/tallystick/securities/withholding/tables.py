"""Tables of withholding as data: figures and treaty rates, each with its source and its days."""

from __future__ import annotations

import tomllib
from datetime import date

import msgspec

from tallystick.securities.withholding.forms import EPOCH


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A rate that the law sets, in basis points, from a day until another."""

    name: str
    meaning: str
    rate_bps: int
    first: date = msgspec.field(name="from")
    until: date | None = None
    citation: str
    confidence: str


class TreatyRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate that a treaty sets, in basis points.

    `votes_bps` are the votes that a company must have for the rate of a direct investor.
    `from_verified` says whether the first day was read in a source.
    """

    country: str
    kind: str
    rate_bps: int
    first: date = msgspec.field(name="from")
    until: date | None = None
    article: str
    votes_bps: int = 0
    confidence: str
    from_verified: bool


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What one country withholds."""

    title: str
    country: str
    treaty: tuple[TreatyRate, ...]
    figures: tuple[Figure, ...]

    def figure(self, name: str, day: int) -> Figure:
        """A figure that held on a UTC day."""
        on = _date(day)
        return next(each for each in self.figures if each.name == name and _holds(each, on))

    def rate(self, country: str, kind: str, day: int) -> TreatyRate | None:
        """The rate of a treaty for a kind of income on a UTC day, if there is one."""
        on = _date(day)
        found = [each for each in self.treaty
                 if (each.country, each.kind) == (country, kind) and _holds(each, on)]  # fmt: skip
        return found[-1] if found else None


def _date(day: int) -> date:
    return date.fromordinal(EPOCH.toordinal() + day)


def _holds(each: Figure | TreatyRate, on: date) -> bool:
    return each.first <= on and (each.until is None or on < each.until)


def read_table(text: str) -> Table:
    """A table from its TOML, which comes with the package."""
    return msgspec.convert(tomllib.loads(text), Table)
