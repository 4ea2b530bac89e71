"""Gives entries their places and times, has them applied and journaled, and then answers.

Whoever has something for the venue submits it and waits. What was submitted meanwhile is taken
together: it is applied in order, written to the disk in one commit, and only then is anybody told
what came of it. If anything goes wrong on the way nothing was told, and the process must end: the
next one begins from the journal.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

import msgspec

from tallystick.core.errors import Conflict, Unavailable
from tallystick.gateways.store.order_journal import Kept, OrderJournal
from tallystick.markets.venue.eligibility import Eligibility
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.entries import Entry, Journaled
from tallystick.markets.venue.events import Event
from tallystick.markets.venue.snapshot import pack, state_hash, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

# Entries that are committed together at most.
GROUP_MAX: Final = 512
# Entries after which a state is kept to begin from.
SNAPSHOT_ENTRIES: Final = 100_000

# New objects after which the youngest are looked through, and the older ones by those.
COLLECT_AFTER: Final = (100_000, 50, 100)

Told = list[Event]
Tell = Callable[[Journaled, Told], None]
# Entries between which no other comes, and what is to come of them all.
Asked = tuple[Sequence[Entry], "Future[list[Told]]"]


def restored(journal: OrderJournal, new_rules: Callable[[], Eligibility]) -> Venue:
    """The venue as its journal has it: from the latest state kept whole, and on from there.

    Raises `Unavailable` as `go_on` does.
    """
    venue = _begun(journal, new_rules)
    go_on(venue, journal)
    return venue


def go_on(venue: Venue, journal: OrderJournal) -> None:
    """Have a venue take up what its journal has after the last entry in it.

    Raises `Unavailable` if the journal is not as it was written, or what comes of it is not.
    """
    for journaled, events in journal.entries(venue.state.place):
        if venue.apply(journaled) != events:
            raise Unavailable(
                "order-journal-differs",
                f"Entry {journaled.place} of the order journal comes to something else than it did",
                cure="Use the version of the program that wrote it, or report this.",
            )


def _begun(journal: OrderJournal, new_rules: Callable[[], Eligibility]) -> Venue:
    """The latest state that was kept; one that is damaged, or of another format, is passed over."""
    for kept in journal.kept():
        try:
            venue = unpack(kept.state, new_rules())
        except msgspec.MsgspecError:
            continue
        if venue.state.place == kept.place and state_hash(venue) == kept.state_hash:
            return venue
    return Venue(new_rules())


def spare_the_collector() -> None:
    """Have garbage in cycles looked for rarely: what the venue makes is freed by counting.

    What is there already is not looked at again. For a process that runs a venue for long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


class Sequencer:
    """The one writer of a journal. `clock` gives UTC nanoseconds; `tell` is told of every entry."""

    def __init__(
        self, journal: OrderJournal, venue: Venue, clock: Callable[[], int], tell: Tell
    ) -> None:
        self.venue = venue
        self.journal = journal
        self._clock = clock
        self._tell = tell
        self._asked: SimpleQueue[Asked | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)
        # Held while entries are applied and written; whoever else reads more than one thing of the
        # state, or asks a book for its prices, which tidies it up, holds it meanwhile. What he
        # sees is on the disk.
        self.still = threading.Lock()
        # Nobody comes in while the one who ends it looks who is there.
        self._door = threading.Lock()
        self._failed: BaseException | None = None
        self._stopped = False
        self._snapshot_at = venue.state.place

    def start(self) -> None:
        """Begin to write, and to answer."""
        self.journal.begin_term()
        spare_the_collector()
        self._thread.start()

    def submit(self, *entries: Entry) -> Future[list[Told]]:
        """Have entries sequenced, no others between; the answer comes when they are on the disk."""
        answer: Future[list[Told]] = Future()
        with self._door:
            if self._failed is None and not self._stopped:
                self._asked.put((entries, answer))
                return answer
        answer.set_exception(_ended(self._failed))
        return answer

    def require_well(self) -> None:
        """Raise `Unavailable` if something went wrong, and nothing can be taken any more."""
        if self._failed is not None:
            raise _ended(self._failed)

    def ask(self, entry: Entry, timeout_s: float = 30.0) -> Told:
        """`submit`, and wait for the answer."""
        return self.submit(entry).result(timeout_s)[0]

    def ask_all(self, entries: Sequence[Entry], timeout_s: float = 30.0) -> list[Told]:
        """Have entries sequenced in order: by the thread that writes, or here if none does.

        No other entry comes between them: what is known of a chain after some of them may be wrong.
        """
        if not entries:
            return []
        if not self._thread.is_alive():
            return self.sequence(entries)
        return self.submit(*entries).result(timeout_s)

    def stop(self) -> None:
        """Answer what was asked, keep the state, and end."""
        with self._door:
            self._stopped = True
            self._asked.put(None)
        if self._thread.is_alive():
            self._thread.join()
        if self._failed is None:
            self._keep()

    def sequence(self, entries: Sequence[Entry]) -> list[Told]:
        """Apply and commit entries together; what came of each. For the thread that writes.

        Raises `Unavailable` if something went wrong before, or the journal went on without it.
        """
        if self._failed is not None:
            raise _ended(self._failed)
        try:
            return self._sequence(entries)
        except BaseException as error:
            self._failed = error
            raise

    def _sequence(self, entries: Sequence[Entry]) -> list[Told]:
        if self.venue.state.place != self.journal.place:
            raise Conflict(
                "venue-behind", "The order journal went on since the venue was read from it",
                cure="Start the venue again.",
            )  # fmt: skip
        now_ns = max(self._clock(), self.venue.state.now_ns)
        group: list[tuple[Journaled, Told]] = []
        place = self.journal.place
        with self.still:
            for entry in entries:
                place += 1
                journaled = Journaled(place, now_ns, entry)
                group.append((journaled, self.venue.apply(journaled)))
            self.journal.append(group)
        for journaled, events in group:
            self._tell(journaled, events)
        return [events for _, events in group]

    def _run(self) -> None:
        try:
            for group in self._groups():
                self._answer(group)
                if self.journal.place - self._snapshot_at >= SNAPSHOT_ENTRIES:
                    self._keep()
        except BaseException as error:  # noqa: BLE001 - whatever it is, nothing may go on
            with self._door:
                self._failed = error
            while not self._asked.empty():
                asked = self._asked.get()
                if asked is not None and asked[1].set_running_or_notify_cancel():
                    asked[1].set_exception(_ended(error))

    def _groups(self) -> Iterator[list[Asked]]:
        """What was asked, as much as there is at a time."""
        while True:
            group: list[Asked] = []
            last = False
            while not last and len(group) < GROUP_MAX and (not group or not self._asked.empty()):
                asked = self._asked.get()
                if asked is None:
                    last = True
                else:
                    group.append(asked)
            if group:
                yield group
            if last:
                return

    def _answer(self, group: list[Asked]) -> None:
        try:
            told = iter(self.sequence([entry for entries, _ in group for entry in entries]))
        except BaseException as error:
            for _, answer in group:
                if answer.set_running_or_notify_cancel():
                    answer.set_exception(_ended(error))
            raise
        for entries, answer in group:
            events = list(islice(told, len(entries)))
            if answer.set_running_or_notify_cancel():
                answer.set_result(events)

    def _keep(self) -> None:
        """Keep the state to begin from."""
        self._snapshot_at = self.venue.state.place
        with self.still:
            kept = Kept(self.venue.state.place, state_hash(self.venue), pack(self.venue))
        self.journal.keep(kept)


def _ended(error: BaseException | None) -> Unavailable:
    why = "it was stopped" if error is None else f"it could not go on: {error}"
    return Unavailable(
        "venue-ended", f"The venue has ended, as {why}",
        cure="Start it again; what it acknowledged is in its journal.",
    )  # fmt: skip
