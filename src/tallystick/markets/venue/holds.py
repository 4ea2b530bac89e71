"""Units that are held for orders: asked for as an order is taken, let go when it has ended.

Until its units are held an order to sell is not traded. Once they are it enters the market, as if
it came then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tallystick.markets.venue import entries as said
from tallystick.markets.venue import trading
from tallystick.markets.venue.events import Held, Released
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.state import Holding, LiveOrder, Market

if TYPE_CHECKING:
    from tallystick.core.wallets import Wallet
    from tallystick.markets.signed_orders import OrderTerms
    from tallystick.markets.venue.engine import Venue


def is_asked(market: Market, terms: OrderTerms) -> bool:
    """Whether a market asks that the units of an order are held: of one to sell, that waits."""
    asked = market.terms.holds
    return asked and terms.instructions.held_if(asked=asked, buys=terms.buys).hold


def spent(venue: Venue, market: Market, investor: Wallet) -> bool:
    """Whether units were held for an investor as often as they are in a day."""
    home = venue.eligibility.home(investor)
    return venue.state.holds_asked.get(home, 0) >= market.terms.holds_a_day


def ask(venue: Venue, order: LiveOrder) -> None:
    """Have the units of a new order held before it is traded."""
    asked = venue.state.holds_asked
    asked[order.owner] = asked.get(order.owner, 0) + 1
    _begin(venue, order, Holding.ASKED)


def waiting(venue: Venue) -> list[LiveOrder]:
    """Orders of which it is awaited that their units are held, in order."""
    return [order for order in _looked_after(venue) if order.holding is not Holding.HELD]


def to_release(venue: Venue) -> list[LiveOrder]:
    """Orders that ended and of which units are held still, in order."""
    ended = [order for order in _looked_after(venue)
             if order.holding is Holding.HELD and not order.left]  # fmt: skip
    if not ended:
        return []
    selling = {trade.sell for trade in venue.state.pending.values()}
    return [order for order in ended if order.number not in selling]


def hold_sent(venue: Venue, entry: said.HoldSent) -> None:
    """Note that the chain is asked to hold the units of an order."""
    order = venue.state.orders.get(entry.number)
    if order is not None and order.holding is Holding.ASKED:
        order.holding = Holding.SENT


def hold_failed(venue: Venue, entry: said.HoldFailed) -> None:
    """Let an order leave whose units the chain does not hold; or let it be, if they were let go."""
    order = venue.state.orders.get(entry.number)
    if order is None or order.holding is Holding.NONE:
        return
    waited = order.holding is not Holding.HELD
    _end(venue, order)
    if waited and order.left:
        venue.leave(order, Why.HOLD_REFUSED)
    else:
        venue.forget_closed(order)


def seen(venue: Venue, facts: Iterable[said.HoldFact]) -> None:
    """Take up what the chain holds for orders by now."""
    for fact in facts:
        order = venue.holding.get(fact.signed_by)
        if order is None:
            continue
        waited = order.holding is not Holding.HELD
        order.held = fact.units
        if not fact.units:
            _end(venue, order)
            venue.say(Released(order.number, order.symbol))
            venue.forget_closed(order)
        elif waited:
            order.holding = Holding.HELD
            venue.say(Held(order.number, order.symbol, order.left, order.terms.price, fact.units))
            if order.left:
                trading.enter(venue, venue.state.markets[order.symbol], order)


def set_anew(venue: Venue, facts: Iterable[said.HoldFact]) -> None:
    """Take up all that is held, after the chain went back.

    What was held stays so: the same transaction is sent again. What was let go, or delivered, and
    is held again is to be let go once more.
    """
    there = {fact.signed_by: fact for fact in facts if fact.units}
    for order in list(venue.state.orders.values()):
        fact = there.get(order.terms.signed_by)
        if order.holding is Holding.HELD:
            order.held = fact.units if fact else 0
        elif fact and order.holding is Holding.NONE:
            _begin(venue, order, Holding.HELD)
            order.held = fact.units
        elif fact:
            seen(venue, [fact])


def delivered(venue: Venue, order: LiveOrder, lots: int) -> None:
    """Note that lots of an order were settled, of what was held for it."""
    if order.held:
        order.held = max(0, order.held - lots * order.terms.units_per_lot)
        if not order.held and not order.left:
            _end(venue, order)


def left(venue: Venue, order: LiveOrder) -> None:
    """Ask for nothing any more for an order that left before it was asked of the chain."""
    if order.holding is Holding.ASKED:
        asked = venue.state.holds_asked
        asked[order.owner] = max(0, asked.get(order.owner, 0) - 1)
        _end(venue, order)


def _looked_after(venue: Venue) -> list[LiveOrder]:
    return sorted(venue.holding.values(), key=lambda order: order.number)


def _begin(venue: Venue, order: LiveOrder, holding: Holding) -> None:
    order.holding = holding
    venue.holding[order.terms.signed_by] = order
    venue.commitments.bind(order)


def _end(venue: Venue, order: LiveOrder) -> None:
    order.holding, order.held = Holding.NONE, 0
    venue.holding.pop(order.terms.signed_by, None)
    venue.commitments.bind(order)
