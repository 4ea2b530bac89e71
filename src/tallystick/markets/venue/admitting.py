"""Whether an order is taken: only if it could settle now, beside all that is open and promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.markets.signed_orders import Duration, OrderTerms, fee_max
from tallystick.markets.venue import holds, naming
from tallystick.markets.venue.entries import Placed
from tallystick.markets.venue.refusals import OrderRefusal, Why, refusal
from tallystick.markets.venue.state import Market
from tallystick.markets.venue.terms import Phase
from tallystick.markets.venue.trading import one_sided

if TYPE_CHECKING:
    from tallystick.markets.venue.engine import Venue


_NO_ORDER = frozenset({Why.TERMS_DIFFER, Why.SENSELESS})
_SHUT = {Phase.HALTED: Why.MARKET_HALTED, Phase.CLOSED: Why.MARKET_CLOSED}


def refusals(venue: Venue, placed: Placed, market: Market | None) -> list[OrderRefusal]:
    """All that is against an order; where it makes no sense at all, that alone."""
    if market is None:
        return [refusal(Why.MARKET_UNKNOWN)]
    found = _of_market(market, placed.terms) + _of_time(venue, market, placed.terms)
    if any(each.code in _NO_ORDER for each in found):
        return found
    return found + _of_investor(venue, market, placed) + _of_rules(venue, placed)


def taken_before(venue: Venue, placed: Placed) -> list[OrderRefusal]:
    """What says that an order was taken before, and is sent once more."""
    order, found = placed.terms, []
    if venue.window(order.investor, order.signer).has(order.nonce):
        found.append(refusal(Why.NONCE_USED, now=order.nonce))
    if naming.is_taken(venue.state, placed):
        found.append(refusal(Why.CLIENT_ID_USED))
    return found


def misfits(market: Market, order: OrderTerms) -> bool:
    """Whether an order that waits no longer fits the terms of its market."""
    codes = {each.code for each in _of_market(market, order)}
    return bool(codes - {Why.MARKET_HALTED, Why.MARKET_CLOSED, Why.OUTSIDE_BAND})


def _of_market(market: Market, order: OrderTerms) -> list[OrderRefusal]:
    """What the terms and the phase of the market are against."""
    terms, kind, found = market.terms, order.instructions, []
    waits = kind.duration is Duration.GOOD_TILL
    if market.phase in _SHUT:
        found.append(refusal(_SHUT[market.phase]))
    if market.phase is Phase.CALL and not waits:
        found.append(refusal(Why.NOT_IN_A_CALL))
    if order.security != terms.security or order.units_per_lot != terms.units_per_lot:
        found.append(refusal(Why.TERMS_DIFFER))
    if not order.fits or (kind.market if waits else kind.post_only):
        found.append(refusal(Why.SENSELESS))
    if holds.is_asked(market, order) and not kind.hold:
        found.append(refusal(Why.HOLD_MISSING))
    if order.price % terms.tick:
        found.append(refusal(Why.OFF_TICK, limit=terms.tick, now=order.price))
    if order.lots > terms.lots_max:
        found.append(refusal(Why.TOO_LARGE, limit=terms.lots_max, now=order.lots))
    if order.fee_bps < market.fee_bps:
        found.append(refusal(Why.FEE_TOO_LOW, limit=market.fee_bps, now=order.fee_bps))
    if not kind.market and not terms.within_band(order.price, market.reference):
        found.append(refusal(Why.OUTSIDE_BAND, limit=market.reference, now=order.price))
    return found


def _of_time(venue: Venue, market: Market, order: OrderTerms) -> list[OrderRefusal]:
    """What time, the chain and the order's number are against."""
    state, window, found = venue.state, venue.window(order.investor, order.signer), []
    soonest = state.now_s + market.terms.margin_s
    lowest = state.lowest_nonces.get(order.investor, {}).get(order.signer, 0)
    if order.expiry < soonest:
        found.append(refusal(Why.EXPIRES_TOO_SOON, limit=soonest, now=order.expiry))
    if order.epoch != market.epoch:
        found.append(refusal(Why.EPOCH_PASSED, limit=market.epoch, now=order.epoch))
    if order.nonce < lowest:
        found.append(refusal(Why.NONCE_TOO_OLD, limit=lowest, now=order.nonce))
    elif not window.fits(order.nonce):
        found.append(refusal(Why.NONCE_TOO_OLD, limit=window.highest, now=order.nonce))
    elif window.has(order.nonce):
        found.append(refusal(Why.NONCE_USED, now=order.nonce))
    return found


def _of_investor(venue: Venue, market: Market, placed: Placed) -> list[OrderRefusal]:
    """What is missing of units, money, allowance, or the session of the key that signed."""
    order, found = placed.terms, []
    if naming.is_taken(venue.state, placed):
        found.append(refusal(Why.CLIENT_ID_USED))
    value = order.lots * order.price
    need = (value + fee_max(value, market.fee_bps) if order.buys
            else order.lots * order.units_per_lot)  # fmt: skip
    account = venue.state.means.of(order.gives, order.investor)
    if account is None:
        found.append(refusal(Why.ACCOUNT_UNKNOWN))
    elif (free := account.free + venue.commitments.freed_by(placed)) < need:
        found.append(refusal(Why.UNCOVERED, limit=max(0, free), now=need))
    if holds.is_asked(market, order) and holds.spent(venue, market, order.investor):
        found.append(refusal(Why.HOLDS_SPENT, limit=market.terms.holds_a_day))
    if order.signer != order.investor:
        found += _of_session(venue, placed, need)
    return found


def _of_session(venue: Venue, placed: Placed, need: int) -> list[OrderRefusal]:
    """What the session of the key that signed is against."""
    order = placed.terms
    session = venue.state.sessions.get(order.investor, {}).get(order.signer)
    if session is not None and session.is_for(order) and order.expiry > session.expiry:
        return [refusal(Why.SESSION_ENDS, limit=session.expiry, now=order.expiry)]
    left = venue.commitments.session_left(order)
    if left is not None:
        left += venue.commitments.freed_by(placed, by_key=True)
    if left is None or left < need:
        return [refusal(Why.SESSION, limit=left, now=need)]
    return []


def _of_rules(venue: Venue, placed: Placed) -> list[OrderRefusal]:
    """What the rules of the security are against, whoever the other side will be.

    They are asked about all that the investor's open orders on that side would come to.
    """
    terms = placed.terms
    units = terms.lots * terms.units_per_lot + venue.commitments.open_units(placed)
    sale = one_sided(terms, units)
    return list(venue.eligibility.judge(sale, now_s=venue.state.now_s).refusals)
