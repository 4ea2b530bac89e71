"""Events as those are told of them whose orders they concern: each of his own side, and no other's.

Quantities and prices are as people write them, as everywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.venue import wire
from tallystick.app.venue.inquiries import order_status
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import (
    Accepted,
    Event,
    Held,
    Left,
    Reduced,
    RefusedOrder,
    Released,
    TradeBusted,
    Traded,
    TradeSettled,
    TradeUnsettled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tallystick.markets.venue.state import Market, VenueState

# Orders and trades that are known though the venue has forgotten them.
FORGOTTEN_MAX = 10_000


# An investor, and who signed an order for him.
Whose = tuple[str, str]


class Known(msgspec.Struct, frozen=True):
    """An order of somebody, as far as those are told of it who may act for him."""

    order: int
    whose: Whose
    symbol: str
    buys: bool


Told = tuple[Whose, dict[str, Any]]


class Teller:
    """Knows whose order each is, and tells of it; it is told of every event, in order."""

    def __init__(self, state: VenueState) -> None:
        self._state = state
        self._orders = {
            number: Known(
                number, (order.terms.investor, order.terms.signer), order.symbol, order.terms.buys
            )
            for number, order in state.orders.items()
        }
        self._pairs: dict[int, tuple[int, int]] = {
            number: (trade.buy, trade.sell) for number, trade in state.trades.items()
        }

    def note(self, journaled: said.Journaled, event: Event) -> None:
        """Take down whose an order is, and between whom a trade."""
        if isinstance(event, Accepted):
            whose = event.investor, _signer(journaled.entry)
            self._orders[event.order] = Known(event.order, whose, event.symbol, event.buys)
            self._forget()
        elif isinstance(event, Traded):
            self._pairs[event.trade] = (event.buy, event.sell)

    def tell(
        self, journaled: said.Journaled, event: Event, listens: Callable[[Whose], bool]
    ) -> list[Told]:
        """Who is to be told of an event that was noted, and what, of those who listen."""
        if isinstance(event, RefusedOrder):
            whose = event.investor, _signer(journaled.entry)
            if not listens(whose):
                return []
            body = self._refused(event, journaled.entry)
            return [(whose, {"type": "refused", **_when(journaled), **body})]
        return [
            (known.whose, {**_when(journaled), **self._of_side(event, known),
                           **self._order(known)})
            for known in self._concerned(event) if listens(known.whose)
        ]  # fmt: skip

    def _concerned(self, event: Event) -> list[Known]:
        """The orders that an event concerns."""
        if isinstance(event, Traded | TradeSettled | TradeBusted | TradeUnsettled):
            return self._known(event.trade)
        if isinstance(event, Accepted | Left | Reduced | Held | Released):
            return [self._orders[event.order]] if event.order in self._orders else []
        return []

    def _of_side(self, event: Event, known: Known) -> dict[str, Any]:
        """What an event says of an order that it concerns."""
        if isinstance(event, Traded):
            return self._traded(event, known)
        if isinstance(event, Accepted | Left | Reduced | Held | Released):
            return self._of_order(event)
        return msgspec.to_builtins(event)  # type: ignore[no-any-return]

    def _known(self, trade: int) -> list[Known]:
        pair = self._pairs.get(trade, ())
        return [self._orders[number] for number in pair if number in self._orders]

    def _market(self, symbol: str) -> Market:
        return self._state.markets[symbol]

    @staticmethod
    def _order(known: Known) -> dict[str, Any]:
        return {"order": known.order, "symbol": known.symbol,
                "side": "buy" if known.buys else "sell"}  # fmt: skip

    def _of_order(self, event: Accepted | Left | Reduced | Held | Released) -> dict[str, Any]:
        scale = self._market(event.symbol).terms.scale
        if isinstance(event, Accepted):
            return {"type": "accepted", "client_id": event.client_id or None,
                    "quantity": scale.quantity(event.lots), "price": scale.show_price(event.price),
                    "status": order_status("", waits=event.waits)}  # fmt: skip
        if isinstance(event, Released):
            return {"type": "released"}
        if isinstance(event, Held):
            return {"type": "held", "left": scale.quantity(event.lots)}
        kind = "left" if isinstance(event, Left) else "reduced"
        return {"type": kind, "code": event.code, "left": scale.quantity(event.lots)}

    def _traded(self, event: Traded, known: Known) -> dict[str, Any]:
        scale = self._market(event.symbol).terms.scale
        fee = event.buyer_fee if known.buys else event.seller_fee
        took = event.taker == ("buy" if known.buys else "sell") if event.taker else None
        return {"type": "traded", "trade": event.trade, "quantity": scale.quantity(event.lots),
                "price": scale.show_price(event.price), "fee": scale.money(fee), "took": took
                }  # fmt: skip

    def _refused(self, event: RefusedOrder, entry: said.Entry) -> dict[str, Any]:
        market = self._state.markets.get(event.symbol)
        terms = market.terms if market else None
        asked = entry.terms if isinstance(entry, said.Placed) else None
        refusals = [wire.refusal_view(each, asked, terms) for each in event.refusals if asked]
        return {"symbol": event.symbol or None, "client_id": event.client_id or None,
                "refusals": refusals}  # fmt: skip

    def _forget(self) -> None:
        """Forget what the venue has forgotten long ago, now and then.

        The last of it stays: events of it may be on their way here still.
        """
        known: tuple[tuple[dict[int, Any], Mapping[int, Any]], ...] = (
            (self._orders, self._state.orders), (self._pairs, self._state.trades)
        )  # fmt: skip
        for mine, kept in known:
            if len(mine) > 2 * (len(kept) + FORGOTTEN_MAX):
                for number in [each for each in mine if each not in kept][:-FORGOTTEN_MAX]:
                    del mine[number]


def _signer(entry: said.Entry) -> str:
    """Who signed the order that an entry places; nobody if it places none."""
    return entry.terms.signer if isinstance(entry, said.Placed) else ""


def _when(journaled: said.Journaled) -> dict[str, Any]:
    """Where an event stands in the order journal, and when it was."""
    return {"place": journaled.place, "at": wire.moment(journaled.at_ns)}
