"""Options and SAFEs: claims on shares that are not there yet, what has vested, what they become.

A SAFE converts at the better of its capped and its discounted price. Of a post-money SAFE the
capped price is the cap by all shares with those of every such SAFE, so that its holder gets his
amount by the cap of the company; of a pre-money one without them (Y Combinator, Post-Money Safe
User Guide; Safe primer).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.units import BASIS_POINTS

MONTHS_A_YEAR = 12


class Vesting(msgspec.Struct, frozen=True, kw_only=True):
    """Units vest over so many months from a date, in steps of some, nothing before the cliff."""

    start: str
    months: int
    cliff_months: int = 0
    every_months: int = 1

    def vested_down(self, units: int, day: date) -> int:
        """How many of so many units have vested on a day, rounded down."""
        elapsed = _whole_months(date.fromisoformat(self.start), day)
        if elapsed < max(self.cliff_months, 0) or elapsed < 0:
            return 0
        steps = elapsed - elapsed % self.every_months
        return units if steps >= self.months else units * steps // self.months


def _whole_months(start: date, day: date) -> int:
    """Calendar months between two days, those begun left out; one ends with its last day."""
    months = (day.year - start.year) * MONTHS_A_YEAR + day.month - start.month
    last = monthrange(day.year, day.month)[1]
    return months - (day.day < min(start.day, last))


def check_vesting(vesting: Vesting) -> None:
    """Raise `Invalid` for a vesting that cannot be."""
    try:
        date.fromisoformat(vesting.start)
    except ValueError:
        raise Invalid("time-malformed", f"{vesting.start!r} is no date", where="--vesting-start",
                      cure="Write 2026-01-31.") from None  # fmt: skip
    if vesting.months < 1 or not 0 < vesting.every_months <= vesting.months:
        raise Invalid("vesting-senseless", "It vests over no months, or in no steps",
                      where="--vesting-months", cure="Name months, and steps within them."
                      )  # fmt: skip
    if not 0 <= vesting.cliff_months <= vesting.months:
        raise Invalid("vesting-senseless", "The cliff lies after the end", where="--cliff-months",
                      cure="Name fewer months.")  # fmt: skip


class Safe(msgspec.Struct, frozen=True, kw_only=True):
    """A SAFE: its amount, cap (0: none) in the same money, and discount in ten-thousandths."""

    amount: Fraction
    cap: Fraction = Fraction(0)
    discount_bps: int = 0
    post_money: bool = True


def convert(
    safes: Sequence[Safe], price: Fraction, shares: Fraction
) -> list[Fraction]:  # fmt: skip
    """Shares that each SAFE becomes at the price of a round, exactly.

    `shares` are all there are before the SAFEs convert, options and what is promised included.
    Raises `Invalid` if the caps leave nothing to anybody else.
    """
    capped = [bool(safe.cap) for safe in safes]
    for _ in range(len(safes) + 1):
        found = [_at_cap(safe, safes, capped, price, shares) if capped[at] else _at_discount(
                 safe, price) for at, safe in enumerate(safes)]  # fmt: skip
        better = [_at_discount(safe, price) > found[at] if capped[at] else False
                  for at, safe in enumerate(safes)]  # fmt: skip
        if not any(better):
            return found
        capped = [was and not now for was, now in zip(capped, better, strict=True)]
    return found


def _at_discount(safe: Safe, price: Fraction) -> Fraction:
    return safe.amount / (price * Fraction(BASIS_POINTS - safe.discount_bps, BASIS_POINTS))


def _at_cap(
    safe: Safe, safes: Sequence[Safe], capped: Sequence[bool], price: Fraction, shares: Fraction
) -> Fraction:  # fmt: skip
    if not safe.post_money:
        return safe.amount * shares / safe.cap
    others = sum((_at_discount(each, price) if not at_cap else each.amount * shares / each.cap
                  for each, at_cap in zip(safes, capped, strict=True)
                  if not at_cap or not each.post_money), Fraction(0))  # fmt: skip
    part = sum((each.amount / each.cap for each, at_cap in zip(safes, capped, strict=True)
                if at_cap and each.post_money), Fraction(0))  # fmt: skip
    if part >= 1:
        raise Invalid("safes-beyond-the-whole", "By their caps the SAFEs get the whole company",
                      where="cap", cure="Check amounts and caps.")  # fmt: skip
    return safe.amount / safe.cap * (shares + others) / (1 - part)
