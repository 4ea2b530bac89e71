"""Rule: nobody sells before the date set for the class, nor a lot before it is unlocked.

Judges resales to another investor, and the lock-up of the class private sales too: what is declared
goes on with its lots. Unlocked units go first. A lot that was issued with a lock keeps it, be the
rule that set it switched off since. Source: the terms of the security (lock-up agreements; holding
periods such as that of 17 CFR 230.144(d)).
"""

from __future__ import annotations

from tallystick.core.times import show_time
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Proposal
from tallystick.securities.verdict import Refusal


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse a sale before the lock-up ends, and of units that are still locked."""
    refusals: list[Refusal] = []
    if proposal.giver is None:
        return refusals
    until = proposal.rules.lock_up_until if proposal.rules.lock_up else 0
    if until > proposal.now_s:
        refusals.append(
            Refusal(
                code=Code.LOCK_UP,
                message=f"The whole class is locked up until {show_time(until)}",
                source="Terms of the security, lock-up",
                cure="Wait until then.",
                unit="UTC seconds",
                limit=until,
                now=proposal.now_s,
                passes_at=until,
            )
        )
    seller = proposal.seller
    if seller is None:
        return refusals
    locked = seller.lots.locked_units(proposal.now_s)
    if locked and proposal.amount + locked > seller.total:
        missing = proposal.amount + locked - seller.total
        enough = proposal.amount <= seller.total
        passes_at = seller.lots.unlocks_enough_at(missing, proposal.now_s) if enough else None
        less = "Sell less, or wait" if seller.total > locked else "Wait"
        when = show_time(passes_at) if passes_at is not None else "the lots are unlocked"
        refusals.append(
            Refusal(
                code=Code.LOT_LOCKED,
                message="Some of the seller's units are still in their holding period",
                source="Terms of the security, holding period",
                cure=f"{less} until {when}.",
                unit="units that the seller keeps",
                limit=locked,
                now=seller.total,
                after=seller.total - proposal.amount,
                most=max(0, seller.total - locked),
                passes_at=passes_at,
            )
        )
    return refusals
