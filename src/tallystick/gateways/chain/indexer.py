"""Keeps the book of an issuer in step with a chain, and remembers it between runs.

A checkpoint is a fold that was written to a file, with the hash of its last block. One whose block
the chain no longer has is thrown away: the fold goes on from an older one, or from nothing, so that
a re-organisation of any depth ends in what a fresh rebuild gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.fold import Book, Folder, Moved
from tallystick.gateways.chain.logs import Log, iterate_logs
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.files import write_whole
from tallystick.securities.history import History
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security

FORMAT = 6
CHECKPOINTS_KEPT = 2
# A checkpoint is written when so many blocks were folded since the last one.
CHECKPOINT_BLOCKS = 64

Report = Callable[[int, int], None]
# Logs of whole blocks, and the times of these in UTC seconds by number.
Piece = tuple[list[Log], dict[int, int]]


def bound_tokens(rpc: Rpc, registry: Wallet, first: int, last: int) -> list[Wallet]:
    """The securities bound to a registry in a range of blocks, in order."""
    events = contract("IdentityRegistry").events
    topic = next(topic for topic, event in events.items() if event.name == "TokenBound")
    return [
        Wallet("0x" + log.data[-40:])
        for logs in iterate_logs(rpc, [registry], first, last)
        for log in logs
        if log.topics[0] == topic
    ]


def follow(
    rpc: Rpc, registry: Wallet, book: Book, last: int, *, report: Report | None = None,
    watch: Callable[[Moved], None] | None = None,
) -> None:  # fmt: skip
    """Bring a book up to a block; `watch` is told of every movement of units, once it is made."""
    first = book.block + 1
    if first > last:
        return
    for token in bound_tokens(rpc, registry, first, last):
        book.add(token)
    folder = Folder(book, registry, watch)
    for logs, times in _read_ahead(_timed(rpc, [registry, *book.securities], first, last)):
        folder.apply(logs, times)
        if logs:
            book.block = int(logs[-1].block_number, 16)
        if report is not None:
            report(book.block - first + 1, last - first + 1)
    book.block = last


def _read_ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces, each read while the one before is folded."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next, pieces, None)
            yield piece


def _timed(rpc: Rpc, addresses: list[Wallet], first: int, last: int) -> Iterator[Piece]:
    for logs in iterate_logs(rpc, addresses, first, last):
        yield logs, _times(rpc, logs)


def _times(rpc: Rpc, logs: list[Log]) -> dict[int, int]:
    numbers = dict.fromkeys(log.block_number for log in logs)
    blocks = rpc.batch([("eth_getBlockByNumber", [number, False]) for number in numbers])
    return {int(block["number"], 16): int(block["timestamp"], 16) for block in blocks}


def rebuild(
    rpc: Rpc, registry: Wallet, last: int | None = None, *, since: int = 0,
    report: Report | None = None,
) -> Book:  # fmt: skip
    """The book as of a block (the last one by default), from the logs since another one alone."""
    head = int(rpc.call("eth_blockNumber"), 16) if last is None else last
    book = Book(block=since - 1)
    follow(rpc, registry, book, head, report=report)
    return book


class Index:
    """The book of one issuer with its checkpoints in a folder."""

    def __init__(self, folder: Path, rpc: Rpc, registry: Wallet, *, since: int = 0) -> None:
        self._folder = folder
        self._since = since
        self._rpc = rpc
        self._registry = registry

    def book(self, *, report: Report | None = None) -> Book:
        """The book as of the last block."""
        head = self._rpc.call("eth_getBlockByNumber", "latest", False)
        book = self._latest_valid() or Book(block=self._since - 1)
        started = book.block
        follow(self._rpc, self._registry, book, int(head["number"], 16), report=report)
        if book.block - started >= CHECKPOINT_BLOCKS:
            self._write(book, head["hash"])
        return book

    def _paths(self) -> list[Path]:
        """Checkpoints, the latest first."""
        found = self._folder.glob("book-*.checkpoint")
        return sorted(found, key=lambda path: int(path.stem.split("-")[1]), reverse=True)

    def _latest_valid(self) -> Book | None:
        for path in self._paths():
            book = self._read(path)
            if book is not None:
                return book
            path.unlink()
        return None

    def _read(self, path: Path) -> Book | None:
        """A checkpoint, if it is whole, of this format, and its block is still there."""
        try:
            packed = msgspec.msgpack.decode(path.read_bytes())
            if packed["format"] != FORMAT or packed["registry_address"] != self._registry:
                return None
            block = self._rpc.call("eth_getBlockByNumber", hex(packed["block"]), False)
            if block is None or block["hash"] != packed["hash"]:
                return None
            return unpack_book(packed)
        except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError, ValueError):
            return None

    def _write(self, book: Book, block_hash: str) -> None:
        """Write a checkpoint, and throw away those that are too many."""
        self._folder.mkdir(parents=True, exist_ok=True)
        packed = {
            "format": FORMAT, "registry_address": self._registry, "hash": block_hash,
            **pack_book(book),
        }  # fmt: skip
        path = self._folder / f"book-{book.block}.checkpoint"
        write_whole(path, msgspec.msgpack.encode(packed))
        for stale in self._paths()[CHECKPOINTS_KEPT:]:
            stale.unlink()


def pack_book(book: Book) -> dict[str, Any]:
    """A book as values that can be written; the registry stands once.

    What may be larger than a machine's word stands as JSON, which knows no largest number.
    """
    values = {
        "registry": msgspec.to_builtins(book.registry),
        "securities": {token: _without_registry(sec) for token, sec in book.securities.items()},
    }
    return {
        "block": book.block,
        "values": msgspec.json.encode(values),
        "histories": {token: history.packed() for token, history in book.histories.items()},
    }


def _without_registry(security: Security) -> dict[str, Any]:
    values = {name: getattr(security, name) for name in Security.__struct_fields__}
    del values["registry"]
    approvals = values.pop("approvals")
    packed: dict[str, Any] = msgspec.to_builtins(values)
    return {**packed, "approvals": list(approvals.items())}


def _with_registry(values: dict[str, Any], registry: Registry) -> Security:
    approvals = {(giver, taker, units): until
                 for (giver, taker, units), until in values["approvals"]}  # fmt: skip
    security = msgspec.convert(
        {**values, "approvals": {}, "registry": registry}, Security, from_attributes=True,
        str_keys=True,
    )  # fmt: skip
    security.registry, security.approvals = registry, approvals
    return security


def unpack_book(packed: dict[str, Any]) -> Book:
    """A book from what `pack_book` gave."""
    known = msgspec.json.decode(packed["values"])
    registry = msgspec.convert(known["registry"], Registry, str_keys=True)
    securities = {
        Wallet(token): _with_registry(values, registry)
        for token, values in known["securities"].items()
    }
    histories = {
        Wallet(token): History.unpacked(values) for token, values in packed["histories"].items()
    }
    return Book(registry, securities, histories, packed["block"])
