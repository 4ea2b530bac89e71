"""A disk that loses, in a power failure, whatever was not synced to it.

The program under test writes its SQLite files through `connect`, which also logs every write,
sync, truncation and deletion. After the program was killed, `Disk.fail` makes of each file what a
disk may really hold: everything up to its last sync, and of what came later some writes whole, some
torn at sector boundaries, some not at all, in any order. (The write model is that of the SQLite
authors' own crash tests: https://www.sqlite.org/testing.html#crash_testing.)
"""

from __future__ import annotations

import os
import random
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

SECTOR_BYTES = 512
HEAD = struct.Struct("<cHQI")
WRITE, SYNC, TRUNCATE, DELETE = b"w", b"s", b"t", b"d"
LOG_NAME = "disk.log"

Operation = tuple[bytes, str, int, bytes]


# --- in the program under test


class _Vfs(apsw.VFS):
    """Passes everything on to the operating system, and logs it."""

    def __init__(self) -> None:
        super().__init__("logged", "")
        self.logs: dict[str, int] = {}

    def note(self, operation: bytes, path: str, at: int = 0, data: bytes = b"") -> None:
        folder, name = os.path.split(path)
        if folder not in self.logs:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self.logs[folder] = os.open(Path(folder) / LOG_NAME, flags, 0o600)
        encoded = name.encode()
        head = HEAD.pack(operation, len(encoded), at, len(data))
        os.write(self.logs[folder], head + encoded + data)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(self, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self.note(DELETE, name, int(syncdir))
        super().xDelete(name, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, vfs: _Vfs, name: Any, flags: list[int]) -> None:
        self._vfs = vfs
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._vfs.note(WRITE, self._path, offset, bytes(data))
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._vfs.note(SYNC, self._path)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._vfs.note(TRUNCATE, self._path, size)
        super().xTruncate(size)


class Full:
    """A disk that takes so many bytes and no more."""

    def __init__(self, bytes_max: int) -> None:
        self.room = bytes_max
        self._name = f"full-{id(self)}"
        self._vfs = _FullVfs(self._name, self)

    def connect(self, path: Path) -> Connection:
        return Connection(apsw.Connection(str(path), vfs=self._name))


class _FullVfs(apsw.VFS):
    def __init__(self, name: str, disk: Full) -> None:
        super().__init__(name, "")
        self._disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _FullFile(self._disk, name, flags)


class _FullFile(apsw.VFSFile):
    def __init__(self, disk: Full, name: Any, flags: list[int]) -> None:
        self._disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        if offset + len(data) > self.xFileSize():
            self._disk.room -= offset + len(data) - self.xFileSize()
        if self._disk.room < 0:
            raise apsw.FullError("database or disk is full")
        super().xWrite(data, offset)


_vfs: list[_Vfs] = []


def connect(path: Path) -> Connection:
    """A connection to an SQLite file on the logged disk, in the manner of the `sqlite3` module."""
    if not _vfs:
        _vfs.append(_Vfs())
    return Connection(apsw.Connection(str(path), vfs="logged"))


def connect_carelessly(path: Path) -> Connection:
    """The same, but nothing is ever synced: what a test must notice."""
    connection = connect(path)
    connection.careless = True
    return connection


class Cursor:
    """What SQLAlchemy uses of a cursor of the `sqlite3` module."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor = connection.apsw.cursor()
        self._cursor.exec_trace = self._note_columns
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        if self._connection.careless and "synchronous" in statement:
            statement = "PRAGMA synchronous = OFF"
        self._connection.begin_if_it_writes(statement)
        before = self._connection.apsw.total_changes()
        try:
            self._cursor.execute(statement, tuple(parameters))
        except apsw.ConstraintError as error:
            raise sqlite3.IntegrityError(str(error)) from error
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error
        self.rowcount = self._connection.apsw.total_changes() - before
        self.lastrowid = self._connection.apsw.last_insert_rowid()
        return self

    def _note_columns(self, cursor: apsw.Cursor, _statement: str, _bindings: Any) -> bool:
        """Columns are known before the first row, and only then if there is none."""
        columns = cursor.get_description()
        self.description = [(column[0], *(None,) * 6) for column in columns] or None
        return True

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> Cursor:
        for row in rows:
            self.execute(statement, row)
        return self

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchmany(self, size: int = 1) -> list[Any]:
        return [row for row in (self.fetchone() for _ in range(size)) if row is not None]

    def fetchall(self) -> list[Any]:
        return list(self._cursor.fetchall())

    def close(self) -> None:
        self._cursor.close()


class Connection:
    """What SQLAlchemy uses of a connection of the `sqlite3` module."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.apsw = connection
        self.careless = False
        self.isolation_level: str | None = ""

    def begin_if_it_writes(self, statement: str) -> None:
        writes = statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}
        if writes and not self.apsw.in_transaction:
            self.apsw.execute("BEGIN")

    def cursor(self) -> Cursor:
        return Cursor(self)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        return self.cursor().execute(statement, parameters)

    def commit(self) -> None:
        if self.apsw.in_transaction:
            self.cursor().execute("COMMIT")

    def rollback(self) -> None:
        if self.apsw.in_transaction:
            self.apsw.execute("ROLLBACK")

    def create_function(self, name: str, arguments: int, function: Any, **_: Any) -> None:
        self.apsw.create_scalar_function(name, function, arguments)

    def close(self) -> None:
        self.apsw.close()


# --- in the test


def read_log(data: bytes) -> Iterator[Operation]:
    """Operations in a log; the last one may have been cut off."""
    at = 0
    while at + HEAD.size <= len(data):
        operation, name_bytes, number, size = HEAD.unpack_from(data, at)
        start = at + HEAD.size
        at = start + name_bytes + size
        if at > len(data):
            return
        name = data[start : start + name_bytes].decode()
        yield operation, name, number, data[start + name_bytes : at]


class Disk:
    """The SQLite files of a folder as a disk holds them. Made while nobody writes to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = {
            path.name: bytearray(path.read_bytes())
            for path in folder.glob("*.sqlite*")
            if not path.name.endswith("-shm")
        }
        self._log.unlink(missing_ok=True)

    @property
    def _log(self) -> Path:
        return self._folder / LOG_NAME

    def fail(self, chance: random.Random) -> int:
        """Cut the power: rewrite the files as the disk may hold them; returns writes not synced."""
        pending: dict[str, list[Operation]] = {}
        written = self._log.read_bytes() if self._log.exists() else b""
        for operation in read_log(written):
            name = operation[1]
            if operation[0] == SYNC or (operation[0] == DELETE and operation[2]):
                for earlier in pending.pop(name, []):
                    self._apply(earlier)
                self._files.setdefault(name, bytearray())
                if operation[0] == DELETE:
                    self._apply(operation)
            else:
                pending.setdefault(name, []).append(operation)
        unsynced = [operation for operations in pending.values() for operation in operations]
        for operation in unsynced:
            for part in _surviving(operation, chance):
                self._apply(part)
        self._rewrite()
        return len(unsynced)

    def _apply(self, operation: Operation) -> None:
        kind, name, number, data = operation
        if kind == DELETE:
            self._files.pop(name, None)
            return
        file = self._files.setdefault(name, bytearray())
        if kind == TRUNCATE:
            del file[number:]
            return
        if len(file) < number:
            file.extend(bytes(number - len(file)))
        file[number : number + len(data)] = data

    def _rewrite(self) -> None:
        for path in self._folder.glob("*.sqlite*"):
            path.unlink()
        for name, data in self._files.items():
            (self._folder / name).write_bytes(data)
        self._log.unlink(missing_ok=True)


def _surviving(operation: Operation, chance: random.Random) -> list[Operation]:
    """What of an operation that was not synced is on the disk after all."""
    kind, name, number, data = operation
    fate = chance.choice(["lost", "whole", "torn"])
    if fate == "lost":
        return []
    if fate == "whole" or kind != WRITE:
        return [operation]
    return [
        (kind, name, number + at, data[at : at + SECTOR_BYTES])
        for at in range(0, len(data), SECTOR_BYTES)
        if chance.random() < 0.5
    ]
