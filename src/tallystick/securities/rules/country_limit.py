"""Rule: no more than a set number of investors of one country hold the security.

Counts investors, not wallets. Those who held when the limit was set count until they are looked at:
it fails closed. Judges whoever holds nothing yet. Source: the terms of the security; 17 CFR
240.12g3-2(a) (300 holders resident in the United States), for one.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a new holder who would exceed the limit of his country."""
    limit = proposal.rules.country_max
    acquirer = None if limit is None else proposal.acquirer
    if limit is None or acquirer is None or not proposal.brings_holder:
        return []
    if not proposal.rules.limits_country(acquirer.country):
        return []
    now = proposal.tally.of_country
    sender = proposal.sender
    leaves = sender is not None and proposal.leaving_tier is not None and sender.of_country_counted
    after = now + 1 - leaves
    if after <= limit:
        return []
    return [
        Refusal(
            code=Code.COUNTRY_LIMIT,
            message=f"As many residents of {proposal.rules.country_limited} hold this class as may",
            source="Terms of the security, limit of holders of a country",
            cure="Choose somebody who holds it already or resides elsewhere. If the limit was set "
            "when there were holders, run `holders refresh`: until then all of them count.",
            unit="investors",
            limit=limit,
            now=now,
            after=after,
        )
    ]
