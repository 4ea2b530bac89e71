"""Redemption of units for money: at maturity, by call, by buy-back, when the issuer is wound up.

Which units of whom are redeemed is calculated from who held what, so that anybody can calculate it
again.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tallystick.core.errors import Refused
from tallystick.core.units import half_up
from tallystick.securities.distribution.entitlements import Lines, entitlements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tallystick.core.wallets import Wallet

MATURITY, CALL, BUY_BACK, LIQUIDATION = "maturity", "call", "buy-back", "liquidation"
# Of a fund; its `units` are the number of the dealing.
DEALING = "dealing"


def called(held: Lines, units: int) -> Lines:
    """So many units of all, of each holder in proportion: the floor or the ceiling of his part.

    Raises `Refused` if there are not so many.
    """
    there = sum(each for _, each in held)
    if units > there:
        raise Refused("units-too-few", f"There are {there} units, {units} are to be redeemed",
                      cure="Name fewer, or leave the quantity out for all.")  # fmt: skip
    parts = entitlements(units, [each for _, each in held])
    return [(wallet, part) for (wallet, _), part in zip(held, parts, strict=True) if part]


def accepted(tendered: Mapping[Wallet, int], held: Mapping[Wallet, int], most: int) -> Lines:
    """What is bought back of what was tendered: all of it, or `most` in proportion.

    Nobody tenders more than he holds. Raises `Refused` if nothing was tendered.
    """
    lines = [(wallet, min(units, held.get(wallet, 0)))
             for wallet, units in sorted(tendered.items())]  # fmt: skip
    lines = [(wallet, units) for wallet, units in lines if units]
    if not lines:
        raise Refused("nothing-tendered", "Nobody tendered units that he holds",
                      cure="Wait for tenders, or withdraw the buy-back.")  # fmt: skip
    return called(lines, min(most, sum(units for _, units in lines)))


def price_of(units: int, price: int, decimals: int) -> int:
    """What so many units come to at a price of a whole one, half of a unit of cash rounded up."""
    return half_up(Fraction(units * price, 10**decimals))
