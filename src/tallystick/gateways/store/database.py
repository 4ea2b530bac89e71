"""SQL engines with the durability that the rest relies on."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tallystick.core.errors import TallystickError, Unavailable

Connect = Callable[[Path], Any]

BUSY_WAIT_MS = 30_000


def open_sqlite(
    path: Path, *, connect: Connect | None = None, synchronous: str = "EXTRA"
) -> sa.Engine:
    """An engine on one SQLite file: write-ahead log, every commit synced to the disk.

    What can be made again from elsewhere needs less: `NORMAL` may lose the last commits with the
    power, and never the file. `connect` replaces the driver; tests use it to lose whatever was not
    synced.
    """
    arguments: dict[str, Any] = {} if connect is None else {"creator": lambda: connect(path)}
    engine = sa.create_engine(f"sqlite:///{path}", **arguments)

    @event.listens_for(engine, "handle_error")
    def _say_it_plainly(context: sa.engine.ExceptionContext) -> None:
        plain = _plainly(str(context.original_exception).lower(), path)
        if plain is not None:
            raise plain from context.original_exception

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
        # EXTRA comes first: the journal of the change to WAL must be gone for good before anything
        # is written, or it would undo all of it after a power failure.
        cursor.execute("PRAGMA synchronous = EXTRA")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    return engine


def _plainly(said: str, path: Path) -> TallystickError | None:
    """What an error of SQLite means for who runs the program; None if it is a defect of ours."""
    if "disk is full" in said or "disk full" in said:
        return disk_full(path)
    if "disk i/o error" in said:
        return Unavailable(
            "disk-failed", "The disk refused to read or write", where=str(path),
            cure="Check the disk and its quota; then run the command again with the same key.",
        )  # fmt: skip
    if "readonly database" in said or "unable to open" in said:
        return Unavailable(
            "file-not-writable", "The file cannot be written", where=str(path),
            cure="Check who owns it, and whether the disk is mounted for writing.",
        )  # fmt: skip
    if any(each in said for each in ("malformed", "not a database", "could not decode")):
        return _damaged(path)
    return None


def require_whole(path: Path) -> None:
    """Read a SQLite file through; raises `Unavailable` if any of it is damaged."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as error:
            raise (_plainly(str(error).lower(), path) or _damaged(path)) from error
    if found != [("ok",)]:
        raise _damaged(path)


def _damaged(path: Path) -> Unavailable:
    return Unavailable(
        "file-damaged", "The file is damaged", where=str(path),
        cure="Restore the data directory from a backup.",
    )  # fmt: skip


def disk_full(path: Path) -> Unavailable:
    """The error of a disk that takes no more."""
    return Unavailable(
        "disk-full", "The disk is full; nothing that was acknowledged is lost", where=str(path),
        cure="Make room, then run the command again with the same key: nothing is done twice.",
    )  # fmt: skip


def damage_of(engine: sa.Engine) -> str:
    """What SQLite finds damaged in a file, in its own words; nothing if it is whole."""
    with engine.connect() as connection:
        found = connection.execute(sa.text("PRAGMA integrity_check(1)")).scalars().all()
    return "" if found == ["ok"] else "; ".join(map(str, found))
