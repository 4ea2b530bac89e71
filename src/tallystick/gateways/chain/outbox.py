"""The outbox: every transaction belongs to an intent, is signed, journaled, and only then sent.

An intent has a key that is never used for anything else, so that asking again does nothing twice. A
crash at any point neither loses nor doubles an intent: what was signed is on the disk with its
number before it leaves, and is sent again as it is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from tallystick.core.errors import Refused, Unavailable
from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.contracts import revert_reason
from tallystick.gateways.chain.embedded.rawtx import TRANSACTION_GAS_MAX
from tallystick.gateways.chain.intents import Attempt, Done, Intent, Intents, Row
from tallystick.gateways.chain.reverts import REVERTS
from tallystick.gateways.chain.rpc import Rpc, RpcError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

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
# What nodes say that are asked too much, and their codes for it (EIP-1474).
PASSING = ("rate limit", "too many requests", "limit exceeded", "timed out", "timeout",
                  "try again", "overloaded", "temporarily")  # fmt: skip
PASSING_CODES = frozenset({-32_005, -32_002, 429})
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


class Outbox:
    """Carries out intents on one chain; one process at a time."""

    def __init__(
        self, engine: sa.Engine, rpc: Rpc, *, chain_id: int, confirmations: int = 0,
        wait_s: float = WAIT_S,
    ) -> None:  # fmt: skip
        self.intents = Intents(engine)
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
        self.intents.note(intents)
        for intent in intents:
            self._prepare(intent, signer)

    def begin_anew(self, intent: Intent, signer: Signer) -> None:
        """`begin` an intent once more if the chain refused it before, which did nothing."""
        row = self.intents.row(intent.key)
        if row is not None and row.status == "failed":
            self.intents.start_again(intent.key)
        self.begin([intent], signer)

    def reconcile(self) -> list[str]:
        """Do again what a re-organisation of the chain undid; returns the keys concerned, in order.

        What was carried out is looked up from the last backwards, until a block is found that the
        chain still has. Nothing is signed anew: the same transactions are sent under their numbers.
        """
        undone = [row for row in self._since_last_common_block() if not self._relocated(row)]
        self.intents.undo([row.key for row in undone])
        for row in self.intents.signed():
            if not self._settle_if_sealed(row):
                self._send_latest(row.key)
        for row in self.intents.signed():
            self._settle_if_sealed(row)
        return [row.key for row in reversed(undone)]

    def known(self, key: str) -> bool:
        """Whether an intent of this key has been carried out or begun."""
        return self.intents.row(key) is not None

    def done(self, key: str) -> bool:
        """Whether an intent of this key was carried out."""
        row = self.intents.row(key)
        return row is not None and row.status == "done"

    def failed(self, key: str) -> bool:
        """Whether an intent of this key was carried out and the chain refused it."""
        row = self.intents.row(key)
        return row is not None and row.status == "failed"

    def unfinished(self) -> list[str]:
        """Keys of intents that were begun and not carried out, in order."""
        return self.intents.unfinished()

    def data(self, key: str) -> bytes:
        """Call data of an intent that is known."""
        row = self.intents.row(key)
        return b"" if row is None else bytes(row.data)

    def _settle_if_sealed(self, row: Row) -> bool:
        """Write down how an intent ended, if the chain has it."""
        intent = Intent(row.key, Wallet(row.account), row.recipient, "0x" + row.data.hex())
        for attempt in self.intents.attempts(row.key):
            receipt = self._rpc.call("eth_getTransactionReceipt", attempt.tx_hash)
            if receipt is not None and self._deep_enough(receipt):
                self._write_down(intent, receipt)
                return True
        return False

    def _since_last_common_block(self) -> list[Row]:
        """Intents carried out, latest first, down to the last one whose block still stands."""
        rows: list[Row] = []
        for row in self.intents.settled_latest_first():
            block = self._rpc.call("eth_getBlockByNumber", hex(row.block_number), False)
            if block is not None and block["hash"] == row.block_hash:
                break
            rows.append(row)
        return rows

    def _relocated(self, row: Row) -> bool:
        """Whether a transaction stands in another block now; if so that is written down."""
        receipt = self._rpc.call("eth_getTransactionReceipt", row.tx_hash)
        if receipt is None:
            return False
        self.intents.relocate(row.key, int(receipt["blockNumber"], 16), receipt["blockHash"])
        return True

    def _prepare(self, intent: Intent, signer: Signer) -> None:
        """Have an intent signed, on the disk, and sent."""
        row = self.intents.row(intent.key)
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
            self.intents.forget(intent.key)
            if _is_passing(error):
                raise Unavailable("node-unwilling", f"The node does not do it now: {error.message}",
                                  cure="Try again in a moment; nothing was sent."
                                  ) from error  # fmt: skip
            if error.data in {None, "0x"} and "gas" in error.message.lower():
                raise _too_high(error.message) from error
            raise self._refusal(error) from error
        gas = estimate * GAS_MARGIN[0] // GAS_MARGIN[1] + GAS_SPARE
        if estimate > TRANSACTION_GAS_MAX:
            self.intents.forget(intent.key)
            raise _too_high(f"{estimate:,} gas")
        return min(gas, self._gas_max())

    def _gas_max(self) -> int:
        """What one transaction may take: as the standard has it, and as a block has room for."""
        block = self._rpc.call("eth_getBlockByNumber", "latest", False)
        return min(TRANSACTION_GAS_MAX, int(block["gasLimit"], 16))

    def _require_funds(self, intent: Intent, wei: int) -> None:
        """Refuse what its account cannot pay for; a chain without fees asks nothing."""
        if not wei:
            return
        held = int(self._rpc.call("eth_getBalance", intent.account, "latest"), 16)
        if held < wei:
            self.intents.forget(intent.key)
            raise Refused(
                "account-unfunded",
                f"{show_wallet(intent.account)} holds {held:,} wei, the act may cost {wei:,}",
                cure="Send it the chain's own money, then run the command again.",
            )

    @staticmethod
    def _refusal(error: RpcError) -> Refused:
        reason = revert_reason(error.data) if error.data else ""
        return refusal(reason, error.message)

    def _next_nonce(self, account: Wallet) -> int:
        """The number after those signed here and those the chain has seen."""
        signed = self.intents.highest_nonce(account)
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
        raw = signer.sign(transaction)
        tx_hash = "0x" + keccak(raw).hex()
        self.intents.sign(intent.key, Attempt(raw, tx_hash, nonce, gas, max_fee, tip, number))

    def _send_latest(self, key: str) -> None:
        """Send what was signed last; that the node knows it already is no error.

        Some nodes answer with an error for a transaction that they took and that failed.
        """
        attempt = self.intents.attempts(key)[-1]
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
        row = self.intents.row(intent.key)
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
        row = self.intents.row(intent.key)
        self.intents.start_again(intent.key)
        most = self._gas_max()
        gas = min(most, 2 * row.gas if row is not None else most)
        self._sign(intent, signer, gas=gas, nonce=self._next_nonce(intent.account), number=1)
        self._send_latest(intent.key)

    def _await_receipt(self, intent: Intent, signer: Signer) -> dict[str, Any]:
        pause_s = POLL_FIRST_S
        started = resent = time.monotonic()
        while time.monotonic() - started < self._wait_s:
            for attempt in self.intents.attempts(intent.key):
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
        attempt = self.intents.attempts(intent.key)[-1]
        if attempt.max_fee:
            now_fee, now_tip = self._fees()
            fees = (
                max(now_fee, attempt.max_fee * FEE_BUMP[0] // FEE_BUMP[1] + 1),
                max(now_tip, attempt.tip * FEE_BUMP[0] // FEE_BUMP[1] + 1),
            )
            self._sign(intent, signer, gas=attempt.gas, nonce=attempt.nonce,
                       number=attempt.number + 1, fees=fees)  # fmt: skip
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
        self.intents.settle(done, receipt["blockHash"], error)
        return done, error

    def _why(self, intent: Intent, done: Done) -> str:
        """The reason for which a transaction failed, asked again at its block."""
        row = self.intents.row(intent.key)
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


def _is_passing(error: RpcError) -> bool:
    """Whether a node says that it is busy, rather than anything of what was asked."""
    message = error.message.lower()
    return error.data in {None, "0x"} and (
        error.code in PASSING_CODES or any(phrase in message for phrase in PASSING)
    )


def _is_known_already(error: RpcError) -> bool:
    message = error.message.lower()
    return any(
        phrase in message
        for phrase in ("already known", "already imported", "nonce too low", "known transaction")
    )
