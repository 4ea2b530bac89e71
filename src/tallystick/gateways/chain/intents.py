"""Intents as they stand in the store: noted, signed, done, or failed.

Every method is one transaction of the store, on the disk when it returns.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from tallystick.core.errors import Conflict
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.schema import ATTEMPT, INTENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = sa.Row[Any]


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


class Attempt(msgspec.Struct, frozen=True):
    """A signed transaction for an intent; a later one under the same number replaces it."""

    raw: bytes
    tx_hash: str
    nonce: int
    gas: int
    max_fee: int
    tip: int
    number: int


class Intents:
    """The intents of one chain and their attempts."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    # --- looking up

    def row(self, key: str) -> Row | None:
        """An intent as it stands."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(INTENT).where(INTENT.c.key == key)).one_or_none()

    def attempts(self, key: str) -> list[Attempt]:
        """What was signed for an intent, in order."""
        query = (
            sa.select(ATTEMPT, INTENT.c.nonce, INTENT.c.gas)
            .join(INTENT, INTENT.c.key == ATTEMPT.c.intent_key)
            .where(ATTEMPT.c.intent_key == key)
            .order_by(ATTEMPT.c.number)
        )
        with self._engine.connect() as connection:
            return [
                Attempt(row.raw, row.tx_hash, row.nonce, row.gas,
                        *map(int, row.fee_wei.split("/")), row.number)  # type: ignore[call-arg]
                for row in connection.execute(query)
            ]  # fmt: skip

    def signed(self) -> list[Row]:
        """Intents that were signed and are not known to be on the chain, in order."""
        query = sa.select(INTENT).where(INTENT.c.status == "signed").order_by(INTENT.c.place)
        with self._engine.connect() as connection:
            return list(connection.execute(query))

    def settled_latest_first(self) -> Iterator[Row]:
        """Intents that are on the chain, done or failed."""
        query = (
            sa.select(INTENT)
            .where(INTENT.c.status.in_(["done", "failed"]), INTENT.c.block_hash.is_not(None))
            .order_by(INTENT.c.block_number.desc(), INTENT.c.place.desc())
        )
        with self._engine.connect() as connection:
            yield from connection.execute(query)

    def every(self) -> Iterator[Row]:
        """All intents, in order."""
        with self._engine.connect() as connection:
            yield from connection.execute(sa.select(INTENT).order_by(INTENT.c.place))

    def every_attempt(self) -> Iterator[tuple[str, bytes]]:
        """Hash and raw transaction of everything signed."""
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(ATTEMPT).order_by(ATTEMPT.c.tx_hash)):
                yield row.tx_hash, row.raw

    def unfinished(self) -> list[str]:
        """Keys of intents that were begun and not carried out, in order."""
        query = (
            sa.select(INTENT.c.key)
            .where(INTENT.c.status.in_(["noted", "signed"]))
            .order_by(INTENT.c.place)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def part_begun(self, key: str, start: int) -> int | None:
        """Where the part of some work ends that was begun at `start`; None if none was."""
        prefix = f"{key}/{start}-"
        # What begins so stands in order before what follows the last of its letters.
        after = f"{key}/{start}."
        query = sa.select(INTENT.c.key).where(INTENT.c.key > prefix, INTENT.c.key < after)
        with self._engine.connect() as connection:
            found = connection.execute(query).scalars().first()
        return None if found is None else int(found.removeprefix(prefix))

    def highest_nonce(self, account: Wallet) -> int | None:
        """The highest number signed for an account."""
        query = sa.select(sa.func.max(INTENT.c.nonce)).where(INTENT.c.account == account)
        with self._engine.connect() as connection:
            found: int | None = connection.execute(query).scalar()
        return found

    # --- writing down

    def note(self, intents: Sequence[Intent]) -> None:
        """Write intents down, in order; the same again is nothing new.

        Raises `Conflict` if a key stands for something else.
        """
        with self._engine.begin() as connection:
            place = connection.execute(sa.select(sa.func.max(INTENT.c.place))).scalar() or 0
            for intent in intents:
                query = sa.select(INTENT).where(INTENT.c.key == intent.key)
                found = connection.execute(query).one_or_none()
                if found is not None:
                    _require_same(found, intent)
                    continue
                place += 1
                connection.execute(
                    INTENT.insert().values(
                        key=intent.key, place=place, account=intent.account, gas=0,
                        recipient=intent.recipient, data=_data(intent), status="noted",
                        seal=seal_of(intent.key, intent.account, intent.recipient, _data(intent)),
                    )
                )  # fmt: skip

    def forget(self, key: str) -> None:
        """Take back an intent of which nothing was signed."""
        with self._engine.begin() as connection:
            connection.execute(
                INTENT.delete().where(INTENT.c.key == key, INTENT.c.status == "noted")
            )

    def sign(self, key: str, attempt: Attempt) -> None:
        """Keep what was signed, with the number that it uses."""
        with self._engine.begin() as connection:
            _update(connection, key, status="signed", nonce=attempt.nonce, gas=attempt.gas)
            connection.execute(
                ATTEMPT.insert().values(
                    tx_hash=attempt.tx_hash, intent_key=key, raw=attempt.raw,
                    fee_wei=f"{attempt.max_fee}/{attempt.tip}", number=attempt.number,
                )
            )  # fmt: skip

    def settle(self, done: Done, block_hash: str, error: str) -> None:
        """Write down how an intent ended."""
        with self._engine.begin() as connection:
            _update(
                connection, done.key, status="failed" if error else "done", error=error,
                tx_hash=done.tx_hash, block_number=done.block_number, block_hash=block_hash,
                gas_used=done.gas_used, created=done.created,
            )  # fmt: skip

    def relocate(self, key: str, block_number: int, block_hash: str) -> None:
        """Write down that an intent stands in another block now."""
        with self._engine.begin() as connection:
            _update(connection, key, block_number=block_number, block_hash=block_hash)

    def undo(self, keys: Sequence[str]) -> None:
        """Write down that the chain took intents back; they are signed still."""
        with self._engine.begin() as connection:
            for key in keys:
                _update(connection, key, status="signed")

    def start_again(self, key: str) -> None:
        """Forget what was signed for an intent, and that it failed."""
        with self._engine.begin() as connection:
            connection.execute(ATTEMPT.delete().where(ATTEMPT.c.intent_key == key))
            _update(connection, key, status="noted", nonce=None)


def _update(connection: sa.Connection, key: str, **values: Any) -> None:
    connection.execute(INTENT.update().where(INTENT.c.key == key).values(**values))


def seal_of(key: str, account: str, recipient: str, data: bytes) -> bytes:
    """A hash of what an intent was noted as."""
    return sha256(f"{key}|{account}|{recipient}|".encode() + data).digest()


def _data(intent: Intent) -> bytes:
    return bytes.fromhex(intent.data[2:])


def _require_same(found: Row, intent: Intent) -> None:
    same = (found.account, found.recipient, found.data)
    if same != (intent.account, intent.recipient, _data(intent)):
        raise Conflict(
            "idempotency-key-reused",
            f"Key {intent.key!r} stands for another act already",
            cure="Use a new key for a new act.",
        )
