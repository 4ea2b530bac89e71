"""Rule: an external compliance and bound modules have their say.

Judges issues, resales and declared movements, inheritance excepted; of units given back they are
told. They answer yes or no without a
reason. Source: ERC-3643, modular compliance.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import JUDGED, Movement, Proposal
from tallystick.securities.verdict import Refusal

_ASKED = {Movement.ISSUE} | (JUDGED - {Movement.INHERITANCE, Movement.RETURN})


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse what a bound module refuses."""
    if not proposal.module_refuses or proposal.kind not in _ASKED:
        return []
    return [
        Refusal(
            code=Code.MODULE_REFUSED,
            message="An external compliance module refuses the movement",
            source="ERC-3643, modular compliance",
            cure="Ask the compliance officer which module it is and what it wants.",
        )
    ]
