"""Rule: only venues that the compliance officer allows carry out transfers for others.

Judges resales by allowance; who sends units himself, or signs for it, needs no venue. Source: the
terms of the security.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a transfer by a spender who is no venue."""
    if proposal.spender is None or proposal.spender_is_venue:
        return []
    return [
        Refusal(
            code=Code.VENUE_NOT_ALLOWED,
            message="Who carries out the transfer is no venue that is allowed",
            source="Terms of the security, venues",
            cure="Trade at a venue that is allowed, or send the units from your own wallet.",
        )
    ]
