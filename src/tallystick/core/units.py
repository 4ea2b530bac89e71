"""Quantities as whole numbers of the smallest unit, and how people write them."""

from __future__ import annotations

import re
from fractions import Fraction

from tallystick.core.errors import Invalid

UNITS_MAX = 2**112 - 1
DECIMALS_MAX = 18
BASIS_POINTS = 10_000
MONEY_DECIMALS = 2
DIGITS_MAX = 78

_QUANTITY = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")


def parse_quantity(text: str, decimals: int, *, where: str = "") -> int:
    """Units in a decimal quantity such as `1,250.5`.

    `decimals` is how many decimal places the smallest unit has. Nothing is rounded, and surplus
    zeros are not dropped: 1.000 may be meant as a thousand. Raises `Invalid` if the quantity is
    malformed, negative, too fine, zero or too large.
    """
    stripped = text.strip()
    if stripped.startswith("-"):
        raise Invalid(
            "quantity-negative",
            f"{text!r} is negative",
            where=where,
            cure="Write a quantity above zero.",
        )
    match = _QUANTITY.fullmatch(stripped)
    if match is None:
        raise Invalid(
            "quantity-malformed",
            f"{text!r} is no quantity",
            where=where,
            cure="Write digits, with a point before decimals.",
        )
    whole, fraction = match[1].replace(",", ""), match[2] or ""
    if len(fraction) > decimals:
        raise Invalid(
            "quantity-too-fine",
            f"{text!r} has more than {decimals} decimals, which this security does not have",
            where=where,
            cure=f"Write at most {decimals} digits after the point.",
        )
    if len(whole) > DIGITS_MAX:
        raise Invalid("quantity-too-large", "The quantity is beyond all bounds", where=where,
                      cure=f"Write at most {DIGITS_MAX} digits.")  # fmt: skip
    units: int = int(whole + fraction.ljust(decimals, "0"))
    if units == 0:
        raise Invalid(
            "quantity-zero",
            "The quantity is zero",
            where=where,
            cure="Write a quantity above zero.",
        )
    if units > UNITS_MAX:
        raise Invalid(
            "quantity-too-large",
            f"{text!r} is beyond all bounds",
            where=where,
            cure=f"Write at most {show_quantity(UNITS_MAX, decimals)}.",
        )
    return units


def parse_amount(text: str, decimals: int, *, where: str = "") -> int:
    """The same of what may be zero."""
    nothing = not text.replace(",", "").replace(".", "").strip().strip("0")
    return 0 if nothing else parse_quantity(text, decimals, where=where)


def parse_exact(text: str, *, where: str = "") -> Fraction:
    """A decimal amount of money above zero such as `1,250.50`, exactly, in whole money.

    Raises `Invalid` if it is malformed, negative, finer than 18 decimals, zero or too large.
    """
    return Fraction(parse_quantity(text, DECIMALS_MAX, where=where), 10**DECIMALS_MAX)


def half_up(exact: Fraction) -> int:
    """The nearest whole number to one that is not negative, half of one rounded up."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def show_quantity(units: int, decimals: int) -> str:
    """Units as people write them, exactly: `1,250.5`."""
    whole, fraction = divmod(units, 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"


def show_money(units: int, decimals: int) -> str:
    """Money as people write it, exactly, with two decimals where it has as many: `1,250.50`."""
    whole, fraction = divmod(units, 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    digits = digits.ljust(min(decimals, MONEY_DECIMALS), "0")
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"


def show_share(part: int, total: int) -> str:
    """A part of a total in percent with two decimals, rounded half up for the eye only."""
    if total == 0:
        return "–"
    hundredths = (part * 20_000 + total) // (2 * total)
    return f"{hundredths // 100}.{hundredths % 100:02d} %"
