"""Puts a venue together from a data directory: its journal, what it reads of the chain, its key."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.app.servicing.services import deployed
from tallystick.app.venue.floor import Floor
from tallystick.app.venue.follower import Follower, Watched
from tallystick.app.venue.markets import ROLE, listed
from tallystick.app.venue.rules import BookRules
from tallystick.app.venue.sequencer import Sequencer, restored
from tallystick.app.venue.settler import Settler
from tallystick.core.errors import NotFound
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.gateways.store.schema import ATTEMPT, INTENT
from tallystick.markets.venue import entries as said

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tallystick.app.venue.sequencer import Tell
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.store.journal import BusinessJournal

# Its order journal, and what it sent for settlement, in a data directory.
ORDERS, SETTLING = "orders.sqlite", "settling.sqlite"
NS = 10**9


class Clock:
    """The time of a venue in UTC nanoseconds: of this machine, and as far ahead as the chain is."""

    def __init__(self) -> None:
        self.ahead_s = 0

    def now_ns(self) -> int:
        """The time now."""
        return time.time_ns() + self.ahead_s * NS


class Premises:
    """What a venue works with. It keeps nothing of the workspace open but its chain."""

    def __init__(self, workspace: Workspace, tell: Tell) -> None:
        services = deployed(workspace)
        if "Settlement" not in services or not workspace.keystore.has(ROLE):
            raise NotFound("no-market", "There is no market in this data directory",
                           cure="Open one with `market open`.")  # fmt: skip
        founding = workspace.founding
        self.chain_id = workspace.chain_id
        self.settlement = Wallet(services["Settlement"])
        self.domain = Domain(self.chain_id, self.settlement)
        self.signer: LocalSigner = workspace.keystore.signer(ROLE)
        self.clock = Clock()
        self.rpc = Rpc(workspace.rpc.url)
        self._workspace = workspace
        self._orders = open_sqlite(workspace.folder / ORDERS)
        self._settling = _settling(workspace.folder)
        journal = OrderJournal(self._orders)
        venue = restored(journal, lambda: BookRules(founding.registry, self.settlement))
        sequencer = Sequencer(journal, venue, self.clock.now_ns, tell)
        watched = Watched(self.venue, founding.registry, self.settlement, founding.since)
        outbox = Outbox(self._settling, self.rpc, chain_id=self.chain_id,
                        confirmations=workspace.settings.confirmations)  # fmt: skip
        settler = Settler(outbox, self.signer, self.settlement, self.venue)
        self.floor = Floor(
            sequencer, Follower(self.rpc, watched, venue.eligibility.securities), settler
        )

    @property
    def venue(self) -> Wallet:
        """The wallet that orders name as their venue; it is paid the fees."""
        return self.signer.wallet

    @property
    def journal(self) -> BusinessJournal:
        """What people decided, markets among it."""
        return self._workspace.journal

    def begin(self) -> None:
        """Go on from the journal, and take up the markets as they are listed."""
        self.heed_time()
        self.floor.begin()
        self.heed_markets()

    def heed_time(self) -> None:
        """Keep up with a chain whose clock was moved ahead."""
        hosting = self._workspace.hosting
        if hosting is not None:
            self.clock.ahead_s = int(hosting.control("status")["clock_offset_s"])

    def heed_markets(self) -> None:
        """Take up markets that were opened, or set to other terms, since."""
        known = {each.terms.symbol: each.terms for each in list(self.floor.state.markets.values())}
        self.floor.sequencer.ask_all([
            said.MarketOpened(terms) for symbol, terms in listed(self.journal).items()
            if known.get(symbol) != terms
        ])  # fmt: skip

    def close(self) -> None:
        """Close what was opened here."""
        self._orders.dispose()
        self._settling.dispose()
        self.rpc.close()


def _settling(folder: Path) -> sa.Engine:
    """The store of what was sent for settlement."""
    engine = open_sqlite(folder / SETTLING)
    for table in (INTENT, ATTEMPT):
        table.create(engine, checkfirst=True)
    return engine
