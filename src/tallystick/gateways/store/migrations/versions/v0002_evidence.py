"""Evidence of what was shown about a person, under his own key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "evidence",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("home", sa.String(42), nullable=False, index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
