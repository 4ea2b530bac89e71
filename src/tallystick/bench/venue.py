"""How fast orders are matched and made durable, beside a minimal book and those of others."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tallystick.app.venue.sequencer import GROUP_MAX, Sequencer, spare_the_collector
from tallystick.bench import venue_floor as floor
from tallystick.bench import venue_served
from tallystick.bench.books.minimal import MinimalBook
from tallystick.bench.books.others import measure_others
from tallystick.bench.books.workload import EVENTS, Event, workload
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.markets.order_book import Order, OrderBook
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.entries import Placed

# At least so much, or at most where the figure is better the less it is.
AT_MOST: Final = frozenset({"ack_p99_vs_fdatasync"})
BUDGETS: dict[str, float] = {
    "core_vs_minimal_book": 0.9, "durable_orders_per_s": 20_000, "signed_orders_per_s": 1_000,
    "ack_p99_vs_fdatasync": 10,
}  # fmt: skip
ROUNDS: Final = 9
DURABLE_ORDERS: Final = 40_000
DURABLE_ROUNDS: Final = 5


def run(
    *, events: int = EVENTS, rounds: int = ROUNDS, orders: int = DURABLE_ORDERS,
    signed: int = venue_served.ORDERS, paced: int = venue_served.PACED,
    with_peers: bool = False, report: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Medians over rounds that take turns: `figures`, `budgets`, `peers` and `size`."""
    core, size = _core_figures(events, rounds, report)
    durable = statistics.median(_durable(orders) for _ in range(min(rounds, DURABLE_ROUNDS)))
    return {
        "figures": {**core, "durable_orders_per_s": round(durable),
                    **venue_served.measure(orders=signed, paced=paced)},
        "budgets": BUDGETS,
        "peers": measure_others(workload(events)) if with_peers else {},
        "size": {**size, "durable_orders": orders, "signed_orders": signed, "paced": paced},
    }  # fmt: skip


def missed(found: dict[str, Any]) -> list[str]:
    """Figures that are not within their budgets."""
    figures, budgets = found["figures"], found["budgets"]
    return [name for name, bound in budgets.items() if (name in AT_MOST and figures[name] > bound)
            or (name not in AT_MOST and figures[name] < bound)]  # fmt: skip


def _core_figures(
    events: int, rounds: int, report: Callable[[int, int], None] | None
) -> tuple[dict[str, float], dict[str, int]]:
    """Figures of the book alone, and how much was done."""
    stream = workload(events)
    # What is there before the rounds is no work for the garbage collector during them.
    gc.collect()
    gc.freeze()
    ours: list[float] = []
    ratios: list[float] = []
    fills = 0
    for at in range(rounds):
        minimal, expected = _minimal(stream)
        core, fills = _core(stream)
        if fills != expected:
            message = f"{fills} fills, the minimal book has {expected}"
            raise AssertionError(message)
        ours.append(core)
        ratios.append(core / minimal)
        if report is not None:
            report(at + 1, rounds)
    gc.unfreeze()
    figures = {
        "core_orders_per_cpu_s": round(statistics.median(ours)),
        "core_vs_minimal_book": round(statistics.median(ratios), 3),
    }
    return figures, {"events": events, "fills": fills, "rounds": rounds}


def _durable(count: int) -> float:
    """Orders a second that are judged, matched, journaled, and on the disk when the next come."""
    wallets = floor.people()
    placed = [Placed(terms, bytes(64)) for terms in floor.order_terms(wallets, count)]
    with tempfile.TemporaryDirectory() as folder:
        journal = OrderJournal(open_sqlite(Path(folder) / "venue.sqlite"))
        journal.begin_term()
        venue = Venue(floor.rules())
        sequencer = Sequencer(journal, venue, lambda: floor.NOW_S * floor.NS, lambda *_: None)
        sequencer.sequence(floor.opening(wallets))
        spare_the_collector()
        begun = time.perf_counter()
        for start in range(0, count, GROUP_MAX):
            sequencer.sequence(placed[start : start + GROUP_MAX])
        spent = time.perf_counter() - begun
    gc.unfreeze()
    if venue.state.orders_made != count:
        message = f"{venue.state.orders_made} of {count} orders were taken"
        raise AssertionError(message)
    return count / spent


def _core(stream: list[Event]) -> tuple[float, int]:
    """Events per CPU-second of our book, and fills."""
    book = OrderBook()
    enter, cancel, fills = book.enter, book.cancel, 0
    begun = time.process_time()
    for number, buy, price, lots in stream:
        if lots:
            fills += len(enter(Order(number, number, buy, price, lots)))
        else:
            cancel(number)
    return len(stream) / (time.process_time() - begun), fills


def _minimal(stream: list[Event]) -> tuple[float, int]:
    """Events per CPU-second of the minimal book, and fills."""
    book = MinimalBook()
    enter, cancel, fills = book.enter, book.cancel, 0
    begun = time.process_time()
    for number, buy, price, lots in stream:
        if lots:
            fills += len(enter(number, buy, price, lots))
        else:
            cancel(number)
    return len(stream) / (time.process_time() - begun), fills
