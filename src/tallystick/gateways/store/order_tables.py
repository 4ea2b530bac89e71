"""The tables in which orders, trades and their steps are written down."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

METADATA = sa.MetaData()
FORMAT: Final = 4

ORDER = sa.Table(
    "orders", METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("symbol", sa.String, nullable=False, index=True),
    sa.Column("investor", sa.String(42), nullable=False, index=True),
    sa.Column("signer", sa.String(42), nullable=False),
    sa.Column("nonce", sa.String, nullable=False),
    sa.Column("client_id", sa.String, nullable=False),
    sa.Column("buys", sa.Boolean, nullable=False),
    sa.Column("lots", sa.Integer, nullable=False),
    sa.Column("price", sa.String, nullable=False),
    sa.Column("units_per_lot", sa.String, nullable=False),
    sa.Column("kind", sa.Integer, nullable=False),
    sa.Column("expiry_s", sa.Integer, nullable=False),
    sa.Column("placed_ns", sa.Integer, nullable=False),
    sa.Column("left_lots", sa.Integer, nullable=False),
    sa.Column("filled_lots", sa.Integer, nullable=False),
    sa.Column("ended_ns", sa.Integer, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    # Whether it is not traded before its units are held.
    sa.Column("waits", sa.Boolean, nullable=False),
    sa.UniqueConstraint("investor", "signer", "nonce"),
)  # fmt: skip

TRADE = sa.Table(
    "trades", METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("symbol", sa.String, nullable=False, index=True),
    sa.Column("buy", sa.Integer, nullable=False, index=True),
    sa.Column("sell", sa.Integer, nullable=False, index=True),
    sa.Column("lots", sa.Integer, nullable=False),
    sa.Column("price", sa.String, nullable=False),
    sa.Column("buyer_fee", sa.String, nullable=False),
    sa.Column("seller_fee", sa.String, nullable=False),
    sa.Column("taker", sa.String, nullable=False),
    sa.Column("at_ns", sa.Integer, nullable=False),
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("block", sa.Integer, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
)  # fmt: skip

# Who did what when, and what came of it: one line for every step of an order.
STEP = sa.Table(
    "steps", METADATA,
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("item", sa.Integer, primary_key=True),
    sa.Column("at_ns", sa.Integer, nullable=False),
    sa.Column("symbol", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, index=True),
    sa.Column("investor", sa.String(42), nullable=False, index=True),
    sa.Column("signer", sa.String(42), nullable=False),
    sa.Column("side", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("lots", sa.Integer, nullable=False),
    sa.Column("price", sa.String, nullable=False),
)  # fmt: skip

# What each investor traded in a market in all, what was busted left out; sums as text, for they may
# be larger than a column of numbers takes.
DEALT = sa.Table(
    "dealt", METADATA,
    sa.Column("investor", sa.String(42), primary_key=True),
    sa.Column("symbol", sa.String, primary_key=True),
    sa.Column("trades", sa.Integer, nullable=False),
    *(sa.Column(name, sa.String, nullable=False)
      for name in ("bought", "sold", "paid", "received", "fees")),
)  # fmt: skip

CURSOR = sa.Table(
    "cursor", METADATA,
    sa.Column("format", sa.Integer, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
)  # fmt: skip

MATCHED, SETTLED, BUSTED = "matched", "settled", "busted"
# Of the step of an order that was taken and waits for its units to be held.
WAITS: Final = "waits"


def enters(step: sa.Row[Any]) -> bool:
    """Whether an order is in its market from a step on: it was taken, or its units are held."""
    taken = step.what == "accepted" and step.code != WAITS
    return bool(taken or (step.what == "held" and step.lots > 0))
