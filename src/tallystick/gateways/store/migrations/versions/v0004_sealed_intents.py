"""A hash of what each intent was noted as, so that an audit sees one that was altered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("intent", sa.Column("seal", sa.LargeBinary))
