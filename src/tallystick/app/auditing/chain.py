"""The embedded chain's own journal, beside what its node serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.auditing.comparing import CALLS_AT_ONCE, Fact
from tallystick.core.hashing import keccak
from tallystick.gateways.chain.embedded.journal import Block, BlockJournal
from tallystick.gateways.store.database import damage_of, open_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book


def chain(workspace: Workspace, _book: Book) -> Iterator[Fact]:
    """Every block that was sealed: its transactions, time, state; and that the files are whole."""
    yield Fact("store.sqlite: damage", "", damage_of(workspace.engine))
    if not workspace.settings.embedded:
        return
    engine = open_sqlite(workspace.folder / "chain.sqlite")
    try:
        yield Fact("chain.sqlite: damage", "", damage_of(engine))
        journal = BlockJournal(engine)
        page: list[Block] = []
        expected = 1
        for block in journal.blocks_after(0):
            yield Fact(f"block {block.number}: follows", expected, block.number)
            expected = block.number + 1
            page.append(block)
            if len(page) == CALLS_AT_ONCE:
                yield from _blocks(workspace, page)
                page = []
        yield from _blocks(workspace, page)
    finally:
        engine.dispose()


def _blocks(workspace: Workspace, page: list[Block]) -> Iterator[Fact]:
    served = workspace.rpc.batch(
        [("eth_getBlockByNumber", [hex(block.number), False]) for block in page]
    )
    for block, found in zip(page, served, strict=True):
        hashes = ["0x" + keccak(bytes.fromhex(raw[2:])).hex() for raw in block.transactions]
        yield Fact(
            f"block {block.number}: as sealed",
            (block.hash, block.state_root, block.time_s, block.gas_used, hashes),
            (found["hash"], found["stateRoot"], int(found["timestamp"], 16),
             int(found["gasUsed"], 16), found["transactions"]) if found else None,
        )  # fmt: skip
