"""A venue that stands by: it reads the order journal as another process writes it.

When that process is gone it has little left to read, and goes on where the other one stopped. It
begins a term of its own, after which the other one could append nothing any more, should it live.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.app.venue.opening import ORDERS, venue_rules
from tallystick.app.venue.sequencer import go_on, restored
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import Workspace
    from tallystick.markets.venue.eligibility import Eligibility


class Standby:
    """The venue of a data directory as its journal has it, for as long as it is followed."""

    def __init__(self, orders: Path, new_rules: Callable[[], Eligibility]) -> None:
        self._engine = open_sqlite(orders)
        self._journal = OrderJournal(self._engine)
        self.venue = restored(self._journal, new_rules)

    @classmethod
    def of(cls, workspace: Workspace) -> Standby:
        """That of a data directory, which need not be kept open.

        Raises `NotFound` if there is no market.
        """
        return cls(workspace.folder / ORDERS, venue_rules(workspace))

    def follow(self) -> None:
        """Take up what was written since.

        Raises `Unavailable` if the journal is not as it was written, or what comes of it is not.
        """
        go_on(self.venue, self._journal)

    def close(self) -> None:
        """Read no more."""
        self._engine.dispose()
