"""Bonds: what they pay when by their terms, and coupons announced as the terms say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing import distributions, payouts
from tallystick.app.servicing.distributions import Announced, Plan
from tallystick.app.servicing.record_dates import held_at
from tallystick.app.servicing.redemptions import bond
from tallystick.app.servicing.treasury import treasury
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.units import BASIS_POINTS, half_up, parse_exact
from tallystick.gateways.chain.blocks import last_time
from tallystick.securities.bonds.cash_flows import CashFlow, accrued_fraction, cash_flows
from tallystick.securities.distribution.entitlements import lines_of
from tallystick.securities.distribution.ledger import STOPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import ListedSecurity, Workspace

KIND = "coupon"


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a bond: `per_unit` is the interest on a whole unit, exactly, in whole money.

    `distribution` is the number of the one that pays it, 0 if none was announced.
    """

    number: int
    flow: CashFlow
    record_day: date
    per_unit: Fraction
    distribution: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon to be paid: in which cash, by which document, withheld by the law of a country."""

    symbol: str
    number: int
    cash: str
    document: bytes
    challenge_s: int
    withholding: str = ""


def schedule(workspace: Workspace, security: ListedSecurity) -> list[Coupon]:
    """All payments of a bond in order. Raises `Refused` if it is none."""
    terms, known = bond(security)
    rate, nominal = Fraction(known.coupon_bps, BASIS_POINTS), parse_exact(terms.nominal)
    made = _announced(workspace, security)
    return [
        Coupon(number=number, flow=flow, record_day=terms.record_day(flow.pays),
               per_unit=nominal * rate * flow.fraction, distribution=made.get(number, 0))
        for number, flow in enumerate(cash_flows(known), start=1)
    ]  # fmt: skip


def accrued(security: ListedSecurity, day: date) -> Fraction:
    """Interest that has accrued on a whole unit and is not paid, exactly, in whole money."""
    terms, known = bond(security)
    return parse_exact(terms.nominal) * accrued_fraction(known, day)


def _announced(workspace: Workspace, security: ListedSecurity) -> dict[int, int]:
    """Coupons that were announced and not stopped, with the numbers of their distributions."""
    made = {entry.body["distribution"]: entry.body["number"]
            for entry in workspace.journal.entries(KIND)
            if entry.body["symbol"] == security.symbol}  # fmt: skip
    found: dict[int, int] = {}
    if not made:
        return found
    ledger = payouts.ledger(workspace)
    for each in distributions.distributions(workspace):
        if each.number in made:
            record = ledger.by_reference(distributions.on_chain(workspace, each).reference)
            if record is None or record.status != STOPPED:
                found[made[each.number]] = each.number
    return found


def announce(
    workspace: Workspace, wanted: Wanted, *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> Announced:  # fmt: skip
    """Announce a coupon: who holds at the close of its record day is paid his part of it.

    Nothing is done twice under one key. Raises `NotFound` if the bond has no such coupon,
    `Conflict` if it was announced already.
    """
    security = workspace.security(wanted.symbol)
    known = next((each for each in distributions.distributions(workspace) if each.key == key), None)
    plan = _plan(workspace, security, wanted) if known is None else _plan_again(wanted, known)
    made = distributions.announce(workspace, plan, key=key, report=report)
    body = {"symbol": wanted.symbol, "number": wanted.number, "distribution": made.number}
    if all(entry.body != body for entry in workspace.journal.entries(KIND)):
        workspace.journal.append(KIND, body, at_s=workspace.now())
    return made


def _plan(workspace: Workspace, security: ListedSecurity, wanted: Wanted) -> Plan:
    coupons = {each.number: each for each in schedule(workspace, security)}
    coupon = coupons.get(wanted.number)
    if coupon is None:
        raise NotFound("coupon-unknown", f"{wanted.symbol} has no coupon {wanted.number}",
                       cure=f"It has 1 to {len(coupons)}; see `bond schedule {wanted.symbol}`."
                       )  # fmt: skip
    if coupon.distribution:
        raise Conflict("coupon-announced", f"Distribution {coupon.distribution} pays it already",
                       cure="Stop that one before it is paid, if it is wrong.")  # fmt: skip
    record_at = close_of(coupon.record_day)
    ahead = record_at > last_time(workspace.rpc) + 1
    held = (workspace.book().securities[security.token].balances if ahead
            else held_at(workspace, security, record_at))  # fmt: skip
    units = sum(each for _, each in lines_of(held, treasury(workspace)))
    decimals = cash_tokens.money(workspace, wanted.cash).decimals
    exact = coupon.per_unit * 10**decimals * Fraction(units, 10**security.decimals)
    return Plan(
        symbol=wanted.symbol, cash=wanted.cash, amount=half_up(exact), income="interest",
        record_at=record_at, challenge_s=wanted.challenge_s, expires_at=0,
        document=wanted.document, withholding=wanted.withholding, outstanding=units,
    )  # fmt: skip


def _plan_again(wanted: Wanted, known: Announced) -> Plan:
    """The same plan as before, whatever was issued since."""
    return Plan(
        symbol=wanted.symbol, cash=wanted.cash, amount=known.units, income="interest",
        record_at=known.record_at, challenge_s=known.challenge_s, expires_at=0,
        document=wanted.document, withholding=wanted.withholding,
        outstanding=int(known.outstanding or 0),
    )  # fmt: skip


def close_of(day: date) -> int:
    """UTC seconds of the close of a day, which is the next midnight."""
    return int(datetime.combine(day + timedelta(days=1), time(), UTC).timestamp())
