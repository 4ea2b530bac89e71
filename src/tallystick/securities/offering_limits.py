"""Limits of an offering: persons addressed, money raised, what one investor may put in.

They are kept by whoever runs the offering, not by transfers of the security: pure functions over
the log of those addressed and the money taken. Amounts are in minor units of the currency of the
regime.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from tallystick.core.countries import EEA
from tallystick.core.times import DAY_S
from tallystick.core.units import BASIS_POINTS
from tallystick.securities.codes import OfferingCode
from tallystick.securities.verdict import Refusal

AREAS = {"": None, "EEA": EEA, "CH": frozenset({"CH"})}


class OfferingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a regime asks of an offer; None is no limit. Amounts are in whole units of `currency`.

    `offerees_max` persons other than qualified investors are addressed `offerees_where`, in each
    country if `offerees_per_country`; who buys for `ticket_exempt` or more does not count.
    `raised_max` is raised within `raised_window_days`. Who is not accredited invests at most
    `investor_share_bps` of the greater of income and net worth. Under the rule for the crowd, over
    all issuers within the window: if either is below `crowd_threshold`, `crowd_share_below_bps` of
    the greater and at least `crowd_floor`; else `crowd_share_above_bps` of it, and no more than the
    threshold.
    """

    currency: str
    offerees_max: int | None = None
    offerees_per_country: bool = False
    offerees_where: str = ""
    ticket_exempt: int | None = None
    raised_max: int | None = None
    raised_window_days: int = 0
    investor_share_bps: int | None = None
    crowd_threshold: int | None = None
    crowd_floor: int = 0
    crowd_share_below_bps: int = 0
    crowd_share_above_bps: int = 0


class Offeree(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to whom an offer is addressed; `ticket` is the least for which he may buy."""

    who: str
    country: str
    qualified: bool = False
    ticket: int = 0


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who invests. Of an entity `income` is revenue and `net_worth` net assets.

    `invested` is what he put into offers of the same regime within the window, over all issuers.
    """

    accredited: bool = False
    income: int = 0
    net_worth: int = 0
    invested: int = 0


class Raised(msgspec.Struct, frozen=True):
    """Money taken on a UTC day."""

    day: int
    amount: int


def check_offer(
    limits: OfferingLimits, addressed: Collection[Offeree], person: Offeree, *, source: str
) -> list[Refusal]:
    """Refuse to address one person more than may be; who was addressed before is no other one."""
    most = limits.offerees_max
    if most is None or not _counts(limits, person):
        return []
    counted = {
        each.who
        for each in addressed
        if _counts(limits, each)
        and (not limits.offerees_per_country or each.country == person.country)
    }
    if person.who in counted or len(counted) < most:
        return []
    return [
        Refusal(
            code=OfferingCode.OFFEREE_LIMIT,
            message="As many persons were addressed as may be without a prospectus",
            source=source,
            cure="Address qualified investors, or publish a prospectus.",
            unit="persons addressed",
            limit=most,
            now=len(counted),
            after=len(counted) + 1,
        )
    ]


def _counts(limits: OfferingLimits, person: Offeree) -> bool:
    area = AREAS[limits.offerees_where]
    if person.qualified or (area is not None and person.country not in area):
        return False
    return limits.ticket_exempt is None or person.ticket < limits.ticket_exempt


def check_subscription(
    limits: OfferingLimits, raised: Sequence[Raised], subscriber: Subscriber, amount: int, *,
    day: int, source: str,
) -> list[Refusal]:  # fmt: skip
    """Every refusal of money on a day: beyond what is raised, beyond what he may put in."""
    return [
        *_raise_limit(limits, raised, amount, day, source),
        *_investment_limit(limits, subscriber, amount, source),
    ]


def _raise_limit(
    limits: OfferingLimits, raised: Sequence[Raised], amount: int, day: int, source: str
) -> list[Refusal]:
    most = limits.raised_max
    if most is None:
        return []

    def within(on: int) -> int:
        first = on - limits.raised_window_days
        return sum(each.amount for each in raised if first < each.day <= day)

    now = within(day)
    if now + amount <= most:
        return []
    later = sorted(each.day + limits.raised_window_days for each in raised)
    room = next((on for on in later if on > day and within(on) + amount <= most), None)
    return [
        Refusal(
            code=OfferingCode.RAISE_LIMIT,
            message="More would be raised within the window than may be",
            source=source,
            cure="Accept less, or wait until earlier money is out of the window.",
            unit=limits.currency,
            limit=most,
            now=now,
            after=now + amount,
            most=max(0, most - now),
            passes_at=None if room is None else room * DAY_S,
        )
    ]


def investment_max(limits: OfferingLimits, subscriber: Subscriber) -> int | None:
    """Most that an investor may put in, what he did within the window included; None: no limit."""
    if subscriber.accredited:
        return None
    low, high = sorted((subscriber.income, subscriber.net_worth))
    if limits.crowd_threshold is not None:
        if low < limits.crowd_threshold:
            return max(limits.crowd_floor, high * limits.crowd_share_below_bps // BASIS_POINTS)
        return min(high * limits.crowd_share_above_bps // BASIS_POINTS, limits.crowd_threshold)
    if limits.investor_share_bps is None:
        return None
    return high * limits.investor_share_bps // BASIS_POINTS


def _investment_limit(
    limits: OfferingLimits, subscriber: Subscriber, amount: int, source: str
) -> list[Refusal]:
    most = investment_max(limits, subscriber)
    before = subscriber.invested if limits.crowd_threshold is not None else 0
    if most is None or before + amount <= most:
        return []
    return [
        Refusal(
            code=OfferingCode.INVESTMENT_LIMIT,
            message="An investor who is not accredited would put in more than he may",
            source=source,
            cure="Accept less, or have him shown to be accredited.",
            unit=limits.currency,
            limit=most,
            now=before,
            after=before + amount,
            most=max(0, most - before),
        )
    ]
