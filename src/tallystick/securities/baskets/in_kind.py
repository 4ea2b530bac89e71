"""What units of a basket cost and bring in kind, and the manager's fee. Twin of `Basket.vy`.

All in whole numbers of the smallest units. Rounding is in favour of the holders who stay. Creation
and redemption of whole lots against the assets: 17 CFR 270.6c-11(a)(1).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tallystick.core.times import DAY_S
from tallystick.core.units import BASIS_POINTS

ASSETS_MAX = 32
LEVY_BPS_MAX = 500
ANNUAL_BPS_MAX = 1_000
# What one unit of the manager's fee consists of: basis points times seconds of a year of 365 days.
FEE_YEAR = BASIS_POINTS * 365 * DAY_S
# Who may create units, by the number that the contract keeps.
CREATORS = ("nobody", "participants", "anybody")


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Levies that stay in the basket, and the manager's fee a year, in basis points."""

    creation_bps: int = 0
    redemption_bps: int = 0
    annual_bps: int = 0


class Part(msgspec.Struct, frozen=True):
    """So much of an asset, in its smallest units."""

    asset: str
    amount: int


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
