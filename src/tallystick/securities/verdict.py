"""What the rules answer: refusals as values, each with its numbers, source and cure."""

from __future__ import annotations

import msgspec

from tallystick.core.times import show_day, show_time
from tallystick.core.units import show_quantity
from tallystick.securities.claims import Tier
from tallystick.securities.codes import Code, OfferingCode


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a movement is refused.

    `limit`, `now` and `after` are the numbers that the rule compared, in its own unit (`unit`);
    `most` is the largest amount that it would let pass, in units, None if no amount passes;
    `passes_at` is the earliest time, in UTC seconds, at which this refusal goes away by itself,
    None if time alone does not cure it. `unverified` are figures on which it rests that were cited
    from knowledge and not read in the text, see `presets`.
    """

    code: Code | OfferingCode
    message: str
    source: str
    cure: str
    unit: str = ""
    limit: int | None = None
    now: int | None = None
    after: int | None = None
    most: int | None = None
    passes_at: int | None = None
    unverified: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """All refusals of one movement at one time, the one that the chain reports first."""

    refusals: tuple[Refusal, ...]
    at: int

    @property
    def allowed(self) -> bool:
        """Whether the movement may happen."""
        return not self.refusals

    @property
    def code(self) -> Code:
        """The code that the chain reports."""
        return Code(self.refusals[0].code) if self.refusals else Code.ALLOWED

    @property
    def passes_at(self) -> int | None:
        """The earliest time at which nothing refuses any more if nothing else changes."""
        times = [refusal.passes_at for refusal in self.refusals]
        if any(time is None for time in times):
            return None
        return max((time for time in times if time is not None), default=self.at)


def show_number(value: int, unit: str, decimals: int) -> str:
    """A number of a refusal as people write it, by its unit."""
    if unit == "UTC seconds":
        return show_time(value)
    if unit == "UTC day":
        return show_day(value)
    if unit == "tier":
        return Tier(value).name.lower().replace("_", " ")
    if unit.startswith("units"):
        quantity = show_quantity(abs(value), decimals)
        return quantity if value >= 0 else f"−{quantity}"
    return f"{value:,}"
