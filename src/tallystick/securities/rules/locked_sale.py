"""Rule: units that are still locked are sold privately to investors of a tier only.

Judges private sales of more than is unlocked; the lots go on with their clock. Source: 17 CFR
227.501(a) (accredited investors within a year of a crowdfunding issue), 17 CFR 230.144A
(institutional buyers).
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.rules.investor_tier import TIERS
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a private sale of locked units to an investor of a lesser tier."""
    wanted, giver, receiver = proposal.rules.locked_sale_tier, proposal.giver, proposal.receiver
    if giver is None or receiver is None:
        return []
    locked = giver.lots.locked_units(proposal.now_s)
    tier = receiver.claims.tier(proposal.day)[0]
    if tier >= wanted or locked == 0 or proposal.amount + locked <= giver.total:
        return []
    _, name, source = TIERS[wanted]
    missing, enough = proposal.amount + locked - giver.total, proposal.amount <= giver.total
    return [
        Refusal(
            code=Code.LOCKED_SALE,
            message=f"Units that are still locked are sold to {name} only",
            source=source,
            cure=f"Sell to {name}, or wait until the lots are unlocked.",
            unit="units that are locked",
            limit=locked,
            now=giver.total,
            after=giver.total - proposal.amount,
            most=max(0, giver.total - locked),
            passes_at=giver.lots.unlocks_enough_at(missing, proposal.now_s) if enough else None,
        )
    ]
