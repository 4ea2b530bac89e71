"""Vesting by months, and SAFEs at the better of cap and discount."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.securities.grants import Safe, Vesting, check_vesting, convert

FOUR_YEARS = Vesting(start="2024-01-31", months=48, cliff_months=12)


@pytest.mark.parametrize(("day", "vested"), [
    ("2024-01-30", 0), ("2024-12-31", 0), ("2025-01-30", 0), ("2025-01-31", 250),
    ("2025-02-27", 250),
        ("2025-02-28", 270), ("2025-03-31", 291), ("2026-01-31", 500), ("2028-01-30", 979),
    ("2028-01-31", 1_000), ("2040-01-01", 1_000),
])  # fmt: skip
def test_a_quarter_after_a_year_and_a_forty_eighth_each_month(day: str, vested: int) -> None:
    assert FOUR_YEARS.vested_down(1_000, date.fromisoformat(day)) == vested


def test_in_steps_of_a_quarter_of_a_year() -> None:
    quarterly = Vesting(start="2026-01-01", months=12, every_months=3)
    found = [quarterly.vested_down(100, date(2026, month, 1)) for month in (1, 3, 4, 6, 7, 12)]
    assert found == [0, 0, 25, 25, 50, 75]


@pytest.mark.parametrize("wrong", [
    Vesting(start="soon", months=12), Vesting(start="2026-01-01", months=0),
    Vesting(start="2026-01-01", months=12, every_months=13),
    Vesting(start="2026-01-01", months=12, cliff_months=13),
])  # fmt: skip
def test_a_vesting_that_cannot_be_is_told(wrong: Vesting) -> None:
    with pytest.raises(Invalid):
        check_vesting(wrong)


MONEY = st.integers(1, 10**7).map(Fraction)
SAFES = st.lists(
    st.builds(Safe, amount=MONEY, cap=st.one_of(st.just(Fraction(0)), st.integers(10**9, 10**11)
                                               .map(Fraction)),
              discount_bps=st.sampled_from([0, 1_000, 2_000]), post_money=st.booleans()),
    min_size=1, max_size=6)  # fmt: skip


@given(safes=SAFES, price=st.fractions(Fraction(1, 100), 100), shares=st.integers(10**5, 10**8))
@settings(max_examples=200, deadline=None)
def test_each_gets_the_better_of_cap_and_discount(
    safes: list[Safe], price: Fraction, shares: int
) -> None:
    found = convert(safes, price, Fraction(shares))
    whole = shares + sum(found)
    for safe, units in zip(safes, found, strict=True):
        by_discount = safe.amount / (price * Fraction(10_000 - safe.discount_bps, 10_000))
        by_cap = Fraction(0)
        if safe.cap:
            of = whole if safe.post_money else Fraction(shares)
            by_cap = safe.amount / safe.cap * of
        # At its cap a post-money SAFE has its amount by its cap of all there is after.
        assert units in {by_discount, by_cap}
        assert units >= by_discount
        if units != by_cap and safe.cap and not safe.post_money:
            assert units >= by_cap


def test_two_post_money_safes_own_what_their_caps_say() -> None:
    """200,000 at 4,000,000 and 800,000 at 8,000,000: 5 % and 10 % of the company."""
    safes = [Safe(amount=Fraction(200_000), cap=Fraction(4_000_000)),
             Safe(amount=Fraction(800_000), cap=Fraction(8_000_000))]  # fmt: skip
    found = convert(safes, Fraction(10), Fraction(8_500_000))
    assert [units / (8_500_000 + sum(found)) for units in found] == [
        Fraction(1, 20), Fraction(1, 10)]  # fmt: skip


def test_caps_that_leave_nothing_are_told() -> None:
    with pytest.raises(Invalid):
        convert([Safe(amount=Fraction(5), cap=Fraction(5))], Fraction(10**9), Fraction(100))
