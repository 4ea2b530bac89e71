"""The journal of sealed blocks, and the last snapshot of the state."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from tallystick.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_METADATA = sa.MetaData()

_CHAIN = sa.Table(
    "chain", _METADATA,
    sa.Column("chain_id", sa.Integer, primary_key=True),
    sa.Column("genesis_time_s", sa.Integer, nullable=False),
    sa.Column("genesis_hash", sa.String, nullable=False),
    sa.Column("clock_offset_s", sa.Integer, nullable=False),
)  # fmt: skip

_BLOCKS = sa.Table(
    "block", _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("state_root", sa.String, nullable=False),
    sa.Column("time_s", sa.Integer, nullable=False),
    sa.Column("gas_used", sa.Integer, nullable=False),
    sa.Column("transactions", sa.LargeBinary, nullable=False),
)  # fmt: skip

_SNAPSHOT = sa.Table(
    "snapshot", _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("state", sa.LargeBinary, nullable=False),
)  # fmt: skip


class Block(msgspec.Struct, frozen=True):
    """A sealed block: enough to seal it again and to know that it came out the same."""

    number: int
    hash: str
    state_root: str
    time_s: int
    gas_used: int
    transactions: tuple[str, ...]


class Chain(msgspec.Struct, frozen=True):
    """What makes an embedded chain this one."""

    chain_id: int
    genesis_time_s: int
    genesis_hash: str
    clock_offset_s: int


class BlockJournal:
    """Blocks in order, appended one transaction each; the book of record of the embedded chain."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        _METADATA.create_all(engine)

    def chain(self) -> Chain | None:
        """The chain that this journal belongs to; None before `found`."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_CHAIN)).one_or_none()
        return None if row is None else Chain(*row)

    def found(self, chain: Chain) -> None:
        """Write down a new chain, once."""
        with self._engine.begin() as connection:
            connection.execute(_CHAIN.insert().values(msgspec.structs.asdict(chain)))

    def set_clock_offset(self, offset_s: int) -> None:
        """Keep how far a sandbox's clock has been moved ahead."""
        with self._engine.begin() as connection:
            connection.execute(_CHAIN.update().values(clock_offset_s=offset_s))

    def append(self, block: Block) -> None:
        """Add a block; it is on the disk when this returns."""
        with self._engine.begin() as connection:
            connection.execute(
                _BLOCKS.insert().values(
                    number=block.number,
                    hash=block.hash,
                    state_root=block.state_root,
                    time_s=block.time_s,
                    gas_used=block.gas_used,
                    transactions=zlib.compress(msgspec.msgpack.encode(block.transactions), 1),
                )
            )

    def head(self) -> Block | None:
        """The last block; None if only the genesis block exists."""
        query = sa.select(_BLOCKS).order_by(_BLOCKS.c.number.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _block(row)

    def block(self, number: int) -> Block | None:
        """One block by number."""
        query = sa.select(_BLOCKS).where(_BLOCKS.c.number == number)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _block(row)

    def blocks_after(self, number: int) -> Iterator[Block]:
        """All blocks after one, in order."""
        query = sa.select(_BLOCKS).where(_BLOCKS.c.number > number).order_by(_BLOCKS.c.number)
        with self._engine.connect() as connection:
            for row in connection.execution_options(yield_per=64).execute(query):
                yield _block(row)

    def keep_snapshot(self, number: int, state: bytes) -> None:
        """Replace the snapshot by one taken right after a block, in one transaction."""
        with self._engine.begin() as connection:
            connection.execute(_SNAPSHOT.delete())
            connection.execute(_SNAPSHOT.insert().values(number=number, state=state))

    def drop_snapshot(self) -> None:
        """Throw the snapshot away."""
        with self._engine.begin() as connection:
            connection.execute(_SNAPSHOT.delete())

    def snapshot(self) -> tuple[int, bytes] | None:
        """Number of the block it was taken after, and the state; None if there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_SNAPSHOT)).one_or_none()
        return None if row is None else (row.number, row.state)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _block(row: sa.Row[Any]) -> Block:
    try:
        packed = zlib.decompress(row.transactions)
        transactions = msgspec.msgpack.decode(packed, type=tuple[str, ...])
    except (zlib.error, TypeError, msgspec.MsgspecError) as error:
        raise Unavailable(
            "block-damaged", f"Block {row.number} is not as it was sealed",
            cure="Restore the data directory from a backup.",
        ) from error  # fmt: skip
    return Block(row.number, row.hash, row.state_root, row.time_s, row.gas_used, transactions)
