"""Rule: no US person buys from a holder before the distribution compliance period has ended.

Residence decides, territories and possessions included. An institutional buyer may buy meanwhile,
and so may whoever the compliance officer approves for another exemption. Judges resales and private
sales to another investor. Source: 17 CFR 230.903(b), 902(f), 902(l), 144A.
"""

from __future__ import annotations

from tallystick.core.countries import UNITED_STATES
from tallystick.core.times import show_time
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import SALES, Movement, Proposal
from tallystick.securities.verdict import Refusal


def applies(proposal: Proposal) -> bool:
    """Whether a sale is one into the United States that needs an exemption of its own."""
    until, acquirer = proposal.rules.flow_back_until, proposal.acquirer
    if until is None or acquirer is None or proposal.kind not in SALES:
        return False
    exempt = acquirer.claims.holds(Claim.INSTITUTIONAL_BUYER, proposal.day)
    return until > proposal.now_s and acquirer.country in UNITED_STATES and not exempt


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a sale to a resident of the United States before the time set."""
    until = proposal.rules.flow_back_until
    if until is None or not applies(proposal):
        return []
    if proposal.kind is Movement.RESALE and proposal.approved:
        return []
    return [
        Refusal(
            code=Code.FLOW_BACK,
            message=f"No sale into the United States before {show_time(until)}",
            source="17 CFR 230.903(b)(3)",
            cure="Wait until then, choose a buyer abroad or an institutional one, or have the "
            "compliance officer approve this sale under another exemption.",
            unit="UTC seconds",
            limit=until,
            now=proposal.now_s,
            passes_at=until,
        )
    ]
