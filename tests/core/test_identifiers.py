"""Identifiers: published examples pass, and no single wrong character does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.core.identifiers import (
    isin_check_digit,
    lei_check_digits,
    parse_cfi,
    parse_isin,
    parse_lei,
    parse_mic,
    parse_vin,
)


@pytest.mark.parametrize("isin", ["US0378331005", "DE0007164600", "GB0002634946", "JP3633400001"])
def test_real_isins_pass(isin: str) -> None:
    assert parse_isin(isin) == isin


@pytest.mark.parametrize("lei", ["5493001KJTIIGC8Y1R12", "HWUPKR0MPOU8FGXBT394"])
def test_real_leis_pass(lei: str) -> None:
    assert parse_lei(lei) == lei


@pytest.mark.parametrize("vin", ["1HGCM82633A004352", "11111111111111111", "1M8GDM9AXKP042788"])
def test_published_vins_pass(vin: str) -> None:
    assert parse_vin(vin) == vin


@given(place=st.integers(0, 11), character=st.sampled_from("0123456789"))
def test_one_wrong_digit_of_an_isin_is_found(place: int, character: str) -> None:
    isin = "US0378331005"
    wrong = isin[:place] + character + isin[place + 1 :]
    if wrong != isin:
        with pytest.raises(Invalid) as raised:
            parse_isin(wrong)
        assert raised.value.code in {"isin-check-digit", "isin-malformed"}


@given(place=st.integers(0, 19), digit=st.sampled_from("0123456789"),
       letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))  # fmt: skip
def test_one_wrong_character_of_an_lei_is_found(place: int, digit: str, letter: str) -> None:
    """A digit for a digit, a letter for a letter; a letter counts two places, so that one for the
    other shifts what stands before it and may pass by chance."""
    lei = "5493001KJTIIGC8Y1R12"
    character = digit if lei[place].isdigit() else letter
    wrong = lei[:place] + character + lei[place + 1 :]
    if wrong != lei:
        with pytest.raises(Invalid):
            parse_lei(wrong)


def test_check_digits_complete_a_number() -> None:
    assert isin_check_digit("US037833100") == "5"
    assert lei_check_digits("5493001KJTIIGC8Y1R") == "12"


@pytest.mark.parametrize(
    ("parse", "text", "code"),
    [
        (parse_isin, "US03783310", "isin-malformed"),
        (parse_isin, "US0378331006", "isin-check-digit"),
        (parse_lei, "5493001KJTIIGC8Y1R13", "lei-check-digit"),
        (parse_lei, "lower", "lei-malformed"),
        (parse_cfi, "QSVUFR", "cfi-malformed"),
        (parse_cfi, "ES", "cfi-malformed"),
        (parse_mic, "XNASD", "mic-malformed"),
        (parse_vin, "1HGCM82633A004353", "vin-check-digit"),
        (parse_vin, "IOQ00000000000000", "vin-malformed"),
    ],
)
def test_malformed_identifiers_say_so(parse: object, text: str, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse(text, where="terms.isin")  # type: ignore[operator]
    assert raised.value.code == code
    assert raised.value.where == "terms.isin"


def test_a_mic_and_a_cfi_of_right_form_pass() -> None:
    assert parse_mic("XNAS") == "XNAS"
    assert parse_cfi("ESVUFR") == "ESVUFR"
