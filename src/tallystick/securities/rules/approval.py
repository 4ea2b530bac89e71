"""Rule: a transfer needs the approval of the compliance officer.

For every resale if the class says so; for an investor who is watched, for whatever he acquires by
issue or resale. What the chain cannot decide cheaply is decided so: whether a fund's own holders
have to be counted, say. An approval names giver, receiver, units and a time, and is used up.
Source: the terms of the security; Investment Company Act 3(c)(1)(A), for one.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, Proposal
from tallystick.securities.verdict import Refusal


def needs(proposal: Proposal) -> bool:
    """Whether a movement passes on approval only."""
    if proposal.kind is not Movement.RESALE and proposal.kind is not Movement.ISSUE:
        return False
    acquirer = proposal.acquirer
    if acquirer is None:
        return False
    return acquirer.watched or (proposal.rules.approval and proposal.kind is Movement.RESALE)


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse what the compliance officer has not approved."""
    if not needs(proposal) or proposal.approved:
        return []
    acquirer = proposal.acquirer
    watched = acquirer is not None and acquirer.watched
    which = "The receiver acquires" if watched else "The class is transferred"
    over = ", and the approval that there was is over" if proposal.approved_until else ""
    return [
        Refusal(
            code=Code.NOT_APPROVED,
            message=f"{which} on approval only{over}",
            source="Investment Company Act 3(c)(1)(A)" if watched else "Terms of the security",
            cure="Have the compliance officer approve just this transfer, with `approve`.",
        )
    ]
