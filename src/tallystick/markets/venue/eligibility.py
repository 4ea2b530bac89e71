"""What the venue asks about securities: who may trade with whom, on what the chain says and will.

Whoever answers knows the issuer's book as of the last block, and the trades that were promised to
it since: matched, and not settled yet. The venue knows nothing of rules itself.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.venue.entries import BlockAdded
from tallystick.markets.venue.refusals import OrderRefusal


class Sale(msgspec.Struct, frozen=True, gc=False):
    """Units that a seller would sell to a buyer, or that one of them would to or from whomever."""

    security: Wallet
    seller: Wallet | None
    buyer: Wallet | None
    units: int


class Answer(msgspec.Struct, frozen=True):
    """What is against a sale; `most` is how many units nothing would be against, None if none.

    `lasting` says that it is who the investor is by now that is refused, as long as nobody changes
    that: he is frozen, say.
    """

    refusals: tuple[OrderRefusal, ...] = ()
    most: int | None = None
    lasting: bool = False


class Promises(Protocol):
    """A book with sales promised to it."""

    def judge(self, sale: Sale, *, now_s: int) -> Answer:
        """What is against a sale, those promised before being carried out."""
        ...

    def promise(self, sale: Sale, *, now_s: int) -> bool:
        """Note a sale that nothing is against as one that will be carried out.

        False if the seller does not have so much.
        """
        ...


class Eligibility(Promises, Protocol):
    """An issuer's book, and what is promised to it."""

    # What `halt_code` may say.
    HALT_CODES: frozenset[str]

    def halt_code(self, security: Wallet) -> str:
        """Why a security may not be traded by anybody; nothing if it may."""
        ...

    def securities(self) -> list[Wallet]:
        """The issuer's securities, as far as the chain has told of them."""
        ...

    def trial(self) -> Promises:
        """The same, to try what may be thrown away."""
        ...

    def home(self, wallet: Wallet) -> Wallet:
        """The investor behind a wallet, by his home wallet."""
        ...

    def admitted(self, wallet: Wallet) -> bool:
        """Whether a wallet is that of an investor."""
        ...

    def epoch(self, security: Wallet) -> int:
        """How often what a unit is was changed."""
        ...

    def forget(self) -> None:
        """Take all promises back."""
        ...

    def fold(self, block: BlockAdded) -> None:
        """Take up a block; all promises are taken back."""
        ...

    def set(self, number: int, book: bytes) -> None:
        """Take up a book as of a block, or go back to that block if none is given."""
        ...

    def packed(self) -> bytes:
        """The book as of the last block, so that `set` takes it up again."""
        ...
