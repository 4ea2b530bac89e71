"""Rule: units go to investors who were screened against lists of sanctions, without a match.

A screening ends on its day, like every claim. Judges every acquisition; never a seller, who is
frozen if there is a match. Source: 31 CFR chapter V; Regulation (EU) 269/2014, for two.
"""

from __future__ import annotations

from tallystick.core.times import show_day
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse an acquisition by an investor whose screening is missing or has ended."""
    receiver = proposal.receiver
    if receiver is None or not proposal.rules.screening or not receiver.registered:
        return []
    if receiver.claims.holds(Claim.SCREENED, proposal.day):
        return []
    expiry = receiver.claims.expiry_days[Claim.SCREENED]
    since = f"ended on {show_day(expiry)}" if expiry else "is missing"
    return [
        Refusal(
            code=Code.NOT_SCREENED,
            message=f"The receiver's screening for sanctions {since}",
            source="31 CFR chapter V; Regulation (EU) 269/2014",
            cure="Have the receiver screened again.",
            unit="UTC day",
            limit=expiry,
            now=proposal.day,
        )
    ]
