"""Entries of the order journal: everything the venue acts on, and nothing else is.

Commands of people, facts of the chain, the clock. Each is written with its place and its time in
UTC nanoseconds before anything that follows from it is told to anybody.
"""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Cancellation, OrderTerms, Session, SignedBy
from tallystick.markets.venue.terms import MarketTerms


class MarketOpened(msgspec.Struct, frozen=True, tag="market-opened"):
    """A market is opened, or goes on by other terms; orders that do not fit these leave."""

    terms: MarketTerms


class Placed(msgspec.Struct, frozen=True, tag="placed"):
    """An order, whose signature was found to be its signer's.

    `by_contract` says that a contract confirmed it (EIP-1271). `client_id` is what the investor
    calls it, `login` the connection whose end cancels it; both may be empty. `replaces` is the
    number of an order of his that leaves for it, 0 if none does, and `filled` the lots of that one
    that he knows to be filled.
    """

    terms: OrderTerms
    signature: bytes
    client_id: str = ""
    login: str = ""
    replaces: int = 0
    filled: int = 0
    by_contract: bool = False


class Declined(msgspec.Struct, frozen=True, tag="declined"):
    """Something that was asked and not taken before it came to be judged, for the audit trail."""

    investor: Wallet
    client_id: str
    code: str
    digest: bytes


class CancelAsked(msgspec.Struct, frozen=True, tag="cancel-asked"):
    """Somebody who may asks to have an order cancelled at the venue."""

    number: int
    by: str


class ReduceAsked(msgspec.Struct, frozen=True, tag="reduce-asked"):
    """Somebody who may asks that no more than so many lots of an order be still traded."""

    number: int
    lots: int
    by: str


class AllCancelAsked(msgspec.Struct, frozen=True, tag="all-cancel-asked"):
    """All orders of an investor shall be cancelled; of one market, if a symbol is given.

    If a `signer` is given those that he signed alone.
    """

    investor: Wallet
    symbol: str
    by: str
    signer: Wallet = Wallet("")


class Disconnected(msgspec.Struct, frozen=True, tag="disconnected"):
    """A connection has ended, and orders leave that were placed to leave with it."""

    login: str


class HaltAsked(msgspec.Struct, frozen=True, tag="halt-asked"):
    """Trading in a market shall stop: by the issuer or the venue, or since a dossier is stale."""

    symbol: str
    code: str
    by: str


class ResumeAsked(msgspec.Struct, frozen=True, tag="resume-asked"):
    """Trading in a market shall go on; what was collected is traded at one price first.

    With a `code` only if it was halted for that; what was halted for a dossier needs it.
    """

    symbol: str
    by: str
    code: str = ""


class AccountFact(msgspec.Struct, frozen=True, array_like=True):
    """What a wallet has of a token, and how much of it settlement may move, as of a block."""

    token: Wallet
    wallet: Wallet
    held: int
    allowed: int


class Bust(msgspec.Struct, frozen=True, array_like=True):
    """A trade that the chain says is busted, why, and what the token answered in hex.

    `stood` says whose order stood, so that its lots count as filled: 1 the buyer's, 2 the seller's.
    """

    number: int
    reason: str
    answer: str
    stood: int


class LogRow(msgspec.Struct, frozen=True, array_like=True):
    """A log of the issuer's registry or securities, as the chain gives it."""

    address: str
    topics: tuple[str, ...]
    data: str


class HoldFact(msgspec.Struct, frozen=True, array_like=True):
    """Units that settlement holds for an order, by what it was signed with; none if no longer."""

    investor: Wallet
    signer: Wallet
    nonce: int
    units: int

    @property
    def signed_by(self) -> SignedBy:
        """What tells the order from others."""
        return self.investor, self.signer, self.nonce


class BlockAdded(msgspec.Struct, frozen=True, tag="block-added"):
    """A block that follows the last one, as far as it concerns the venue.

    `accounts`, and what sessions in `granted` have left, are as of this block. Only a block that is
    the chain's `latest` tells all that has changed, so that orders meet after that one alone.
    """

    number: int
    hash: str
    time_s: int
    latest: bool = True
    logs: tuple[LogRow, ...] = ()
    accounts: tuple[AccountFact, ...] = ()
    settled: tuple[int, ...] = ()
    busted: tuple[Bust, ...] = ()
    cancelled: tuple[Cancellation, ...] = ()
    granted: tuple[Session, ...] = ()
    holds: tuple[HoldFact, ...] = ()


class ChainSet(msgspec.Struct, frozen=True, tag="chain-set"):
    """The chain as it is at a block: at the beginning, where it was rolled back to, or far ahead.

    Blocks that the venue knows after `common` are gone, and what became of trades in them; what did
    become of them by this block stands in `settled` and `busted`, with the blocks. `book` is the
    issuer's book at that block, packed, or empty if what the venue remembers reaches back so far.
    Accounts, sessions and cancellations are all that concern the venue, as they are there.
    """

    number: int
    hash: str
    time_s: int
    book: bytes = b""
    accounts: tuple[AccountFact, ...] = ()
    sessions: tuple[Session, ...] = ()
    cancelled: tuple[Cancellation, ...] = ()
    common: int = -1
    settled: tuple[tuple[int, int], ...] = ()
    busted: tuple[tuple[Bust, int], ...] = ()
    holds: tuple[HoldFact, ...] = ()
    latest: bool = True


class AccountSeen(msgspec.Struct, frozen=True, tag="account-seen"):
    """What a wallet has that the venue did not know of, as of its last block."""

    account: AccountFact


class BatchSent(msgspec.Struct, frozen=True, tag="batch-sent"):
    """Trades that go to settlement together."""

    number: int
    trades: tuple[int, ...]


class BatchFailed(msgspec.Struct, frozen=True, tag="batch-failed"):
    """A batch that the chain refused whole: its trades are to be settled in another one."""

    number: int
    reason: str


class HoldSent(msgspec.Struct, frozen=True, tag="hold-sent"):
    """The chain is asked to hold the units of an order."""

    number: int


class HoldFailed(msgspec.Struct, frozen=True, tag="hold-failed"):
    """The chain does not hold the units of an order, or has nothing of it to let go."""

    number: int
    reason: str


class Ticked(msgspec.Struct, frozen=True, tag="ticked"):
    """Time has passed."""


Entry = (
    MarketOpened | Placed | Declined | CancelAsked | ReduceAsked | AllCancelAsked | Disconnected
    | HaltAsked | ResumeAsked | BlockAdded | ChainSet | AccountSeen | BatchSent | BatchFailed
    | HoldSent | HoldFailed | Ticked
)  # fmt: skip


class Journaled(msgspec.Struct, frozen=True, array_like=True):
    """An entry with its place in the journal, from 1, and its time in UTC nanoseconds."""

    place: int
    at_ns: int
    entry: Entry
