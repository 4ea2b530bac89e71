"""The venue at work, in one thread: what is asked, what the chain says, and settlement, in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tallystick.app.venue.follower import Follower
from tallystick.app.venue.sequencer import Sequencer
from tallystick.app.venue.settler import Settler, next_batch, under_way
from tallystick.core.wallets import Wallet
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import Event
from tallystick.markets.venue.state import VenueState

# Batches that are sent before something else has its turn.
BATCHES_AT_ONCE: Final = 16


class Floor:
    """A venue that acts on a chain."""

    def __init__(self, sequencer: Sequencer, follower: Follower, settler: Settler) -> None:
        self._sequencer = sequencer
        self._follower = follower
        self._settler = settler

    @property
    def state(self) -> VenueState:
        """Everything, as of the last entry."""
        return self._sequencer.venue.state

    def begin(self) -> None:
        """Go on from the journal: look at the chain, and finish what was being settled."""
        self._sequencer.journal.begin_term()
        self.follow()
        self.settle()

    def ask(self, entries: Sequence[said.Entry]) -> list[list[Event]]:
        """Have entries sequenced; what came of each. Accounts that they concern are looked up."""
        unknown = [self._follower.account(self.state, *account)
                   for account in dict.fromkeys(self._accounts(entries))]  # fmt: skip
        told = self._sequencer.sequence([*unknown, *entries]) if entries else []
        return told[len(unknown) :]

    def follow(self) -> None:
        """Take up what the chain has said since."""
        news = self._follower.news(self.state)
        if news:
            self._sequencer.sequence(news)

    def settle(self) -> int:
        """Bring what was matched to settlement; how many batches were sent or sent again."""
        for sent in range(BATCHES_AT_ONCE):
            waiting = under_way(self.state)
            if waiting:
                # The chain may have taken them back.
                self._settler.reconcile()
            trades = () if waiting else next_batch(self.state)
            if trades:
                waiting = [self.state.batches_made + 1]
                self._sequencer.sequence([said.BatchSent(waiting[0], trades)])
            if not waiting:
                return sent
            ended = [self._send(number) for number in waiting]
            if not all(ended):
                return sent + 1
        return BATCHES_AT_ONCE

    def _send(self, number: int) -> bool:
        """Send a batch; whether all its trades have ended."""
        why = self._settler.send(self.state, number)
        self.follow()
        if why and number in under_way(self.state):
            self._sequencer.sequence([said.BatchFailed(number, why)])
        return not why and number not in under_way(self.state)

    def _accounts(self, entries: Sequence[said.Entry]) -> list[tuple[Wallet, Wallet]]:
        """Accounts that orders draw on and the venue does not know."""
        found: list[tuple[Wallet, Wallet]] = []
        for entry in entries:
            if isinstance(entry, said.Placed) and self._sequencer.venue.market_of(entry.terms):
                terms = entry.terms
                found += [(terms.security, terms.investor), (terms.cash, terms.investor)]
        return [each for each in found if self.state.means.of(*each) is None]
