"""What investors call their orders: a name is taken once, so that a retry is no second order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tallystick.markets.venue.entries import Placed
    from tallystick.markets.venue.state import LiveOrder, VenueState

# Names of an investor that are remembered, beside those of his open orders.
NAMES_KEPT: Final = 1_000
# Names that are looked at for one that may be forgotten, whenever a new one comes.
LOOKED_AT_MAX: Final = 8


def is_taken(state: VenueState, placed: Placed) -> bool:
    """Whether an order bears the name of another one that it does not replace."""
    if not placed.client_id:
        return False
    known = state.client_ids.get(placed.terms.investor, {})
    return known.get(placed.client_id) not in {None, placed.replaces}


def note(state: VenueState, order: LiveOrder) -> None:
    """Remember what an order is called; the oldest name of one that has left is forgotten."""
    if not order.client_id:
        return
    known = state.client_ids.setdefault(order.terms.investor, {})
    known.pop(order.client_id, None)
    known[order.client_id] = order.number
    for _ in range(LOOKED_AT_MAX):
        if len(known) <= NAMES_KEPT:
            return
        name = next(iter(known))
        number = known.pop(name)
        named = state.orders.get(number)
        if named is not None and named.left:
            known[name] = number
