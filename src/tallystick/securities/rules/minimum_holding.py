"""Rule: a holding is nothing or at least a set amount, over all wallets of an investor.

Judges the buyer of issues, resales and private sales, and of a sale the seller's rest: he may
always sell everything. Source: the terms of the security.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal

SOURCE = "Terms of the security, least holding"


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse what would leave either side with something less than the least holding."""
    least = proposal.rules.minimum_holding
    if least is None or proposal.amount == 0:
        return []
    refusals: list[Refusal] = []
    seller, acquirer = proposal.giver, proposal.acquirer
    if seller is not None and 0 < seller.total - proposal.amount < least:
        refusals.append(
            Refusal(
                code=Code.REST_BELOW_MINIMUM,
                message="The seller would be left with less than one may hold",
                source=SOURCE,
                cure="Sell everything, or less.",
                unit="units of the seller",
                limit=least,
                now=seller.total,
                after=seller.total - proposal.amount,
                most=seller.total,
            )
        )
    if acquirer is not None and acquirer.total + proposal.amount < least:
        refusals.append(
            Refusal(
                code=Code.BELOW_MINIMUM,
                message="The receiver would hold less than one may",
                source=SOURCE,
                cure="Choose a quantity that brings the holding to at least the minimum.",
                unit="units of the receiver",
                limit=least,
                now=acquirer.total,
                after=acquirer.total + proposal.amount,
            )
        )
    return refusals
