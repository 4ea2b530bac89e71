"""The venue at work: what is asked, what the chain says, and settlement.

Its parts may run at the same time: one thread writes the journal, one follows the chain, one
settles. What concerns the chain is read and journaled by one of them at a time, so that what is
known of an account is never older than the last block.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Final

from tallystick.app.venue.follower import Follower
from tallystick.app.venue.permitting import Errands
from tallystick.app.venue.sequencer import Sequencer
from tallystick.app.venue.settler import Settler, next_batch, room, under_way
from tallystick.core.wallets import Wallet
from tallystick.markets.venue import entries as said
from tallystick.markets.venue import holds
from tallystick.markets.venue.events import Event
from tallystick.markets.venue.state import Holding, VenueState

# Batches that are sent before something else has its turn.
BATCHES_AT_ONCE: Final = 16
# Orders that are held, or let go, before something else has its turn.
HOLDS_AT_ONCE: Final = 64
NOTHING_HELD: Final = "nothing-held"


class Floor:
    """A venue that acts on a chain."""

    def __init__(self, sequencer: Sequencer, follower: Follower, settler: Settler) -> None:
        self.sequencer = sequencer
        self._follower = follower
        self._settler = settler
        self.errands = Errands()
        # Whether the chain may have taken back what was sent.
        self._went_back = True
        self._chain = threading.RLock()

    @property
    def state(self) -> VenueState:
        """Everything, as of the last entry."""
        return self.sequencer.venue.state

    @property
    def is_owing(self) -> bool:
        """Whether something is to be settled still, to be held, or to be let go."""
        venue = self.sequencer.venue
        with self.sequencer.still:
            return bool(self.state.pending or holds.waiting(venue) or holds.to_release(venue))

    def begin(self) -> None:
        """Go on from the journal: look at the chain, and finish what was being settled.

        Whoever was connected is no longer.
        """
        self.sequencer.journal.begin_term()
        self.follow()
        self.settle()
        gone = [said.Disconnected(login) for login in list(self.sequencer.venue.by_login)]
        self.sequencer.ask_all(gone)

    def ask(self, entries: Sequence[said.Entry]) -> list[list[Event]]:
        """Have entries sequenced; what came of each. Accounts that they concern are looked up."""
        for entry in entries:
            if isinstance(entry, said.Placed):
                terms = entry.terms
                self.introduce([(terms.security, terms.investor), (terms.cash, terms.investor)])
        return self.sequencer.ask_all(entries)

    def knows(self, accounts: Iterable[tuple[Wallet, Wallet]]) -> bool:
        """Whether the venue was told of accounts: tokens and wallets."""
        return all(self.state.means.of(*each) is not None for each in accounts)

    def introduce(self, accounts: Sequence[tuple[Wallet, Wallet]]) -> None:
        """Tell the venue of accounts of investors that it does not know, in markets of its own.

        What others have is nothing to it, and would fill its memory.
        """
        if self.knows(accounts):
            return
        with self._chain:
            traded = {token for market in list(self.state.markets.values())
                      for token in (market.terms.security, market.terms.cash)}  # fmt: skip
            self.sequencer.ask_all([
                self._follower.account(self.state, *account) for account in accounts
                if account[0] in traded and not self.knows([account])
                and self.sequencer.venue.eligibility.admitted(account[1])
            ])  # fmt: skip

    def follow(self) -> None:
        """Take up what the chain has said since."""
        with self._chain:
            news = self._follower.news(self.state)
            self._went_back |= any(isinstance(entry, said.ChainSet) for entry in news)
            self.sequencer.ask_all(news)

    def settle(self) -> int:
        """Bring what was matched to settlement; how many batches were sent or sent again.

        Permits that wait are sent first: by the same hand, as there is one outbox.
        """
        self.errands.run(self._settler.permit, self.follow)
        for sent in range(BATCHES_AT_ONCE):
            waiting = under_way(self.state)
            if waiting or self._went_back:
                # The chain may have taken them back.
                self._settler.reconcile()
                self._went_back = False
                self.follow()
            trades = () if waiting or not self.state.pending else (
                next_batch(self.state, room(self._follower.block_gas())))  # fmt: skip
            # What these trades were made of, others having left, is let go before they are sent.
            self._heed_holds()
            if trades:
                waiting = [self.state.batches_made + 1]
                self.sequencer.ask_all([said.BatchSent(waiting[0], trades)])
            if not waiting:
                return sent
            ended = [self._send(number) for number in waiting]
            if not all(ended):
                return sent + 1
        return BATCHES_AT_ONCE

    def _heed_holds(self) -> None:
        """Let go what is held for orders that ended, and have held what others ask for."""
        venue = self.sequencer.venue
        with self.sequencer.still:
            ended = holds.to_release(venue)[:HOLDS_AT_ONCE]
            asked = holds.waiting(venue)[:HOLDS_AT_ONCE]
        self.sequencer.ask_all([said.HoldSent(order.number) for order in asked])
        # One that left meanwhile was not asked for.
        asked = [order for order in asked if order.holding is Holding.SENT]
        if not ended and not asked:
            return
        refused = {**self._settler.release(ended), **self._settler.hold(asked)}
        self.follow()
        failed = [order for order in asked
                  if order.number in refused and order.holding is Holding.SENT]  # fmt: skip
        # Of some it was let go before, and the chain was taken up as it is since.
        failed += [order for order in ended if order.holding is Holding.HELD
                   and (order.number in refused or not order.held)]  # fmt: skip
        self.sequencer.ask_all([
            said.HoldFailed(order.number, refused.get(order.number, NOTHING_HELD))
            for order in failed
        ])  # fmt: skip

    def _send(self, number: int) -> bool:
        """Send a batch; whether all its trades have ended."""
        why = self._settler.send(self.state, number)
        self.follow()
        if why and number in under_way(self.state):
            self.sequencer.ask_all([said.BatchFailed(number, why)])
        return not why and number not in under_way(self.state)
