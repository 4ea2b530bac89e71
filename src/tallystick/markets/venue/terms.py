"""What a market is: which security for which money, in which steps, when, and within which bounds.

Prices are cash units per lot, quantities lots, rates basis points, times UTC.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.markets.quoting import Scale
from tallystick.markets.signed_orders import BASIS_POINTS, LOTS_MAX, PRICE_MAX

HOLDS_A_DAY: Final = 100
WEEK_S: Final = 7 * DAY_S
# 1970-01-01 was a Thursday; weeks begin on Mondays.
_FIRST_MONDAY_S: Final = 4 * DAY_S


class Phase(StrEnum):
    """What a market does with orders."""

    CLOSED = "closed"
    # Orders are collected, and traded at one price when it ends.
    CALL = "call"
    CONTINUOUS = "continuous"
    # Orders can be cancelled, and nothing else.
    HALTED = "halted"


class Opening(msgspec.Struct, frozen=True):
    """That a phase begins every week, so many seconds after Monday 00:00 UTC."""

    at_s: int
    phase: Phase


class MarketTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A market. `symbol` names both sides: `ACME/USD`.

    `band_bps` is how far from the reference price an order may be; `move_bps` how far from the last
    price a trade may be before a call of `call_s` seconds takes its place; 0 for no such bound.
    Orders that expire within `margin_s` are not taken, and leave so long before they expire, so
    that their trades can be settled. With `holds` the units of an order to sell that waits are held
    until it ends, `holds_a_day` times for one investor, as the venue pays for it. Without a
    schedule trading is continuous around the clock.
    """

    symbol: str
    security: Wallet
    cash: Wallet
    units_per_lot: int
    tick: int
    reference: int
    lots_max: int = LOTS_MAX
    maker_bps: int = 0
    taker_bps: int = 0
    auction_bps: int = 0
    band_bps: int = 0
    move_bps: int = 0
    call_s: int = 120
    margin_s: int = 10
    holds: bool = False
    holds_a_day: int = HOLDS_A_DAY
    # Decimal places of the security and of the money, for those who read.
    decimals: int = 0
    cash_decimals: int = 0
    schedule: tuple[Opening, ...] = ()

    @property
    def scale(self) -> Scale:
        """How people write its quantities and prices."""
        return Scale(self.units_per_lot, self.decimals, self.cash_decimals)

    @property
    def fee_bps_max(self) -> int:
        """The highest fee that may be due."""
        return max(self.maker_bps, self.taker_bps, self.auction_bps)

    def phase_at(self, now_s: int) -> Phase:
        """The phase that the schedule has at a time."""
        if not self.schedule:
            return Phase.CONTINUOUS
        into = (now_s - _FIRST_MONDAY_S) % WEEK_S
        begun = [each for each in self.schedule if each.at_s <= into]
        return (begun or list(self.schedule))[-1].phase

    def next_opening_s(self, now_s: int) -> int | None:
        """When the schedule's next phase begins; None if there is no schedule."""
        if not self.schedule:
            return None
        into = (now_s - _FIRST_MONDAY_S) % WEEK_S
        ahead = min((each.at_s - into - 1) % WEEK_S for each in self.schedule)
        return now_s + ahead + 1

    def within_band(self, price: int, reference: int) -> bool:
        """Whether an order's price is near enough to the reference."""
        return not self.band_bps or _near(price, reference, self.band_bps)

    def move_limits(self, last: int) -> tuple[int, int]:
        """The lowest and the highest price at which trading goes on without a call."""
        if not self.move_bps:
            return 1, PRICE_MAX
        by = last * self.move_bps // BASIS_POINTS
        return max(1, last - by), last + by


def _near(price: int, to: int, bps: int) -> bool:
    return abs(price - to) * BASIS_POINTS <= to * bps
