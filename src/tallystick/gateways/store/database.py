"""SQL engines with the durability that the rest relies on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

Connect = Callable[[Path], Any]

BUSY_WAIT_MS = 30_000


def open_sqlite(path: Path, *, connect: Connect | None = None) -> sa.Engine:
    """An engine on one SQLite file: write-ahead log, every commit synced to the disk.

    `connect` replaces the driver; tests use it to lose whatever was not synced.
    """
    arguments: dict[str, Any] = {} if connect is None else {"creator": lambda: connect(path)}
    engine = sa.create_engine(f"sqlite:///{path}", **arguments)

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
        # EXTRA comes first: the journal of the change to WAL must be gone for good before anything
        # is written, or it would undo all of it after a power failure.
        cursor.execute("PRAGMA synchronous = EXTRA")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    return engine
