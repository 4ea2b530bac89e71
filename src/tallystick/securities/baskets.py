"""Baskets: what units cost and bring in kind, the manager's fee, and trades to target weights.

Twin of `Basket.vy` in whole numbers of the smallest units. Creation in kind at the net asset value
follows 17 CFR 270.6c-11; rounding is in favour of the holders who stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S
from tallystick.core.units import BASIS_POINTS

ASSETS_MAX = 32
LEVY_BPS_MAX = 500
ANNUAL_BPS_MAX = 1_000
# What one unit of the manager's fee consists of: basis points times seconds of a year of 365 days.
FEE_YEAR = BASIS_POINTS * 365 * DAY_S
CREATION = ("nobody", "participants", "anybody")


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Levies that stay in the basket, and the manager's fee a year, in basis points."""

    creation_bps: int = 0
    redemption_bps: int = 0
    annual_bps: int = 0


class Part(msgspec.Struct, frozen=True):
    """So much of an asset, in its smallest units."""

    asset: str
    amount: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one asset: its weight now and as it shall be, and how much comes or goes."""

    asset: str
    weight: Fraction
    target: Fraction
    gives: int
    takes: int


def costs_up(held: Sequence[int], units: int, outstanding: int) -> list[int]:
    """What so many units cost of each asset, of which there is `held` behind those outstanding."""
    return [-(-amount * units // outstanding) for amount in held]


def shares_down(held: Sequence[int], counted: int, outstanding: int) -> list[int]:
    """What so many units bring of each asset."""
    return [amount * counted // outstanding for amount in held]


def issued_down(units: int, outstanding: int, fees: Fees) -> int:
    """Units issued for the assets of so many: less the levy, unless they are the first."""
    if not outstanding:
        return units
    return units * (BASIS_POINTS - fees.creation_bps) // BASIS_POINTS


def counted_down(units: int, outstanding: int, fees: Fees) -> int:
    """Units whose assets are handed out for so many: less the levy, unless they are the last."""
    if units == outstanding:
        return units
    return units * (BASIS_POINTS - fees.redemption_bps) // BASIS_POINTS


class Accrual(msgspec.Struct):
    """The manager's fee as it accrues: units times basis points times seconds, at a time (UTC)."""

    accrued: int
    at_s: int

    def due_down(self, supply: int, fees: Fees, now_s: int) -> int:
        """Units due of so many issued since."""
        return (self.accrued + supply * fees.annual_bps * (now_s - self.at_s)) // FEE_YEAR

    def bring_up(self, supply: int, fees: Fees, now_s: int) -> None:
        """Bring it up to date, before the units issued change."""
        self.accrued += supply * fees.annual_bps * (now_s - self.at_s)
        self.at_s = now_s

    def take(self) -> int:
        """Units to be issued now; the rest, less than a unit, stays due."""
        units = self.accrued // FEE_YEAR
        self.accrued -= units * FEE_YEAR
        return units


# --- weights


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
    """Trades that bring a basket to target weights; assets without one go altogether.

    What is taken in is worth no less than what is given, but for the spread that the counterparty
    keeps, and more by less than a smallest unit of each asset. Raises `Invalid` without a price.
    """
    whole = worth(held, prices)
    if not whole:
        raise Invalid("basket-empty", "There is nothing in the basket to be weighed",
                      cure="Create units first.")  # fmt: skip
    changes: list[Change] = []
    for asset in dict.fromkeys([*held, *weights]):
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
