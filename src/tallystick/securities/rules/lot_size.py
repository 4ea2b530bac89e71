"""Rule: whole lots are issued and sold, or all that the seller has.

Judges issues, resales and private sales to another investor. Source: the terms of the security.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a quantity that is no multiple of the lot, unless the seller sells out."""
    lot = proposal.rules.lot_size
    if lot is None or proposal.amount % lot == 0 or proposal.acquirer is None:
        return []
    if proposal.sender is not None and proposal.amount == proposal.sender.total:
        return []
    return [
        Refusal(
            code=Code.LOT_SIZE,
            message="The quantity is no multiple of a lot",
            source="Terms of the security, lot size",
            cure="Choose whole lots, or sell everything.",
            unit="units, in lots of the limit",
            limit=lot,
            after=proposal.amount,
            most=proposal.amount - proposal.amount % lot,
        )
    ]
