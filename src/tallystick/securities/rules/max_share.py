"""Rule: no investor buys more than a share of the units in existence, over all his wallets.

Judges resales, private sales, gifts and pledges; an issue changes what there is, and is bounded by
the largest holding. Source: the terms of the security (ownership limits of real-estate investment
trusts, Internal Revenue Code 856(h), for one).
"""

from __future__ import annotations

from tallystick.core.units import BASIS_POINTS
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse an acquisition that would take the acquirer above the largest share."""
    share = proposal.rules.max_share_bps
    acquirer = None if share is None else proposal.acquirer
    if share is None or acquirer is None or proposal.kind is Movement.ISSUE:
        return []
    limit = proposal.supply * share // BASIS_POINTS
    after = acquirer.total + proposal.amount
    if after <= limit:
        return []
    return [
        Refusal(
            code=Code.MAX_SHARE,
            message="The receiver would hold a larger share than one investor may",
            source="Terms of the security, largest share",
            cure="Transfer less.",
            unit="units of the receiver",
            limit=limit,
            now=acquirer.total,
            after=after,
            most=max(0, limit - acquirer.total),
        )
    ]
