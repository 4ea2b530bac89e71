"""What comes of an entry; nobody is told before the entry is on the disk."""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.venue.refusals import OrderRefusal
from tallystick.markets.venue.terms import Phase


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """An order is taken, under a number of the venue's.

    One that `waits` is traded once its units are held, which `Held` says.
    """

    order: int
    symbol: str
    investor: Wallet
    client_id: str
    buys: bool
    lots: int
    price: int
    waits: bool = False


class RefusedOrder(msgspec.Struct, frozen=True, tag="refused"):
    """An order is not taken, with all that is against it."""

    investor: Wallet
    client_id: str
    symbol: str
    refusals: tuple[OrderRefusal, ...]


class Traded(msgspec.Struct, frozen=True, tag="traded"):
    """Two orders met. Fees are in cash units; `taker` is which side came last, empty in a call."""

    trade: int
    symbol: str
    buy: int
    sell: int
    lots: int
    price: int
    buyer_fee: int
    seller_fee: int
    taker: str


class Left(msgspec.Struct, frozen=True, tag="left"):
    """An order leaves the book with so many lots untraded, and why."""

    order: int
    symbol: str
    lots: int
    code: str


class Reduced(msgspec.Struct, frozen=True, tag="reduced"):
    """Fewer lots of an order are still to be traded."""

    order: int
    symbol: str
    lots: int
    code: str


class Unanswered(msgspec.Struct, frozen=True, tag="unanswered"):
    """Something was asked of an order that cannot be, and why."""

    order: int
    code: str


class Held(msgspec.Struct, frozen=True, tag="held"):
    """Units of an order are held until it ends; what is left of it, `lots`, may be traded now."""

    order: int
    symbol: str
    lots: int
    price: int
    units: int


class Released(msgspec.Struct, frozen=True, tag="released"):
    """Nothing is held for an order any more."""

    order: int
    symbol: str


class PhaseBegan(msgspec.Struct, frozen=True, tag="phase-began"):
    """A market does something else from now on, and why; `until_ns` is 0 if that is open."""

    symbol: str
    phase: Phase
    code: str
    until_ns: int = 0


class Uncrossed(msgspec.Struct, frozen=True, tag="uncrossed"):
    """A call ended: the one price and what was traded at it, 0 if nothing was."""

    symbol: str
    price: int
    lots: int
    imbalance: int


class TradeSettled(msgspec.Struct, frozen=True, tag="trade-settled"):
    """A trade stands in a block of the chain."""

    trade: int
    block: int


class TradeBusted(msgspec.Struct, frozen=True, tag="trade-busted"):
    """A trade will never be settled, and why; what was told of it is to be corrected."""

    trade: int
    block: int
    reason: str
    answer: str


class TradeUnsettled(msgspec.Struct, frozen=True, tag="trade-unsettled"):
    """The chain rolled back what became of a trade; it is to be settled again."""

    trade: int


class MarketSet(msgspec.Struct, frozen=True, tag="market-set"):
    """A market has these terms from now on."""

    symbol: str


Event = (
    Accepted | RefusedOrder | Traded | Left | Reduced | Unanswered | Held | Released | PhaseBegan
    | Uncrossed | TradeSettled | TradeBusted | TradeUnsettled | MarketSet
)  # fmt: skip
