"""A venue that takes orders by the hundred thousand; how much memory it has then.

`python -m tests.support.million FOLDER WARM ORDERS` prints the memory in use after the first and
after all orders, in bytes. Orders are judged, matched, journaled and settled by blocks as they
come; so many wait at a time, the oldest of them is cancelled for each new one.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from pathlib import Path

import msgspec

from tallystick.app.venue.sequencer import Sequencer, spare_the_collector
from tallystick.bench import venue_floor as floor
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.events import Accepted

WAITING_MAX = 5_000
GROUP = 400
DRAWN = 20_000
PAGE = 4_096


def resident() -> int:
    """Bytes of memory that this process has."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


class Endless:
    """Orders without end, each of a number of its own, and blocks that settle what was matched."""

    def __init__(self, folder: Path) -> None:
        self._wallets = floor.people()
        self._drawn = floor.order_terms(self._wallets, DRAWN)
        journal = OrderJournal(open_sqlite(folder / "orders.sqlite"))
        journal.begin_term()
        self._venue = Venue(floor.rules())
        self._now_ns = floor.NOW_S * floor.NS
        self._sequencer = Sequencer(journal, self._venue, lambda: self._now_ns, lambda *_: None)
        self._sequencer.sequence(floor.opening(self._wallets))
        self._waiting: deque[int] = deque()
        self._made = self._block = 0

    def go_on(self, orders: int) -> None:
        """Take so many more."""
        for _ in range(0, orders, GROUP):
            self._now_ns += floor.NS
            entries: list[said.Entry] = [self._next() for _ in range(GROUP)]
            while len(self._waiting) > WAITING_MAX:
                entries.append(said.CancelAsked(self._waiting.popleft(), ""))
            for events in self._sequencer.sequence(entries):
                self._waiting += [each.order for each in events if isinstance(each, Accepted)]
            self._settle()

    def _next(self) -> said.Placed:
        self._made += 1
        drawn = self._drawn[self._made % DRAWN]
        expiry = self._now_ns // floor.NS + 3_600
        terms = msgspec.structs.replace(drawn, nonce=self._made, expiry=expiry)
        return said.Placed(terms, bytes(64))

    def _settle(self) -> None:
        """Have a block settle all that was matched."""
        state = self._venue.state
        numbers = tuple(state.pending)
        self._block = state.head.number + 1
        self._sequencer.sequence([
            said.BatchSent(state.batches_made + 1, numbers),
            said.BlockAdded(number=self._block, hash=str(self._block),
                            time_s=self._now_ns // floor.NS, settled=numbers),
        ])  # fmt: skip

    @property
    def taken(self) -> int:
        """How many orders were taken."""
        return self._venue.state.orders_made


def main(folder: Path, warm: int, orders: int) -> None:
    endless = Endless(folder)
    spare_the_collector()
    endless.go_on(warm)
    before = resident()
    endless.go_on(orders - warm)
    sys.stdout.write(f"{before} {resident()} {endless.taken}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
