"""Rule: nobody gives what the wallet does not hold.

Judges every movement from a wallet. Source: ERC-20.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse to move more than the sending wallet holds."""
    sender = proposal.sender
    if sender is None or proposal.amount <= sender.units:
        return []
    return [
        Refusal(
            code=Code.INSUFFICIENT_BALANCE,
            message="The sending wallet does not hold so many units",
            source="ERC-20",
            cure="Send less, or from another wallet as well.",
            unit="units in the wallet",
            limit=0,
            now=sender.units,
            after=sender.units - proposal.amount,
            most=sender.units,
        )
    ]
