"""Writes orders and trades down for those who ask, a moment after they are in the journal."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Final

from tallystick.gateways.store.order_journal import OrderJournal, Told
from tallystick.gateways.store.order_records import OrderRecords
from tallystick.markets.venue.entries import Journaled
from tallystick.markets.venue.events import Event

AT_ONCE: Final = 2_000


class Recorder:
    """Keeps the records up with the journal: told of every entry, or caught up from it."""

    def __init__(self, records: OrderRecords) -> None:
        self.records = records
        self._told: SimpleQueue[Told | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._failed: BaseException | None = None

    def tell(self, journaled: Journaled, events: list[Event]) -> None:
        """Take note of an entry; it is written by the thread, or by `catch_up`."""
        self._told.put((journaled, events))

    def catch_up(self, journal: OrderJournal) -> None:
        """Write all that the journal has, and what was told of it."""
        group: list[Told] = []
        for told in journal.entries(self.records.place):
            group.append(told)
            if len(group) == AT_ONCE:
                self.records.take_up(group)
                group = []
        self.records.take_up(group)

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
            place = self.records.place
            self.records.take_up([each for each in group if each[0].place > place])
