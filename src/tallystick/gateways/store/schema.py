"""Tables of the store: persons, keys of investors, withholding, outbox, business journal."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

PERSON = sa.Table(
    "person", METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("home", sa.String(42), nullable=False, unique=True),
    sa.Column("data_key", sa.LargeBinary),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("erased_at_s", sa.BigInteger),
)  # fmt: skip

EVIDENCE = sa.Table(
    "evidence", METADATA,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("home", sa.String(42), nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)  # fmt: skip

PRIVATE = sa.Table(
    "private", METADATA,
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),
    sa.Column("home", sa.String(42), nullable=False, index=True),
    sa.Column("kind", sa.String(40), nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)  # fmt: skip

WITHHELD = sa.Table(
    "withheld", METADATA,
    sa.Column("distribution", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("home", sa.String(42), nullable=False, index=True),
    sa.Column("commitment", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
)  # fmt: skip

WALLET_KEY = sa.Table(
    "wallet_key", METADATA,
    sa.Column("wallet", sa.String(42), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)  # fmt: skip

INTENT = sa.Table(
    "intent", METADATA,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("place", sa.BigInteger, nullable=False, unique=True),
    sa.Column("account", sa.String(42), nullable=False),
    sa.Column("recipient", sa.String(42), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("gas", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("nonce", sa.BigInteger),
    sa.Column("tx_hash", sa.String(66)),
    sa.Column("block_number", sa.BigInteger, index=True),
    sa.Column("block_hash", sa.String(66)),
    sa.Column("gas_used", sa.BigInteger),
    sa.Column("created", sa.String(42)),
    sa.Column("error", sa.String(200)),
    # Hash of what was noted; none in rows of before there was this column.
    sa.Column("seal", sa.LargeBinary),
)  # fmt: skip

ATTEMPT = sa.Table(
    "attempt", METADATA,
    sa.Column("tx_hash", sa.String(66), primary_key=True),
    sa.Column("intent_key", sa.String(200), sa.ForeignKey("intent.key"), nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("fee_wei", sa.String(40), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
)  # fmt: skip

JOURNAL = sa.Table(
    "journal", METADATA,
    sa.Column("place", sa.BigInteger, primary_key=True),
    sa.Column("at_s", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False, index=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("previous", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)  # fmt: skip
