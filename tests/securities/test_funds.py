"""Dealing at one forward price: nobody gains by coming or going."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.core.wallets import Wallet
from tallystick.securities.funds import (
    REDEEM,
    SUBSCRIBE,
    Order,
    Valuation,
    deal,
    management_fee_down,
)


def wallet(number: int) -> Wallet:
    return Wallet(f"0x{number:040x}")


def valuation(**changes: int) -> Valuation:
    return Valuation(**{"assets": 1_000_000, "liabilities": 0, "fee": 0, "outstanding": 1_000,
                        **changes})  # type: ignore[arg-type]  # fmt: skip


ORDERS = st.lists(st.tuples(st.sampled_from([SUBSCRIBE, REDEEM]), st.integers(1, 10**9)),
                  max_size=12)  # fmt: skip


@given(given=ORDERS, assets=st.integers(1, 10**12), outstanding=st.integers(10**6, 10**9),
       gate=st.sampled_from([0, 1, 500, 10_000]))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_who_stays_loses_nothing(
    given: list[tuple[str, int]], assets: int, outstanding: int, gate: int
) -> None:
    """Units for less than they cost, or money for more than units are worth, nobody gets."""
    orders = [Order(wallet=wallet(at), kind=kind, amount=amount)
              for at, (kind, amount) in enumerate(given, start=1)]  # fmt: skip
    worth = Valuation(assets=assets, liabilities=0, fee=0, outstanding=outstanding)
    done = deal(orders, worth, gate_bps=gate)
    assert done.price == Fraction(assets, outstanding)
    for bought in done.bought:
        assert bought.units * done.price <= bought.cost <= bought.paid
        assert (bought.units + 1) * done.price > bought.paid
        assert bought.back >= 0
    out = sum(sold.units for sold in done.sold)
    asked = sum(sold.asked for sold in done.sold)
    most = outstanding * gate // 10_000 if gate else asked
    assert out == min(asked, most)
    assert done.proceeds <= out * done.price < done.proceeds + 1
    for sold in done.sold:
        share = Fraction(sold.asked * out, asked)
        assert sold.units in {share.numerator // share.denominator,
                              -(-share.numerator // share.denominator)}  # fmt: skip


def test_a_gate_keeps_back_the_same_share_of_everybody() -> None:
    orders = [Order(wallet=wallet(1), kind=REDEEM, amount=300),
              Order(wallet=wallet(2), kind=REDEEM, amount=100)]  # fmt: skip
    done = deal(orders, valuation(), gate_bps=1_000)
    assert [(sold.units, sold.left) for sold in done.sold] == [(75, 225), (25, 75)]


def test_a_fee_is_of_net_assets_by_days() -> None:
    assert management_fee_down(36_500_000, 100, 7) == 7_000
    assert management_fee_down(-5, 100, 7) == 0


def test_a_fund_without_value_deals_with_nobody() -> None:
    for worth in (valuation(liabilities=1_000_000), valuation(outstanding=0)):
        with pytest.raises(Invalid):
            deal([], worth)
    first = Valuation(assets=0, liabilities=0, fee=0, outstanding=0, first_price=Fraction(100))
    [bought] = deal([Order(wallet=wallet(1), kind=SUBSCRIBE, amount=250)], first).bought
    assert (bought.units, bought.back) == (2, 50)
