"""What terms say of a security as a bond: `[security.bond]` beside `[security.rights]`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.fields import Fields
from tallystick.core.units import BASIS_POINTS, parse_exact
from tallystick.securities.bonds.calendars import ROLLS, Calendar
from tallystick.securities.bonds.cash_flows import Bond, coupon_dates
from tallystick.securities.bonds.coupon_dates import MONTHS_A_YEAR

DAY = timedelta(days=1)
PRICE_BPS_MAX = 100 * BASIS_POINTS
RECORD_DAYS_MAX = 60


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """From a date on the issuer may redeem at this price, in ten-thousandths of the nominal."""

    since: str
    price_bps: int = BASIS_POINTS


class BondTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A bond beside its rights: dates in ISO 8601, `nominal` what a whole unit stands for.

    Holders of the close of so many `record_days` (business days) before a payment are paid. `calls`
    are the issuer's, with notice of `call_notice_days` (calendar days).
    """

    nominal: str
    issued: str
    months: int
    first_coupon: str = ""
    last_coupon: str = ""
    roll: str = "following"
    adjusted: bool = False
    end_of_month: bool = True
    closed: tuple[str, ...] = ()
    record_days: int = 1
    calls: tuple[Call, ...] = ()
    call_notice_days: int = 30

    @property
    def calendar(self) -> Calendar:
        """Days on which nothing is paid."""
        return Calendar(frozenset(date.fromisoformat(day) for day in self.closed))

    def nominal_of(self, units: int, decimals: int) -> Fraction:
        """What so many of the smallest units stand for, in whole money."""
        return parse_exact(self.nominal) * Fraction(units, 10**decimals)

    def record_day(self, pays: date) -> date:
        """The day at whose close holders are recorded for a payment."""
        left, day, calendar = self.record_days, pays, self.calendar
        while left:
            day -= DAY
            left -= calendar.is_open(day)
        return day

    def call_price_bps(self, day: date) -> int:
        """The price at which the issuer may redeem on a day; 0 if he may not."""
        open_ = [each for each in self.calls if date.fromisoformat(each.since) <= day]
        return max(open_, key=lambda each: each.since).price_bps if open_ else 0


def bond_of(terms: BondTerms, *, coupon_bps: int, day_count: str, maturity_s: int) -> Bond:
    """A bond as it is calculated."""
    return Bond(
        issued=date.fromisoformat(terms.issued), maturity=day_of(maturity_s),
        coupon_bps=coupon_bps, months=terms.months, day_count=day_count, roll=terms.roll,
        end_of_month=terms.end_of_month, adjusted=terms.adjusted,
        first_coupon=date.fromisoformat(terms.first_coupon) if terms.first_coupon else None,
        last_coupon=date.fromisoformat(terms.last_coupon) if terms.last_coupon else None,
        calendar=terms.calendar,
    )  # fmt: skip


def day_of(time_s: int) -> date:
    """The UTC day of a time."""
    return datetime.fromtimestamp(time_s, UTC).date()


def read_bond(
    fields: Fields, *, coupon_bps: int, day_count: str, maturity_s: int
) -> BondTerms:  # fmt: skip
    """Read `[security.bond]`; what does not fit together is noted as a defect."""
    terms = BondTerms(
        nominal=fields.parsed("nominal", _money, "") or _missing(fields, "nominal"),
        issued=_day(fields, "issued", needed=True),
        months=fields.integer("months", lowest=1, highest=MONTHS_A_YEAR),
        first_coupon=_day(fields, "first_coupon"),
        last_coupon=_day(fields, "last_coupon"),
        roll=fields.choice("roll", tuple(ROLLS), "following"),
        adjusted=fields.flag("adjusted", default=False),
        end_of_month=fields.flag("end_of_month", default=True),
        closed=_days(fields, "closed"),
        record_days=fields.integer("record_days", 1, highest=RECORD_DAYS_MAX),
        calls=tuple(_call(entry) for entry in fields.tables("calls")),
        call_notice_days=fields.integer("call_notice_days", 30),
    )
    fields.finish()
    if not maturity_s or not coupon_bps or not day_count:
        fields.defect("bond-without-rights", "", "A bond has a coupon, a day count and a maturity",
                      cure="Add them to `[security.rights]`.")  # fmt: skip
    elif terms.issued and terms.nominal:
        _check(fields, terms, coupon_bps, day_count, maturity_s)
    return terms


def _check(
    fields: Fields, terms: BondTerms, coupon_bps: int, day_count: str, maturity_s: int
) -> None:
    try:
        coupon_dates(bond_of(terms, coupon_bps=coupon_bps, day_count=day_count,
                             maturity_s=maturity_s))  # fmt: skip
    except ValueError:
        fields.defect("bond-dates", "issued", "A bond matures after its issue, and a year has a "
                      "whole number of its coupon periods",
                      cure="Correct `issued`, `months` or the maturity.")  # fmt: skip


def _call(fields: Fields) -> Call:
    call = Call(since=_day(fields, "since", needed=True),
                price_bps=fields.integer("price_bps", BASIS_POINTS, lowest=1,
                                         highest=PRICE_BPS_MAX))  # fmt: skip
    fields.finish()
    return call


def _money(text: str, *, where: str) -> str:
    parse_exact(text, where=where)
    return text


def _missing(fields: Fields, name: str) -> str:
    if not fields.has(name):
        fields.defect("field-missing", name, "It is missing", cure=f"Add `{name}`.")
    return ""


def _iso(text: str, *, where: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid("time-malformed", f"{text!r} is no date", where=where,
                      cure="Write 2026-01-31.") from None  # fmt: skip


def _day(fields: Fields, name: str, *, needed: bool = False) -> str:
    if needed and not fields.has(name):
        return _missing(fields, name)
    return fields.parsed(name, _iso, "")


def _days(fields: Fields, name: str) -> tuple[str, ...]:
    days: list[str] = []
    for at, text in enumerate(fields.texts(name) or ()):
        try:
            days.append(_iso(text, where=f"{fields.place(name)}[{at}]"))
        except Invalid as error:
            fields.defects.append(error)
    return tuple(sorted(days))
