"""The outbox: every transaction belongs to an intent, is signed, journaled, and only then sent.

An intent has a key that is never used for anything else, so that asking again does nothing twice. A
crash at any point neither loses nor doubles an intent: what was signed is on the disk with its
number before it leaves, and is sent again as it is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import sqlalchemy as sa

from tallystick.core.errors import Conflict, Refused, Unavailable
from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.contracts import revert_reason
from tallystick.gateways.chain.embedded.rawtx import TRANSACTION_GAS_MAX
from tallystick.gateways.chain.reverts import REVERTS
from tallystick.gateways.chain.rpc import Rpc, RpcError
from tallystick.gateways.store.schema import ATTEMPT, INTENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WAIT_S = 120.0
POLL_FIRST_S = 0.002
POLL_MAX_S = 1.0
RESEND_AFTER_S = 15.0
# A replacement must pay at least a tenth more than what it replaces.
FEE_BUMP = (1125, 1000)
# What is not used is not paid. A later block may cost more than the estimate: a lot that would have
# been merged with one of the same second needs a slot of its own, for one.
GAS_MARGIN = (3, 2)
GAS_SPARE = 60_000
OUT_OF_GAS = "out-of-gas"
GAS_TOO_HIGH = "transaction-gas-too-high"
RESTARTS_MAX = 3
SENT_AT_ONCE_MAX = 200


class Signer(Protocol):
    """Signs for one account; a key on the disk, in a device, or elsewhere."""

    @property
    def wallet(self) -> Wallet:
        """The account."""
        ...

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """A transaction of EIP-1559 as raw bytes."""
        ...


class Intent(msgspec.Struct, frozen=True):
    """What shall be done: a call of a contract, or a creation if there is no recipient."""

    key: str
    account: Wallet
    recipient: str
    data: str


class Done(msgspec.Struct, frozen=True):
    """An intent that was carried out."""

    key: str
    tx_hash: str
    block_number: int
    gas_used: int
    created: str


class Outbox:
    """Carries out intents on one chain; one process at a time."""

    def __init__(
        self, engine: sa.Engine, rpc: Rpc, *, chain_id: int, confirmations: int = 0,
        wait_s: float = WAIT_S,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._rpc = rpc
        self._chain_id = chain_id
        self._confirmations = confirmations
        self._wait_s = wait_s

    def carry_out(
        self, intents: Sequence[Intent], signer: Signer, *,
        report: Callable[[int, int], None] | None = None,
    ) -> list[Done]:  # fmt: skip
        """Carry out intents of one account in order; those done before are only looked up.

        Raises `Refused` with the reason of the first that the chain refuses, before anything of it
        is sent; those before it are done. Raises `Conflict` if a key was used for something else.
        """
        self.reconcile()
        done: list[Done] = []
        for start in range(0, len(intents), SENT_AT_ONCE_MAX):
            part = intents[start : start + SENT_AT_ONCE_MAX]
            self.begin(part, signer)
            for intent in part:
                done.append(self.complete(intent, signer))
                if report is not None:
                    report(len(done), len(intents))
        return done

    def begin(self, intents: Sequence[Intent], signer: Signer) -> None:
        """Have intents of one account signed, on the disk, and sent, in order."""
        self._note(intents)
        for intent in intents:
            self._prepare(intent, signer)

    def reconcile(self) -> list[str]:
        """Do again what a re-organisation of the chain undid; returns the keys concerned, in order.

        What was carried out is looked up from the last backwards, until a block is found that the
        chain still has. Nothing is signed anew: the same transactions are sent under their numbers.
        """
        undone = [row for row in self._since_last_common_block() if not self._relocated(row)]
        with self._engine.begin() as connection:
            for row in undone:
                connection.execute(
                    INTENT.update().where(INTENT.c.key == row.key).values(status="signed")
                )
        for row in self._signed():
            if not self._settle_if_sealed(row):
                self._send_latest(row.key)
        for row in self._signed():
            self._settle_if_sealed(row)
        return [row.key for row in reversed(undone)]

    def _signed(self) -> list[sa.Row[Any]]:
        """Intents that were signed and are not known to be on the chain, in order."""
        query = sa.select(INTENT).where(INTENT.c.status == "signed").order_by(INTENT.c.place)
        with self._engine.connect() as connection:
            return list(connection.execute(query))

    def _settle_if_sealed(self, row: sa.Row[Any]) -> bool:
        """Write down how an intent ended, if the chain has it."""
        intent = Intent(row.key, Wallet(row.account), row.recipient, "0x" + row.data.hex())
        for attempt in self._attempts(row.key):
            receipt = self._rpc.call("eth_getTransactionReceipt", attempt.tx_hash)
            if receipt is not None and self._deep_enough(receipt):
                self._write_down(intent, receipt)
                return True
        return False

    def _since_last_common_block(self) -> list[sa.Row[Any]]:
        """Intents carried out, latest first, down to the last one whose block still stands."""
        query = (
            sa.select(INTENT)
            .where(INTENT.c.status.in_(["done", "failed"]), INTENT.c.block_hash.is_not(None))
            .order_by(INTENT.c.block_number.desc(), INTENT.c.place.desc())
        )
        rows: list[sa.Row[Any]] = []
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                block = self._rpc.call("eth_getBlockByNumber", hex(row.block_number), False)
                if block is not None and block["hash"] == row.block_hash:
                    break
                rows.append(row)
        return rows

    def _relocated(self, row: sa.Row[Any]) -> bool:
        """Whether a transaction stands in another block now; if so that is written down."""
        receipt = self._rpc.call("eth_getTransactionReceipt", row.tx_hash)
        if receipt is None:
            return False
        with self._engine.begin() as connection:
            connection.execute(
                INTENT.update()
                .where(INTENT.c.key == row.key)
                .values(
                    block_number=int(receipt["blockNumber"], 16), block_hash=receipt["blockHash"]
                )
            )
        return True

    def unfinished(self) -> list[str]:
        """Keys of intents that were begun and not carried out, in order."""
        query = (
            sa.select(INTENT.c.key)
            .where(INTENT.c.status.in_(["noted", "signed"]))
            .order_by(INTENT.c.place)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def known(self, key: str) -> bool:
        """Whether an intent of this key has been carried out or begun."""
        return self._row(key) is not None

    def part_begun(self, key: str, start: int) -> int | None:
        """Where the part of some work ends that was begun at `start`; None if none was."""
        prefix = f"{key}/{start}-"
        query = sa.select(INTENT.c.key).where(INTENT.c.key.startswith(prefix, autoescape=True))
        with self._engine.connect() as connection:
            found = connection.execute(query).scalars().first()
        return None if found is None else int(found.removeprefix(prefix))

    def data(self, key: str) -> bytes:
        """Call data of an intent that is known."""
        row = self._row(key)
        return b"" if row is None else bytes(row.data)

    def _note(self, intents: Sequence[Intent]) -> None:
        """Write intents down, in order; the same again is nothing new."""
        with self._engine.begin() as connection:
            place = connection.execute(sa.select(sa.func.max(INTENT.c.place))).scalar() or 0
            for intent in intents:
                found = connection.execute(
                    sa.select(INTENT).where(INTENT.c.key == intent.key)
                ).one_or_none()
                data = bytes.fromhex(intent.data[2:])
                if found is not None:
                    same = (found.account, found.recipient, found.data) == (
                        intent.account, intent.recipient, data,
                    )  # fmt: skip
                    if not same:
                        raise Conflict(
                            "idempotency-key-reused",
                            f"Key {intent.key!r} stands for another act already",
                            cure="Use a new key for a new act.",
                        )
                    continue
                place += 1
                connection.execute(
                    INTENT.insert().values(
                        key=intent.key, place=place, account=intent.account,
                        recipient=intent.recipient, data=data, gas=0, status="noted",
                    )
                )  # fmt: skip

    def _row(self, key: str) -> sa.Row[Any] | None:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(INTENT).where(INTENT.c.key == key)).one_or_none()

    def _prepare(self, intent: Intent, signer: Signer) -> None:
        """Have an intent signed, on the disk, and sent."""
        row = self._row(intent.key)
        if row is None or row.status in {"done", "failed"}:
            return
        if row.status == "noted":
            gas, fees = self._estimate(intent), self._fees()
            self._require_funds(intent, gas * fees[0])
            nonce = self._next_nonce(intent.account)
            self._sign(intent, signer, gas=gas, nonce=nonce, number=1, fees=fees)
        self._send_latest(intent.key)

    def _estimate(self, intent: Intent) -> int:
        """Gas to allow; learns from the node whether and why the chain would refuse."""
        call = {"from": intent.account, "data": intent.data}
        if intent.recipient:
            call["to"] = intent.recipient
        try:
            estimate = int(self._rpc.call("eth_estimateGas", call, "latest"), 16)
        except RpcError as error:
            self._forget(intent.key)
            if error.data in {None, "0x"} and "gas" in error.message.lower():
                raise _too_high(error.message) from error
            raise self._refusal(error) from error
        gas = estimate * GAS_MARGIN[0] // GAS_MARGIN[1] + GAS_SPARE
        if estimate > TRANSACTION_GAS_MAX:
            self._forget(intent.key)
            raise _too_high(f"{estimate:,} gas")
        return min(gas, TRANSACTION_GAS_MAX)

    def _require_funds(self, intent: Intent, wei: int) -> None:
        """Refuse what its account cannot pay for; a chain without fees asks nothing."""
        if not wei:
            return
        held = int(self._rpc.call("eth_getBalance", intent.account, "latest"), 16)
        if held < wei:
            self._forget(intent.key)
            raise Refused(
                "account-unfunded",
                f"{show_wallet(intent.account)} holds {held:,} wei, the act may cost {wei:,}",
                cure="Send it the chain's own money, then run the command again.",
            )

    @staticmethod
    def _refusal(error: RpcError) -> Refused:
        reason = revert_reason(error.data) if error.data else ""
        return refusal(reason, error.message)

    def _forget(self, key: str) -> None:
        """Take back an intent of which nothing was signed."""
        with self._engine.begin() as connection:
            connection.execute(
                INTENT.delete().where(INTENT.c.key == key, INTENT.c.status == "noted")
            )

    def _next_nonce(self, account: Wallet) -> int:
        """The number after those signed here and those the chain has seen."""
        query = sa.select(sa.func.max(INTENT.c.nonce)).where(INTENT.c.account == account)
        with self._engine.connect() as connection:
            signed = connection.execute(query).scalar()
        seen = int(self._rpc.call("eth_getTransactionCount", account, "latest"), 16)
        return seen if signed is None else max(seen, signed + 1)

    def _fees(self) -> tuple[int, int]:
        """Highest fee and tip per gas, in wei."""
        block = self._rpc.call("eth_getBlockByNumber", "latest", False)
        base = int(block.get("baseFeePerGas") or "0x0", 16)
        if base == 0:
            return 0, 0
        tip = int(self._rpc.call("eth_maxPriorityFeePerGas"), 16)
        return 2 * base + tip, tip

    def _sign(
        self, intent: Intent, signer: Signer, *, gas: int, nonce: int, number: int,
        fees: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        """Sign and write down, in one transaction with the number used."""
        max_fee, tip = fees or self._fees()
        transaction: dict[str, Any] = {
            "type": 2, "chainId": self._chain_id, "nonce": nonce, "value": 0, "gas": gas,
            "data": intent.data, "maxFeePerGas": max_fee, "maxPriorityFeePerGas": tip,
        }  # fmt: skip
        if intent.recipient:
            transaction["to"] = show_wallet(Wallet(intent.recipient))
        raw, tx_hash = _signed(signer, transaction)
        with self._engine.begin() as connection:
            connection.execute(
                INTENT.update()
                .where(INTENT.c.key == intent.key)
                .values(status="signed", nonce=nonce, gas=gas)
            )
            connection.execute(
                ATTEMPT.insert().values(
                    tx_hash=tx_hash, intent_key=intent.key, raw=raw,
                    fee_wei=f"{max_fee}/{tip}", number=number,
                )
            )  # fmt: skip

    def _attempts(self, key: str) -> list[sa.Row[Any]]:
        query = sa.select(ATTEMPT).where(ATTEMPT.c.intent_key == key).order_by(ATTEMPT.c.number)
        with self._engine.connect() as connection:
            return list(connection.execute(query))

    def _send_latest(self, key: str) -> None:
        """Send what was signed last; that the node knows it already is no error.

        Some nodes answer with an error for a transaction that they took and that failed.
        """
        attempt = self._attempts(key)[-1]
        try:
            self._rpc.call("eth_sendRawTransaction", "0x" + attempt.raw.hex())
        except RpcError as error:
            taken = self._rpc.call("eth_getTransactionByHash", attempt.tx_hash) is not None
            if not taken and not _is_known_already(error):
                raise Unavailable(
                    "transaction-not-taken",
                    f"The node does not take the transaction: {error.message}",
                    cure="Run the command again; nothing is done twice.",
                ) from error

    def complete(self, intent: Intent, signer: Signer) -> Done:
        """Wait until an intent that was begun is on the chain, deep enough.

        Raises `Refused` if the chain refused it after all.
        """
        row = self._row(intent.key)
        if row is not None and row.status == "done":
            return Done(row.key, row.tx_hash, row.block_number, row.gas_used, row.created or "")
        if row is not None and row.status == "failed":
            raise refusal(row.error)
        for _ in range(RESTARTS_MAX):
            done, error = self._write_down(intent, self._await_receipt(intent, signer))
            if error != OUT_OF_GAS:
                break
            self._start_again(intent, signer)
        if error:
            raise refusal(error)
        return done

    def _start_again(self, intent: Intent, signer: Signer) -> None:
        """Sign anew, with twice the gas, what ran out of it and so did nothing."""
        row = self._row(intent.key)
        with self._engine.begin() as connection:
            connection.execute(ATTEMPT.delete().where(ATTEMPT.c.intent_key == intent.key))
            connection.execute(
                INTENT.update().where(INTENT.c.key == intent.key).values(status="noted", nonce=None)
            )
        gas = min(TRANSACTION_GAS_MAX, 2 * row.gas if row is not None else TRANSACTION_GAS_MAX)
        self._sign(intent, signer, gas=gas, nonce=self._next_nonce(intent.account), number=1)
        self._send_latest(intent.key)

    def _await_receipt(self, intent: Intent, signer: Signer) -> dict[str, Any]:
        pause_s = POLL_FIRST_S
        started = resent = time.monotonic()
        while time.monotonic() - started < self._wait_s:
            for attempt in self._attempts(intent.key):
                receipt = self._rpc.call("eth_getTransactionReceipt", attempt.tx_hash)
                if receipt is not None and self._deep_enough(receipt):
                    found: dict[str, Any] = receipt
                    return found
            if time.monotonic() - resent > RESEND_AFTER_S:
                self._bump(intent, signer)
                resent = time.monotonic()
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, POLL_MAX_S)
        raise Unavailable(
            "transaction-unconfirmed",
            f"The chain has not taken up {intent.key!r} within {self._wait_s:.0f} s",
            cure="Run the command again with the same key; nothing is done twice.",
        )

    def _deep_enough(self, receipt: dict[str, Any]) -> bool:
        if self._confirmations == 0:
            return True
        head = int(self._rpc.call("eth_blockNumber"), 16)
        return head - int(receipt["blockNumber"], 16) >= self._confirmations

    def _bump(self, intent: Intent, signer: Signer) -> None:
        """Send again; with a higher fee under the same number where fees are paid."""
        row = self._row(intent.key)
        attempt = self._attempts(intent.key)[-1]
        fee, tip = (int(part) for part in attempt.fee_wei.split("/"))
        if fee and row is not None:
            now_fee, now_tip = self._fees()
            fees = (
                max(now_fee, fee * FEE_BUMP[0] // FEE_BUMP[1] + 1),
                max(now_tip, tip * FEE_BUMP[0] // FEE_BUMP[1] + 1),
            )
            self._sign(
                intent, signer, gas=row.gas, nonce=row.nonce, number=attempt.number + 1, fees=fees
            )
        self._send_latest(intent.key)

    def _write_down(self, intent: Intent, receipt: dict[str, Any]) -> tuple[Done, str]:
        """Note where an intent stands on the chain; returns that, and why it failed if it did."""
        done = Done(
            key=intent.key,
            tx_hash=receipt["transactionHash"],
            block_number=int(receipt["blockNumber"], 16),
            gas_used=int(receipt["gasUsed"], 16),
            created=(receipt.get("contractAddress") or "").lower(),
        )
        error = "" if receipt["status"] == "0x1" else self._why(intent, done)
        with self._engine.begin() as connection:
            connection.execute(
                INTENT.update()
                .where(INTENT.c.key == intent.key)
                .values(
                    status="failed" if error else "done",
                    tx_hash=done.tx_hash,
                    error=error,
                    block_number=done.block_number,
                    block_hash=receipt["blockHash"],
                    gas_used=done.gas_used,
                    created=done.created,
                )
            )
        return done, error

    def _why(self, intent: Intent, done: Done) -> str:
        """The reason for which a transaction failed, asked again at its block."""
        row = self._row(intent.key)
        if row is not None and done.gas_used >= row.gas * 98 // 100:
            return OUT_OF_GAS
        call = {"from": intent.account, "to": intent.recipient or None, "data": intent.data}
        try:
            self._rpc.call("eth_call", call, hex(done.block_number))
        except RpcError as error:
            return revert_reason(error.data) or "chain-refused"
        return "chain-refused"


def refusal(reason: str, said: str = "") -> Refused:
    """The error of an act that the chain refuses, with what its reason means."""
    if reason in REVERTS:
        message, cure = REVERTS[reason]
        return Refused(reason, message, cure=cure)
    return Refused(
        reason or "chain-refused",
        f"The chain refuses it: {reason or said}",
        cure="Check what was asked for; if it is right, report this.",
    )


def _too_high(said: str) -> Refused:
    return Refused(
        "transaction-gas-too-high",
        f"One transaction may take {TRANSACTION_GAS_MAX:,} gas (EIP-7825), this takes more: {said}",
        cure="Split it into several.",
    )


def _signed(signer: Signer, transaction: dict[str, Any]) -> tuple[bytes, str]:
    raw = signer.sign(transaction)
    return raw, "0x" + keccak(raw).hex()


def _is_known_already(error: RpcError) -> bool:
    message = error.message.lower()
    return any(
        phrase in message
        for phrase in ("already known", "already imported", "nonce too low", "known transaction")
    )
