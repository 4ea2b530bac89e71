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

# A wallet and a security.
Keeper = tuple["Wallet", "Wallet"]


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


# --- what is to be done, which follows from the state


def waiting(venue: Venue) -> list[LiveOrder]:
    """Orders that are kept out of their markets until their units are held, in order."""
    return [order for order in _looked_after(venue) if order.holding is not Holding.HELD]


def ending(venue: Venue) -> dict[Keeper, set[int]]:
    """Orders that left and of which units are held, or may be by now, by whose and of what."""
    found: dict[Keeper, set[int]] = {}
    for order in venue.holding.values():
        if not order.left and (order.held or order.holding is Holding.SENT):
            found.setdefault(_keeper(order), set()).add(order.number)
    return found


def to_hold(venue: Venue) -> list[LiveOrder]:
    """Orders whose units are to be held, in order.

    An investor's next ones wait until what is held for his orders that left is let go. What was
    held, and is not as the chain went back, is to be held again.
    """
    let_go_first = ending(venue)
    return [
        order for order in _looked_after(venue)
        if order.holding is Holding.SENT
        or (order.holding is Holding.ASKED and _keeper(order) not in let_go_first)
        or (order.holding is Holding.HELD and order.left and not order.held)
    ]  # fmt: skip


def to_release(venue: Venue, *, owing: bool = False) -> list[LiveOrder]:
    """Orders that left, whose trades have ended, and of which units are held still, in order.

    `owing` ones too, that have trades to be settled.
    """
    ended = [order for order in _looked_after(venue)
             if order.holding is Holding.HELD and not order.left]  # fmt: skip
    return [order for order in ended if owing or not order.pending]


def kept(venue: Venue, but: set[int]) -> dict[Keeper, int]:
    """Units that are held of those of whom units are held for an order that left, in all.

    Orders of the numbers `but` are not counted as such that left.
    """
    keepers = {keeper for keeper, numbers in ending(venue).items() if numbers - but}
    found = dict.fromkeys(keepers, 0)
    for order in venue.holding.values():
        if _keeper(order) in found:
            coming = order.terms.lots * order.terms.units_per_lot
            found[_keeper(order)] += order.held or (
                coming if order.holding is Holding.SENT else 0)  # fmt: skip
    return found


# --- what has come of it


def hold_sent(venue: Venue, entry: said.HoldSent) -> None:
    """Note that the chain is asked to hold the units of an order."""
    order = venue.state.orders.get(entry.number)
    if order is not None and order.holding is Holding.ASKED:
        order.holding = Holding.SENT


def hold_failed(venue: Venue, entry: said.HoldFailed) -> None:
    """Note that nothing is held for an order; it leaves, if it has not."""
    order = venue.state.orders.get(entry.number)
    if order is None or order.holding is Holding.NONE:
        return
    _end(venue, order)
    if order.left:
        venue.leave(order, Why.HOLD_REFUSED)
    else:
        venue.forget_closed(order)


def seen(venue: Venue, facts: Iterable[said.HoldFact]) -> None:
    """Take up what the chain holds for orders by now; what is of no order is to be let go."""
    for fact in facts:
        order = venue.holding.get(fact.signed_by) or _forgotten(venue, fact)
        if order is None:
            others = [each for each in venue.state.strays if each.signed_by != fact.signed_by]
            venue.state.strays = [*others, fact] if fact.units else others
        elif fact.units:
            if order.holding is Holding.NONE:
                _begin(venue, order, Holding.HELD)
            _set_held(venue, order, fact.units)
        elif order.holding is Holding.HELD:
            # One that is in its market stays there.
            _end(venue, order)
            venue.forget_closed(order)
        else:
            hold_failed(venue, said.HoldFailed(order.number, ""))


def enter(venue: Venue) -> None:
    """Let orders into their markets whose units are held by now, as all is known of the chain."""
    for order in waiting(venue):
        if order.held:
            order.holding = Holding.HELD
            venue.say(Held(order.number, order.symbol, order.left, order.terms.price, order.held))
            if order.left:
                trading.enter(venue, venue.state.markets[order.symbol], order)


def set_anew(venue: Venue, facts: Iterable[said.HoldFact]) -> None:
    """Take up all that is held, after the chain went back.

    What was held stays so: the same transaction is sent again. What was let go, or delivered, and
    is held again is to be let go once more.
    """
    there = {fact.signed_by: fact for fact in facts if fact.units}
    for order in list(venue.state.orders.values()):
        fact = there.pop(order.terms.signed_by, None)
        if fact is not None and order.holding is Holding.NONE:
            _begin(venue, order, Holding.HELD)
        if order.holding is not Holding.NONE:
            _set_held(venue, order, fact.units if fact else 0)
    venue.state.strays = list(there.values())


def delivered(venue: Venue, order: LiveOrder, lots: int) -> None:
    """Note that lots of an order were settled, of what was held for it."""
    if order.held:
        _set_held(venue, order, max(0, order.held - lots * order.terms.units_per_lot))
        if not order.held and not order.left:
            _end(venue, order)


def left(venue: Venue, order: LiveOrder) -> None:
    """Ask for nothing any more for an order that left before it was asked of the chain."""
    if order.holding is Holding.ASKED:
        asked = venue.state.holds_asked
        asked[order.owner] = max(0, asked.get(order.owner, 0) - 1)
        _end(venue, order)


def _forgotten(venue: Venue, fact: said.HoldFact) -> LiveOrder | None:
    """An order for which nothing was held any more, as long as it is remembered."""
    return next((order for order in venue.state.orders.values()
                 if order.terms.signed_by == fact.signed_by), None)  # fmt: skip


def _looked_after(venue: Venue) -> list[LiveOrder]:
    return sorted(venue.holding.values(), key=lambda order: order.number)


def _keeper(order: LiveOrder) -> Keeper:
    return order.terms.investor, order.terms.security


def _begin(venue: Venue, order: LiveOrder, holding: Holding) -> None:
    order.holding = holding
    venue.holding[order.terms.signed_by] = order
    venue.commitments.bind(order)


def _set_held(venue: Venue, order: LiveOrder, units: int) -> None:
    """Note how much is held for an order; what was offered beside less may leave over more."""
    order.held = units
    if order.left:
        venue.commitments.bind(order)
        venue.require_cover(order.token, order.terms.investor)


def _end(venue: Venue, order: LiveOrder) -> None:
    if order.holding is Holding.HELD:
        venue.say(Released(order.number, order.symbol))
    order.holding, order.held = Holding.NONE, 0
    venue.holding.pop(order.terms.signed_by, None)
    venue.commitments.bind(order)
