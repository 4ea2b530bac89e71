"""What those who watch over a market are told: that something looks like an abuse, and why.

An alert accuses nobody. It names what was seen and the figures; what it was people find out.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tallystick.core.wallets import Wallet

MINUTE_NS: Final = 60 * 10**9


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """From where on something is told. Times in nanoseconds, shares and moves in basis points.

    Wash trades: `wash_trades` or more within `wash_window_ns` among investors who each trade at
    least `wash_inside_bps` of their lots with each other, and end within `wash_flat_bps` of where
    they began. Layering: `layering_orders` or more on one side, with `layering_times` the lots that
    were traded on the other, of which `layering_gone_bps` are gone `layering_window_ns` later.
    Marking the close: one's trades in the last `close_window_ns` move the price by
    `close_move_bps`, are `close_share_bps` of what is traded, and set the last price.
    """

    wash_window_ns: int = 60 * MINUTE_NS
    wash_trades: int = 4
    wash_inside_bps: int = 5_000
    wash_flat_bps: int = 1_000
    layering_window_ns: int = MINUTE_NS
    layering_orders: int = 3
    layering_times: int = 5
    layering_gone_bps: int = 8_000
    close_window_ns: int = 10 * MINUTE_NS
    close_move_bps: int = 100
    close_share_bps: int = 3_000


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
