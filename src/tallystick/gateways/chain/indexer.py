"""Folds the logs of an issuer's contracts into registries and securities.

The fold knows nothing but logs: whoever has the chain arrives at the same state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.securities.packing import PackedRules, unpack_record, unpack_rules
from tallystick.securities.proposal import Movement
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tallystick.gateways.chain.rpc import Rpc

BLOCKS_AT_ONCE = 2_000
LINKED = 1 << 225


class Log(msgspec.Struct, rename="camel"):
    """A log as `eth_getLogs` gives it."""

    address: str
    topics: list[str]
    data: str
    block_number: str
    log_index: str
    block_hash: str = ""
    transaction_hash: str = ""


class _Answer(msgspec.Struct):
    result: list[Log] | None = None
    error: Any = None


class Book(msgspec.Struct):
    """An issuer as the chain tells it: the registry, and its securities by token address."""

    registry: Registry = msgspec.field(default_factory=Registry)
    securities: dict[Wallet, Security] = msgspec.field(default_factory=dict)
    block: int = -1


def fetch_logs(rpc: Rpc, addresses: list[Wallet], first: int, last: int) -> list[Log]:
    """All logs of some contracts in a range of blocks, in order."""
    decoder = msgspec.json.Decoder(_Answer)
    logs: list[Log] = []
    for start in range(first, last + 1, BLOCKS_AT_ONCE):
        wanted = {
            "address": addresses,
            "fromBlock": hex(start),
            "toBlock": hex(min(start + BLOCKS_AT_ONCE - 1, last)),
        }
        answer = decoder.decode(rpc.call_raw("eth_getLogs", wanted))
        if answer.result is None:
            rpc.call("eth_getLogs", wanted)
        logs.extend(answer.result or [])
    return logs


class Folder:
    """Applies logs to a book, one after the other."""

    def __init__(
        self, book: Book, registry: Wallet, tokens: list[Wallet],
        block_time: Callable[[int], int],
    ) -> None:  # fmt: skip
        self.book = book
        for token in tokens:
            book.securities.setdefault(token, Security(registry=book.registry))
        self._registry_address = registry
        self._block_time = block_time
        self._registry_events = contract("IdentityRegistry").events
        self._token_events = contract("SecurityToken").events

    def apply(self, logs: Iterable[Log]) -> None:
        """Apply logs in the order of the chain."""
        pending = list(logs)
        for at, log in enumerate(pending):
            number = int(log.block_number, 16)
            self.book.block = max(self.book.block, number)
            if log.address == self._registry_address:
                self._apply_registry(log, self._block_time(number))
            elif log.address in self.book.securities:
                self._apply_token(log, self._block_time(number), pending, at)

    def _apply_registry(self, log: Log, now_s: int) -> None:
        event = self._registry_events.get(log.topics[0])
        if event is None:
            return
        act = getattr(self, f"_on_{event.name}", None)
        if act is not None:
            act(event.decode(log.topics, log.data), now_s)

    def _on_InvestorRecorded(self, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        registry = self.book.registry
        home = Wallet(members["wallet"])
        number, country, claims = unpack_record(members["record"])
        if home not in registry.homes:
            registry.admit(home, number=number, country=country, claims=claims)
            return
        investor = registry.investors[home]
        investor.number, investor.country, investor.claims = number, country, claims

    def _refresh(self, home: Wallet, now_s: int) -> None:
        self.book.registry.refresh(home, now_s=now_s)
        for security in self.book.securities.values():
            security.refresh(home, now_s=now_s)

    def _on_WalletLinked(self, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        self.book.registry.link(Wallet(members["home"]), Wallet(members["wallet"]))

    def _on_WalletRetired(self, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        self.book.registry.retired.add(Wallet(members["wallet"]))

    def _on_IdentityRemoved(self, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        self.book.registry.remove(Wallet(members["investorAddress"]))

    def _on_IssuerLimitsSet(self, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        tally = self.book.registry.tally
        none = 2**28 - 1
        first, second = members["investors_max"], members["retail_investors_max"]
        tally.investors_max = None if first == none else first
        tally.retail_max = None if second == none else second

    def _on_InvestorRefreshed(self, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        self._refresh(Wallet(members["investor"]), now_s)

    def _apply_token(self, log: Log, now_s: int, logs: list[Log], at: int) -> None:
        event = self._token_events.get(log.topics[0])
        if event is None:
            return
        security = self.book.securities[Wallet(log.address)]
        if event.name == "Transfer":
            self._transfer(security, log, now_s, logs, at)
            return
        members = event.decode(log.topics, log.data)
        act = getattr(self, f"_token_{event.name}", None)
        if act is not None:
            act(security, members, now_s)

    def _transfer(self, security: Security, log: Log, now_s: int, logs: list[Log], at: int) -> None:
        sender = Wallet("0x" + log.topics[1][-40:])
        receiver = Wallet("0x" + log.topics[2][-40:])
        amount = int(log.data, 16)
        following = logs[at + 1] if at + 1 < len(logs) else None
        name = ""
        if following is not None and following.address == log.address:
            event = self._token_events.get(following.topics[0])
            name = event.name if event else ""
        if sender == NOBODY:
            acquired_at = now_s
            if name == "LotAcquired" and following is not None:
                acquired_at = int(following.data[66:130], 16)
            security.move(
                Movement.ISSUE, None, receiver, amount, now_s=now_s, acquired_at=acquired_at
            )
        elif receiver == NOBODY:
            security.move(Movement.REDEMPTION, sender, None, amount, now_s=now_s)
        else:
            kind = Movement.FORCED if name == "ForcedTransfer" else Movement.RESALE
            security.move(kind, sender, receiver, amount, now_s=now_s)

    @staticmethod
    def _token_RulesSet(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        security.set_rules(unpack_rules(PackedRules(**members)))

    @staticmethod
    def _token_Paused(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del members, now_s
        security.paused = True

    @staticmethod
    def _token_Unpaused(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del members, now_s
        security.paused = False

    @staticmethod
    def _token_AddressFrozen(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        security.freeze(Wallet(members["_userAddress"]), frozen=members["_isFrozen"])

    @staticmethod
    def _token_Frozen(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s
        security.set_frozen_units(Wallet(members["account"]), members["amount"])

    @staticmethod
    def _token_IssuerLimitsJoined(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s, members
        security.join_issuer_limits()

    @staticmethod
    def _token_InvestorEnrolled(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        security.enrol(Wallet(members["investor"]), now_s=now_s)

    @staticmethod
    def _token_EnrolmentEnded(security: Security, members: dict[str, Any], now_s: int) -> None:  # noqa: N802
        del now_s, members
        security.end_enrolment()


def bound_tokens(rpc: Rpc, registry: Wallet, last: int) -> list[Wallet]:
    """The securities that were ever bound to a registry, in order."""
    events = contract("IdentityRegistry").events
    tokens: list[Wallet] = []
    for log in fetch_logs(rpc, [registry], 0, last):
        event = events.get(log.topics[0])
        if event is not None and event.name == "TokenBound":
            tokens.append(Wallet(event.decode(log.topics, log.data)["_token"]))
    return list(dict.fromkeys(tokens))


def read_book(rpc: Rpc, registry: Wallet, last: int | None = None) -> Book:
    """The book of an issuer as of a block (the last one by default), from logs alone."""
    head = int(rpc.call("eth_blockNumber"), 16) if last is None else last
    tokens = bound_tokens(rpc, registry, head)
    logs = fetch_logs(rpc, [registry, *tokens], 0, head)
    numbers = sorted({int(log.block_number, 16) for log in logs})
    blocks = rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    times = {int(block["number"], 16): int(block["timestamp"], 16) for block in blocks}
    book = Book()
    Folder(book, registry, tokens, times.__getitem__).apply(logs)
    book.block = head
    return book
