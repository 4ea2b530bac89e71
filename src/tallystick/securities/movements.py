"""Carries out movements of units: balances, locks, counters, provenance. Twin of `movement.vy`.

The movement has been judged; what the chain would refuse all the same is refused here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Refused
from tallystick.core.times import DAY_S, TIME_MAX
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claim
from tallystick.securities.holder import Holder
from tallystick.securities.lots import Lot, Lots
from tallystick.securities.parcels import Parcel, Parcels, Source, received
from tallystick.securities.proposal import SALES, Movement
from tallystick.securities.rules import approval, flow_back

if TYPE_CHECKING:
    from tallystick.securities.security import Security

# Movements that take what is frozen as well.
TAKING = frozenset({Movement.FORCED, Movement.REDEMPTION})


class _Handover(msgspec.Struct, frozen=True):
    """Units on their way from one investor to another, or out of or into nobody's hands.

    `acquired_s` is when they were acquired from the issuer, for issues; `lot_day` the lot that a
    seller named; `by_affiliate` says that an affiliate sells.
    """

    kind: Movement
    giver: Wallet | None
    taker: Wallet | None
    units: int
    now_s: int
    acquired_s: int
    lot_day: int | None
    by_affiliate: bool


def move(
    security: Security, kind: Movement, sender: Wallet | None, receiver: Wallet | None,
    amount: int, *, now_s: int, acquired_at: int | None = None, lot_day: int | None = None,
    thawed: bool = False,
) -> None:  # fmt: skip
    """Carry out a movement that has been judged; `acquired_at` is for issues.

    `lot_day` is the UTC day of the lot that a seller names. `thawed` says that the frozen units it
    takes are noted as frozen no more, which the chain logs first. Raises `Refused` if the sender
    does not hold so much, as the chain would.
    """
    if security.exchanging and kind in TAKING and not _within_investor(security, sender, receiver):
        raise Refused(
            "exchange-under-way",
            "Units are being exchanged, or went over to another security",
            cure="Wait until it has ended, or act on the other security.",
        )
    if sender is not None and security.balances.get(sender, 0) < amount:
        raise Refused(
            "insufficient-balance",
            "The sender does not hold so many units",
            cure="Name a smaller quantity.",
        )
    _use_approval(security, kind, sender, receiver, amount, now_s)
    if sender == receiver or amount == 0:
        return
    giver = None if sender is None else security.registry.home(sender)
    taker = None if receiver is None else security.registry.home(receiver)
    if giver != taker:
        acquired_s = now_s if acquired_at is None else acquired_at
        by_affiliate = kind in SALES and _sells_as_affiliate(giver, security, now_s)
        handover = _Handover(kind, giver, taker, amount, now_s, acquired_s, lot_day, by_affiliate)
        _hand_over(security, handover, thawed=thawed)
    if sender is None:
        security.supply += amount
    else:
        security.balances[sender] -= amount
    if receiver is None:
        security.supply -= amount
    else:
        security.balances[receiver] = security.balances.get(receiver, 0) + amount


def _within_investor(
    security: Security, sender: Wallet | None, receiver: Wallet | None
) -> bool:  # fmt: skip
    """Whether units go from one wallet of an investor to another."""
    if sender is None or receiver is None:
        return False
    return security.registry.home(sender) == security.registry.home(receiver)


def _hand_over(security: Security, handover: _Handover, *, thawed: bool) -> None:
    """Change what is kept of both investors, while the balances are still those of before."""
    giver, day = handover.giver, handover.now_s // DAY_S
    lots = _lots_after(security, handover)
    if giver is not None and handover.kind in TAKING and not thawed:
        _unfreeze_taken(security, giver, handover.units)
    _count_movement(security, handover)
    if giver is not None and handover.by_affiliate and handover.kind is Movement.RESALE:
        sales = security.holders[giver].sales
        sales[day] = sales.get(day, 0) + handover.units
    for home, held in lots.items():
        security.holders.setdefault(home, Holder()).lots = held
    _pass_parcels(security, handover)


def _pass_parcels(security: Security, handover: _Handover) -> None:
    """Take parcels from the giver, the earliest first, and note with the taker what they are.

    A named lot goes first if it is locked no more; a sale never takes a locked one.
    """
    kind, giver, taker = handover.kind, handover.giver, handover.taker
    if giver is None:
        given = [Parcel(handover.acquired_s, handover.now_s, handover.units, kind, Source.ISSUER,
                        security.rules.exemption)]  # fmt: skip
    else:
        free = security.unlocked(giver, handover.now_s) if handover.lot_day is not None else 0
        given = [
            received(parcel, how=kind, now_s=handover.now_s, from_affiliate=handover.by_affiliate)
            for parcel in security.parcels[giver].take(
                handover.units, day=handover.lot_day, free=free
            )
        ]
        if not security.parcels[giver].held:
            del security.parcels[giver]
    if taker is not None:
        parcels = security.parcels.setdefault(taker, Parcels())
        for parcel in given:
            parcels.add(parcel)
        keep_legends(security, taker)


def keep_legends(security: Security, home: Wallet) -> None:
    """Let the parcels of an investor bear the legends that were placed on units of his.

    Where more units bear one than he holds, what he acquires bears it too, as on the chain.
    """
    holder, parcels = security.holders.get(home), security.parcels.get(home)
    if holder is not None and holder.legends is not None and parcels is not None:
        parcels.bear(holder.legends)


def _use_approval(
    security: Security, kind: Movement, sender: Wallet | None, receiver: Wallet | None, amount: int,
    now_s: int,
) -> None:  # fmt: skip
    """Use up the approval of a movement that would be refused without it."""
    if receiver is None or (sender, receiver, amount) not in security.approvals:
        return
    proposal = security.propose(kind, sender, receiver, amount, now_s=now_s)
    if approval.needs(proposal) or flow_back.applies(proposal):
        del security.approvals[sender, receiver, amount]


def _sells_as_affiliate(home: Wallet | None, security: Security, now_s: int) -> bool:
    if home is None or home not in security.registry.investors:
        return False
    claims = security.registry.investors[home].claims
    return claims.holds(Claim.AFFILIATE, now_s // DAY_S)


def _count_movement(security: Security, handover: _Handover) -> None:
    """Count an investor out who gives up his last units, and one in who had none."""
    kind, giver, taker, now_s = handover.kind, handover.giver, handover.taker, handover.now_s
    leaves = giver is not None and security.total(giver) == handover.units
    enters = taker is not None and security.total(taker) == 0
    heir_of = giver if kind is Movement.INHERITANCE and enters else None
    recount(security, giver if leaves else None, taker if enters else None, now_s, heir_of)
    holder = security.holders.get(taker) if taker is not None else None
    heeded = kind not in {Movement.INHERITANCE, Movement.FORCED}
    if taker is not None and holder is not None and holder.inherited and heeded:
        holder.inherited = False
        security.registry.acquired(taker, now_s=now_s)
    if taker is None or kind is not Movement.ISSUE or not security.rules.purchasers_limited:
        return
    if security.is_purchase(kind, security.party(taker), handover.units, now_s):
        owners = security.registry.investors[taker].owners
        security.registry.purchases.note(taker, owners, now_s // DAY_S)


def _lots_after(security: Security, handover: _Handover) -> dict[Wallet, Lots]:
    """The lots of those whom a movement concerns, as they will be.

    What is acquired from the issuer or an affiliate is locked anew; what is declared or forced
    goes on with its lock (17 CFR 230.144(d)).
    """
    kind, giver, taker, now_s = handover.kind, handover.giver, handover.taker, handover.now_s
    after: dict[Wallet, Lots] = {}
    taken: tuple[Lot, ...] = ()
    if giver is not None and kind is not Movement.RESALE:
        held = _lots(security, giver)
        free = security.total(giver) - held.locked_units(now_s)
        after[giver], taken = held.minus(max(0, handover.units - free), now_s)
    anew = kind is Movement.ISSUE or handover.by_affiliate
    if anew and security.rules.lock_up:
        unlock_at = min(handover.acquired_s + security.rules.holding_period_s, TIME_MAX)
        if unlock_at > now_s:
            taken = (Lot(unlock_at, handover.units),)
    if taker is not None:
        for lot in taken:
            held = after.get(taker, _lots(security, taker))
            after[taker] = held.plus(lot.units, lot.unlock_at, now_s)
    return after


def _lots(security: Security, home: Wallet) -> Lots:
    holder = security.holders.get(home)
    return Lots() if holder is None else holder.lots


def _unfreeze_taken(security: Security, giver: Wallet, amount: int) -> None:
    holder = security.holders.setdefault(giver, Holder())
    free = max(0, security.total(giver) - holder.frozen_units)
    if holder.frozen_units and amount > free:
        holder.frozen_units -= amount - free


def recount(
    security: Security,
    leaver: Wallet | None,
    joiner: Wallet | None,
    now_s: int,
    heir_of: Wallet | None,
) -> None:
    """Count an investor out of a security and another into it, and both with the issuer.

    `heir_of` is as whom the other counts who takes by death or divorce; himself if he is an heir.
    """
    gone = joined = None
    if leaver is not None:
        holder = security.holders[leaver]
        assert holder.tier_counted is not None  # noqa: S101 - he held units, so he is counted
        security.tally.leave(holder.tier_counted, holder.tracked_day)
        if security.rules.country_max is not None:
            security.tally.of_country -= security.counts_of_country(holder)
        if holder.enrolled:
            security.enrolled -= 1
            gone = leaver
        holder.tier_counted, holder.tracked_day, holder.enrolled = None, 0, False
        holder.country_counted, holder.generation, holder.inherited = "", 0, False
    if joiner is not None:
        holder = security.holders.setdefault(joiner, Holder())
        investor = security.registry.investors[joiner]
        tier, expiry_day = investor.claims.tier(now_s // DAY_S)
        holder.tier_counted = tier
        holder.country_counted = investor.country
        holder.tracked_day = security.tally.enter(tier, expiry_day)
        security.count_of_country(holder)
        if security.joined_issuer_limits:
            security.enrolled += 1
            holder.enrolled = True
            joined = joiner
            holder.inherited = heir_of is not None
    if joined is not None and heir_of is not None:
        security.registry.inherited(heir_of, joined, leaves=gone is not None, now_s=now_s)
    elif gone is not None or joined is not None:
        security.registry.moved(gone, joined, now_s=now_s)
