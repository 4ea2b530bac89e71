"""Rule: only accredited investors acquire, or only qualified purchasers, or institutional buyers.

Who is in a better tier is in the lesser ones too. Judges every acquisition, a forced one included;
never a seller. Source: 17 CFR 230.506(c), Investment Company Act 3(c)(7), 17 CFR 230.144A.
"""

from __future__ import annotations

from tallystick.securities.claims import Tier
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal

TIERS = {
    Tier.ACCREDITED: (Code.NOT_ACCREDITED, "an accredited investor", "17 CFR 230.501(a)"),
    Tier.QUALIFIED_PURCHASER: (
        Code.NOT_QUALIFIED,
        "a qualified purchaser",
        "Investment Company Act 2(a)(51)",
    ),
    Tier.INSTITUTIONAL_BUYER: (
        Code.NOT_INSTITUTIONAL,
        "a qualified institutional buyer",
        "17 CFR 230.144A(a)(1)",
    ),
}


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse an acquisition by an investor of a lesser tier than the rule asks for."""
    wanted, receiver = proposal.rules.investor_tier, proposal.receiver
    if receiver is None or wanted is Tier.RETAIL or not receiver.registered:
        return []
    tier = receiver.claims.tier(proposal.day)[0]
    if tier >= wanted:
        return []
    code, name, source = TIERS[wanted]
    return [
        Refusal(
            code=code,
            message=f"The receiver is not known to be {name}",
            source=source,
            cure=f"Have the receiver shown to be {name}, with `holders claim`.",
            unit="tier",
            limit=wanted,
            now=tier,
        )
    ]
