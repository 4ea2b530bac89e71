"""What a security keeps of an investor."""

from __future__ import annotations

import msgspec

from tallystick.securities.claims import Tier
from tallystick.securities.lots import Lots


class Holder(msgspec.Struct):
    """What a security keeps of an investor besides the units in his wallets.

    `generation` is the number of the country limit under which he was looked at; `inherited` says
    that he has units by death or divorce of another and none otherwise; `legend_units` bear a
    legend, the last placed for the reason of code `legend`; `sales` are the units he sold as an
    affiliate, by UTC day.
    """

    frozen: bool = False
    frozen_units: int = 0
    lots: Lots = msgspec.field(default_factory=Lots)
    tier_counted: Tier | None = None
    country_counted: str = ""
    tracked_day: int = 0
    enrolled: bool = False
    generation: int = 0
    inherited: bool = False
    legend_units: int = 0
    legend: int = 0
    sales: dict[int, int] = msgspec.field(default_factory=dict)
