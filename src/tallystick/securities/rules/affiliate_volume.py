"""Rule: an affiliate sells no more than a share of the class within some days.

Judges the seller of a resale to another investor who is an affiliate today. Rule 144 allows 1 % of
the class in three months; its other limb, the weekly volume of trading, counts only for listed
volume. Source: 17 CFR 230.144(e)(1).
"""

from __future__ import annotations

from tallystick.core.times import DAY_S
from tallystick.core.units import BASIS_POINTS
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Party, Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a sale that would take an affiliate above what he may sell within the window."""
    share, seller = proposal.rules.affiliate_volume_bps, proposal.seller
    if share is None or seller is None:
        return []
    if not seller.claims.holds(Claim.AFFILIATE, proposal.day):
        return []
    days = proposal.rules.affiliate_window_days
    most = proposal.supply * share // BASIS_POINTS
    sold = seller.sold(proposal.day, days)
    if sold + proposal.amount <= most:
        return []
    return [
        Refusal(
            code=Code.AFFILIATE_VOLUME,
            message=f"An affiliate sells no more than so many units in {days} days",
            source="17 CFR 230.144(e)(1)",
            cure="Sell less, or wait until earlier sales are out of the window.",
            unit="units sold by the affiliate",
            limit=most,
            now=sold,
            after=sold + proposal.amount,
            most=max(0, most - sold),
            passes_at=_passes_at(seller, most - proposal.amount, proposal.day, days),
        )
    ]


def _passes_at(seller: Party, most: int, day: int, days: int) -> int | None:
    """When no more than `most` of his earlier sales will be in the window; None if never."""
    if most < 0:
        return None
    later = (sold_on + days for sold_on, _ in sorted(seller.sales) if sold_on + days > day)
    fits = (at for at in later if seller.sold(at, days) <= most)
    found = next(fits, None)
    return None if found is None else found * DAY_S
