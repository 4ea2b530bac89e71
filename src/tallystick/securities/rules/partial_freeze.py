"""Rule: an investor keeps the units that have been frozen.

Judges the seller of a resale to another investor; between his own wallets he may move them. Source:
ERC-3643, `freezePartialTokens`; ERC-7943, `setFrozenTokens`.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a sale that would leave the seller less than what is frozen."""
    seller = proposal.seller
    if seller is None or seller.frozen_units == 0:
        return []
    if proposal.amount + seller.frozen_units <= seller.total:
        return []
    return [
        Refusal(
            code=Code.UNITS_FROZEN,
            message="Some of the seller's units are frozen",
            source="ERC-3643, freezePartialTokens; ERC-7943, setFrozenTokens",
            cure="Sell less, or ask the transfer agent to unfreeze.",
            unit="units that the seller keeps",
            limit=seller.frozen_units,
            now=seller.total,
            after=seller.total - proposal.amount,
            most=max(0, seller.total - seller.frozen_units),
        )
    ]
