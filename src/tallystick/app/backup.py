"""A consistent copy of a data directory in one file, and its way back.

The copy is taken while no command acts on the directory; a chain that is served goes on, and what
it seals meanwhile is simply not in the copy. Restoring proves the copy: the chain must come out
with the same blocks, the journal must be intact, and register and contracts must agree.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import tarfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from tallystick.app.auditing import Audit, audit
from tallystick.app.settings import FILE_NAME
from tallystick.app.workspace import Workspace
from tallystick.core.errors import Conflict, Invalid
from tallystick.gateways.store.database import require_whole
from tallystick.gateways.store.files import plainly, sync, sync_tree

# What was sent for settlement comes before the journal that says what is to be sent: of two copies
# of different moments that one must not be the older.
DATABASES = ("settling.sqlite", "orders.sqlite", "store.sqlite", "chain.sqlite")
MEMBERS_MAX = 1_000
CHUNK_BYTES = 1 << 20


def back_up(workspace: Workspace, target: Path) -> int:
    """Write a copy of an open data directory; returns its size in bytes.

    Raises `Conflict` if the file exists, `Unavailable` if there is no room; no part of it is left.
    """
    if target.exists():
        raise Conflict("backup-exists", f"{target} exists already", cure="Choose another name.")
    partial = target.with_suffix(target.suffix + ".partial")
    try:
        _write_copy(workspace, partial)
        partial.replace(target)
    except (OSError, sqlite3.OperationalError) as error:
        partial.unlink(missing_ok=True)
        raise plainly(error, target) from error
    sync(target.parent)
    return target.stat().st_size


def _write_copy(workspace: Workspace, partial: Path) -> None:
    with TemporaryDirectory(dir=partial.parent) as scratch:
        copied = Path(scratch)
        for name in DATABASES:
            if (workspace.folder / name).exists():
                _copy_database(workspace.folder / name, copied / name)
                require_whole(copied / name)
        shutil.copy(workspace.folder / FILE_NAME, copied / FILE_NAME)
        shutil.copytree(workspace.folder / "keys", copied / "keys")
        with tarfile.open(partial, "w:gz") as archive:
            archive.add(copied, arcname=".")
    partial.chmod(0o600)
    sync(partial)


def _copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite file that may be in use, as of one moment."""
    with sqlite3.connect(source) as reading, sqlite3.connect(target) as writing:
        reading.backup(writing)
    reading.close()
    writing.close()


def restore(source: Path, folder: Path) -> Audit:
    """Make a data directory from a copy, and prove it; returns what the audit found.

    Raises `Conflict` if the folder holds something, `Invalid` if the file is no copy. Nothing is
    left behind then.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Conflict("folder-not-empty", f"{folder} holds something already",
                       cure="Choose an empty folder.")  # fmt: skip
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    try:
        _extract(source, partial)
        for name in DATABASES:
            if (partial / name).exists():
                require_whole(partial / name)
        with Workspace(partial) as workspace:
            found = audit(workspace)
        sync_tree(partial)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
        sync(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return found


def _extract(source: Path, target: Path) -> None:
    try:
        _read_to_the_end(source)
        with tarfile.open(source, "r:gz") as archive:
            members = archive.getmembers()
            if len(members) <= MEMBERS_MAX:
                archive.extractall(target, members=members, filter="data")
    except FileNotFoundError as error:
        raise plainly(error, source) from None
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise _malformed(source) from error
    if not (target / FILE_NAME).exists():
        raise _malformed(source)


def _read_to_the_end(source: Path) -> None:
    """Let gzip compare its check sum, which stands behind all that the archive reads."""
    with gzip.open(source) as stream:
        while stream.read(CHUNK_BYTES):
            pass


def _malformed(source: Path) -> Invalid:
    return Invalid(
        "backup-malformed",
        f"{source} is no backup, or it is damaged",
        cure="Use a file that `tallystick backup` wrote.",
    )
