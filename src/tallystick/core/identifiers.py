"""Identifiers of the field, their form and check digits verified.

Nothing here says that an identifier was ever assigned; only that it could have been.
"""

from __future__ import annotations

import re

from tallystick.core.errors import Invalid

_LETTERS = {letter: str(ord(letter) - 55) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}

_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_CFI = re.compile(r"[A-Z]{6}")
_MIC = re.compile(r"[A-Z0-9]{4}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")

_CFI_CATEGORIES = "ECDRSOFHIJKLTM"

_VIN_VALUES = {
    **{digit: int(digit) for digit in "0123456789"},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_CHECK_AT = 8
_VIN_TEN = 10


def parse_isin(text: str, *, where: str = "") -> str:
    """An International Securities Identification Number (ISO 6166), its check digit verified.

    The digits of the number, letters written as 10 to 35, must satisfy the Luhn formula.
    """
    if not _ISIN.fullmatch(text):
        raise Invalid(
            "isin-malformed", f"{text!r} is no ISIN", where=where,
            cure="Its form is two letters, nine letters or digits, one digit.",
        )  # fmt: skip
    digits = "".join(_LETTERS.get(character, character) for character in text)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    if total % 10:
        raise Invalid(
            "isin-check-digit", _wrong(text), where=where, cure="Compare it with the source."
        )
    return text


def parse_lei(text: str, *, where: str = "") -> str:
    """A Legal Entity Identifier (ISO 17442), its two check digits verified (ISO 7064, 97-10)."""
    if not _LEI.fullmatch(text):
        raise Invalid(
            "lei-malformed", f"{text!r} is no LEI", where=where,
            cure="Its form is 18 letters or digits and two digits.",
        )  # fmt: skip
    number = int("".join(_LETTERS.get(character, character) for character in text))
    if number % 97 != 1:
        raise Invalid(
            "lei-check-digit", _wrong(text), where=where, cure="Compare it with the source."
        )
    return text


def parse_cfi(text: str, *, where: str = "") -> str:
    """A classification code (CFI, ISO 10962): six letters, the first a known category."""
    if not _CFI.fullmatch(text):
        raise Invalid(
            "cfi-malformed", f"{text!r} is no CFI", where=where,
            cure="Its form is six capital letters.",
        )  # fmt: skip
    if text[0] not in _CFI_CATEGORIES:
        raise Invalid(
            "cfi-malformed",
            f"{text[0]} is no category of ISO 10962",
            where=where,
            cure=f"Begin with one of {', '.join(_CFI_CATEGORIES)}.",
        )
    return text


def parse_mic(text: str, *, where: str = "") -> str:
    """A Market Identifier Code (ISO 10383): four capital letters or digits."""
    if not _MIC.fullmatch(text):
        raise Invalid(
            "mic-malformed", f"{text!r} is no MIC", where=where,
            cure="Its form is four capital letters or digits.",
        )  # fmt: skip
    return text


def parse_vin(text: str, *, where: str = "") -> str:
    """A Vehicle Identification Number (ISO 3779), its check digit verified.

    The check digit, in ninth place, is that of 49 CFR 565.15(c); vehicles made for markets that do
    not require it may fail it, and are refused here.
    """
    if not _VIN.fullmatch(text):
        raise Invalid(
            "vin-malformed", f"{text!r} is no VIN", where=where,
            cure="Its form is 17 capital letters or digits without I, O and Q.",
        )  # fmt: skip
    total = sum(
        _VIN_VALUES[character] * weight
        for character, weight in zip(text, _VIN_WEIGHTS, strict=True)
    )
    remainder = total % 11
    expected = "X" if remainder == _VIN_TEN else str(remainder)
    if text[_VIN_CHECK_AT] != expected:
        raise Invalid(
            "vin-check-digit", _wrong(text), where=where, cure="Compare it with the source."
        )
    return text


def isin_check_digit(first_eleven: str) -> str:
    """The digit that completes an ISIN."""
    return next(digit for digit in "0123456789" if _passes(parse_isin, first_eleven + digit))


def lei_check_digits(first_eighteen: str) -> str:
    """The two digits that complete an LEI."""
    number = int("".join(_LETTERS.get(character, character) for character in first_eighteen))
    return f"{98 - number * 100 % 97:02d}"


def _passes(parse: object, text: str) -> bool:
    try:
        parse(text)  # type: ignore[operator]
    except Invalid:
        return False
    return True


def _wrong(text: str) -> str:
    return f"{text} fails its check digit: a character is wrong"
