"""A venue without a chain: people by number, money and units as told, rules as simple as can be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Duration, Instructions, OrderTerms
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.eligibility import Answer, Promises, Sale
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.events import (
    Event,
    Left,
    RefusedOrder,
    TradeBusted,
    Traded,
    TradeUnsettled,
)
from tallystick.markets.venue.refusals import OrderRefusal
from tallystick.markets.venue.snapshot import pack, state_hash, unpack
from tallystick.markets.venue.state import Holding
from tallystick.markets.venue.terms import MarketTerms

NS = 10**9
NOW_S = 1_790_000_000
VENUE = Wallet("0x" + "ee" * 20)
ACME, USD = Wallet("0x" + "ac" * 20), Wallet("0x" + "0d" * 20)
SYMBOL = "ACME/USD"
UNITS_PER_LOT = 10
RICH = 10**9
IMMEDIATE = Instructions(duration=Duration.IMMEDIATE)
WHOLE = Instructions(duration=Duration.FILL_OR_KILL)
POST = Instructions(post_only=True)
MARKET = Instructions(duration=Duration.IMMEDIATE, market=True)


def person(number: int) -> Wallet:
    return Wallet(f"0x{number + 1:040x}")


def no(code: str) -> OrderRefusal:
    return OrderRefusal(code=code, message=code, cure="")


class Promised:
    """Who may trade with whom: not those who are barred, and no more holders than there may be."""

    def __init__(self, house: House, holders: dict[Wallet, int]) -> None:
        self.house, self.holders = house, holders

    def judge(self, sale: Sale, *, now_s: int) -> Answer:
        del now_s
        found: list[OrderRefusal] = []
        if (sale.seller, sale.buyer) in self.house.barred:
            found.append(no("barred"))
        if {sale.seller, sale.buyer} & self.house.book.frozen:
            return Answer((no("frozen"),), None, lasting=True)
        joins = sale.buyer is not None and not self.holders.get(sale.buyer, 0)
        leaves = sale.seller is not None and self.holders.get(sale.seller, 0) == sale.units
        if joins and len(self.holders) + 1 - leaves > self.house.places:
            found.append(no("holder-limit"))
        if sale.buyer is not None and self.house.most is not None:
            room = self.house.most - self.holders.get(sale.buyer, 0)
            if sale.units > room:
                return Answer((*found, no("max-balance")), None if found else max(room, 0))
        return Answer(tuple(found))

    def promise(self, sale: Sale, *, now_s: int) -> bool:
        del now_s
        assert sale.seller is not None
        assert sale.buyer is not None
        left = self.holders.get(sale.seller, 0) - sale.units
        if left < 0:
            return False
        self.holders[sale.buyer] = self.holders.get(sale.buyer, 0) + sale.units
        if left:
            self.holders[sale.seller] = left
        else:
            self.holders.pop(sale.seller, None)
        return True


class Book(msgspec.Struct):
    """What the house keeps of a block."""

    holders: dict[Wallet, int]
    epoch: int
    halt: str
    frozen: set[Wallet] = msgspec.field(default_factory=set)


class House:
    """`Eligibility` of the tests; its logs are its own: what a wallet holds, epochs, halts."""

    HALT_CODES = frozenset({"paused"})

    def __init__(self, places: int = 10**6, barred: Iterable[tuple[Wallet, Wallet]] = (),
                 most: int | None = None) -> None:  # fmt: skip
        self.places, self.barred, self.most = places, set(barred), most
        self.books: dict[int, Book] = {-1: Book({}, 0, "")}
        self.number = -1
        self._now = Promised(self, {})

    @property
    def book(self) -> Book:
        return self.books[self.number]

    def judge(self, sale: Sale, *, now_s: int) -> Answer:
        return self._now.judge(sale, now_s=now_s)

    def promise(self, sale: Sale, *, now_s: int) -> bool:
        return self._now.promise(sale, now_s=now_s)

    def securities(self) -> list[Wallet]:
        return [ACME]

    def trial(self) -> Promises:
        return Promised(self, dict(self._now.holders))

    def home(self, wallet: Wallet) -> Wallet:
        return wallet

    def admitted(self, wallet: Wallet) -> bool:
        del wallet
        return True

    def epoch(self, security: Wallet) -> int:
        del security
        return self.book.epoch

    def halt_code(self, security: Wallet) -> str:
        del security
        return self.book.halt

    def forget(self) -> None:
        self._now = Promised(self, dict(self.book.holders))

    def fold(self, block: said.BlockAdded) -> None:
        holders = dict(self.book.holders)
        epoch, halt, frozen = self.book.epoch, self.book.halt, set(self.book.frozen)
        for log in block.logs:
            if log.address == "epoch":
                epoch += 1
            elif log.address == "halt":
                halt = log.data
            elif log.address == "frozen":
                frozen ^= {Wallet(log.data)}
            else:
                holders[Wallet(log.address)] = int(log.data)
        self.books[block.number] = Book({who: has for who, has in holders.items() if has}, epoch,
                                        halt, frozen)  # fmt: skip
        self._stand(block.number)

    def set(self, number: int, book: bytes) -> None:
        if book:
            self.books = {number: msgspec.json.decode(book, type=Book)}
        self.books = {each: book for each, book in self.books.items() if each <= number}
        self._stand(max(self.books))

    def _stand(self, number: int) -> None:
        self.number = number
        self._now = Promised(self, dict(self.book.holders))

    def packed(self) -> bytes:
        return msgspec.json.encode(self.book)


class Pit:
    """A venue that is told everything, and remembers it."""

    def __init__(self, house: House | None = None, people: int = 8, *, units: int = 10_000,
                 **terms: Any) -> None:  # fmt: skip
        self.house = house or House()
        self.venue = Venue(self.house)
        self.now_ns = NOW_S * NS
        self.journal: list[said.Journaled] = []
        self.events: list[Event] = []
        self.block = 0
        self.nonce = 0
        holders = tuple(
            said.LogRow(person(at), (), str(units)) for at in range(people)
        ) if units else ()  # fmt: skip
        self.do(said.ChainSet(number=0, hash="0", time_s=NOW_S))
        facts = tuple(
            said.AccountFact(token, person(at), held, RICH)
            for at in range(people) for token, held in ((ACME, units), (USD, RICH))
        )  # fmt: skip
        self.add_block(logs=holders, accounts=facts)
        values: dict[str, Any] = {
            "symbol": SYMBOL, "security": ACME, "cash": USD, "units_per_lot": UNITS_PER_LOT,
            "tick": 1, "reference": 100, "margin_s": 10,
        }  # fmt: skip
        self.terms = MarketTerms(**{**values, **terms})
        self.do(said.MarketOpened(self.terms))

    def do(self, entry: said.Entry, *, after_s: float = 0.0) -> list[Event]:
        """Journal an entry and apply it."""
        self.now_ns += int(after_s * NS) + 1
        journaled = said.Journaled(len(self.journal) + 1, self.now_ns, entry)
        self.journal.append(journaled)
        found = self.venue.apply(journaled)
        self.events += found
        return found

    def do_cancel(self, number: int) -> list[Event]:
        """Have an order cancelled."""
        return self.do(said.CancelAsked(number, "himself"))

    def add_block(self, **changes: Any) -> list[Event]:
        self.block += 1
        return self.do(said.BlockAdded(number=self.block, hash=str(self.block),
                                       time_s=self.now_ns // NS, **changes))  # fmt: skip

    def order(self, who: int, *, buys: bool, lots: int = 1, price: int = 100, **changes: Any
              ) -> said.Placed:  # fmt: skip
        """An order; members of its terms and of the entry may be given."""
        self.nonce += 1
        of_entry = {name: changes.pop(name) for name in ("client_id", "login", "replaces", "filled")
                    if name in changes}  # fmt: skip
        values: dict[str, Any] = {
            "investor": person(who), "signer": person(who), "venue": VENUE, "security": ACME,
            "cash": USD, "buys": buys, "units_per_lot": UNITS_PER_LOT, "lots": lots,
            "price": price, "fee_bps": 500, "expiry": self.now_ns // NS + 3_600,
            "nonce": self.nonce, "epoch": 0, "instructions": Instructions(),
        }  # fmt: skip
        return said.Placed(OrderTerms(**{**values, **changes}), b"\x01" * 64, **of_entry)

    def place(self, who: int, *, buys: bool, lots: int = 1, price: int = 100, **changes: Any
              ) -> list[Event]:  # fmt: skip
        return self.do(self.order(who, buys=buys, lots=lots, price=price, **changes))

    def trades(self) -> list[tuple[int, int, int, int]]:
        """Buyer's order, seller's order, lots, price of every trade that was told."""
        return [(each.buy, each.sell, each.lots, each.price) for each in self.events
                if isinstance(each, Traded)]  # fmt: skip

    def waiting(self) -> list[tuple[int, int]]:
        """Orders in the book with what is left of them."""
        book = self.venue.state.markets[SYMBOL].book
        return [(order.number, order.left) for order in book.resting()]

    # --- what must hold at any time

    def check(self) -> None:
        """Everything that is spoken for is spoken for by something, once."""
        state = self.venue.state
        bound: dict[tuple[Wallet, Wallet], int] = {}
        owed: dict[tuple[Wallet, Wallet], int] = {}
        for order in state.orders.values():
            key = order.token, order.terms.investor
            bound[key] = bound.get(key, 0) + (order.need(order.left) if order.left else 0)
        for trade in state.trades.values():
            buy, sell = state.orders[trade.buy], state.orders[trade.sell]
            if not trade.block:
                paying, giving = (USD, buy.terms.investor), (ACME, sell.terms.investor)
                owed[paying] = owed.get(paying, 0) + trade.value + trade.fees[0]
                owed[giving] = owed.get(giving, 0) + trade.lots * UNITS_PER_LOT
        for token, accounts in state.means.accounts.items():
            for wallet, account in accounts.items():
                assert account.bound == bound.pop((token, wallet), 0), (token, wallet)
                assert account.owed == owed.pop((token, wallet), 0), (token, wallet)
                assert account.free >= 0 or not account.bound
        assert not bound
        assert not owed
        self._check_sessions()
        waiting = {order.number: order.left for market in state.markets.values()
                   for order in market.book.resting()}  # fmt: skip
        assert waiting == {
            each.number: each.left for each in state.orders.values()
            if each.left and each.holding not in {Holding.ASKED, Holding.SENT}
        }  # fmt: skip
        assert self.venue.holding == {each.terms.signed_by: each for each in state.orders.values()
                                      if each.holding is not Holding.NONE}  # fmt: skip
        self._check_trades()
        self._check_prices()

    def _check_trades(self) -> None:
        state = self.venue.state
        unsettled: dict[int, int] = {}
        for trade in state.trades.values():
            for number in (trade.buy, trade.sell):
                unsettled[number] = unsettled.get(number, 0) + 1
        pending: dict[int, int] = {}
        for trade in state.pending.values():
            for number in (trade.buy, trade.sell):
                pending[number] = pending.get(number, 0) + trade.lots
        for order in state.orders.values():
            assert order.pending == pending.get(order.number, 0)
            assert order.unsettled == unsettled.get(order.number, 0)
            assert order.left or order.unsettled or order.holding
            assert order.left or order.holding is not Holding.ASKED
            assert order.matched + order.left <= order.terms.lots

    def _check_prices(self) -> None:
        """The last price is that of the last trade that stands."""
        market = self.venue.state.markets[SYMBOL]
        prices: dict[int, int] = {}
        busted: set[int] = set()
        for event in self.events:
            if isinstance(event, Traded):
                prices[event.trade] = event.price
            elif isinstance(event, TradeBusted):
                busted.add(event.trade)
            elif isinstance(event, TradeUnsettled):
                busted.discard(event.trade)
        standing = [each for each in prices if each not in busted and each > market.priced.since]
        last = max(standing, default=0)
        assert (market.priced.last, market.last) == (last, prices.get(last, 0))

    def _check_sessions(self) -> None:
        state = self.venue.state
        bound: dict[tuple[Wallet, Wallet, Wallet], int] = {}
        for order in state.orders.values():
            if order.by_session and order.left:
                place = (order.terms.investor, order.terms.signer, order.token)
                bound[place] = bound.get(place, 0) + order.need(order.left)
        for trade in state.trades.values():
            for order, amount in () if trade.block else self.venue.commitments.debts(trade):
                if order.by_session:
                    place = (order.terms.investor, order.terms.signer, order.token)
                    bound[place] = bound.get(place, 0) + amount
        assert self.venue.commitments.of_keys == bound
        units: dict[tuple[Wallet, Wallet, bool], int] = {}
        for order in state.orders.values():
            if order.left:
                side = (order.owner, order.terms.security, order.terms.buys)
                units[side] = units.get(side, 0) + order.left * order.terms.units_per_lot
        assert self.venue.commitments.units == units
        assert list(state.pending) == [n for n, trade in state.trades.items() if not trade.block]

    def replayed(self, since: int = 0) -> Venue:
        """Another venue that is told the same, from the beginning."""
        other = Venue(House(self.house.places, self.house.barred, self.house.most))
        for journaled in self.journal[since:]:
            other.apply(journaled)
        return other

    def restored(self) -> Venue:
        """The venue as after a restart from a snapshot."""
        house = House(self.house.places, self.house.barred, self.house.most)
        restored = unpack(pack(self.venue), house)
        house.books = {**self.house.books, **house.books}
        assert state_hash(restored) == state_hash(self.venue)
        assert house._now.holders == self.house._now.holders
        assert restored.commitments.of_keys == self.venue.commitments.of_keys
        assert restored.commitments.units == self.venue.commitments.units
        return restored


def codes(events: list[Event]) -> list[str]:
    """Codes of the refusals of an order, or of its leaving."""
    found: list[str] = []
    for event in events:
        if isinstance(event, RefusedOrder):
            found += [each.code for each in event.refusals]
        elif isinstance(event, Left):
            found.append(event.code)
    return found
