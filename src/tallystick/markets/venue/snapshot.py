"""The state of the venue as bytes, to begin from after a restart, and its hash, to compare.

The hash says nothing of how it was reached: replayed from the first entry, or from a snapshot, on
this machine or another, after the same entries it is the same.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.order_book import Order, OrderBook
from tallystick.markets.signed_orders import Session
from tallystick.markets.venue.eligibility import Eligibility
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.entries import HoldFact
from tallystick.markets.venue.means import Means
from tallystick.markets.venue.nonces import NonceWindow
from tallystick.markets.venue.pricing import Priced
from tallystick.markets.venue.state import (
    Batch,
    Head,
    LiveOrder,
    Market,
    Trade,
    VenueState,
)
from tallystick.markets.venue.terms import MarketTerms, Phase

FORMAT = 3


class PackedMarket(msgspec.Struct):
    """A market with the orders that wait in it by number, as they come to be traded."""

    terms: MarketTerms
    waiting: list[int]
    phase: Phase
    reference: int
    last: int
    until_ns: int
    halted: str
    epoch: int
    priced: Priced


class Snapshot(msgspec.Struct):
    """Everything that a venue knows; `book` is the issuer's book, packed."""

    format: int
    place: int
    now_ns: int
    day: int
    head: Head
    past: list[Head]
    markets: list[PackedMarket]
    orders: list[LiveOrder]
    trades: list[Trade]
    batches: list[Batch]
    means: Means
    nonces: dict[Wallet, dict[Wallet, NonceWindow]]
    lowest_nonces: dict[Wallet, dict[Wallet, int]]
    sessions: dict[Wallet, dict[Wallet, Session]]
    made: tuple[int, int, int, int]
    book: bytes
    holds_asked: dict[Wallet, int]
    strays: list[HoldFact]
    client_ids: dict[Wallet, dict[str, int]]
    is_behind: bool


def pack(venue: Venue) -> bytes:
    """The state of a venue, and what it knows of the chain."""
    return msgspec.json.encode(_snapshot(venue, venue.eligibility.packed()))


def unpack(packed: bytes, eligibility: Eligibility) -> Venue:
    """A venue from what `pack` gave; `eligibility` is set to the book in it.

    Raises `msgspec.MsgspecError` if the bytes are of another format.
    """
    found = msgspec.json.decode(packed, type=Snapshot)
    if found.format != FORMAT:
        message = f"a snapshot of format {found.format}"
        raise msgspec.ValidationError(message)
    orders = {order.number: order for order in found.orders}
    state = VenueState(
        place=found.place, now_ns=found.now_ns, day=found.day, head=found.head, past=found.past,
        now_s=max(found.now_ns // 10**9, found.head.time_s),
        markets={each.terms.symbol: _market(each, orders) for each in found.markets},
        orders=orders, trades={trade.number: trade for trade in found.trades},
        batches={batch.number: batch for batch in found.batches}, means=found.means,
        nonces=found.nonces, lowest_nonces=found.lowest_nonces, sessions=found.sessions,
        orders_made=found.made[0], trades_made=found.made[1], batches_made=found.made[2],
        failed_batch=found.made[3], holds_asked=found.holds_asked, strays=found.strays,
        client_ids=found.client_ids, is_behind=found.is_behind,
    )  # fmt: skip
    eligibility.set(found.head.number, found.book)
    return Venue(eligibility, state)


def state_hash(venue: Venue) -> str:
    """SHA-256 of the state, in hex; the issuer's book is left out, which the chain has."""
    packed = msgspec.json.encode(_snapshot(venue, b""), order="deterministic")
    return sha256(packed).hexdigest()


def _snapshot(venue: Venue, book: bytes) -> Snapshot:
    state = venue.state
    return Snapshot(
        format=FORMAT, place=state.place, now_ns=state.now_ns, day=state.day, head=state.head,
        past=state.past,
        markets=[_packed(market) for market in state.markets.values()],
        orders=list(state.orders.values()), trades=list(state.trades.values()),
        batches=list(state.batches.values()), means=state.means, nonces=state.nonces,
        lowest_nonces=state.lowest_nonces, sessions=state.sessions,
        made=(state.orders_made, state.trades_made, state.batches_made, state.failed_batch),
        book=book, holds_asked=state.holds_asked, strays=state.strays,
        client_ids=state.client_ids, is_behind=state.is_behind,
    )  # fmt: skip


def _packed(market: Market) -> PackedMarket:
    waiting = [order.number for order in market.book.resting()]
    kept: dict[str, Any] = {
        name: getattr(market, name) for name in PackedMarket.__struct_fields__
        if name != "waiting"
    }  # fmt: skip
    return PackedMarket(waiting=waiting, **kept)


def _market(packed: PackedMarket, orders: dict[int, LiveOrder]) -> Market:
    book = OrderBook()
    for number in packed.waiting:
        live = orders[number]
        book.rest(Order(live.number, live.owner, live.terms.buys, live.terms.price, live.left,
                        live.terms.instructions.self_trade))  # fmt: skip
    kept: dict[str, Any] = {
        name: getattr(packed, name) for name in PackedMarket.__struct_fields__
        if name != "waiting"
    }  # fmt: skip
    return Market(book=book, **kept)
