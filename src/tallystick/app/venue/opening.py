"""Puts a venue together from a data directory: its journal, what it reads of the chain, its key."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.app.dossiers import symbols_to_halt
from tallystick.app.servicing.services import deployed
from tallystick.app.venue.floor import Floor
from tallystick.app.venue.follower import Follower, Watched
from tallystick.app.venue.markets import ROLE, listed
from tallystick.app.venue.permitting import Permits
from tallystick.app.venue.rules import BookRules
from tallystick.app.venue.sequencer import Sequencer, go_on, restored
from tallystick.app.venue.settler import Settler
from tallystick.core.errors import NotFound
from tallystick.core.times import DAY_S
from tallystick.core.typed_data import Domain
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.database import Connect, open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.gateways.store.schema import ATTEMPT, INTENT
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.refusals import Why

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from tallystick.app.venue.sequencer import Tell
    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet
    from tallystick.gateways.chain.keys import LocalSigner
    from tallystick.markets.venue.engine import Venue
    from tallystick.markets.venue.terms import MarketTerms

# Its order journal, and what it sent for settlement, in a data directory.
ORDERS, SETTLING = "orders.sqlite", "settling.sqlite"
NS = 10**9


class Clock:
    """The time of a venue in UTC nanoseconds: of this machine, and as far ahead as the chain is.

    `shift_s` is for who plays a day that is over.
    """

    def __init__(self) -> None:
        self.ahead_s = 0
        self.shift_s = 0

    def now_ns(self) -> int:
        """The time now."""
        return time.time_ns() + (self.ahead_s + self.shift_s) * NS


class Premises:
    """What a venue works with.

    `markets` gives the markets as they are listed, `stale` the securities whose dossier does not
    hold on a UTC day, `ahead_s` by how much the chain's clock is ahead of this machine's; `closing`
    is called when it ends.
    """

    def __init__(
        self, *, floor: Floor, signer: LocalSigner, domain: Domain, clock: Clock, rpc: Rpc,
        markets: Callable[[], dict[str, MarketTerms]], stale: Callable[[int], set[Wallet]],
        ahead_s: Callable[[], int], closing: Callable[[], None],
    ) -> None:  # fmt: skip
        self.floor = floor
        self.signer = signer
        self.domain = domain
        self.clock = clock
        self.rpc = rpc
        self.permits = Permits(rpc, domain, floor)
        self._markets = markets
        self._stale = stale
        self._ahead_s = ahead_s
        self.close = closing

    @property
    def venue(self) -> Wallet:
        """The wallet that orders name as their venue; it is paid the fees."""
        return self.signer.wallet

    def begin(self) -> None:
        """Go on from the journal, and take up the markets as they are listed."""
        self.heed_time()
        self.floor.begin()
        self.heed_markets()
        self.heed_dossiers()

    def heed_time(self) -> None:
        """Keep up with a chain whose clock was moved ahead."""
        self.clock.ahead_s = self._ahead_s()

    def heed_markets(self) -> None:
        """Take up markets that were opened, or set to other terms, since."""
        known = {each.terms.symbol: each.terms for each in list(self.floor.state.markets.values())}
        self.floor.sequencer.ask_all([
            said.MarketOpened(terms) for symbol, terms in self._markets().items()
            if known.get(symbol) != terms
        ])  # fmt: skip

    def heed_dossiers(self) -> None:
        """Halt markets of what has a dossier that does not hold any more, and let others go on."""
        stale = self._stale(self.clock.now_ns() // NS // DAY_S)
        entries: list[said.Entry] = []
        barred = self.floor.sequencer.venue.eligibility.halt_code
        for market in list(self.floor.state.markets.values()):
            symbol, is_stale = market.terms.symbol, market.terms.security in stale
            if is_stale and not market.halted:
                entries.append(said.HaltAsked(symbol, Why.DOSSIER, "dossier"))
            elif (
                not is_stale and market.halted == Why.DOSSIER and not barred(market.terms.security)
            ):
                entries.append(said.ResumeAsked(symbol, "dossier", Why.DOSSIER))
        self.floor.sequencer.ask_all(entries)


def venue_rules(workspace: Workspace) -> Callable[[], BookRules]:
    """Makes what answers for the rules of the securities that are traded.

    Raises `NotFound` if there is no market.
    """
    registry, settlement = workspace.founding.registry, _settlement(workspace)
    return lambda: BookRules(registry, settlement)


def _settlement(workspace: Workspace) -> Wallet:
    found = deployed(workspace).get("Settlement")
    if found is None or not workspace.keystore.has(ROLE):
        raise NotFound("no-market", "There is no market in this data directory",
                       cure="Open one with `market open`.")  # fmt: skip
    return found


def open_premises(workspace: Workspace, tell: Tell, venue: Venue | None = None) -> Premises:
    """The premises of a data directory. Nothing of the workspace is kept open but its chain.

    `venue` is one that stood by. Raises `NotFound` if there is no market.
    """
    settlement = _settlement(workspace)
    founding, signer = workspace.founding, workspace.keystore.signer(ROLE)
    clock, rpc = Clock(), Rpc(workspace.rpc.url)
    orders = open_sqlite(workspace.folder / ORDERS, connect=workspace.connect)
    settling = _settling(workspace.folder, workspace.connect)
    journal = OrderJournal(orders)
    if venue is None:
        venue = restored(journal, venue_rules(workspace))
    else:
        go_on(venue, journal)
    watched = Watched(signer.wallet, founding.registry, settlement, founding.since)
    outbox = Outbox(settling, rpc, chain_id=workspace.chain_id,
                    confirmations=workspace.settings.confirmations)  # fmt: skip
    floor = Floor(
        Sequencer(journal, venue, clock.now_ns, tell),
        Follower(rpc, watched, venue.eligibility.securities),
        Settler(outbox, signer, settlement, signer.wallet),
    )

    def ahead_s() -> int:
        hosting = workspace.hosting
        return 0 if hosting is None else int(hosting.control("status")["clock_offset_s"])

    def stale(day: int) -> set[Wallet]:
        bad = symbols_to_halt(workspace, day)
        return {each.token for each in workspace.securities() if each.symbol in bad} if bad else (
            set())  # fmt: skip

    def close() -> None:
        orders.dispose()
        settling.dispose()
        rpc.close()

    return Premises(
        floor=floor, signer=signer, domain=Domain(workspace.chain_id, settlement), clock=clock,
        rpc=rpc, markets=lambda: listed(workspace.journal), stale=stale, ahead_s=ahead_s,
        closing=close,
    )  # fmt: skip


def _settling(folder: Path, connect: Connect | None) -> sa.Engine:
    """The store of what was sent for settlement."""
    engine = open_sqlite(folder / SETTLING, connect=connect)
    for table in (INTENT, ATTEMPT):
        table.create(engine, checkfirst=True)
    return engine
