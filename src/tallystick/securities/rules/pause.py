"""Rule: while the security is paused nobody gives units away.

Judges resales, declared movements and units given back; issues too while units are exchanged.
Otherwise issues, forced movements and redemptions go on. Source: ERC-3643, `pause`.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import JUDGED, Movement, Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a movement while the security is paused."""
    issued = proposal.kind is Movement.ISSUE and proposal.exchanging
    if not issued and (proposal.kind not in JUDGED or not proposal.paused):
        return []
    return [
        Refusal(
            code=Code.PAUSED,
            message="The security is paused: nobody can transfer it at present",
            source="ERC-3643, pause",
            cure="Wait until the transfer agent lifts the pause.",
        )
    ]
