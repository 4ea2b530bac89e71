"""What those who watch over a market are told: that something looks like an abuse, and why.

An alert accuses nobody. It names what was seen and the figures; what it was people find out.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tallystick.core.wallets import Wallet

SECOND_NS: Final = 10**9
MINUTE_NS: Final = 60 * SECOND_NS


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """From where on something is told. Times in nanoseconds, shares and moves in basis points.

    Wash trades: `wash_trades` or more within `wash_window_ns`, or `wash_share_bps` of all that is
    traded then, among investors each of whom trades `wash_partners_bps` of his lots with two of the
    others, ends within `wash_flat_bps` of where he began, and buys within `wash_price_bps` of what
    he sells for. Layering: `layering_orders` or more on one side with `layering_times` the lots
    that were traded on the other, or any with `layering_alone_times`, of which `layering_gone_bps`
    are gone `layering_window_ns` later. Marking the close: one's trades in the last
    `close_window_ns` move the price by `close_move_bps`, which stands at the close, and are
    `close_share_bps` of what is traded.
    """

    wash_window_ns: int = 60 * MINUTE_NS
    wash_trades: int = 4
    wash_share_bps: int = 2_000
    wash_partners_bps: int = 5_000
    wash_flat_bps: int = 2_500
    wash_price_bps: int = 50
    layering_window_ns: int = MINUTE_NS
    layering_orders: int = 3
    layering_times: int = 5
    layering_alone_times: int = 50
    layering_gone_bps: int = 8_000
    close_window_ns: int = 10 * MINUTE_NS
    close_move_bps: int = 100
    close_share_bps: int = 3_000


class Moments(msgspec.Struct, frozen=True):
    """When a price is taken as a reference, in order, and until when a tape is known."""

    now_ns: int
    closes_ns: tuple[int, ...] = ()


class Alert(msgspec.Struct, frozen=True):
    """That something between two moments looks like an abuse of the market.

    `figures` are what was measured, in lots, counts, basis points or cash units per lot.
    """

    pattern: str
    since_ns: int
    until_ns: int
    owners: tuple[Wallet, ...]
    trades: tuple[int, ...]
    orders: tuple[int, ...]
    figures: dict[str, int]
    message: str
