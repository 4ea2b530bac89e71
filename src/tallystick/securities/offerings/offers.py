"""What an offering is on the chain, its price, and how it is divided. Twin of `Offering.vy`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.core.words import number_word, wallet_word

TIERS_MAX = 8
LOTS_MAX = 2**64 - 1


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a lot in units of the cash, up to so many lots and until a time in UTC seconds."""

    up_to: int
    until: int
    price: int


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What defines an offering on the chain; see `Offering.vy` for its members."""

    security: Wallet
    registry: Wallet
    cash: Wallet
    proceeds: Wallet
    escrow: Wallet
    units_per_lot: int
    soft_lots: int
    hard_lots: int
    min_lots: int
    max_lots: int
    opens_at: int
    closes_at: int
    withdraw_until: int
    reflection_s: int
    tiers: tuple[Tier, ...]
    pro_rata: bool
    retail_limited: bool
    document: bytes

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        values["tiers"] = [(tier.up_to, tier.until, tier.price) for tier in self.tiers]
        return tuple(values.values())

    @property
    def id(self) -> bytes:
        """keccak-256 of its ABI encoding."""
        words = [number_word(32)]
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name == "tiers":
                words.append(number_word(32 * len(self.__struct_fields__)))
            elif isinstance(value, str):
                words.append(wallet_word(Wallet(value)))
            elif isinstance(value, bytes):
                words.append(value)
            else:
                words.append(number_word(int(value)))
        words.append(number_word(len(self.tiers)))
        for tier in self.tiers:
            words += [number_word(tier.up_to), number_word(tier.until), number_word(tier.price)]
        return keccak(b"".join(words))

    def price(self, sold: int, lots: int, now_s: int) -> int | None:
        """What lots cost after so many others, tier by tier; None if there is no price for them."""
        cost, left = 0, lots
        for tier in self.tiers:
            if now_s >= tier.until or sold >= tier.up_to:
                continue
            part = min(left, tier.up_to - sold)
            cost, sold, left = cost + part * tier.price, sold + part, left - part
            if left == 0:
                break
        return cost if left == 0 else None


def authorization_nonce(offer: bytes, investor: Wallet, lots: int, amount: int,
                        salt: bytes) -> bytes:  # fmt: skip
    """The nonce of an ERC-3009 authorization that pays for just one subscription."""
    words = [offer, wallet_word(investor), number_word(lots), number_word(amount), salt]
    return keccak(b"".join(words))


def divide(lots: Sequence[int], hard_lots: int) -> list[int]:
    """What each subscriber gets, in the order of subscription; all of them the lots there are."""
    total = sum(lots)
    there_are = min(total, hard_lots)
    parts: list[int] = []
    running = 0
    for own in lots:
        before = there_are * running // total if total else 0
        running += own
        parts.append((there_are * running // total if total else 0) - before)
    return parts


def cost_down(amount: int, part: int, lots: int) -> int:
    """What a part of the lots costs of what was paid for all of them, rounded down."""
    return amount * part // lots
