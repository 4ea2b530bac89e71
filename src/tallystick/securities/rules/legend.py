"""Rule: units that bear a legend are not given away until it is lifted.

The transfer agent places and lifts legends with evidence. Judges whoever gives units to another
investor or back, be it sale, gift, pledge, or by death or divorce: the legend is lifted and placed
anew then. Source: 17 CFR 230.502(d)(3), 230.903(b)(3)(iii)(B)(3); Uniform Commercial Code 8-204.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse what would leave the giver less than the units with a legend."""
    giver = proposal.giver
    if giver is None or giver.legend_units == 0:
        return []
    if proposal.amount + giver.legend_units <= giver.total:
        return []
    return [
        Refusal(
            code=Code.UNITS_LEGENDED,
            message="Some of the giver's units bear a legend",
            source="17 CFR 230.502(d)(3)",
            cure="Give less, or show the transfer agent what lets him lift the legend.",
            unit="units with a legend",
            limit=giver.legend_units,
            now=giver.total,
            after=giver.total - proposal.amount,
            most=max(0, giver.total - giver.legend_units),
        )
    ]
