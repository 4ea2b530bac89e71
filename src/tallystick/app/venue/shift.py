"""A venue at work until it is ended: one thread writes, one follows the chain, one settles."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from tallystick.core.errors import TallystickError, Unavailable
from tallystick.gateways.chain.rpc import RpcError
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import Accepted, Event, Traded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.venue.opening import Premises

# How often the chain is looked at, and the list of markets; how long to wait after it failed.
FOLLOW_S: Final = 0.1
MARKETS_S: Final = 1.0
RETRY_S: Final = 1.0
# What does not come back while this process runs: the node of an embedded chain.
GONE: Final = frozenset({"anvil-gone"})

_log = logging.getLogger("tallystick.venue")


class Shift:
    """Runs a venue until it is ended, or cannot go on."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._ended = threading.Event()
        self._matched = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_doing, args=each, name=each[0], daemon=True)
            for each in (("follow", self._follow, FOLLOW_S), ("settle", self._settle, 0.0),
                         ("markets", self._heed_markets, MARKETS_S))
        ]  # fmt: skip
        premises.floor.errands.wake = self._matched.set
        # What went wrong with the chain last, until it goes well again; and what for good.
        self.trouble = ""
        self._lost: TallystickError | None = None

    def tell(self, _: said.Journaled, events: list[Event]) -> None:
        """Wake who settles when something was matched, or is to be held."""
        if any(isinstance(event, Traded) or (isinstance(event, Accepted) and event.waits)
               for event in events):  # fmt: skip
            self._matched.set()

    def begin(self) -> None:
        """Go on from the journal, and begin to work."""
        premises = self._premises
        premises.begin()
        premises.floor.sequencer.start()
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Answer what was asked, write everything down, and end."""
        self._ended.set()
        self._matched.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._premises.floor.errands.end()
        self._premises.floor.sequencer.stop()

    # --- what the threads do

    def _keep_doing(self, name: str, work: Callable[[], None], every_s: float) -> None:
        """Do something again and again; what the chain does not answer is asked again."""
        while not self._ended.is_set():
            try:
                work()
            except (TallystickError, RpcError) as error:
                self._note(name, error)
                self._ended.wait(RETRY_S)
            except Exception as error:
                # Whatever it is, the venue must not go on without this thread.
                self._lost = Unavailable(
                    "venue-failed", f"The venue cannot {name} any more: {error!r}",
                    cure="Start it again; report this if it stays so.",
                )  # fmt: skip
                raise
            else:
                self.trouble = ""
                self._ended.wait(every_s)

    def _note(self, name: str, error: TallystickError | RpcError) -> None:
        if self.trouble != str(error):
            _log.warning("%s: %s", name, error)
        self.trouble = str(error)
        if isinstance(error, TallystickError) and error.code in GONE:
            self._lost = error

    def require_well(self) -> None:
        """Raise what the venue cannot go on after: its own end, or that of its chain."""
        self._premises.floor.sequencer.require_well()
        if self._lost is not None:
            raise self._lost

    def _follow(self) -> None:
        floor = self._premises.floor
        floor.follow()
        due_ns = floor.sequencer.venue.due_ns()
        if due_ns is not None and due_ns <= self._premises.clock.now_ns():
            floor.sequencer.ask(said.Ticked())

    def _settle(self) -> None:
        self._matched.wait(1.0)
        self._matched.clear()
        if not self._ended.is_set():
            self._premises.floor.settle()

    def _heed_markets(self) -> None:
        self._premises.heed_time()
        self._premises.heed_markets()
        self._premises.heed_dossiers()
