"""Tells the venue what the chain says: block by block, and where it went back.

The venue acts on nothing of the chain but what is in its journal. This reads the chain and makes
entries of it; what is read of a block is asked for by its number, so that all of it is as of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from eth_abi.exceptions import DecodingError

from tallystick.app.venue.rules import packed_book
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.indexer import bound_tokens, rebuild
from tallystick.gateways.chain.logs import Log, iterate_logs
from tallystick.gateways.chain.rpc import Rpc, unreadable
from tallystick.markets.signed_orders import Cancellation, Session, SignedBy, trade_number
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.state import Head, VenueState

# Blocks that are told one by one; when more have come the chain is told anew, as it is.
BLOCKS_AT_ONCE: Final = 64

_SETTLEMENT = contract("Settlement")
_TOKEN = contract("SecurityToken")
_CASH = contract("Cash")
_BALANCE, _ALLOWANCE = (_CASH.function(name) for name in ("balanceOf", "allowance"))
_HELD = _TOKEN.function("heldUnits")
_HOLD_OF = _SETTLEMENT.function("holdOf")
# What says that an account may have changed.
_TOUCHING: Final = {
    event.topic for event in [*_CASH.events.values(), *_TOKEN.events.values()]
    if event.name in {"Transfer", "Approval", "UnitsHeld", "UnitsReleased"}
}  # fmt: skip


class Watched(msgspec.Struct, frozen=True):
    """What of a chain concerns a venue: its own wallet, contracts, the block they begin with."""

    venue: Wallet
    registry: Wallet
    settlement: Wallet
    since: int


class Follower:
    """Reads a chain for one venue; `securities` are those of the issuer that it knows."""

    def __init__(self, rpc: Rpc, watched: Watched, securities: Callable[[], list[Wallet]]) -> None:
        self._rpc = rpc
        self._watched = watched
        self._securities = securities

    def news(self, state: VenueState) -> list[said.Entry]:
        """Entries that bring the venue up to the chain's last block; none if it is there.

        Raises `Unavailable` if what the node says makes no sense: it went back meanwhile, say.
        """
        with _understood():
            return self._news(state)

    def _news(self, state: VenueState) -> list[said.Entry]:
        latest = self._head("latest")
        if latest == state.head:
            return []
        known = self._common(state)
        behind = None if known is None else latest.number - known.number
        if known is None or behind is None or behind > BLOCKS_AT_ONCE:
            return [self._anew(state, known, latest)]
        entries: list[said.Entry] = []
        if known != state.head:
            entries.append(self._set(state, known, known, b"", latest=known == latest))
        entries += self._blocks(state, known, latest)
        # What was read in several steps is of one history only if the chain still has its end.
        return entries if self._head(hex(latest.number)) == latest else []

    def account(self, state: VenueState, token: Wallet, wallet: Wallet) -> said.AccountSeen:
        """What a wallet has of a token as of the venue's last block."""
        with _understood():
            [fact] = self._facts(state, [(token, wallet)], state.head.number)
        return said.AccountSeen(fact)

    def block_gas(self) -> int:
        """Gas that a block has room for."""
        with _understood():
            return int(self._rpc.call("eth_getBlockByNumber", "latest", False)["gasLimit"], 16)

    # --- where the chain is

    def _head(self, block: str) -> Head:
        found = self._rpc.call("eth_getBlockByNumber", block, False)
        return Head(int(found["number"], 16), found["hash"], int(found["timestamp"], 16))

    def _line(self, known: Head, first: int, last: int) -> dict[int, Head]:
        """Blocks that follow one that is known, each the child of the one before; none if not."""
        asked = [
            ("eth_getBlockByNumber", [hex(number), False]) for number in range(first, last + 1)
        ]
        found: dict[int, Head] = {}
        before = known
        for block in self._rpc.batch(asked):
            if block is None or block["parentHash"] != before.hash:
                return {}
            before = Head(int(block["number"], 16), block["hash"], int(block["timestamp"], 16))
            found[before.number] = before
        return found

    def _common(self, state: VenueState) -> Head | None:
        """The last block that the venue knows and the chain still has; None if it has none."""
        for head in [state.head, *reversed(state.past)]:
            if head.number < 0:
                return None
            found = self._rpc.call("eth_getBlockByNumber", hex(head.number), False)
            if found is not None and found["hash"] == head.hash:
                return head
        return None

    # --- what it says

    def _blocks(self, state: VenueState, known: Head, latest: Head) -> list[said.Entry]:
        """Every block after one that is known."""
        first, last = known.number + 1, latest.number
        heads = self._line(known, first, last)
        if not heads:
            return []
        by_block: dict[int, list[Log]] = {number: [] for number in heads}
        for logs in iterate_logs(self._rpc, self._contracts(state, first, last), first, last):
            for log in logs:
                number = int(log.block_number, 16)
                if number not in heads or log.block_hash != heads[number].hash:
                    return []
                by_block[number].append(log)
        touched = self._touched(state, (log for logs in by_block.values() for log in logs))
        facts = self._facts(state, touched, last)
        return [
            self._block(heads[number], logs, facts if number == last else (),
                        latest=number == last)
            for number, logs in by_block.items()
        ]  # fmt: skip

    def _block(
        self, head: Head, logs: list[Log], facts: tuple[said.AccountFact, ...], *, latest: bool
    ) -> said.BlockAdded:
        settled, busted = self._ended(logs)
        said_so = list(self._settlements(logs))
        cancelled = [_cancellation(each) for name, each in said_so if name == "OrdersCancelled"]
        granted = {(each["investor"], each["key"]): _session(each) for name, each in said_so
                   if name == "SessionGranted"}  # fmt: skip
        rows = tuple(
            said.LogRow(log.address, tuple(log.topics), log.data) for log in logs
            if log.address != self._watched.settlement
        )  # fmt: skip
        return said.BlockAdded(
            number=head.number, hash=head.hash, time_s=head.time_s, latest=latest, logs=rows,
            accounts=facts, settled=settled, busted=busted,
            cancelled=tuple(cancelled),
            granted=tuple(self._left(each, head.number) for each in granted.values()),
            holds=self._held(self._changed(said_so), head.number),
        )  # fmt: skip

    def _ended(self, logs: Iterable[Log]) -> tuple[tuple[int, ...], tuple[said.Bust, ...]]:
        """Numbers of this venue's trades that were settled, and those that were busted."""
        settled: list[int] = []
        busted: list[said.Bust] = []
        for name, values in self._settlements(logs):
            if values.get("venue") != self._watched.venue:
                continue
            if name == "Settled":
                settled += [trade_number(head) for head in values["heads"]]
            elif name == "Busted":
                busted.append(said.Bust(trade_number(values["head"]), values["reason"],
                                        values["answer"].hex(), values["stood"]))  # fmt: skip
        return tuple(settled), tuple(busted)

    def _settlements(self, logs: Iterable[Log]) -> Iterable[tuple[str, dict[str, Any]]]:
        """Events of the settlement contract by name."""
        for log in logs:
            event = _SETTLEMENT.events.get(log.topics[0])
            if log.address == self._watched.settlement and event is not None:
                yield event.name, event.decode(log.topics, log.data)

    # --- all of it anew

    def _anew(self, state: VenueState, known: Head | None, latest: Head) -> said.ChainSet:
        """The chain as it is at its last block, with a book made of all its logs."""
        book = rebuild(self._rpc, self._watched.registry, latest.number, since=self._watched.since)
        return self._set(state, known or Head(), latest, packed_book(book))

    def _set(
        self, state: VenueState, known: Head, at: Head, book: bytes, *, latest: bool = True
    ) -> said.ChainSet:
        """The chain as it is at a block, in all that the venue knows of; `known` is still there."""
        accounts = [(token, wallet) for token, wallets in state.means.accounts.items()
                    for wallet in wallets]  # fmt: skip
        asked = [order.terms.signed_by for order in list(state.orders.values())
                 if order.terms.instructions.hold]  # fmt: skip
        asked += [each.signed_by for each in state.strays if each.signed_by not in asked]
        sessions: dict[tuple[Wallet, Wallet], Session] = {}
        cancelled: list[Cancellation] = []
        ended: tuple[list[tuple[int, int]], list[tuple[said.Bust, int]]] = ([], [])
        for logs in iterate_logs(self._rpc, [self._watched.settlement], self._watched.since,
                                 at.number):  # fmt: skip
            for name, values in self._settlements(logs):
                if name == "SessionGranted":
                    session = _session(values)
                    sessions[session.investor, session.key] = session
                elif name == "OrdersCancelled":
                    cancelled.append(_cancellation(values))
            for log in logs:
                block = int(log.block_number, 16)
                if block > known.number:
                    settled, busted = self._ended([log])
                    ended[0].extend((each, block) for each in settled if each in state.trades)
                    ended[1].extend((each, block) for each in busted
                                    if each.number in state.trades)  # fmt: skip
        return said.ChainSet(
            number=at.number, hash=at.hash, time_s=at.time_s, book=book,
            accounts=self._facts(state, accounts, at.number),
            sessions=tuple(self._left(each, at.number) for each in sessions.values()),
            cancelled=tuple(cancelled), common=known.number, settled=tuple(ended[0]),
            busted=tuple(ended[1]), holds=self._held(asked, at.number), latest=latest,
        )  # fmt: skip

    def _left(self, session: Session, block: int) -> Session:
        """A session with what is left of it at a block."""
        spend, sell = _SETTLEMENT.function("sessionOf"), _SETTLEMENT.function("sessionUnits")
        who = (session.investor, session.key)
        calls = [spend.encode(*who)] + [sell.encode(*who, session.venue, security, session.cash)
                                        for security in session.securities]  # fmt: skip
        first, *others = self._rpc.batch([
            ("eth_call", [{"to": self._watched.settlement, "data": data}, hex(block)])
            for data in calls
        ])  # fmt: skip
        return msgspec.structs.replace(
            session, amount=spend.decode(first)[0],
            units=tuple(sell.decode(each)[1] for each in others),
        )  # fmt: skip

    # --- what wallets have

    def _contracts(self, state: VenueState, first: int, last: int) -> list[Wallet]:
        """Whose logs concern the venue: all securities of the issuer, as limits may be over all."""
        new = bound_tokens(self._rpc, self._watched.registry, first, last)
        cash = [market.terms.cash for market in state.markets.values()]
        found = [self._watched.registry, self._watched.settlement, *self._securities(), *new, *cash]
        return list(dict.fromkeys(found))

    @staticmethod
    def _touched(state: VenueState, logs: Iterable[Log]) -> list[tuple[Wallet, Wallet]]:
        """Accounts known to the venue of which logs say that they may have changed."""
        found: dict[tuple[Wallet, Wallet], None] = {}
        for log in logs:
            known = state.means.accounts.get(Wallet(log.address))
            if known and log.topics[0] in _TOUCHING:
                for topic in log.topics[1:]:
                    wallet = Wallet("0x" + topic[26:])
                    if wallet in known:
                        found[Wallet(log.address), wallet] = None
        return list(found)

    def _facts(
        self, state: VenueState, accounts: list[tuple[Wallet, Wallet]], block: int
    ) -> tuple[said.AccountFact, ...]:
        """What wallets have of tokens, and let settlement move, as of a block.

        What is held for orders of this venue settlement may move, within no other allowance; what
        is held for others it may not.
        """
        securities = {market.terms.security for market in list(state.markets.values())}
        settlement = self._watched.settlement
        asked: list[tuple[Wallet, str]] = []
        for token, wallet in accounts:
            calls = [_BALANCE.encode(wallet), _ALLOWANCE.encode(wallet, settlement)]
            if token in securities:
                calls.append(_HELD.encode(wallet))
            asked += [(token, data) for data in calls]
        answers = iter(self._rpc.batch([
            ("eth_call", [{"to": token, "data": data}, hex(block)]) for token, data in asked
        ]))  # fmt: skip
        ours = self._ours(state, {each for each in accounts if each[0] in securities}, block)
        found: list[said.AccountFact] = []
        for token, wallet in accounts:
            units, allowed = int(next(answers), 16), int(next(answers), 16)
            if token in securities:
                mine = ours.get((token, wallet), 0)
                units, allowed = units - int(next(answers), 16) + mine, allowed + mine
            found.append(said.AccountFact(token, wallet, units, allowed))
        return tuple(found)

    def _ours(
        self, state: VenueState, accounts: set[tuple[Wallet, Wallet]], block: int
    ) -> dict[tuple[Wallet, Wallet], int]:
        """Units of accounts that are held for orders of this venue, as of a block."""
        orders = {
            order.terms.signed_by: (order.terms.security, order.terms.investor)
            for order in list(state.orders.values())
            if order.terms.instructions.hold
            and (order.terms.security, order.terms.investor) in accounts
        }
        found: dict[tuple[Wallet, Wallet], int] = {}
        for fact in self._held(list(orders), block):
            account = orders[fact.signed_by]
            found[account] = found.get(account, 0) + fact.units
        return found

    # --- what is held for orders

    def held(self, orders: Sequence[SignedBy]) -> tuple[said.HoldFact, ...]:
        """What is held for orders by now."""
        if not orders:
            return ()
        with _understood():
            return self._held(orders, self._head("latest").number)

    def _changed(self, said_so: Iterable[tuple[str, dict[str, Any]]]) -> list[SignedBy]:
        """Orders of which events of the settlement contract say that something else is held."""
        found = [
            (Wallet(values["investor"]), Wallet(values["signer"]), values["nonce"])
            for name, values in said_so
            if name in {"HoldPlaced", "HoldEnded"} and values["venue"] == self._watched.venue
        ]
        return list(dict.fromkeys(found))

    def _held(self, orders: Sequence[SignedBy], block: int) -> tuple[said.HoldFact, ...]:
        """What is held for orders as of a block."""
        answers = self._rpc.batch([
            ("eth_call", [{"to": self._watched.settlement, "data": _HOLD_OF.encode(*order)},
                          hex(block)])
            for order in orders
        ])  # fmt: skip
        ours: list[said.HoldFact] = []
        for order, (_, venue, units, _) in zip(orders, map(_HOLD_OF.decode, answers), strict=True):
            ours.append(said.HoldFact(*order, units if venue == self._watched.venue else 0))
        return tuple(ours)


@contextmanager
def _understood() -> Iterator[None]:
    """What was asked of the chain is of a block that it does not have any more, or no answer."""
    try:
        yield
    except (DecodingError, LookupError, TypeError, ValueError) as error:
        raise unreadable(repr(error)) from error


def _cancellation(values: dict[str, Any]) -> Cancellation:
    return Cancellation(
        investor=Wallet(values["investor"]), signer=Wallet(values["signer"]),
        lowest_nonce=values["lowest_nonce"], nonces=tuple(values["nonces"]),
    )  # fmt: skip


def _session(values: dict[str, Any]) -> Session:
    return Session(
        investor=Wallet(values["investor"]), key=Wallet(values["key"]),
        venue=Wallet(values["venue"]), cash=Wallet(values["cash"]),
        securities=tuple(Wallet(each) for each in values["securities"]),
        units=tuple(values["units"]), amount=values["amount"],
        fee_bps=values["fee_bps"], expiry=values["expiry"], serial=values["serial"],
    )  # fmt: skip
