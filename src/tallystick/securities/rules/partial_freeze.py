"""Rule: an investor keeps the units that have been frozen.

Judges whoever gives units to another investor or back; between his own wallets he may move them.
Source: ERC-3643, `freezePartialTokens`; ERC-7943, `setFrozenTokens`.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse what would leave the giver less than what is frozen."""
    giver = proposal.giver
    if giver is None or giver.frozen_units == 0:
        return []
    if proposal.amount + giver.frozen_units <= giver.total:
        return []
    return [
        Refusal(
            code=Code.UNITS_FROZEN,
            message="Some of the seller's units are frozen",
            source="ERC-3643, freezePartialTokens; ERC-7943, setFrozenTokens",
            cure="Sell less, or ask the transfer agent to unfreeze.",
            unit="units that the seller keeps",
            limit=giver.frozen_units,
            now=giver.total,
            after=giver.total - proposal.amount,
            most=max(0, giver.total - giver.frozen_units),
        )
    ]
