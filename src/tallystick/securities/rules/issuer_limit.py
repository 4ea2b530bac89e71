"""Rule: no more than a set number of investors hold securities of the issuer, over all classes.

Counts investors, not wallets, and one who holds several classes once. Judges what `holder-limit`
does, of somebody who holds nothing of the issuer yet or only by death or divorce of another, as
whom he is counted. Source: Investment Company Act 3(c)(1), for one.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.rules.holder_limit import explain
from tallystick.securities.tally import LimitVerdict
from tallystick.securities.verdict import Refusal

SOURCE = "Limit over all classes of the issuer (Investment Company Act 3(c)(1), for one)"


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a new holder who would exceed a limit over all classes."""
    verdict = proposal.issuer_verdict
    if verdict is LimitVerdict.WITHIN or not proposal.brings_owner:
        return []
    if proposal.issuer_tally is None:
        return []
    code = Code(Code.ISSUER_HOLDER_LIMIT - 1 + verdict)
    return [
        explain(
            code, verdict, proposal.issuer_tally, proposal.day, scope="the issuer", source=SOURCE
        )
    ]
