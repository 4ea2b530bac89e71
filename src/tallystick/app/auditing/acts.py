"""Acts: what was noted, signed and sent, beside what the chain has of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tallystick.app.auditing.comparing import CALLS_AT_ONCE, Fact
from tallystick.core.hashing import keccak
from tallystick.gateways.chain.intents import seal_of

_HASH = re.compile("0x[0-9a-f]{64}")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book


def acts(workspace: Workspace, _book: Book) -> Iterator[Fact]:
    """Every intent as it was noted, and where it is done, the transaction that did it."""
    intents = workspace.outbox.intents
    done: list[Any] = []
    for row in intents.every():
        what = f"act {row.key}"
        if row.seal is not None:
            yield Fact(f"{what}: as noted", row.seal,
                       seal_of(row.key, row.account, row.recipient, row.data))  # fmt: skip
        if row.status in {"done", "failed"} and row.tx_hash is not None:
            named = _HASH.fullmatch(row.tx_hash) is not None
            yield Fact(f"{what}: names a transaction", True, named)
            done += [row] * named
    for tx_hash, raw in intents.every_attempt():
        yield Fact(f"transaction {tx_hash}: as signed", tx_hash, "0x" + keccak(raw).hex())
    for start in range(0, len(done), CALLS_AT_ONCE):
        yield from _on_chain(workspace, done[start : start + CALLS_AT_ONCE])


def _on_chain(workspace: Workspace, rows: list[Any]) -> Iterator[Fact]:
    sent = workspace.rpc.batch([("eth_getTransactionByHash", [row.tx_hash]) for row in rows])
    receipts = workspace.rpc.batch([("eth_getTransactionReceipt", [row.tx_hash]) for row in rows])
    for row, transaction, receipt in zip(rows, sent, receipts, strict=True):
        what = f"act {row.key}"
        yield Fact(f"{what}: is on the chain", True, transaction is not None)
        if transaction is None or receipt is None:
            continue
        yield Fact(
            f"{what}: on the chain",
            (row.account, row.recipient, "0x" + row.data.hex(), row.block_number, row.block_hash,
             row.gas_used, row.status == "done"),
            (transaction["from"], transaction["to"] or "", transaction["input"],
             int(receipt["blockNumber"], 16), receipt["blockHash"], int(receipt["gasUsed"], 16),
             receipt["status"] == "0x1"),
        )  # fmt: skip
        if not row.recipient:
            yield Fact(f"{what}: created", row.created, receipt["contractAddress"])
