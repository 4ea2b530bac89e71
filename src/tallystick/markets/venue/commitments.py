"""What is spoken for: by open orders of what wallets have, and of what their keys may give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import OrderTerms
from tallystick.markets.venue.entries import Placed
from tallystick.markets.venue.state import LiveOrder, Trade, VenueState

if TYPE_CHECKING:
    from collections.abc import Callable

Debts = tuple[tuple[LiveOrder, int], tuple[LiveOrder, int]]


class Commitments:
    """What orders and trades of a state keep from others; `home` gives the investor of a wallet.

    What accounts keep bound stands in the state itself; the rest follows from it and is kept here.
    """

    def __init__(self, state: VenueState, home: Callable[[Wallet], Wallet]) -> None:
        self._state = state
        self._home = home
        # What is spoken for of sessions: by investor, key and token.
        self.of_keys: dict[tuple[Wallet, Wallet, Wallet], int] = {}
        # Units that open orders would buy or sell: by investor, security and side.
        self.units: dict[tuple[Wallet, Wallet, bool], int] = {}
        for order in state.orders.values():
            if order.left:
                self._of_key(order, order.bound)
                place = (order.owner, order.terms.security, order.terms.buys)
                self.units[place] = self.units.get(place, 0) + order.units_open
        for trade in state.pending.values():
            for order, amount in self.debts(trade):
                self._of_key(order, amount)

    # --- as they change

    def bind(self, order: LiveOrder) -> None:
        """Keep what is left of an order bound, no more and no less."""
        account = self._state.means.of(order.token, order.terms.investor)
        need = order.need(order.left) if order.left else 0
        if account is not None:
            account.bound += need - order.bound
        self._of_key(order, need - order.bound)
        order.bound = need
        self._count_open(order)

    def owe(self, trade: Trade, sign: int = 1) -> None:
        """Count what both sides need for a trade as owed, or no longer."""
        for order, amount in self.debts(trade):
            account = self._state.means.of(order.token, order.terms.investor)
            if account is not None:
                account.owed += sign * amount
            self._of_key(order, sign * amount)

    def _count_open(self, order: LiveOrder) -> None:
        """Count the units that open orders of an investor would buy, or sell."""
        terms, known = order.terms, self.units
        units = order.left * terms.units_per_lot
        place = (order.owner, terms.security, terms.buys)
        now = known.get(place, 0) + units - order.units_open
        order.units_open = units
        if now:
            known[place] = now
        else:
            known.pop(place, None)

    def _of_key(self, order: LiveOrder, amount: int) -> None:
        """Count so much more of what an order gives against the session of its key."""
        if amount and order.by_session:
            place = (order.terms.investor, order.terms.signer, order.token)
            bound = self.of_keys.get(place, 0) + amount
            if bound:
                self.of_keys[place] = bound
            else:
                self.of_keys.pop(place, None)

    # --- as they are

    def debts(self, trade: Trade) -> Debts:
        """What each side of a trade gives, in units of its token."""
        buy, sell = self._state.orders[trade.buy], self._state.orders[trade.sell]
        return (
            (buy, trade.value + trade.fees[0]), (sell, trade.lots * sell.terms.units_per_lot)
        )  # fmt: skip

    def open_units(self, placed: Placed) -> int:
        """Units of an investor's open orders on the side of a new one, but of that it replaces."""
        terms = placed.terms
        place = (self._home(terms.investor), terms.security, terms.buys)
        old = self._state.orders.get(placed.replaces) if placed.replaces else None
        leaves = 0
        if old is not None and (old.owner, old.terms.security, old.terms.buys) == place:
            leaves = old.units_open
        return self.units.get(place, 0) - leaves

    def freed_by(self, placed: Placed, *, by_key: bool = False) -> int:
        """What an order that is replaced keeps bound of what the new one draws on.

        That is its account, or what its key may give.
        """
        old = self._state.orders.get(placed.replaces) if placed.replaces else None
        if old is None or old.token != placed.terms.gives:
            return 0
        return old.bound if not by_key or old.terms.signer == placed.terms.signer else 0

    def session_left(self, order: OrderTerms) -> int | None:
        """How much the key may still give for its orders; None if its session is not for them."""
        session = self._state.sessions.get(order.investor, {}).get(order.signer)
        if session is None or not session.is_for(order):
            return None
        if order.fee_bps > session.fee_bps or order.expiry > session.expiry:
            return None
        bound = self.of_keys.get((order.investor, order.signer, order.gives), 0)
        return session.left(order.gives) - bound
