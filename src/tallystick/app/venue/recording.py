"""Writes orders and trades down for those who ask, a moment after they are in the journal."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Final

from tallystick.core.errors import Unavailable
from tallystick.gateways.store.order_journal import OrderJournal, Told
from tallystick.gateways.store.order_records import OrderRecords
from tallystick.markets.venue.entries import Journaled
from tallystick.markets.venue.events import Event

AT_ONCE: Final = 2_000
WAIT_S: Final = 5.0


class Recorder:
    """Keeps the records up with the journal: told of every entry, or caught up from it."""

    def __init__(self, records: OrderRecords) -> None:
        self.records = records
        self._told: SimpleQueue[Told | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        # The last entry that was told, and the last that is written.
        self._told_place = 0
        self._written = threading.Condition()
        self._place = records.place

    def tell(self, journaled: Journaled, events: list[Event]) -> None:
        """Take note of an entry; it is written by the thread, or by `catch_up`."""
        self._told_place = journaled.place
        self._told.put((journaled, events))

    def catch_up(self, journal: OrderJournal) -> None:
        """Write all that the journal has, and what was told of it."""
        group: list[Told] = []
        for told in journal.entries(self._place):
            group.append(told)
            if len(group) == AT_ONCE:
                self._write(group)
                group = []
        self._write(group)

    def wait(self, timeout_s: float = WAIT_S) -> None:
        """Wait until all that was told so far is written. Raises `Unavailable` if it is not."""
        place = self._told_place
        with self._written:
            if not self._written.wait_for(lambda: self._place >= place, timeout_s):
                raise Unavailable("records-behind", "The records are behind the order journal",
                                  cure="Ask again in a moment.")  # fmt: skip

    def start(self) -> None:
        """Write in a thread from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was told, and end."""
        self._told.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            group: list[Told] = []
            while not last and (not group or (len(group) < AT_ONCE and not self._told.empty())):
                told = self._told.get()
                if told is None:
                    last = True
                    break
                group.append(told)
            self._write(group)

    def _write(self, group: list[Told]) -> None:
        """Write what is not written yet, and let those go on who wait for it."""
        new = [each for each in group if each[0].place > self._place]
        if new:
            self.records.take_up(new)
            with self._written:
                self._place = new[-1][0].place
                self._written.notify_all()
