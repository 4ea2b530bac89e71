"""Rule: no more than a set number of investors hold the security, in all or of tier 0.

Counts investors, not wallets. Judges issues, resales, private sales, gifts and pledges to somebody
who holds nothing yet; whoever sells out makes room at once. Source: Exchange Act 12(g)(1)(A), and
any limit in the terms.
"""

from __future__ import annotations

from tallystick.core.times import show_day
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
    tally, day = proposal.tally, proposal.day
    return [explain(code, verdict, tally, day, scope="this class", source=SOURCE)]


def explain(
    code: Code, verdict: LimitVerdict, tally: Tally, day: int, *, scope: str, source: str
) -> Refusal:
    """The refusal of a new holder, with the numbers of the limit concerned."""
    if verdict is LimitVerdict.STALE:
        return _stale(code, tally, day, scope=scope, source=source)
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


def _stale(code: Code, tally: Tally, day: int, *, scope: str, source: str) -> Refusal:
    """Nobody new enters while it is not known who counts, or as what."""
    unknown = "it is not known how many holders are neither accredited nor better"
    if not tally.is_stale(day):
        message = f"Not all holders of a class are counted with {scope} yet"
        cure = "Run `holders enrol` for the class; anybody may."
    elif 0 < tally.earliest_day <= day:
        since = show_day(tally.earliest_day)
        message = f"A claim of some holder of {scope} expired on {since}, so that {unknown}"
        cure = "Run `holders refresh`; anybody may."
    else:
        message = f"The limit was set when {scope} had holders, and {unknown}"
        cure = "Run `holders refresh`; anybody may."
    return Refusal(code=code, message=message, source=source, cure=cure)
