"""Rule: units go only to registered wallets of investors whose identity is verified today.

Judges every acquisition, a move between own wallets included. Never judges a seller: whose claim
has expired can still sell. Source: ERC-3643, `isVerified`.
"""

from __future__ import annotations

from tallystick.core.times import show_day
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse an acquisition by a wallet that is unknown, or whose investor is not verified."""
    receiver = proposal.receiver
    if receiver is None:
        return []
    if not receiver.registered:
        return [
            Refusal(
                code=Code.RECEIVER_UNKNOWN,
                message="The receiving wallet belongs to no admitted investor",
                source="ERC-3643, identity registry",
                cure="Have the transfer agent admit the investor, or link the wallet to him.",
            )
        ]
    if not proposal.rules.verified_holder or receiver.claims.holds(Claim.VERIFIED, proposal.day):
        return []
    expiry = receiver.claims.expiry_days[Claim.VERIFIED]
    since = f"expired on {show_day(expiry)}" if expiry else "is missing"
    return [
        Refusal(
            code=Code.RECEIVER_UNVERIFIED,
            message=f"The receiver's verification {since}",
            source="ERC-3643, isVerified",
            cure="Have the receiver's identity verified again.",
            unit="UTC day",
            limit=expiry,
            now=proposal.day,
        )
    ]
