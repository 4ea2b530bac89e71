"""What a security keeps of an investor."""

from __future__ import annotations

import msgspec

from tallystick.securities.claims import Tier
from tallystick.securities.lots import Lots


class Holder(msgspec.Struct):
    """What a security keeps of an investor besides the units in his wallets.

    `generation` is the number of the country limit under which he was looked at; `inherited` says
    that he has units by death or divorce of another and none otherwise; `legends` are the codes of
    those placed with their units, the last one first, None if there never was any; `sales` are the
    units he sold as an affiliate, by UTC day.
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
    legends: list[tuple[int, int]] | None = None
    sales: dict[int, int] = msgspec.field(default_factory=dict)

    @property
    def legend_units(self) -> int:
        """Units that bear a legend; they may be more than he holds."""
        return sum(units for _, units in self.legends or ())

    def place_legend(self, units: int, code: int) -> None:
        """Place a legend on units, or lift legends from so many, those placed first."""
        legends = [(code, units), *(self.legends or ())] if units > 0 else list(self.legends or ())
        left = max(0, -units)
        while left and legends:
            placed, there = legends.pop()
            if there > left:
                legends.append((placed, there - left))
            left = max(0, left - there)
        self.legends = legends
