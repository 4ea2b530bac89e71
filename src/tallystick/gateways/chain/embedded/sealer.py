"""Seals blocks: gather transactions, have anvil execute them, journal the block, acknowledge."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import Invalid, TallystickError, Unavailable
from tallystick.core.hashing import keccak
from tallystick.gateways.chain.embedded.anvil import BLOCK_GAS
from tallystick.gateways.chain.embedded.journal import Block
from tallystick.gateways.chain.embedded.rawtx import RawTransaction, read_raw
from tallystick.gateways.chain.rpc import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.gateways.chain.embedded.anvil import Anvil
    from tallystick.gateways.chain.embedded.journal import BlockJournal

QUEUE_MAX = 10_000
BATCH_MAX = 256
NOBODY = "0x" + "00" * 20


class Waiting(msgspec.Struct, frozen=True):
    """A transaction that waits to be sealed, and whom to tell."""

    transaction: RawTransaction
    told: asyncio.Future[str]


class Sealer:
    """The one writer of an embedded chain."""

    def __init__(
        self, anvil: Anvil, journal: BlockJournal, *, chain_id: int, head: Block,
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self.head = head
        self.replay_debt_s = 0.0
        self.halted: TallystickError | None = None
        self._anvil = anvil
        self._journal = journal
        self._chain_id = chain_id
        self._clock = clock
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(QUEUE_MAX)
        self._carried: Waiting | None = None
        self._turn = asyncio.Lock()

    async def submit(self, raw: str) -> str:
        """Have a signed transaction sealed; returns its hash once its block is on the disk.

        Raises `Invalid` if it is malformed, for another chain or out of order, `Unavailable` if the
        chain has halted.
        """
        transaction = read_raw(raw)
        if transaction.chain_id != self._chain_id:
            raise Invalid(
                "transaction-for-another-chain",
                f"Signed for chain {transaction.chain_id}, this is chain {self._chain_id}",
                cure=f"Sign it for chain {self._chain_id}.",
            )
        self._raise_if_halted()
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        await self._queue.put(Waiting(transaction, told))
        return await told

    async def run(self) -> None:
        """Seal for ever; cancel to stop."""
        while True:
            batch = await self._gather()
            async with self._turn:
                await self._seal_and_tell(batch)

    async def seal_empty(self) -> Block:
        """Seal a block without transactions, to let time pass."""
        async with self._turn:
            await self._seal([])
        return self.head

    async def exclusively(self) -> asyncio.Lock:
        """The lock under which nothing is sealed."""
        return self._turn

    async def _gather(self) -> list[Waiting]:
        first = self._carried or await self._queue.get()
        self._carried = None
        batch = [first]
        gas = first.transaction.gas
        while len(batch) < BATCH_MAX and not self._queue.empty():
            waiting = self._queue.get_nowait()
            gas += waiting.transaction.gas
            if gas > BLOCK_GAS:
                self._carried = waiting
                break
            batch.append(waiting)
        return batch

    async def _seal_and_tell(self, batch: list[Waiting]) -> None:
        try:
            refusals = await self._seal([waiting.transaction for waiting in batch])
        except TallystickError as error:
            for waiting in batch:
                _tell(waiting, error)
            return
        for waiting in batch:
            _tell(waiting, refusals.get(waiting.transaction.hash))

    async def _seal(self, transactions: list[RawTransaction]) -> dict[str, TallystickError]:
        """Seal a block; whatever goes wrong halts the chain, as the node may be ahead of the disk.

        Returns why some transactions were not taken.
        """
        self._raise_if_halted()
        try:
            return await self._seal_block(transactions)
        except TallystickError as error:
            self.halted = error
            raise
        except Exception as error:
            self.halted = _failed(error)
            raise self.halted from error

    async def _seal_block(self, transactions: list[RawTransaction]) -> dict[str, TallystickError]:
        started = time.monotonic()
        await self._check_unaltered()
        refusals = await self._offer(transactions)
        time_s = max(self._clock(), self.head.time_s)
        await self._anvil.call("evm_mine", {"timestamp": time_s})
        sealed = await self._anvil.call("eth_getBlockByNumber", "latest", False)
        offered = {tx.hash: tx for tx in transactions if tx.hash not in refusals}
        self._check_is_ours(sealed, offered)
        left_out = [tx for tx_hash, tx in offered.items() if tx_hash not in sealed["transactions"]]
        refusals.update(await self._withdraw(left_out))
        block = Block(
            number=int(sealed["number"], 16),
            hash=sealed["hash"],
            state_root=sealed["stateRoot"],
            time_s=int(sealed["timestamp"], 16),
            gas_used=int(sealed["gasUsed"], 16),
            transactions=tuple(offered[tx_hash].raw for tx_hash in sealed["transactions"]),
        )
        await asyncio.to_thread(self._journal.append, block)
        self.head = block
        self.replay_debt_s += time.monotonic() - started
        return refusals

    async def _offer(self, transactions: list[RawTransaction]) -> dict[str, TallystickError]:
        if not transactions:
            return {}
        answers = await self._anvil.batch(
            [("eth_sendRawTransaction", [tx.raw]) for tx in transactions]
        )
        refusals: dict[str, TallystickError] = {}
        for transaction, answer in zip(transactions, answers, strict=True):
            if isinstance(answer, RpcError):
                refusals[transaction.hash] = Invalid(
                    "transaction-refused",
                    answer.message,
                    cure="Mend what the node names, then sign it again.",
                )
        return refusals

    async def _withdraw(self, left_out: list[RawTransaction]) -> dict[str, TallystickError]:
        """Take back what anvil queued in silence: a later number than the sender's next one."""
        if not left_out:
            return {}
        await self._anvil.batch([("anvil_dropTransaction", [tx.hash]) for tx in left_out])
        return {
            tx.hash: Invalid(
                "transaction-out-of-order",
                "Its number leaves a gap after the last one of its sender",
                cure="Send the missing ones first.",
            )
            for tx in left_out
        }

    async def _check_unaltered(self) -> None:
        """Halt if the state is not the one that the last sealed block left."""
        root = await state_root(self._anvil)
        if root != self.head.state_root:
            raise altered(f"its state root is {root}, the journal says {self.head.state_root}")

    def _check_is_ours(self, sealed: dict[str, Any], offered: dict[str, RawTransaction]) -> None:
        if sealed["parentHash"] != self.head.hash:
            raise altered("a block was added that Tallystick did not seal")
        foreign = [tx_hash for tx_hash in sealed["transactions"] if tx_hash not in offered]
        if foreign:
            raise altered(f"transaction {foreign[0]} did not come through Tallystick")

    def _raise_if_halted(self) -> None:
        if self.halted is not None:
            raise self.halted


async def state_root(anvil: Anvil) -> str:
    """Root of the state as it is now, whatever the last block says of it."""
    proof = await anvil.call("eth_getProof", NOBODY, [], "latest")
    return "0x" + keccak(bytes.fromhex(proof["accountProof"][0][2:])).hex()


def altered(how: str) -> Unavailable:
    """The error of a node that somebody else has changed."""
    return Unavailable(
        "node-altered",
        f"The node was changed behind Tallystick's back: {how}",
        cure="Start the chain again: it is rebuilt from the journal. Find out which local process "
        "reached the node.",
    )


def _failed(error: Exception) -> Unavailable:
    return Unavailable(
        "sealing-failed",
        f"A block could not be sealed: {error}",
        cure="Start the chain again; nothing acknowledged is lost. If it happens again, report it.",
    )


def _tell(waiting: Waiting, error: TallystickError | None) -> None:
    if waiting.told.done():
        return
    if error is None:
        waiting.told.set_result(waiting.transaction.hash)
    else:
        waiting.told.set_exception(error)
