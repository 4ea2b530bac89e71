"""Quantities are exact, and what is not a quantity is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.core.units import UNITS_MAX, parse_quantity, show_quantity, show_share


@given(units=st.integers(1, UNITS_MAX), decimals=st.integers(0, 18))
def test_what_is_shown_is_read_back(units: int, decimals: int) -> None:
    assert parse_quantity(show_quantity(units, decimals), decimals) == units


@pytest.mark.parametrize(
    ("text", "decimals", "code"),
    [
        ("-5", 0, "quantity-negative"),
        ("1.5", 0, "quantity-too-fine"),
        ("1.2345", 3, "quantity-too-fine"),
        ("0", 0, "quantity-zero"),
        ("0.00", 2, "quantity-zero"),
        ("1e6", 0, "quantity-malformed"),
        ("", 0, "quantity-malformed"),
        ("1,00", 0, "quantity-malformed"),
        ("١٢", 0, "quantity-malformed"),
        (str(UNITS_MAX + 1), 0, "quantity-too-large"),
    ],
)
def test_bad_quantities_say_why(text: str, decimals: int, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_quantity(text, decimals, where="row 3")
    assert (raised.value.code, raised.value.where) == (code, "row 3")


@pytest.mark.parametrize("text", ["1.000", "1,250.50", "0.10"])
def test_surplus_decimals_are_refused_even_if_they_are_zeros(text: str) -> None:
    """Whoever writes 1.000 where units have no such decimals may well mean a thousand."""
    with pytest.raises(Invalid) as raised:
        parse_quantity(text, 1)
    assert raised.value.code == "quantity-too-fine"


def test_a_share_is_rounded_for_the_eye() -> None:
    assert show_share(1, 3) == "33.33 %"
    assert show_share(2, 3) == "66.67 %"
    assert show_share(0, 0) == "–"
