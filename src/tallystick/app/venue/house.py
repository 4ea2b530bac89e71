"""A venue as one thing: what it works with, its gate, its records, and what is going on."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tallystick.app.venue.gate import Gate
from tallystick.app.venue.inquiries import Inquiries
from tallystick.app.venue.logins import Tokens
from tallystick.app.venue.markets import ROLE
from tallystick.app.venue.opening import ORDERS, Premises, open_premises
from tallystick.app.venue.recording import Recorder
from tallystick.app.venue.shift import Shift
from tallystick.core.times import show_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.venue.floor import Floor
    from tallystick.app.venue.sequencer import Tell
    from tallystick.app.workspace import Workspace
    from tallystick.markets.venue.engine import Venue
    from tallystick.markets.venue.entries import Journaled
    from tallystick.markets.venue.events import Event

RECORDS = "records.sqlite"


class House:
    """A venue at work between `begin` and `end`.

    `open_premises` is given whom to tell of every entry; `secret` is what tokens are made with.
    """

    def __init__(
        self, open_premises: Callable[[Tell], Premises], recorder: Recorder, secret: bytes
    ) -> None:
        self.operator_token = secrets.token_urlsafe(32)
        # Who is told of every entry, besides those that the venue needs itself.
        self.listeners: list[Tell] = []
        self.premises = open_premises(self._tell)
        self.recorder = recorder
        self.shift = Shift(self.premises)
        self.inquiries = Inquiries(lambda: self.floor, recorder)
        self.gate = Gate(self.premises, self.inquiries, Tokens(secret, self.operator_token))

    @classmethod
    def of(cls, workspace: Workspace, venue: Venue | None = None) -> House:
        """The venue of a data directory, be it one that stood by.

        Raises `NotFound` if there is no market.
        """
        folder = workspace.folder
        return cls(
            lambda tell: open_premises(workspace, tell, venue),
            Recorder(folder / ORDERS, folder / RECORDS, workspace.connect),
            workspace.keystore.secret(ROLE),
        )  # fmt: skip

    @property
    def floor(self) -> Floor:
        """Where orders meet."""
        return self.premises.floor

    def begin(self, *, for_long: bool) -> None:
        """Go on from the journal, and work until `end`; for long, or for a moment."""
        if for_long:
            self.recorder.start()
        self.shift.begin()

    def end(self) -> None:
        """Write everything down, and close."""
        self.shift.end()
        self.recorder.close()
        self.premises.close()

    def require_well(self) -> None:
        """Raise what the venue cannot go on after: its own end, or that of its chain."""
        self.shift.require_well()

    def status(self) -> dict[str, Any]:
        """How far the venue has come, and whether anything keeps it from going on."""
        state = self.gate.state
        return {
            "venue": self.premises.venue, "settlement": self.premises.domain.contract,
            "chain_id": self.premises.domain.chain_id, "place": state.place,
            "block": state.head.number, "time": show_time(self.gate.now_s()),
            "time_s": self.gate.now_s(),
            "orders": len(state.orders), "pending_trades": len(state.pending),
            "trouble": self.shift.trouble or None,
        }  # fmt: skip

    def _tell(self, journaled: Journaled, events: list[Event]) -> None:
        self.shift.tell(journaled, events)
        for listener in list(self.listeners):
            listener(journaled, events)
