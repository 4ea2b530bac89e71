"""Runs order books of others on the same events, each in a process, by a Python that has it.

`make peers` installs them beside ours. This file is run by itself too, by those Pythons, which have
nothing of ours: `python others.py NAME EVENTS.json`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Events = Sequence[tuple[int, bool, int, int]]
# Events of the stream that each is given: some take minutes for all of them.
SHARE = {"matching-engine": 200_000, "liquibook": 200_000, "order-matching": 4_000}
WAIT_S = 300


def measure_others(events: Events, folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Orders per CPU-second and fills of each; one that is not there says so."""
    root = folder or Path(sys.prefix) / "peers"
    return {name: _measured(name, events[:count], root) for name, count in SHARE.items()}


def _measured(name: str, events: Events, root: Path) -> dict[str, Any]:
    python = root / name / "bin" / "python"
    if not python.exists():
        return {"measured_in_this_run": False, "cure": "Run `make peers`."}
    file = root / name / "events.json"
    file.write_text(json.dumps(events))
    done = subprocess.run(  # noqa: S603 - our own file, by a Python that we installed
        [python, __file__, name, file], capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or f"it ended with {done.returncode}").splitlines()[-1]
        return {"measured_in_this_run": False, "cure": f"It failed: {said}"}
    found: dict[str, Any] = json.loads(done.stdout)
    return {"measured_in_this_run": True, "events": len(events), **found}


# --- in the process of each


def _matching_engine(events: Events) -> Callable[[], int]:
    from matching_engine.domain import (  # type: ignore[import-not-found]  # noqa: PLC0415
        CancelOrder,
        NewOrder,
        SequencedCommand,
        Side,
    )
    from matching_engine.engine import MatchingEngine  # type: ignore[import-not-found]  # noqa: PLC0415
    from matching_engine.events import Trade  # type: ignore[import-not-found]  # noqa: PLC0415

    def run() -> int:
        engine, fills = MatchingEngine(), 0
        for place, (number, buy, price, lots) in enumerate(events, 1):
            command = (
                NewOrder(number, number, Side.BUY if buy else Side.SELL, price, lots)
                if lots else CancelOrder(number, number)
            )  # fmt: skip
            for event in engine.process(SequencedCommand(place, place, command)):
                fills += type(event) is Trade
        return fills

    return run


def _liquibook(events: Events) -> Callable[[], int]:
    import liquibook as lib  # type: ignore[import-not-found]  # noqa: PLC0415

    class Listener(lib.OrderListener):  # type: ignore[misc]
        """Counts fills; every callback must be there, or an order is not taken."""

        def __init__(self) -> None:
            lib.OrderListener.__init__(self)
            self.fills = 0

        def on_accept(self, order: Any) -> None:
            """Nothing to do."""

        on_reject = on_cancel_reject = on_replace_reject = lambda *_: None
        on_cancel = on_replace = on_accept

        def on_fill(self, passive: Any, aggressive: Any, lots: int, cost: int) -> None:
            for order in (passive, aggressive):
                order.fill(lots, cost, 0)
            self.fills += 1

    def run() -> int:
        book, listener, orders = lib.DepthOrderBook("X"), Listener(), {}
        book.set_order_listener(listener)
        for number, buy, price, lots in events:
            if lots:
                order = lib.SimpleOrder(buy, price, lots, 0, lib.oc_no_conditions)
                orders[number] = order
                book.add(order, lib.oc_no_conditions)
            else:
                order = orders.pop(number, None)
                # To cancel an order that is gone aborts the process.
                if order is not None and order.open_qty():
                    book.cancel(order)
        return listener.fills

    return run


def _order_matching(events: Events) -> Callable[[], int]:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from loguru import logger  # type: ignore[import-not-found]  # noqa: PLC0415
    from order_matching.enums import Side  # type: ignore[import-not-found]  # noqa: PLC0415
    from order_matching.matching_engine import MatchingEngine  # type: ignore[import-not-found]  # noqa: PLC0415
    from order_matching.order import LimitOrder  # type: ignore[import-not-found]  # noqa: PLC0415
    from order_matching.orders import Orders  # type: ignore[import-not-found]  # noqa: PLC0415

    logger.remove()
    begun = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)

    def run() -> int:
        engine, fills = MatchingEngine(seed=1), 0
        for place, (number, buy, price, lots) in enumerate(events):
            now = begun + timedelta(microseconds=place)
            if lots:
                engine.place(Orders([LimitOrder(
                    side=Side.BUY if buy else Side.SELL, price=float(price), size=float(lots),
                    timestamp=now, order_id=str(number), trader_id=str(number),
                )]))  # fmt: skip
                fills += len(engine.match(timestamp=now).trades)
            elif engine.unprocessed_orders.find_order_by_id(str(number)) is not None:
                engine.cancel_order(str(number))
        return fills

    return run


RUNNERS = {"matching-engine": _matching_engine, "liquibook": _liquibook,
           "order-matching": _order_matching}  # fmt: skip


def _run(name: str, file: str) -> None:
    events: Events = [tuple(each) for each in json.loads(Path(file).read_text())]
    run = RUNNERS[name](events)
    begun = time.process_time()
    fills = run()
    spent = time.process_time() - begun
    sys.stdout.write(json.dumps({"orders_per_cpu_s": round(len(events) / spent), "fills": fills}))


if __name__ == "__main__":
    _run(*sys.argv[1:])
