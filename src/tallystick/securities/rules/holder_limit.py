"""Rule: no more than a set number of investors hold the security, in all or of tier 0.

Counts investors, not wallets. Judges issues, resales, private sales, gifts and pledges to somebody
who holds nothing yet; whoever sells out makes room at once. Source: Exchange Act 12(g)(1)(A), and
any limit in the terms.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.tally import LimitVerdict, Tally
from tallystick.securities.verdict import Refusal

SOURCE = "Terms of the security, limit of holders (Exchange Act 12(g), for one)"


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a new holder who would exceed a limit of this class."""
    if not proposal.brings_holder or proposal.acquirer is None:
        return []
    tier = proposal.acquirer.claims.tier(proposal.day)[0]
    verdict = proposal.tally.verdict(proposal.leaving_tier, tier, proposal.day)
    if verdict is LimitVerdict.WITHIN:
        return []
    code = Code(Code.HOLDER_LIMIT - 1 + verdict)
    return [explain(code, verdict, proposal.tally, scope="this class", source=SOURCE)]


def explain(code: Code, verdict: LimitVerdict, tally: Tally, *, scope: str, source: str) -> Refusal:
    """The refusal of a new holder, with the numbers of the limit concerned."""
    if verdict is LimitVerdict.STALE:
        return Refusal(
            code=code,
            message=f"A claim of some holder of {scope} has expired, so that it is not known how "
            "many holders are neither accredited nor better",
            source=source,
            cure="Run `holders refresh`; anybody may.",
            unit="UTC day",
            limit=tally.earliest_day,
        )
    if verdict is LimitVerdict.TOO_MANY:
        kind, limit, now = "holders", tally.investors_max, tally.total
    else:
        kind, limit, now = "holders who are not accredited", tally.retail_max, tally.counts[0]
    return Refusal(
        code=code,
        message=f"{scope.capitalize()} already has as many {kind} as it may",
        source=source,
        cure="Choose somebody who holds it already, or wait until a holder sells out.",
        unit="investors",
        limit=limit,
        now=now,
        after=now + 1,
    )
