"""Writes orders and trades down for those who ask, from the order journal.

Where a venue is served a process of its own does it, which gives way to others, so that no
order waits for it. Whoever asks
waits until all is written that was acknowledged before.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tallystick.core.errors import Unavailable
from tallystick.gateways.store.database import Connect, open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal, Told
from tallystick.gateways.store.order_records import OrderRecords, open_records

if TYPE_CHECKING:
    from collections.abc import Iterator

# Entries that are written together at most; how often it is looked for new ones.
AT_ONCE: Final = 2_000
LOOK_S: Final = 0.25
WAIT_S: Final = 30.0
NICE: Final = 19
CHUNK_BYTES: Final = 4_096


class Recorder:
    """Keeps records up with a journal: when somebody asks, and all the time once it is started.

    `connect` is the driver with which the journal is open in this process, if not the usual one:
    two of them must not have one file open.
    """

    def __init__(self, orders: Path, records: Path, connect: Connect | None = None) -> None:
        self._paths = (orders, records)
        self._engines = (open_sqlite(orders, connect=connect), open_records(records))
        self._journal = OrderJournal(self._engines[0])
        self.records = OrderRecords(self._engines[1])
        self._one_asks = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def start(self) -> None:
        """Have a process of its own keep them up from now on."""
        self._begin()

    def _begin(self) -> None:
        command = [sys.executable, "-m", "tallystick.app.venue.recording", *map(str, self._paths)]
        self._process = subprocess.Popen(  # noqa: S603 - this very module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def wait(self) -> None:
        """Wait until all that was acknowledged is written.

        Raises `Unavailable` if whoever writes does not answer.
        """
        with self._one_asks:
            if self._process is None:
                _catch_up(self._journal, self.records)
                return
            with suppress(OSError):
                if self._answered(self._process):
                    return
            if self._process.poll() is not None:
                # Whatever ended it, what it wrote is whole, and another one goes on from there.
                _let_end(self._process)
                self._begin()
                with suppress(OSError):
                    if self._answered(self._process):
                        return
        raise Unavailable("records-behind", "Orders and trades are not written down any more",
                          cure="Start the venue again; nothing acknowledged is lost."
                          )  # fmt: skip

    def _answered(self, process: subprocess.Popen[bytes]) -> bool:
        """Ask the process to be up with the journal; whether it says that it is."""
        assert process.stdin is not None  # noqa: S101 - it has pipes
        assert process.stdout is not None  # noqa: S101
        self._asked += 1
        wanted = b"%d" % self._asked
        process.stdin.write(wanted + b"\n")
        # Answers to those who did not wait for them come first.
        while select.select([process.stdout], [], [], WAIT_S)[0]:
            told = os.read(process.stdout.fileno(), CHUNK_BYTES)
            if not told or wanted in told.split():
                return bool(told)
        return False

    def close(self) -> None:
        """Have the process end, if there is one."""
        with self._one_asks:
            if self._process is not None:
                process, self._process = self._process, None
                _let_end(process)
        for engine in self._engines:
            engine.dispose()


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """Have a process end, and wait until it has."""
    with suppress(OSError), process:
        if process.stdin is not None:
            process.stdin.close()


def _catch_up(journal: OrderJournal, records: OrderRecords) -> None:
    """Write all that the journal has."""
    is_up = False
    while not is_up:
        # What others wrote may be gone again meanwhile; then it is begun where it ends now.
        is_up = all(records.take_up(group) for group in _groups(journal, records.place))


def _groups(journal: OrderJournal, since: int) -> Iterator[list[Told]]:
    """Entries after a place, as many as are written together."""
    group: list[Told] = []
    for told in journal.entries(since):
        group.append(told)
        if len(group) == AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _keep_up(orders: Path, records: Path) -> None:
    """Write what comes until nobody is at the other end; whoever asks is answered when it is."""
    # Orders go before records.
    os.nice(NICE)
    journal, written = OrderJournal(open_sqlite(orders)), OrderRecords(open_records(records))
    with suppress(OSError, KeyboardInterrupt):
        while True:
            asked = b" "
            if select.select([sys.stdin], [], [], LOOK_S)[0]:
                asked = os.read(sys.stdin.fileno(), CHUNK_BYTES)
            if not asked:
                return
            _catch_up(journal, written)
            if asked.strip():
                os.write(sys.stdout.fileno(), asked)


if __name__ == "__main__":
    _keep_up(Path(sys.argv[1]), Path(sys.argv[2]))
