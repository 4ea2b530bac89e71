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
    """How much of each asset makes up so much worth at target weights, in smallest units."""
    found = _divided(weights, prices, Fraction(whole))
    return [Part(asset, found[asset]) for asset in weights]


def rebalancing(
    held: Mapping[str, int], prices: Mapping[str, Fraction], weights: Mapping[str, Fraction],
    spread_bps: int = 0,
) -> list[Change]:  # fmt: skip
    """Trades that bring a basket to target weights, by asset; one without a weight goes altogether.

    What is taken in is worth no less than what is given, but for the spread that the counterparty
    keeps. Raises `Invalid` without a price.
    """
    whole = worth(held, prices)
    if not whole:
        raise Invalid("basket-empty", "There is nothing in the basket to be weighed",
                      cure="Create units first.")  # fmt: skip
    wanted = _divided(weights, prices, whole)
    changes: list[Change] = []
    for asset in sorted({*held, *weights}):
        have, want = held.get(asset, 0), wanted.get(asset, 0)
        taken = Fraction(max(0, want - have) * (BASIS_POINTS - spread_bps), BASIS_POINTS)
        changes.append(Change(
            asset=asset, weight=have * price_of(prices, asset) / whole, gives=max(0, have - want),
            target=weights.get(asset, Fraction(0)), takes=_ceil(taken),
        ))  # fmt: skip
    return changes


def _divided(
    weights: Mapping[str, Fraction], prices: Mapping[str, Fraction], whole: Fraction
) -> dict[str, int]:
    """So much worth by weight: each rounded down, and the rest, rounded up, in the finest asset.

    So the whole is missed by less than the least valuable smallest unit, whatever the others are.
    """
    finest = min(weights, key=lambda asset: (price_of(prices, asset), asset))
    found = {asset: _floor(whole * weight / price_of(prices, asset))
             for asset, weight in weights.items() if asset != finest}  # fmt: skip
    rest = whole - worth(found, prices)
    return {**found, finest: _ceil(rest / prices[finest])}


def _ceil(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)


def _floor(number: Fraction) -> int:
    return number.numerator // number.denominator
