"""Rule: no more units exist than the cap.

Judges issues. Source: the terms of the security (authorised capital).
"""

from __future__ import annotations

from tallystick.core.units import UNITS_MAX
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse an issue beyond the cap; without one, beyond what the chain can hold."""
    cap = UNITS_MAX if proposal.rules.supply_cap is None else proposal.rules.supply_cap
    after = proposal.supply + proposal.amount
    if after <= cap:
        return []
    return [
        Refusal(
            code=Code.SUPPLY_CAP,
            message="More units would exist than are authorised",
            source="Terms of the security, authorised capital",
            cure="Issue less, or raise the cap.",
            unit="units in existence",
            limit=cap,
            now=proposal.supply,
            after=after,
            most=max(0, cap - proposal.supply),
        )
    ]
