"""What servicing keeps of persons under their own keys, and what is withheld of payments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "private",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("home", sa.String(42), nullable=False, index=True),
        sa.Column("kind", sa.String(40), nullable=False, index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "withheld",
        sa.Column("distribution", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("home", sa.String(42), nullable=False, index=True),
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
    )
