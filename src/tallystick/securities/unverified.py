"""Which refusals rest on figures of presets that nobody has verified.

To add a rule whose figure a preset gives: a line in `RESTS_ON`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tallystick.securities.codes import Code, OfferingCode
from tallystick.securities.presets import Figure, Resolved
from tallystick.securities.verdict import Refusal

# Parameters, as presets name them, with which each refusal compares.
RESTS_ON: dict[Code | OfferingCode, tuple[str, ...]] = {
    Code.LOT_LOCKED: ("rules.holding_period_days",),
    Code.LOCKED_SALE: ("rules.holding_period_days",),
    Code.AFFILIATE_VOLUME: ("rules.affiliate_volume_bps", "rules.affiliate_window_days"),
    Code.FLOW_BACK: ("rules.flow_back_until",),
    Code.HOLDER_LIMIT: ("rules.investors_max",),
    Code.RETAIL_LIMIT: ("rules.retail_max",),
    Code.RETAIL_LIMIT_STALE: ("rules.retail_max",),
    Code.ISSUER_HOLDER_LIMIT: ("issuer.investors_max",),
    Code.ISSUER_RETAIL_LIMIT: ("issuer.retail_max",),
    Code.ISSUER_LIMIT_STALE: ("issuer.investors_max", "issuer.retail_max"),
    Code.PURCHASER_LIMIT: ("issuer.purchasers_max", "issuer.purchasers_window_days"),
    OfferingCode.OFFEREE_LIMIT: ("offering.offerees_max", "offering.ticket_exempt"),
    OfferingCode.RAISE_LIMIT: ("offering.raised_max", "offering.raised_window_days"),
    OfferingCode.INVESTMENT_LIMIT: (
        "offering.investor_share_bps", "offering.crowd_threshold", "offering.crowd_floor",
        "offering.crowd_share_below_bps", "offering.crowd_share_above_bps",
    ),
}  # fmt: skip


def marked(refusals: Iterable[Refusal], presets: Iterable[Resolved]) -> tuple[Refusal, ...]:
    """The same refusals, each naming the unverified figures on which it rests."""
    behind = [each.behind for each in presets]
    return tuple(_marked(refusal, behind) for refusal in refusals)


def _marked(refusal: Refusal, behind: list[dict[str, Figure]]) -> Refusal:
    named = RESTS_ON.get(refusal.code, ())
    figures = [of[name] for of in behind for name in named if name in of]
    doubted = dict.fromkeys(
        f"{each.meaning}: {each.value:,} {each.unit}, {each.citation}"
        for each in figures
        if not each.verified
    )
    return msgspec.structs.replace(refusal, unverified=tuple(doubted))
