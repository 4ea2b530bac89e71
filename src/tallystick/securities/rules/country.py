"""Rule: acquirers reside in a country that is allowed and not denied.

Judges every acquisition. An investor without a stated country fits no rule about countries. Source:
the terms of the security.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal

SOURCE = "Terms of the security, countries"


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse an acquisition from a country that is denied, or not among those allowed."""
    receiver, rules = proposal.receiver, proposal.rules
    if receiver is None or not receiver.registered or rules.admits_country(receiver.country):
        return []
    denied = rules.countries_denied is not None and receiver.country in rules.countries_denied
    country = receiver.country or "no stated country"
    why = "which is denied" if denied else "which is not among those allowed"
    return [
        Refusal(
            code=Code.COUNTRY_NOT_ALLOWED,
            message=f"The receiver resides in {country}, {why}",
            source=SOURCE,
            cure="Choose a resident of an allowed country; see `rules show`.",
        )
    ]
