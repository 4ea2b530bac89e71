"""Rule: no US person buys from a holder before the distribution compliance period has ended.

Residence decides, territories and possessions included. An institutional buyer may buy meanwhile:
such a resale is exempt. Judges resales to another investor. Source: 17 CFR 230.903(b), 902(f),
902(l), 144A.
"""

from __future__ import annotations

from tallystick.core.countries import UNITED_STATES
from tallystick.core.times import show_time
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a sale to a resident of the United States before the time set."""
    until, acquirer = proposal.rules.flow_back_until, proposal.acquirer
    if until is None or acquirer is None or proposal.kind is not Movement.RESALE:
        return []
    exempt = acquirer.claims.holds(Claim.INSTITUTIONAL_BUYER, proposal.day)
    if until <= proposal.now_s or acquirer.country not in UNITED_STATES or exempt:
        return []
    return [
        Refusal(
            code=Code.FLOW_BACK,
            message=f"No sale into the United States before {show_time(until)}",
            source="17 CFR 230.903(b)(3)",
            cure="Wait until then, or choose a buyer abroad or an institutional one.",
            unit="UTC seconds",
            limit=until,
            now=proposal.now_s,
            passes_at=until,
        )
    ]
