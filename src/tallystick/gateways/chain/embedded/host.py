"""Hosting an embedded chain: restore it from its journal, seal, serve, snapshot."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import Invalid, NotFound, Refused, TallystickError, Unavailable
from tallystick.core.times import DAY_S
from tallystick.gateways.chain.embedded.anvil import Anvil
from tallystick.gateways.chain.embedded.journal import Block, BlockJournal, Chain
from tallystick.gateways.chain.embedded.sealer import Sealer, altered, state_root
from tallystick.gateways.chain.rpc import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SNAPSHOT_DEBT_S = 5.0
SNAPSHOT_DEBT_PER_DUMP = 10.0
SNAPSHOT_DEBT_AT_STOP_S = 0.5
# Nothing is sealed while the state is written out: one that takes so long waits for the stop.
SNAPSHOT_STALL_MAX_S = 10.0
ADVANCE_MAX_S = 100 * 366 * DAY_S

Progress = "Callable[[int, int], None]"


class SnapshotUnusable(Exception):
    """The snapshot was thrown away; a fresh node replays the whole journal."""


class EmbeddedChain:
    """An embedded chain that runs. Make it with `open_chain`, and `close` it."""

    def __init__(
        self, anvil: Anvil, journal: BlockJournal, chain: Chain, *, clock: Callable[[], int],
        sandbox: bool,
    ) -> None:  # fmt: skip
        self.chain = chain
        self.sandbox = sandbox
        self._anvil = anvil
        self._journal = journal
        self._clock = clock
        self._offset_s = chain.clock_offset_s
        self._dump_s = 0.0
        genesis = Block(0, chain.genesis_hash, "", chain.genesis_time_s, 0, ())
        self._sealer = Sealer(
            anvil, journal, chain_id=chain.chain_id, head=journal.head() or genesis, clock=self.now
        )
        self._task: asyncio.Task[None] | None = None

    def now(self) -> int:
        """UTC seconds of the chain: those of the machine, and what it was moved ahead."""
        return self._clock() + self._offset_s

    @property
    def node_pid(self) -> int:
        """Process number of the node."""
        return self._anvil.process.pid

    @property
    def head(self) -> Block:
        """The last block on the disk."""
        return self._sealer.head

    async def submit(self, raw: str) -> str:
        """Seal a signed transaction; see `Sealer.submit`."""
        tx_hash = await self._sealer.submit(raw)
        await self._snapshot_if_due()
        return tx_hash

    async def ask(self, method: str, params: list[Any]) -> Any:
        """Ask the node; the gate has been passed already."""
        return await self._anvil.call(method, *params)

    async def control(self, act: str, asked: dict[str, Any]) -> Any:
        """An act of the operator: `status` or `advance`."""
        if act == "status":
            return self.status()
        if act == "advance":
            seconds = asked.get("seconds")
            if not isinstance(seconds, int):
                raise Invalid(
                    "seconds-malformed",
                    "Say by how many whole seconds to advance",
                    cure="Give `seconds` as a whole number, such as 86400.",
                )
            return await self.advance(seconds)
        raise NotFound(
            "control-unknown", f"There is no control act {act!r}", cure="Use `status` or `advance`."
        )

    def status(self) -> dict[str, Any]:
        """What the chain is and how far it has got."""
        return {
            "chain_id": self.chain.chain_id,
            "block": self.head.number,
            "block_hash": self.head.hash,
            "time_s": self.now(),
            "clock_offset_s": self._offset_s,
            "sandbox": self.sandbox,
            "halted": str(self._sealer.halted) if self._sealer.halted else None,
        }

    async def advance(self, seconds: int) -> dict[str, Any]:
        """Move the clock of a sandbox ahead and seal a block at the new time."""
        if not self.sandbox:
            raise Refused(
                "not-a-sandbox",
                "Time travels in a sandbox alone",
                cure="Wait, or try it in a sandbox.",
            )
        if not 0 < seconds <= ADVANCE_MAX_S:
            raise Invalid(
                "seconds-out-of-range",
                f"The clock moves ahead by 1 second to {ADVANCE_MAX_S // DAY_S:,} days at once",
                cure="Choose a time within these bounds.",
            )
        self._offset_s += seconds
        await asyncio.to_thread(self._journal.set_clock_offset, self._offset_s)
        await self._sealer.seal_empty()
        return self.status()

    async def start(self, report: Callable[[int, int], None] | None = None) -> None:
        """Restore the state and begin to seal."""
        await self._restore(report)
        self._task = asyncio.create_task(self._sealer.run())

    async def _restore(self, report: Callable[[int, int], None] | None) -> None:
        """Load the snapshot, seal again what came after it, and compare every block."""
        at = await self._load_snapshot()
        head = self._sealer.head.number
        started = time.monotonic()
        for block in self._journal.blocks_after(at):
            await self._seal_again(block)
            if report is not None:
                report(block.number - at, head - at)
        self._sealer.replay_debt_s = time.monotonic() - started
        sealed = await self._anvil.call("eth_getBlockByNumber", "latest", False)
        self._check_same(self._sealer.head, sealed)
        if self._sealer.head.number == 0:
            # The genesis header of anvil does not tell the root of what it starts with.
            root = await state_root(self._anvil)
            self._sealer.head = Block(0, sealed["hash"], root, self.chain.genesis_time_s, 0, ())

    async def _load_snapshot(self) -> int:
        """Load the snapshot if there is one; returns the block it was taken after.

        A snapshot only saves time: one that does not come out right is thrown away.
        """
        snapshot = await asyncio.to_thread(self._journal.snapshot)
        if snapshot is None:
            return 0
        number, state = snapshot
        block = await asyncio.to_thread(self._journal.block, number)
        with contextlib.suppress(RpcError):
            await self._anvil.call("anvil_loadState", "0x" + state.hex())
            sealed = await self._anvil.call("eth_getBlockByNumber", "latest", False)
            as_journaled = block is not None and sealed["hash"] == block.hash
            # The hash came with the snapshot: that the state is the one it names is to be seen.
            if (
                block is not None
                and as_journaled
                and await state_root(self._anvil) == (block.state_root)
            ):
                return number
        await asyncio.to_thread(self._journal.drop_snapshot)
        raise SnapshotUnusable

    async def _seal_again(self, block: Block) -> None:
        if block.transactions:
            await self._anvil.batch(
                [("eth_sendRawTransaction", [raw]) for raw in block.transactions]
            )
        await self._anvil.call("evm_mine", {"timestamp": block.time_s})
        sealed = await self._anvil.call("eth_getBlockByNumber", "latest", False)
        self._check_same(block, sealed)

    @staticmethod
    def _check_same(block: Block, sealed: dict[str, Any]) -> None:
        if int(sealed["number"], 16) != block.number or sealed["hash"] != block.hash:
            raise _broken(f"block {block.number} came out as {sealed['hash']}, not {block.hash}")

    async def _snapshot_if_due(self) -> None:
        if self._dump_s > SNAPSHOT_STALL_MAX_S:
            return
        debt = self._sealer.replay_debt_s
        if debt > max(SNAPSHOT_DEBT_S, SNAPSHOT_DEBT_PER_DUMP * self._dump_s):
            await self.snapshot()

    async def snapshot(self) -> None:
        """Keep the state as of the last block, so that a restart begins there."""
        async with await self._sealer.exclusively():
            if self._sealer.replay_debt_s == 0:
                return
            started = time.monotonic()
            state = bytes.fromhex((await self._anvil.call("anvil_dumpState"))[2:])
            await asyncio.to_thread(
                self._journal.keep_snapshot, self.head.number, gzip.compress(gzip.decompress(state))
            )
            self._dump_s = time.monotonic() - started
            self._sealer.replay_debt_s = 0.0

    async def close(self) -> None:
        """Stop sealing, keep a snapshot if that saves time, and end the node."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            if self._sealer.halted is None and (
                self._sealer.replay_debt_s > SNAPSHOT_DEBT_AT_STOP_S
            ):
                with contextlib.suppress(TallystickError):
                    await self.snapshot()
        await self._anvil.stop()
        self._journal.close()


def _broken(how: str) -> Unavailable:
    return Unavailable(
        "chain-journal-broken",
        f"The embedded chain cannot be rebuilt: {how}",
        cure="Restore the data directory from a backup.",
    )


async def open_chain(
    journal: BlockJournal, binary: Path, *, clock: Callable[[], int], sandbox: bool,
    new_chain_id: int, report: Callable[[int, int], None] | None = None,
) -> EmbeddedChain:  # fmt: skip
    """Start the chain of a journal, or found a new one with `new_chain_id` if it is empty."""
    try:
        return await _start(journal, binary, clock, new_chain_id, report, sandbox=sandbox)
    except SnapshotUnusable:
        return await _start(journal, binary, clock, new_chain_id, report, sandbox=sandbox)


async def _start(
    journal: BlockJournal, binary: Path, clock: Callable[[], int], new_chain_id: int,
    report: Callable[[int, int], None] | None, *, sandbox: bool,
) -> EmbeddedChain:  # fmt: skip
    chain = journal.chain() or Chain(new_chain_id, clock(), "", 0)
    anvil = await Anvil.start(binary, chain_id=chain.chain_id, genesis_time_s=chain.genesis_time_s)
    try:
        chain = await _same_chain(anvil, journal, chain)
        embedded = EmbeddedChain(anvil, journal, chain, clock=clock, sandbox=sandbox)
        await embedded.start(report)
    except BaseException:
        await anvil.stop()
        raise
    return embedded


async def _same_chain(anvil: Anvil, journal: BlockJournal, chain: Chain) -> Chain:
    """The chain of the journal, founded now if it is new, its genesis block compared if not."""
    genesis = await anvil.call("eth_getBlockByNumber", "0x0", False)
    if not chain.genesis_hash:
        founded = msgspec.structs.replace(chain, genesis_hash=genesis["hash"])
        journal.found(founded)
        return founded
    if genesis["hash"] != chain.genesis_hash:
        raise altered("its genesis block is another one")
    return chain
