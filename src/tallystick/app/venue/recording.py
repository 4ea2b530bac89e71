"""Writes orders and trades down for those who ask, from the order journal.

Where a venue is served a process of its own does it, which gives way to others, so that no
order waits for it. Whoever asks
waits until all is written that was acknowledged before.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tallystick.core.errors import Unavailable
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal, Told
from tallystick.gateways.store.order_records import OrderRecords, open_records

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# Entries that are written together at most; how often it is looked for new ones.
AT_ONCE: Final = 2_000
LOOK_S: Final = 0.25
WAIT_S: Final = 30.0
NICE: Final = 19


class Recorder:
    """Keeps records up with a journal: when somebody asks, and all the time once it is started."""

    def __init__(self, orders: Path, records: Path) -> None:
        self._paths = (orders, records)
        self._engines = (open_sqlite(orders), open_records(records))
        self._journal = OrderJournal(self._engines[0])
        self.records = OrderRecords(self._engines[1])
        self._one_asks = threading.Lock()
        self._line: Connection | None = None
        self._asked = 0

    def start(self) -> None:
        """Have a process of its own keep them up from now on."""
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        process = context.Process(target=_keep_up, args=(*self._paths, theirs), daemon=True)
        process.start()
        theirs.close()

    def wait(self) -> None:
        """Wait until all that was acknowledged is written.

        Raises `Unavailable` if whoever writes does not answer.
        """
        with self._one_asks:
            if self._line is None:
                _catch_up(self._journal, self.records)
                return
            self._asked += 1
            with suppress(OSError, EOFError):
                self._line.send(self._asked)
                # Answers to those who did not wait for them come first.
                while self._line.poll(WAIT_S):
                    if self._line.recv() == self._asked:
                        return
        raise Unavailable("records-behind", "Orders and trades are not written down any more",
                          cure="Start the venue again; nothing acknowledged is lost."
                          )  # fmt: skip

    def close(self) -> None:
        """Have the process end, if there is one."""
        with self._one_asks:
            if self._line is not None:
                self._line.close()
                self._line = None
        for engine in self._engines:
            engine.dispose()


def _catch_up(journal: OrderJournal, records: OrderRecords) -> None:
    """Write all that the journal has."""
    group: list[Told] = []
    for told in journal.entries(records.place):
        group.append(told)
        if len(group) == AT_ONCE:
            records.take_up(group)
            group = []
    if group:
        records.take_up(group)


def _keep_up(orders: Path, records: Path, line: Connection) -> None:
    """Write what comes until nobody is at the other end; whoever asks is answered when it is."""
    # Orders go before records.
    os.nice(NICE)
    journal, written = OrderJournal(open_sqlite(orders)), OrderRecords(open_records(records))
    with suppress(OSError, EOFError, KeyboardInterrupt):
        while True:
            asked = line.recv() if line.poll(LOOK_S) else 0
            _catch_up(journal, written)
            if asked:
                line.send(asked)
