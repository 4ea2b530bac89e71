"""Rule: no investor holds more than a set amount, over all his wallets.

Judges issues, resales, private sales, gifts and pledges. Source: the terms of the security.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse an acquisition that would take the acquirer above the largest holding."""
    limit = proposal.rules.max_balance
    acquirer = None if limit is None else proposal.acquirer
    if limit is None or acquirer is None or acquirer.total + proposal.amount <= limit:
        return []
    return [
        Refusal(
            code=Code.MAX_BALANCE,
            message="The receiver would hold more than one investor may",
            source="Terms of the security, largest holding",
            cure="Transfer less.",
            unit="units of the receiver",
            limit=limit,
            now=acquirer.total,
            after=acquirer.total + proposal.amount,
            most=max(0, limit - acquirer.total),
        )
    ]
