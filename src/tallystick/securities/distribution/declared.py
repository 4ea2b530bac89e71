"""What a distribution is on the chain: the members that `Distributor.vy` hashes to its id."""

from __future__ import annotations

import msgspec

from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.core.words import number_word, wallet_word

NO_ROOT = bytes(32)
TREASURY_MAX = 16


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """What is announced of a distribution.

    `record_date` is the number of a record date on the chain, 0 if there is none; `record_at` the
    time at which holdings count and `challenge_s` how long the list can be challenged, both in
    seconds (the first UTC). `treasury` are the issuer's own wallets, `document` a salted hash of
    what was announced in words.
    """

    security: Wallet
    record_date: int
    record_at: int
    challenge_s: int
    treasury: tuple[Wallet, ...]
    document: bytes

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.security, self.record_date, self.record_at, self.challenge_s,
                list(self.treasury), self.document)  # fmt: skip

    @property
    def reference(self) -> bytes:
        """keccak-256 of its ABI encoding."""
        head = 6
        words = [
            number_word(32), wallet_word(self.security), number_word(self.record_date),
            number_word(self.record_at), number_word(self.challenge_s), number_word(32 * head),
            self.document, number_word(len(self.treasury)),
            *(wallet_word(wallet) for wallet in self.treasury),
        ]  # fmt: skip
        return keccak(b"".join(words))


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """What defines a distribution on the chain.

    `amount` in units of the cash token, `total` in units of the security, `expires_at` in UTC
    seconds (0: never). Root, total, holders and withholding are empty until the list is known.
    """

    reference: bytes
    registry: Wallet
    cash: Wallet
    payer: Wallet
    amount: int
    expires_at: int
    root: bytes = NO_ROOT
    total: int = 0
    holders: int = 0
    withholding: bytes = NO_ROOT

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)

    @property
    def id(self) -> bytes:
        """keccak-256 of its ABI encoding."""
        words = [
            self.reference, wallet_word(self.registry), wallet_word(self.cash),
            wallet_word(self.payer), number_word(self.amount), number_word(self.expires_at),
            self.root, number_word(self.total), number_word(self.holders), self.withholding,
        ]  # fmt: skip
        return keccak(b"".join(words))
