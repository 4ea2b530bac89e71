"""The venue at work: what is asked, what the chain says, and settlement.

Its parts may run at the same time: one thread writes the journal, one follows the chain, one
settles. What concerns the chain is read and journaled by one of them at a time, so that what is
known of an account is never older than the last block.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tallystick.app.venue.follower import Follower
from tallystick.app.venue.permitting import Errands
from tallystick.app.venue.sequencer import Sequencer
from tallystick.app.venue.settler import Settler, next_batch, room, under_way
from tallystick.core.wallets import Wallet
from tallystick.markets.venue import entries as said
from tallystick.markets.venue import holds
from tallystick.markets.venue.events import Event
from tallystick.markets.venue.state import Holding, LiveOrder, VenueState

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
        # Orders that left, and of which the chain refuses to let go what is held.
        self._stuck: set[int] = set()
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
            return bool(self.state.pending or self.state.strays or holds.to_hold(venue)
                        or holds.waiting(venue) or holds.to_release(venue))  # fmt: skip

    def begin(self) -> None:
        """Go on from the journal: look at the chain, and finish what was being settled.

        Whoever was connected is no longer.
        """
        self.sequencer.journal.begin_term()
        gone = [said.Disconnected(login) for login in list(self.sequencer.venue.by_login)]
        self.sequencer.ask_all(gone)
        self.follow()
        self.settle()

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
        try:
            self.errands.run(self._settler.permit, self.follow)
            return self._settle()
        except BaseException:
            # Whatever was sent may not have come to the chain.
            self._went_back = True
            raise

    def _settle(self) -> int:
        for sent in range(BATCHES_AT_ONCE):
            waiting = under_way(self.state)
            if waiting or self._went_back:
                # The chain may have taken them back.
                self._went_back = False
                self._settler.reconcile()
                self.follow()
            if not waiting:
                self._let_go()
                self._hold()
                trades = self._next_trades()
                if trades:
                    waiting = [self.state.batches_made + 1]
                    self.sequencer.ask_all([said.BatchSent(waiting[0], trades)])
            if not waiting:
                return sent
            ended = [self._send(number) for number in waiting]
            if not all(ended):
                return sent + 1
        return BATCHES_AT_ONCE

    def _next_trades(self) -> tuple[int, ...]:
        """Trades that go next; those of units that are held for orders that left wait.

        Where all wait for each other, what is held is let go: it is owed for trades, and bound.
        """
        if not self.state.pending:
            return ()
        space = room(self._follower.block_gas())
        for _ in range(2):
            with self.sequencer.still:
                kept = holds.kept(self.sequencer.venue, self._stuck)
                found = next_batch(self.state, space, kept)
            if found or not kept:
                break
            self._let_go(owing=True)
        return found

    def _let_go(self, *, owing: bool = False) -> None:
        """Let go what is held for orders that left, and for those that nobody knows."""
        with self.sequencer.still:
            ended = holds.to_release(self.sequencer.venue, owing=owing)[:HOLDS_AT_ONCE]
            strays = self.state.strays[:HOLDS_AT_ONCE]
        if not ended and not strays:
            return
        self._settler.let_go(strays, self.state.head.number)
        refused = self._settler.release(ended)
        self._look_again(refused, lambda: [order for order in ended
                                           if order.holding is Holding.HELD])  # fmt: skip
        self._stuck = {order.number for order in ended if order.held and order.number in refused}

    def _hold(self) -> None:
        """Have the units of orders held that are kept out of their markets until then."""
        with self.sequencer.still:
            asked = holds.to_hold(self.sequencer.venue)[:HOLDS_AT_ONCE]
        self.sequencer.ask_all([said.HoldSent(order.number) for order in asked
                                if order.holding is Holding.ASKED])  # fmt: skip
        # One that left meanwhile was not asked for.
        asked = [order for order in asked if order.holding is not Holding.NONE]
        if asked:
            refused = self._settler.hold(asked)
            self._look_again(refused, lambda: [
                order for order in asked if order.holding is not Holding.NONE and not order.held
            ])  # fmt: skip

    def _look_again(self, refused: dict[int, str], doubtful: Callable[[], list[LiveOrder]]) -> None:
        """Take up what has come of holds; those that the chain took back are sent again."""
        self.follow()
        if doubtful():
            self._settler.reconcile()
            self.follow()
        self._give_up(doubtful(), refused)

    def _give_up(self, orders: Sequence[LiveOrder], refused: dict[int, str]) -> None:
        """Let orders be for which the chain has nothing."""
        found = self._follower.held([order.terms.signed_by for order in orders])
        self.sequencer.ask_all([
            said.HoldFailed(order.number, refused.get(order.number, NOTHING_HELD))
            for order, fact in zip(orders, found, strict=True) if not fact.units
        ])  # fmt: skip

    def _send(self, number: int) -> bool:
        """Send a batch; whether all its trades have ended."""
        why = self._settler.send(self.state, number)
        self.follow()
        if why and number in under_way(self.state):
            self.sequencer.ask_all([said.BatchFailed(number, why)])
        return not why and number not in under_way(self.state)
