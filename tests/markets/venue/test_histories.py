"""Random histories of the venue keep what must hold, and come to the same again."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tallystick.markets.order_book import SelfTrade
from tallystick.markets.signed_orders import Instructions, SignedBy
from tallystick.markets.venue import entries as said
from tallystick.markets.venue import holds
from tallystick.markets.venue.events import (
    Event,
)
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.snapshot import state_hash
from tallystick.markets.venue.state import Holding, LiveOrder
from tests.markets.venue.pit import (
    ACME,
    IMMEDIATE,
    MARKET,
    NOW_S,
    POST,
    RICH,
    SYMBOL,
    USD,
    WHOLE,
    House,
    Pit,
    codes,
    person,
)


class Random:
    """Histories drawn from a seed, with the chain in step and out of it."""

    def __init__(self, seed: int, **terms: Any) -> None:
        self.chosen = random.Random(seed)
        chosen = self.chosen
        barred = [(person(chosen.randrange(6)), person(chosen.randrange(6))) for _ in range(3)]
        house = House(places=chosen.choice([6, 7, 100]), barred=barred,
                      most=chosen.choice([None, 10_050]))  # fmt: skip
        self.pit = Pit(house, people=6, maker_bps=10, taker_bps=30, auction_bps=20,
                       move_bps=chosen.choice([0, 300]), call_s=5, **terms)  # fmt: skip
        self.held = {(ACME, person(at)): 10_000 for at in range(6)}
        self.held |= {(USD, person(at)): RICH for at in range(6)}
        self.past: dict[int, tuple[dict[Any, int], int]] = {1: (dict(self.held), 0)}
        self.batches = 0
        # What the chain holds for orders, by what was signed; and as it was at each block.
        self.kept: dict[SignedBy, int] = {}
        self.kept_at: dict[int, dict[SignedBy, int]] = {1: {}}

    def step(self) -> None:
        chosen, pit = self.chosen, self.pit
        what = chosen.random()
        if what < 0.6:
            kind = chosen.choice([Instructions()] * 5 + [IMMEDIATE, WHOLE, POST, MARKET])
            policy = chosen.choice(list(SelfTrade))
            buys = chosen.random() < 0.5
            kind = Instructions(kind.duration, kind.post_only, kind.market, policy).held_if(
                asked=pit.terms.holds, buys=buys)  # fmt: skip
            open_orders = [each for each in pit.venue.state.orders.values() if each.left]
            changes: dict[str, Any] = {}
            if open_orders and chosen.random() < 0.1:
                old = chosen.choice(open_orders)
                changes = {"replaces": old.number, "filled": old.matched}
            pit.place(chosen.randrange(6), buys=buys, lots=chosen.randint(1, 200),
                      price=chosen.randint(95, 105), instructions=kind,
                      login=chosen.choice(["", "a", "b"]), **changes)  # fmt: skip
        elif what < 0.7:
            pit.do(said.CancelAsked(chosen.randint(1, pit.venue.state.orders_made + 1), "x"))
        elif what < 0.74:
            pit.do(said.ReduceAsked(chosen.randint(1, pit.venue.state.orders_made + 1),
                                    chosen.randint(1, 50), "x"))  # fmt: skip
        elif what < 0.77:
            entries: list[said.Entry] = [
                said.AllCancelAsked(person(chosen.randrange(6)), "", "x"),
                said.Disconnected("a"), said.Ticked(),
            ]  # fmt: skip
            pit.do(chosen.choice(entries))
        elif what < 0.79:
            halts: list[said.Entry] = [said.HaltAsked(SYMBOL, "issuer", "x"),
                                       said.ResumeAsked(SYMBOL, "x")]  # fmt: skip
            pit.do(chosen.choice(halts))
        elif what < 0.83:
            pit.do(said.Ticked(), after_s=chosen.choice([1, 6, 4_000]))
        elif what < 0.9:
            self.send()
        elif what < 0.98:
            self.ask_for_holds()
            self.settle()
        else:
            self.roll_back()

    def send(self) -> None:
        trades = [each.number for each in self.pit.venue.state.trades.values() if not each.batch]
        if trades:
            self.batches += 1
            count = self.chosen.randint(1, len(trades))
            self.pit.do(said.BatchSent(self.batches, tuple(trades[:count])))
            if self.chosen.random() < 0.1:
                self.pit.do(said.BatchFailed(self.batches, "too-little-gas"))

    def settle(self) -> None:
        """A block: some trades are settled, some busted, somebody moves something elsewhere."""
        state, chosen = self.pit.venue.state, self.chosen
        settled, busted, touched = [], [], set()
        changed = self.hold_and_release()
        for trade in [each for each in state.trades.values() if each.batch and not each.block]:
            if chosen.random() < 0.1:
                busted.append(said.Bust(trade.number, "tokens-refuse", "", 3))
                continue
            settled.append(trade.number)
            self.take_from_hold(state.orders[trade.sell], trade.lots)
            buyer = state.orders[trade.buy].terms.investor
            seller = state.orders[trade.sell].terms.investor
            units = trade.lots * 10
            for token, giver, taker, amount in ((ACME, seller, buyer, units),
                                                (USD, buyer, seller, trade.value)):  # fmt: skip
                self.held[token, giver] -= amount
                self.held[token, taker] += amount
                touched |= {(token, giver), (token, taker)}
        if chosen.random() < 0.4:
            key = (chosen.choice([ACME, USD]), person(chosen.randrange(6)))
            self.held[key] = chosen.choice([self.held[key], self.held[key] // 2, 0])
            touched.add(key)
        facts = tuple(said.AccountFact(token, who, self.held[token, who], RICH)
                      for token, who in sorted(touched))  # fmt: skip
        logs = tuple(said.LogRow(who, (), str(self.held[token, who]))
                     for token, who in sorted(touched) if token == ACME)  # fmt: skip
        if chosen.random() < 0.1:
            logs += (said.LogRow("frozen", (), person(chosen.randrange(6))),)
        kept = tuple(said.HoldFact(*signed, self.kept.get(signed, 0)) for signed in changed)
        self.pit.add_block(settled=tuple(settled), busted=tuple(busted), accounts=facts, logs=logs,
                           holds=kept, latest=chosen.random() < 0.8)  # fmt: skip
        self.past[self.pit.block] = (dict(self.held), self.pit.block)
        self.kept_at[self.pit.block] = dict(self.kept)

    # --- holds

    def ask_for_holds(self) -> None:
        """The chain is asked to hold for some orders, and refuses some."""
        for order in holds.to_hold(self.pit.venue):
            if self.chosen.random() < 0.7:
                self.pit.do(said.HoldSent(order.number))
                if self.chosen.random() < 0.1 and not order.held:
                    self.pit.do(said.HoldFailed(order.number, "insufficient-balance"))

    def take_from_hold(self, order: LiveOrder, lots: int) -> None:
        """What is settled of an order is held no more."""
        signed = order.terms.signed_by
        left = self.kept.get(signed, 0) - lots * order.terms.units_per_lot
        self.kept.pop(signed, None)
        if left > 0:
            self.kept[signed] = left

    def hold_and_release(self) -> list[SignedBy]:
        """What the chain holds from now on for orders that asked, and no more for those ended."""
        venue = self.pit.venue
        changed = [each.signed_by for each in venue.state.strays if self.chosen.random() < 0.7]
        for signed in changed:
            del self.kept[signed]
        for order in holds.to_hold(venue):
            if self.chosen.random() < 0.7 and (units := self.to_keep(order)):
                if order.holding is Holding.ASKED:
                    continue
                self.kept[order.terms.signed_by] = units
                changed.append(order.terms.signed_by)
        for order in holds.to_release(venue):
            signed = order.terms.signed_by
            if signed not in self.kept:
                self.pit.do(said.HoldFailed(order.number, "nothing-held"))
            elif self.chosen.random() < 0.7:
                del self.kept[signed]
                changed.append(signed)
        return changed

    def to_keep(self, order: LiveOrder) -> int:
        """Units of an order that the chain would hold: all that were not settled."""
        settled = sum(each.lots for each in self.pit.venue.state.trades.values()
                      if each.sell == order.number and each.block and not each.reason)  # fmt: skip
        return (order.terms.lots - settled) * order.terms.units_per_lot

    def check_holds(self) -> None:
        """What the venue believes to be held is; and nothing is that it does not look after."""
        state = self.pit.venue.state
        known = {order.terms.signed_by: order.held for order in state.orders.values() if order.held}
        strays = {each.signed_by: each.units for each in state.strays}
        assert {**known, **strays} == self.kept

    def roll_back(self) -> None:
        """The chain loses some blocks; what they did is undone."""
        to = max(1, self.pit.block - self.chosen.randint(1, 4))
        self.held = dict(self.past[to][0])
        self.pit.block = to
        facts = tuple(said.AccountFact(token, who, amount, RICH)
                      for (token, who), amount in sorted(self.held.items()))  # fmt: skip
        self.kept = dict(self.kept_at[to])
        held = tuple(said.HoldFact(*signed, units) for signed, units in self.kept.items())
        self.pit.do(said.ChainSet(number=to, hash=str(to), time_s=NOW_S, accounts=facts, common=to,
                                  holds=held))  # fmt: skip


@given(st.integers(min_value=0), st.booleans())
def test_any_history_keeps_what_must_hold(seed: int, holding: bool) -> None:
    history = Random(seed, holds=holding)
    for _ in range(60):
        history.step()
        history.pit.check()
        history.check_holds()
    assert state_hash(history.pit.replayed()) == state_hash(history.pit.venue)


@given(st.integers(min_value=0), st.integers(1, 40), st.booleans())
def test_a_restart_from_any_snapshot_goes_on_the_same(seed: int, at: int, holding: bool) -> None:
    history = Random(seed, holds=holding)
    pit = history.pit
    for _ in range(at):
        history.step()
    restored, seen = pit.restored(), len(pit.journal)
    for _ in range(20):
        history.step()
    told: list[Event] = []
    for journaled in pit.journal[seen:]:
        told += restored.apply(journaled)
    assert told == pit.events[len(pit.events) - len(told) :]
    assert state_hash(restored) == state_hash(pit.venue)


def test_everything_that_histories_should_meet_they_meet() -> None:
    met: set[str] = set()
    for seed in range(60):
        history = Random(seed, holds=seed % 2 == 0)
        for _ in range(80):
            history.step()
        met |= {type(event).__name__ for event in history.pit.events}
        met |= set(codes(history.pit.events))
    assert {"Traded", "TradeSettled", "TradeBusted", "TradeUnsettled", "Uncrossed", "Reduced",
            Why.SELF_TRADE, Why.UNCOVERED, Why.EXPIRED, Why.REPLACED, Why.DISCONNECTED,
            Why.NOT_FILLABLE, Why.WOULD_TAKE, Why.NOT_TRADED_AT_ONCE, Why.MARKET_HALTED,
            Why.NOT_IN_A_CALL, Why.FILLED, Why.CANCELLED, "Held", "Released",
            Why.HOLD_REFUSED, Why.BARRED} <= met  # fmt: skip
