"""Baskets by weight: what makes up so much worth, and trades that bring one to target weights.

Exact: prices are fractions, quantities whole numbers of the smallest units.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.units import BASIS_POINTS
from tallystick.securities.baskets.in_kind import ASSETS_MAX, Part


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one asset: its weight now and as it shall be, and how much comes or goes."""

    asset: str
    weight: Fraction
    target: Fraction
    gives: int
    takes: int


def read_weights(weights: Mapping[str, int]) -> dict[str, Fraction]:
    """Target weights from basis points. Raises `Invalid` unless they are a whole."""
    if sum(weights.values()) != BASIS_POINTS or any(each <= 0 for each in weights.values()):
        raise Invalid(
            "weights-no-whole", f"The weights add up to {sum(weights.values())} basis points",
            cure=f"State weights above zero that add up to {BASIS_POINTS}.",
        )  # fmt: skip
    if len(weights) > ASSETS_MAX:
        raise Invalid("too-many-assets", f"A basket has {ASSETS_MAX} assets at most",
                      cure="Leave out the smallest.")  # fmt: skip
    return {asset: Fraction(each, BASIS_POINTS) for asset, each in weights.items()}


def worth(held: Mapping[str, int], prices: Mapping[str, Fraction]) -> Fraction:
    """What assets are worth: `prices` of a smallest unit of each, in smallest units of a cash."""
    return sum((amount * price_of(prices, asset) for asset, amount in held.items()), Fraction(0))


def price_of(prices: Mapping[str, Fraction], asset: str) -> Fraction:
    """The price of an asset. Raises `Invalid` if there is none, or none above zero."""
    if prices.get(asset, 0) <= 0:
        raise Invalid("price-missing", f"There is no price above zero of {asset}",
                      cure="State one in the file of prices.")  # fmt: skip
    return prices[asset]


def composition(
    weights: Mapping[str, Fraction], prices: Mapping[str, Fraction], whole: int
) -> list[Part]:
    """How much of each asset makes up so much worth at target weights, in smallest units.

    Rounded up, so that the first units are worth no less. Source: weights by market value, as
    index providers compose.
    """
    return [Part(asset, _ceil(whole * weight / price_of(prices, asset)))
            for asset, weight in weights.items()]  # fmt: skip


def rebalancing(
    held: Mapping[str, int], prices: Mapping[str, Fraction], weights: Mapping[str, Fraction],
    spread_bps: int = 0,
) -> list[Change]:  # fmt: skip
    """Trades that bring a basket to target weights, by asset; one without a weight goes altogether.

    What is taken in is worth no less than what is given, but for the spread that the counterparty
    keeps, and more by less than a smallest unit of each asset. Raises `Invalid` without a price.
    """
    whole = worth(held, prices)
    if not whole:
        raise Invalid("basket-empty", "There is nothing in the basket to be weighed",
                      cure="Create units first.")  # fmt: skip
    changes: list[Change] = []
    for asset in sorted({*held, *weights}):
        price, target = price_of(prices, asset), weights.get(asset, Fraction(0))
        have, want = held.get(asset, 0), _ceil(whole * target / price)
        taken = Fraction(max(0, want - have) * (BASIS_POINTS - spread_bps), BASIS_POINTS)
        changes.append(Change(
            asset=asset, weight=have * price / whole, target=target, gives=max(0, have - want),
            takes=_ceil(taken),
        ))  # fmt: skip
    return changes


def _ceil(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)
