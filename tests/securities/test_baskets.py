"""Baskets by weight and in kind: nothing is lost to rounding but in favour of who stays."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.core.units import BASIS_POINTS
from tallystick.securities.baskets.in_kind import (
    ASSETS_MAX,
    Accrual,
    Fees,
    costs_up,
    counted_down,
    issued_down,
    shares_down,
)
from tallystick.securities.baskets.weights import (
    composition,
    read_weights,
    rebalancing,
    worth,
)

NAMES = ("A", "B", "C", "D")
AMOUNTS = st.integers(0, 10**20)
PRICES = st.fixed_dictionaries({name: st.fractions(Fraction(1, 10**9), 10**6) for name in NAMES})
YEAR = 365 * 86_400


@st.composite
def weights(draw: st.DrawFn) -> dict[str, Fraction]:
    """Of some of the assets; they are a whole."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    cuts = sorted(draw(st.sets(st.integers(1, BASIS_POINTS - 1), min_size=len(names) - 1,
                               max_size=len(names) - 1)))  # fmt: skip
    ends = zip([0, *cuts], [*cuts, BASIS_POINTS], strict=True)
    return read_weights({name: end - start for name, (start, end) in
                         zip(names, ends, strict=True)})  # fmt: skip


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, AMOUNTS)), PRICES, weights())
def test_a_rebalancing_reaches_the_weights_and_costs_the_holders_nothing(
    held: dict[str, int], prices: dict[str, Fraction], target: dict[str, Fraction]
) -> None:
    before = worth(held, prices)
    if not before:
        with pytest.raises(Invalid):
            rebalancing(held, prices, target)
        return
    changes = {each.asset: each for each in rebalancing(held, prices, target)}
    after = {name: held[name] - each.gives + each.takes for name, each in changes.items()}
    assert all(min(each.gives, each.takes) == 0 for each in changes.values())
    finest = min(prices[name] for name in target)
    assert 0 <= worth(after, prices) - before < finest
    for name, amount in after.items():
        off = amount * prices[name] - before * target.get(name, 0)
        assert -prices[name] < off < sum(prices.values())
        assert name in target or amount == 0
    assert sum(each.weight for each in changes.values()) == 1


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, AMOUNTS)), PRICES, weights(),
       st.integers(0, 1_000))  # fmt: skip
def test_a_counterparty_keeps_the_spread_and_no_more(
    held: dict[str, int], prices: dict[str, Fraction], target: dict[str, Fraction], spread: int
) -> None:
    if not worth(held, prices):
        return
    plain = rebalancing(held, prices, target)
    for free, kept in zip(plain, rebalancing(held, prices, target, spread), strict=True):
        assert kept.gives == free.gives
        exact = Fraction(free.takes * (BASIS_POINTS - spread), BASIS_POINTS)
        assert 0 <= kept.takes - exact < 1


@given(weights(), PRICES, st.integers(1, 10**15))
def test_a_composition_is_worth_no_less_than_it_should(
    target: dict[str, Fraction], prices: dict[str, Fraction], whole: int
) -> None:
    parts = composition(target, prices, whole)
    held = {each.asset: each.amount for each in parts}
    assert 0 <= worth(held, prices) - whole < min(prices[name] for name in held)


@given(st.lists(AMOUNTS, min_size=1, max_size=4), st.integers(1, 10**12), st.integers(1, 10**12),
       st.integers(0, 500), st.integers(0, 500))  # fmt: skip
def test_in_and_out_again_gains_nothing(
    held: list[int], units: int, outstanding: int, creation_bps: int, redemption_bps: int
) -> None:
    fees = Fees(creation_bps=creation_bps, redemption_bps=redemption_bps)
    costs = costs_up(held, units, outstanding)
    issued = issued_down(units, outstanding, fees)
    after = [have + cost for have, cost in zip(held, costs, strict=True)]
    counted = counted_down(issued, outstanding + issued, fees)
    back = shares_down(after, counted, outstanding + issued)
    assert all(out <= cost for out, cost in zip(back, costs, strict=True))


@given(st.lists(st.tuples(st.integers(0, YEAR), st.integers(0, 10**18)), max_size=12),
       st.integers(0, 1_000))  # fmt: skip
def test_the_fee_is_the_same_however_often_it_is_brought_up(
    steps: list[tuple[int, int]], annual_bps: int
) -> None:
    """Against the exact sum of units times rate times time."""
    fees = Fees(annual_bps=annual_bps)
    fee, now, exact, taken = Accrual(accrued=0, at_s=0), 0, Fraction(0), 0
    for seconds, supply in steps:
        for part in (seconds // 3, seconds - seconds // 3):
            now += part
            fee.bring_up(supply, fees, now)
        exact += Fraction(supply * annual_bps * seconds, BASIS_POINTS * YEAR)
        taken += fee.take()
        assert taken == exact.numerator // exact.denominator


def test_a_year_of_a_hundredth_of_a_thousand_units_is_ten() -> None:
    fee = Accrual(accrued=0, at_s=0)
    assert fee.due_down(1_000, Fees(annual_bps=100), YEAR) == 10
    assert fee.due_down(1_000, Fees(annual_bps=100), YEAR - 1) == 9


@pytest.mark.parametrize("given", [
    {}, {"A": 9_999}, {"A": 10_001}, {"A": 10_000, "B": 0}, {"A": 10_001, "B": -1},
    {str(number): 303 + (number == 0) for number in range(ASSETS_MAX + 1)},
])  # fmt: skip
def test_weights_are_a_whole(given: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        read_weights(given)


def test_an_asset_without_a_price_is_named() -> None:
    with pytest.raises(Invalid, match="B"):
        rebalancing({"A": 1, "B": 1}, {"A": Fraction(1)}, {"A": Fraction(1)})
