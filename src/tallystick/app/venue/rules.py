"""Answers the venue for the rules of an issuer's securities, from the logs in its journal alone.

Kept are two books: one as of the last block, and one as of 256 blocks before with the blocks since.
When the chain is rolled back the old one is copied and brought up to where it went, so that nothing
has to be asked of anybody.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import msgspec

from tallystick.core.errors import Refused
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.fold import Book, Folder
from tallystick.gateways.chain.indexer import pack_book, unpack_book
from tallystick.gateways.chain.logs import Log
from tallystick.markets.venue.chain_facts import BLOCKS_KEPT
from tallystick.markets.venue.eligibility import Answer, Promises, Sale
from tallystick.markets.venue.entries import BlockAdded
from tallystick.markets.venue.refusals import OrderRefusal
from tallystick.securities.codes import Code
from tallystick.securities.history import History
from tallystick.securities.parcels import Untold
from tallystick.securities.projection import Projection
from tallystick.securities.proposal import Movement
from tallystick.securities.verdict import Refusal

PAUSED: Final = "security-paused"
NO_VENUE: Final = "venue-not-allowed"

# What is refused for who an investor is, whatever and with whomever he trades.
_OF_THE_PERSON: Final = frozenset({
    Code.SENDER_FROZEN, Code.SENDER_RETIRED, Code.RECEIVER_UNKNOWN, Code.RECEIVER_RETIRED,
    Code.RECEIVER_UNVERIFIED, Code.RECEIVER_FROZEN, Code.COUNTRY_NOT_ALLOWED, Code.NOT_ACCREDITED,
    Code.NOT_QUALIFIED, Code.NOT_INSTITUTIONAL, Code.NOT_SCREENED,
})  # fmt: skip
_NOTHING_AGAINST = Answer()
_UNKNOWN = OrderRefusal(code="security-unknown", message="The chain has no such security by now",
                        cure="Wait until its issue stands in a block.")  # fmt: skip


class _Promised:
    """A projection in which sales are judged as `settlement` would carry them out."""

    def __init__(self, projection: Projection, settlement: Wallet) -> None:
        self._projection = projection
        self._settlement = settlement

    def judge(self, sale: Sale, *, now_s: int) -> Answer:
        """What is against a sale, those promised before being carried out."""
        try:
            security = self._projection.security(sale.security)
        except KeyError:
            return Answer((_UNKNOWN,))
        verdict = security.judge(
            Movement.RESALE, sale.seller, sale.buyer, sale.units, now_s=now_s,
            spender=self._settlement, releases=True,
        )  # fmt: skip
        if not verdict.refusals:
            return _NOTHING_AGAINST
        bounds = [each.most for each in verdict.refusals]
        most = None if None in bounds else min(each for each in bounds if each is not None)
        lasting = any(each.code in _OF_THE_PERSON for each in verdict.refusals)
        return Answer(tuple(_told(each) for each in verdict.refusals), most, lasting)

    def promise(self, sale: Sale, *, now_s: int) -> bool:
        """Note a sale that nothing is against as one to be carried out; False if it fails."""
        try:
            self._projection.security(sale.security).move(
                Movement.RESALE, sale.seller, sale.buyer, sale.units, now_s=now_s
            )
        except Refused:
            return False
        return True

    def above(self) -> _Promised:
        """The same, to try what may be thrown away."""
        return _Promised(self._projection.above(), self._settlement)


class BookRules:
    """`Eligibility` from the book of one issuer, whose units move by one settlement contract."""

    HALT_CODES = frozenset({PAUSED, NO_VENUE})

    def __init__(self, registry: Wallet, settlement: Wallet) -> None:
        self._registry = registry
        self._settlement = settlement
        self._old = _Lean()
        self._recent: deque[BlockAdded] = deque()
        self._book = _Lean()
        self._promised = self._nothing_promised()

    # --- what the venue asks

    def judge(self, sale: Sale, *, now_s: int) -> Answer:
        """What is against a sale, those promised before being carried out."""
        return self._promised.judge(sale, now_s=now_s)

    def promise(self, sale: Sale, *, now_s: int) -> bool:
        """Note a sale that nothing is against as one to be carried out; False if it fails."""
        return self._promised.promise(sale, now_s=now_s)

    def trial(self) -> Promises:
        """The same, to try what may be thrown away."""
        return self._promised.above()

    def home(self, wallet: Wallet) -> Wallet:
        """The investor behind a wallet, by his home wallet."""
        return self._book.book.registry.home(wallet)

    def admitted(self, wallet: Wallet) -> bool:
        """Whether a wallet is that of an investor."""
        registry = self._book.book.registry
        return registry.home(wallet) in registry.investors

    def epoch(self, security: Wallet) -> int:
        """How often what a unit is was changed; 0 for a security that nobody knows."""
        found = self._book.book.securities.get(security)
        return 0 if found is None else found.epoch

    def securities(self) -> list[Wallet]:
        """The issuer's securities."""
        return list(self._book.book.securities)

    def halt_code(self, security: Wallet) -> str:
        """Why a security may not be traded by anybody; nothing if it may."""
        found = self._book.book.securities.get(security)
        if found is None:
            return ""
        if found.paused:
            return PAUSED
        barred = found.rules.venues_only and self._settlement not in found.venues
        return NO_VENUE if barred else ""

    # --- what the chain says

    def forget(self) -> None:
        """Take all promises back."""
        self._promised = self._nothing_promised()

    def fold(self, block: BlockAdded) -> None:
        """Take up a block; all promises are taken back."""
        self._book.fold(block, self._registry)
        self._recent.append(block)
        while self._recent and self._recent[0].number <= block.number - BLOCKS_KEPT:
            self._old.fold(self._recent.popleft(), self._registry)
        self._promised = self._nothing_promised()

    def set(self, number: int, book: bytes) -> None:
        """Take up a book as of a block, or go back to that block if none is given."""
        if not book and number < self._old.book.block:
            message = f"block {number} lies before {self._old.book.block}, the first that is kept"
            raise ValueError(message)
        if book:
            packed = msgspec.json.decode(book, type=_Packed)
            self._old = _Lean(msgspec.msgpack.decode(packed.old))
            self._recent = deque(packed.recent)
        self._recent = deque(block for block in self._recent if block.number <= number)
        self._book = self._old.copied()
        for block in self._recent:
            self._book.fold(block, self._registry)
        self._promised = self._nothing_promised()

    def packed(self) -> bytes:
        """The book as of the last block, so that `set` takes it up again."""
        return msgspec.json.encode(_Packed(self._old.packed(), list(self._recent)))

    def _nothing_promised(self) -> _Promised:
        book = self._book.book
        return _Promised(Projection(book.registry, book.securities), self._settlement)


def packed_book(book: Book) -> bytes:
    """An issuer's book so that `BookRules.set` takes it up, as of its block."""
    return msgspec.json.encode(_Packed(_Lean.of(book).packed(), []))


class _Packed(msgspec.Struct):
    """A book in msgpack, and blocks that follow it."""

    old: bytes
    recent: list[BlockAdded]


class _Lean:
    """A book without what no rule asks for: histories, and where units come from."""

    def __init__(self, packed: dict[str, Any] | None = None) -> None:
        self.book = Book() if packed is None else unpack_book(packed)
        self._slim()

    @classmethod
    def of(cls, book: Book) -> _Lean:
        """A book's, which is left as it is."""
        lean = cls()
        lean.book = Book(book.registry, dict(book.securities), {}, book.block)
        return lean

    def fold(self, block: BlockAdded, registry: Wallet) -> None:
        """Take up the logs of a block."""
        for token in _bound(block, registry):
            self.book.add(token)
        self._slim()
        logs = [Log(each.address, list(each.topics), each.data, hex(block.number))
                for each in block.logs]  # fmt: skip
        Folder(self.book, registry).apply(logs, {block.number: block.time_s})
        self.book.block = block.number

    def packed(self) -> bytes:
        """The book in msgpack."""
        slim = Book(self.book.registry, {}, {}, self.book.block)
        for token, security in self.book.securities.items():
            slim.securities[token] = msgspec.structs.replace(security, parcels={})
        return msgspec.msgpack.encode(pack_book(slim))

    def copied(self) -> _Lean:
        """Another one like it."""
        return _Lean(msgspec.msgpack.decode(self.packed()))

    def _slim(self) -> None:
        for token, security in self.book.securities.items():
            if not isinstance(security.parcels, Untold):
                security.parcels = Untold()
                self.book.histories[token] = _NoHistory()


class _NoHistory(History):
    """A history that notes nothing."""

    def note(self, block: int, wallet: Wallet, units: int) -> None:
        """Note nothing."""


def _bound(block: BlockAdded, registry: Wallet) -> list[Wallet]:
    """Securities that a block binds to the registry."""
    return [Wallet("0x" + log.data[-40:]) for log in block.logs
            if log.address == registry and log.topics[0] == _TOKEN_BOUND]  # fmt: skip


_TOKEN_BOUND = next(topic for topic, event in contract("IdentityRegistry").events.items()
                    if event.name == "TokenBound")  # fmt: skip


def _told(refused: Refusal) -> OrderRefusal:
    """A refusal of the rules as the venue tells it."""
    return OrderRefusal(code=refused.code.label, message=refused.message, cure=refused.cure,
                        limit=refused.limit, now=refused.after, unit=refused.unit)  # fmt: skip
