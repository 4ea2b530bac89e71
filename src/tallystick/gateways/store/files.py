"""Files that are there whole or not at all, and stay when the power fails."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from tallystick.core.errors import (
    Conflict,
    Invalid,
    InvalidFile,
    NotFound,
    TallystickError,
    Unavailable,
)
from tallystick.gateways.store.database import disk_full

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_whole(path: Path, data: bytes, *, mode: int = 0o600, new: bool = False) -> None:
    """Write a file under another name, sync it, and only then give it its own.

    With `new`, raises `Conflict` if there is one of that name already; `NotFound` without a folder.
    """
    if new and path.exists():
        raise Conflict(
            "file-exists",
            "The file exists already",
            where=str(path),
            cure="Choose another name or folder.",
        )
    if not path.parent.is_dir():
        raise NotFound("folder-not-found", "There is no such folder to write to",
                       where=str(path.parent), cure="Make it first.")  # fmt: skip
    partial = path.with_name(path.name + ".partial")
    with suppress(FileNotFoundError):
        partial.unlink()
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise plainly(error, path) from error
        raise
    sync(path.parent)


def read_text(path: Path, code: str) -> str:
    """The text of a file that somebody wrote; `code` is that of the error if it is none.

    Raises `NotFound` if there is no such file, and `InvalidFile` if it is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        defect = Invalid("file-not-utf8", "This is no UTF-8 text", where=f"byte {error.start}",
                         cure="Save it as text in UTF-8.")  # fmt: skip
        raise InvalidFile(code, str(path), [defect]) from None
    except OSError as error:
        raise plainly(error, path) from None


def plainly(error: OSError | sqlite3.OperationalError, path: Path) -> TallystickError:
    """What an error of the operating system means for who runs the program."""
    if isinstance(error, sqlite3.OperationalError) or error.errno in NO_ROOM:
        return disk_full(path)
    if isinstance(error, FileNotFoundError):
        return NotFound("file-not-found", "There is no such file", where=str(path),
                        cure="Check the path.")  # fmt: skip
    if isinstance(error, IsADirectoryError):
        return Invalid("file-is-folder", "This is a folder, not a file", where=str(path),
                       cure="Name the file.")  # fmt: skip
    return Unavailable("file-failed", error.strerror or str(error), where=str(path),
                       cure="Check the path, and who may write there.")  # fmt: skip


def sync(path: Path) -> None:
    """Have a file's content, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Have a folder and everything in it on the disk."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)
    sync(folder.parent)
