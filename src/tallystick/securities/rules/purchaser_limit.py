"""Rule: so many investors who are not accredited buy from the issuer within a window of days.

Counts over all classes that say so, each purchaser once, by his status when he bought; a resale is
no purchase. Judges issues. Source: 17 CFR 230.506(b)(2)(i) (35 in any 90 calendar days),
230.501(e).
"""

from __future__ import annotations

from tallystick.core.times import DAY_S, show_day
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse one more purchaser than may be."""
    found = proposal.purchase
    if found is None:
        return []
    room = found.room_on_day
    wait = f" or wait until {show_day(room)}" if room is not None else ""
    return [
        Refusal(
            code=Code.PURCHASER_LIMIT,
            message=f"As many investors who are not accredited bought within {found.days} days as "
            "may",
            source="17 CFR 230.506(b)(2)(i)",
            cure=f"Issue to an accredited investor,{wait}."
            if wait
            else "Issue to an accredited investor.",
            unit="purchasers",
            limit=found.limit,
            now=found.now,
            after=found.now + found.owners,
            passes_at=None if room is None else room * DAY_S,
        )
    ]
