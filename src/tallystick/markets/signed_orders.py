"""What an investor signs: an order, a session of a key, a cancellation. Twin of `orders.vy`.

An order is for one settlement contract on one chain and one venue. Quantities are lots, prices cash
units per lot, fees basis points of the value, times UTC seconds. The epoch is that of the security:
what was signed for units that were exchanged since is void.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec

from tallystick.core.typed_data import Domain, digest, struct_hash, typed_data
from tallystick.core.wallets import Wallet
from tallystick.markets.order_book import SelfTrade

LOTS_MAX: Final = 2**64 - 2
PRICE_MAX: Final = 2**96 - 1
NONCE_MAX: Final = 2**64 - 1
EXPIRY_MAX: Final = 2**40 - 1
BASIS_POINTS: Final = 10_000
_TRADE_NUMBER: Final = 2**64 - 1

# An investor, who signs for him, and a number that is used once.
SignedBy = tuple[Wallet, Wallet, int]

_ORDER = {
    "investor": "address", "signer": "address", "venue": "address", "security": "address",
    "cash": "address", "buys": "bool", "unitsPerLot": "uint256", "lots": "uint256",
    "price": "uint256", "feeBps": "uint256", "expiry": "uint256", "nonce": "uint256",
    "epoch": "uint256", "instructions": "uint256",
}  # fmt: skip
_SESSION = {
    "investor": "address", "key": "address", "venue": "address", "cash": "address",
    "securities": "address[]", "units": "uint256[]", "amount": "uint256", "feeBps": "uint256",
    "expiry": "uint256", "serial": "uint256",
}  # fmt: skip
_CANCEL = {
    "investor": "address", "signer": "address", "lowestNonce": "uint256", "nonces": "uint256[]",
}  # fmt: skip
_LOGIN = {"investor": "address", "signer": "address", "venue": "address", "issuedAt": "uint256"}
_RECEIPT = {"venue": "address", "order": "bytes32", "most": "uint256", "at": "uint256"}


class Duration(StrEnum):
    """How long an order stands. Until its expiry; or what is not traded at once is cancelled.

    The terms are those of FIX, tag 59: good till date, immediate or cancel, fill or kill.
    """

    GOOD_TILL = "good-till"
    IMMEDIATE = "immediate"
    FILL_OR_KILL = "fill-or-kill"


_DURATIONS = tuple(Duration)
_SELF_TRADES = tuple(SelfTrade)


class Instructions(msgspec.Struct, frozen=True):
    """What the venue shall do with an order; signed with it, as one number.

    Bits 0 and 1: duration. 2: only if it waits first (post only). 3: at any price as far as the one
    it names, which protects it (market). 4 and 5: self trade. 6: the units may be held.
    """

    duration: Duration = Duration.GOOD_TILL
    post_only: bool = False
    market: bool = False
    self_trade: SelfTrade = SelfTrade.CANCEL_TAKER
    hold: bool = False

    @classmethod
    def of(cls, number: int) -> Instructions | None:
        """What a number says; None if it says nothing that is known."""
        duration, own = number & 3, number >> 4 & 3
        if not 0 <= number < 1 << 7 or duration >= len(_DURATIONS):
            return None
        return cls(_DURATIONS[duration], bool(number >> 2 & 1), bool(number >> 3 & 1),
                   _SELF_TRADES[own], bool(number >> 6 & 1))  # fmt: skip

    def held_if(self, *, asked: bool, buys: bool) -> Instructions:
        """The same for a market that asks for holds, or not: of orders to sell that wait."""
        waits = self.duration is Duration.GOOD_TILL
        return msgspec.structs.replace(self, hold=asked and waits and not buys)

    @property
    def number(self) -> int:
        """As contracts take it."""
        return (
            _DURATIONS.index(self.duration)
            | self.post_only << 2
            | self.market << 3
            | _SELF_TRADES.index(self.self_trade) << 4
            | self.hold << 6
        )


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is signed. The signer is the investor, or a key that he gave a session."""

    investor: Wallet
    signer: Wallet
    venue: Wallet
    security: Wallet
    cash: Wallet
    buys: bool
    units_per_lot: int
    lots: int
    price: int
    fee_bps: int
    expiry: int
    nonce: int
    epoch: int
    instructions: Instructions = Instructions()

    @property
    def signed_by(self) -> SignedBy:
        """What tells it from all other orders."""
        return self.investor, self.signer, self.nonce

    @property
    def gives(self) -> Wallet:
        """The token that it gives: the security it sells, the money it buys for."""
        return self.cash if self.buys else self.security

    @property
    def fits(self) -> bool:
        """Whether every member is within what the contract can be given."""
        return (
            0 < self.lots <= LOTS_MAX
            and 0 < self.price <= PRICE_MAX
            and 0 <= self.fee_bps <= BASIS_POINTS
            and 0 <= self.nonce <= NONCE_MAX
            and 0 <= self.expiry <= EXPIRY_MAX
            and self.epoch >= 0
        )

    def _values(self) -> dict[str, Any]:
        return {
            "investor": self.investor, "signer": self.signer, "venue": self.venue,
            "security": self.security, "cash": self.cash, "buys": self.buys,
            "unitsPerLot": self.units_per_lot, "lots": self.lots, "price": self.price,
            "feeBps": self.fee_bps, "expiry": self.expiry, "nonce": self.nonce,
            "epoch": self.epoch, "instructions": self.instructions.number,
        }  # fmt: skip

    def digest(self, domain: Domain) -> bytes:
        """What is signed, 32 bytes."""
        return digest(domain, struct_hash("Order", _ORDER, self._values()))

    def typed(self, domain: Domain) -> dict[str, Any]:
        """What a wallet is given to sign."""
        return typed_data(domain, "Order", _ORDER, self._values())

    def packed(self, filled: int, signature: bytes, *, proof: int = 0) -> tuple[object, ...]:
        """As the contract takes it, with the lots filled before.

        `signature` is r and vs (EIP-2098), or empty: that of a contract stands at place `proof`,
        from 1, of the batch.
        """
        signer = 0 if self.signer == self.investor else int(self.signer, 16)
        who = (self.nonce | int(self.investor, 16) << 64 | self.instructions.number << 224
               | proof << 240)  # fmt: skip
        terms = self.lots | filled << 64 | self.expiry << 128 | self.fee_bps << 168
        r, vs = signature[:32].ljust(32, b"\x00"), int.from_bytes(signature[32:], "big")
        return (who, terms, self.price | signer << 96, r, vs)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What a key may sign for an investor at a venue.

    `units` are the most that it may sell of each security; `amount` is the most that it may spend
    on all, fees included, in units of `cash`. `serial` is higher than that of any earlier session
    of the key; one of no securities ends it.
    """

    investor: Wallet
    key: Wallet
    venue: Wallet
    cash: Wallet
    securities: tuple[Wallet, ...]
    units: tuple[int, ...]
    amount: int
    fee_bps: int
    expiry: int
    serial: int

    def _values(self) -> dict[str, Any]:
        return {
            "investor": self.investor, "key": self.key, "venue": self.venue, "cash": self.cash,
            "securities": list(self.securities), "units": list(self.units), "amount": self.amount,
            "feeBps": self.fee_bps, "expiry": self.expiry, "serial": self.serial,
        }  # fmt: skip

    def digest(self, domain: Domain) -> bytes:
        """What is signed, 32 bytes."""
        return digest(domain, struct_hash("Session", _SESSION, self._values()))

    def typed(self, domain: Domain) -> dict[str, Any]:
        """What a wallet is given to sign."""
        return typed_data(domain, "Session", _SESSION, self._values())

    def is_for(self, order: OrderTerms) -> bool:
        """Whether it is for the market of an order."""
        return (
            order.venue == self.venue and order.cash == self.cash
            and order.security in self.securities
        )  # fmt: skip

    def left(self, token: Wallet) -> int:
        """How much of the money it may still spend, or of a security still sell, in units."""
        return self.amount if token == self.cash else self.units[self.securities.index(token)]

    def less(self, token: Wallet, amount: int) -> Session:
        """The same with so much less of a token to spend or to sell; nothing if it is of others."""
        if token == self.cash:
            return msgspec.structs.replace(self, amount=self.amount - amount)
        units = tuple(
            left - amount if security == token else left
            for security, left in zip(self.securities, self.units, strict=True)
        )
        return msgspec.structs.replace(self, units=units)

    @property
    def members(self) -> tuple[object, ...]:
        """As the contract takes it."""
        return (self.investor, self.key, self.venue, self.cash, list(self.securities),
                list(self.units), self.amount, self.fee_bps, self.expiry, self.serial)  # fmt: skip


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that are void for everybody: those named, and all of a nonce below the lowest.

    They are those that one signer signed, the investor or a key; either of them may void them.
    """

    investor: Wallet
    signer: Wallet
    lowest_nonce: int = 0
    nonces: tuple[int, ...] = ()

    def _values(self) -> dict[str, Any]:
        return {"investor": self.investor, "signer": self.signer,
                "lowestNonce": self.lowest_nonce, "nonces": list(self.nonces)}  # fmt: skip

    def digest(self, domain: Domain) -> bytes:
        """What is signed, 32 bytes."""
        return digest(domain, struct_hash("Cancel", _CANCEL, self._values()))

    def typed(self, domain: Domain) -> dict[str, Any]:
        """What a wallet is given to sign."""
        return typed_data(domain, "Cancel", _CANCEL, self._values())


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody who signs for an investor talks to a venue; `issued_at` in UTC seconds."""

    investor: Wallet
    signer: Wallet
    venue: Wallet
    issued_at: int

    def _values(self) -> dict[str, Any]:
        return {"investor": self.investor, "signer": self.signer, "venue": self.venue,
                "issuedAt": self.issued_at}  # fmt: skip

    def digest(self, domain: Domain) -> bytes:
        """What is signed, 32 bytes."""
        return digest(domain, struct_hash("Login", _LOGIN, self._values()))

    def typed(self, domain: Domain) -> dict[str, Any]:
        """What a wallet is given to sign."""
        return typed_data(domain, "Login", _LOGIN, self._values())


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's word that it will have no more than so many lots of an order settled.

    `order` is what was signed for it, 32 bytes; `at` when it said so, in UTC nanoseconds.
    """

    venue: Wallet
    order: bytes
    most: int
    at: int

    def digest(self, domain: Domain) -> bytes:
        """What is signed, 32 bytes."""
        return digest(domain, struct_hash("Receipt", _RECEIPT, msgspec.structs.asdict(self)))

    def typed(self, domain: Domain) -> dict[str, Any]:
        """What a wallet is given to sign."""
        return typed_data(domain, "Receipt", _RECEIPT, msgspec.structs.asdict(self))


def fee_max(value: int, fee_bps: int) -> int:
    """The highest fee of a trade in cash units, rounded down."""
    return value * fee_bps // BASIS_POINTS


def packed_trade(
    number: int, market: int, *, lots: int, price: int, fees: tuple[int, int],
    orders: tuple[tuple[object, ...], tuple[object, ...]],
) -> tuple[object, ...]:  # fmt: skip
    """A trade as the contract takes it: fees and orders of the buyer, then of the seller.

    `market` is the place of its market among those of the batch.
    """
    head = number | lots << 64 | price << 128 | market << 224
    return (head, fees[0] | fees[1] << 128, *orders)


def trade_number(head: int) -> int:
    """The number of a trade by the word with which the contract takes it, and logs it."""
    return head & _TRADE_NUMBER
