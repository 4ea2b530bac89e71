"""Makes a data directory and lists what a power failure right after might take from it.

`python -m tests.support.unsynced FOLDER` prints the files and folders that
were not synced; SQLite files are the matter of `tests.support.disk`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tallystick.app.settings import Settings
from tallystick.app.workspace import Workspace, create, found

VOLATILE = ("lock", "chain.lock")


def main(folder: Path) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        fsync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    os.fsync = noting  # type: ignore[assignment]
    create(folder, Settings())
    with Workspace(folder) as workspace:
        found(workspace)
    for path in [folder.parent, folder, *folder.rglob("*")]:
        kept = ".sqlite" in path.name or path.name in VOLATILE
        if not kept and path.stat().st_ino not in synced:
            sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
