"""All that the venue knows: markets, orders, trades that are not settled, what wallets have."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.order_book import OrderBook
from tallystick.markets.signed_orders import OrderTerms, Session, fee_max
from tallystick.markets.venue.entries import HoldFact
from tallystick.markets.venue.means import Means
from tallystick.markets.venue.nonces import NonceWindow
from tallystick.markets.venue.pricing import Priced
from tallystick.markets.venue.terms import MarketTerms, Phase


class Holding(StrEnum):
    """How far the holding of an order's units has come."""

    NONE = ""
    ASKED = "asked"
    SENT = "sent"
    HELD = "held"


class LiveOrder(msgspec.Struct):
    """An order that is open, or has trades that are not settled.

    `owner` is the investor by his home wallet; `matched` are the lots traded so far, settled or
    not; `left` those still to be traded, 0 once it has left the book; `leaves_s` when it leaves, in
    UTC seconds, if nothing happens before; `unsettled` the number of its trades that are not
    settled; `bound` what it keeps of its account, in units of its token; `units_open` what it would
    still buy or sell, in units of the security; `held` the units that the chain holds for it;
    `pending` the lots of its trades that have not ended.
    """

    number: int
    symbol: str
    owner: Wallet
    terms: OrderTerms
    signature: bytes
    client_id: str
    login: str
    at_ns: int
    left: int
    leaves_s: int
    matched: int = 0
    unsettled: int = 0
    bound: int = 0
    units_open: int = 0
    fee_bps: int = 0
    by_contract: bool = False
    holding: Holding = Holding.NONE
    held: int = 0
    pending: int = 0

    @property
    def token(self) -> Wallet:
        """What it gives: the security it sells, the money it buys for."""
        return self.terms.gives

    def need(self, lots: int) -> int:
        """What some lots of it may need, in units of its token.

        An order keeps all units that are held for it, or asked for, and not owed for its trades:
        those as well by which it was reduced, or of a trade that was busted.
        """
        per_lot = self.terms.units_per_lot
        if not self.terms.buys:
            kept = self.held - self.pending * per_lot
            if self.holding in {Holding.ASKED, Holding.SENT}:
                kept = (self.terms.lots - self.matched) * per_lot
            return max(lots * per_lot, kept)
        value = lots * self.terms.price
        return value + fee_max(value, self.fee_bps)

    @property
    def by_session(self) -> bool:
        """Whether a key signed it for the investor."""
        return self.terms.signer != self.terms.investor


class Trade(msgspec.Struct):
    """Two orders that met. `starts`: lots of the buyer's and the seller's order filled before.

    `block` is that of the chain in which it was settled or busted, 0 as long as it was not; `batch`
    the settlement it goes with, 0 for none yet.
    """

    number: int
    symbol: str
    buy: int
    sell: int
    lots: int
    price: int
    fees: tuple[int, int]
    starts: tuple[int, int]
    at_ns: int
    batch: int = 0
    block: int = 0
    reason: str = ""
    # When it was promised to those who judge, in UTC seconds; 0 if it is not.
    promised_s: int = 0

    @property
    def value(self) -> int:
        """Money that changes hands, without fees, in cash units."""
        return self.lots * self.price


class Market(msgspec.Struct):
    """A market and what goes on in it.

    `reference` is the price from which the band is measured: that of the last auction, or the
    last of the day before; `last` that of the last trade, 0 if
    there was none; `until_ns` is when its phase ends, 0 if the schedule says; `halted` is the code
    of why it is halted, empty if it is not.
    """

    terms: MarketTerms
    book: OrderBook
    phase: Phase
    reference: int
    last: int = 0
    until_ns: int = 0
    halted: str = ""
    epoch: int = 0
    # The highest fee that may be due, in basis points.
    fee_bps: int = 0
    priced: Priced = msgspec.field(default_factory=Priced)

    def __post_init__(self) -> None:
        self.fee_bps = self.terms.fee_bps_max


class Batch(msgspec.Struct):
    """Trades that went to settlement together, and the block in which the batch stands."""

    number: int
    trades: tuple[int, ...]
    block: int = 0


class Head(msgspec.Struct, frozen=True):
    """The last block that the venue knows."""

    number: int = -1
    hash: str = ""
    time_s: int = 0


class VenueState(msgspec.Struct):
    """Everything, as of the last entry."""

    place: int = 0
    now_ns: int = 0
    # UTC seconds, as the journal counts them; never before the last block.
    now_s: int = 0
    day: int = 0
    head: Head = Head()
    # The blocks before it that are remembered, the earliest first.
    past: list[Head] = msgspec.field(default_factory=list)
    markets: dict[str, Market] = msgspec.field(default_factory=dict)
    orders: dict[int, LiveOrder] = msgspec.field(default_factory=dict)
    trades: dict[int, Trade] = msgspec.field(default_factory=dict)
    # Those of them that have not ended, in order.
    pending: dict[int, Trade] = msgspec.field(default_factory=dict)
    batches: dict[int, Batch] = msgspec.field(default_factory=dict)
    means: Means = msgspec.field(default_factory=Means)
    # By investor and who signs for him, himself or a key.
    nonces: dict[Wallet, dict[Wallet, NonceWindow]] = msgspec.field(default_factory=dict)
    lowest_nonces: dict[Wallet, dict[Wallet, int]] = msgspec.field(default_factory=dict)
    sessions: dict[Wallet, dict[Wallet, Session]] = msgspec.field(default_factory=dict)
    # What investors call their last orders, and the numbers of those.
    client_ids: dict[Wallet, dict[str, int]] = msgspec.field(default_factory=dict)
    # Whether blocks are missing still that are there already: what wallets have is not known.
    is_behind: bool = False
    orders_made: int = 0
    trades_made: int = 0
    batches_made: int = 0
    # What the chain holds for orders that are forgotten, and is to be let go.
    strays: list[HoldFact] = msgspec.field(default_factory=list)
    # Holds that investors asked for today.
    holds_asked: dict[Wallet, int] = msgspec.field(default_factory=dict)
    # Trades of the last batch, if it was refused whole; 0 if it was not.
    failed_batch: int = 0

    def __post_init__(self) -> None:
        self.list_pending()

    def list_pending(self) -> None:
        """List anew the trades that have not ended."""
        self.pending = {each.number: each for each in self.trades.values() if not each.block}
