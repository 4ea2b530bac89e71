"""Rule: while the security is paused nobody sells.

Judges resales. Issues, forced movements and redemptions go on. Source: ERC-3643, `pause`.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a resale while the security is paused."""
    if proposal.kind is not Movement.RESALE or not proposal.paused:
        return []
    return [
        Refusal(
            code=Code.PAUSED,
            message="The security is paused: nobody can transfer it at present",
            source="ERC-3643, pause",
            cure="Wait until the transfer agent lifts the pause.",
        )
    ]
