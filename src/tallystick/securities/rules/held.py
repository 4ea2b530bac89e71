"""Rule: units that are held for a spender stay in their wallet until he lets them go.

An owner's approval lets a spender hold units: a venue those of an order, say. Judges whoever sends
units out of the wallet, be it to another one of his own; forced movements heed no hold. Source: the
owner's own approval.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import JUDGED, Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse what would leave the sending wallet less than is held of it."""
    sender = proposal.sender
    if sender is None or proposal.kind not in JUDGED or sender.held == 0:
        return []
    if proposal.amount + sender.held <= sender.units:
        return []
    return [
        Refusal(
            code=Code.UNITS_HELD,
            message="Some units of the sending wallet are held for a spender",
            source="The owner's approval",
            cure="Send less, or have what they are held for ended: cancel the order, say.",
            unit="units that stay in the wallet",
            limit=sender.held,
            now=sender.units,
            after=sender.units - proposal.amount,
            most=max(0, sender.units - sender.held),
        )
    ]
