"""Units that a market asks to be held: from when an order is taken until it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tallystick.app.venue.follower import BLOCKS_AT_ONCE
from tallystick.bench.gas_settlement import LOT_UNITS
from tallystick.client import Problem, Trader
from tallystick.markets.signed_orders import Instructions, OrderTerms
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import Accepted, Held, Left, Released, Traded, TradeSettled
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.snapshot import state_hash
from tallystick.markets.venue.state import Holding
from tests.support.counter import SYMBOL, Counter, refusals, until
from tests.support.desk import Desk, copy_of
from tests.support.exchange import Exchange
from tests.support.holding import AT_ONCE, by, held, of, on_embedded, on_plain


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with on_embedded(tmp_path) as made:
        yield made


def test_an_order_to_sell_is_traded_once_its_units_are_held(exchange: Exchange) -> None:
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=5)])
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=2)])
    assert not [event for event in exchange.events if isinstance(event, Traded)]
    exchange.floor.settle()
    assert of(exchange, Held) == [1]
    # What it met was there before: it pays that price, and takes.
    [traded] = [event for event in exchange.events if isinstance(event, Traded)]
    assert (traded.lots, traded.taker) == (2, "sell")
    assert held(exchange, ann) == 3
    assert (exchange.units(ann), exchange.units(cyd)) == (980, 1_020)
    exchange.require_held_rightly(exchange.floor)


def test_who_sells_cannot_take_away_what_he_offered(exchange: Exchange) -> None:
    ann, _, cyd, dan = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=60)])
    exchange.floor.settle()
    with pytest.raises(Exception, match="units-held"):
        by(exchange, ann, "transfer", dan.address, 500)
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=60)])
    exchange.floor.settle()
    assert [event.trade for event in exchange.events if isinstance(event, TradeSettled)] == [1]


def test_what_is_cancelled_is_let_go(exchange: Exchange) -> None:
    ann, *_ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=70)])
    exchange.floor.settle()
    exchange.floor.ask([said.CancelAsked(1, "ann")])
    # What is let go first may be offered again at once.
    exchange.floor.ask([exchange.order(ann, buys=False, lots=100)])
    exchange.floor.settle()
    assert (of(exchange, Released), of(exchange, Held)) == ([1], [1, 2])
    assert held(exchange, ann) == 100
    exchange.floor.ask([said.CancelAsked(2, "ann")])
    exchange.floor.settle()
    assert held(exchange, ann) == 0
    assert not exchange.sequencer.venue.holding
    assert not exchange.floor.state.orders


def test_what_left_before_it_was_asked_for_is_never_held(exchange: Exchange) -> None:
    ann, *_ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False)])
    exchange.floor.ask([said.CancelAsked(1, "ann")])
    exchange.floor.settle()
    assert not of(exchange, Held)
    assert held(exchange, ann) == 0


def test_an_order_that_is_traded_at_once_or_buys_needs_no_hold(exchange: Exchange) -> None:
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=3)])
    exchange.floor.ask([exchange.order(ann, buys=False, lots=3, instructions=AT_ONCE)])
    exchange.floor.settle()
    assert not of(exchange, Held)
    assert exchange.units(cyd) == 1_030


def test_an_order_without_the_instruction_is_not_taken(exchange: Exchange) -> None:
    ann, *_ = exchange.people
    exchange.holds = False
    [[refused]] = exchange.floor.ask([exchange.order(ann, buys=False)])
    assert [each.code for each in refused.refusals] == [Why.HOLD_MISSING]  # type: ignore[union-attr]


def test_units_that_went_elsewhere_meanwhile_end_the_order(exchange: Exchange) -> None:
    ann, _, cyd, dan = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=90)])
    by(exchange, ann, "transfer", dan.address, 500)
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=90)])
    exchange.floor.settle()
    exchange.floor.settle()
    assert [event.code for event in exchange.events if isinstance(event, Left)][:1] in (
        [Why.HOLD_REFUSED], [Why.UNCOVERED])  # fmt: skip
    assert not [event for event in exchange.events if isinstance(event, Traded)]
    assert not exchange.sequencer.venue.holding


def test_what_others_hold_is_not_offered(exchange: Exchange) -> None:
    """Units that another spender holds were offered, and the trade was busted."""
    ann, *_, dan = exchange.people
    exchange.scene.act("setVenue", exchange.token, dan.address, True)
    by(exchange, ann, "approve", dan.address, 400)
    by(exchange, dan, "hold", ann.address, 400)
    exchange.floor.follow()
    told = exchange.floor.ask([exchange.order(ann, buys=False, lots=61),
                               exchange.order(ann, buys=False, lots=60)])  # fmt: skip
    assert [type(events[0]) for events in told][1] is Accepted
    assert {each.code for each in told[0][0].refusals} >= {Why.UNCOVERED}  # type: ignore[union-attr]


def test_what_is_reduced_keeps_its_units_until_it_ends(exchange: Exchange) -> None:
    """Units that were still held were offered again, and could not be held twice."""
    ann, *_ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=100)])
    exchange.floor.settle()
    exchange.floor.ask([said.ReduceAsked(1, 40, "ann")])
    [[refused]] = exchange.floor.ask([exchange.order(ann, buys=False, lots=60)])
    assert [each.code for each in refused.refusals] == [Why.UNCOVERED]  # type: ignore[union-attr]
    exchange.floor.ask([said.CancelAsked(1, "ann")])
    exchange.floor.ask([exchange.order(ann, buys=False, lots=100)])
    exchange.floor.settle()
    assert held(exchange, ann) == 100


def test_a_venue_that_is_cut_off_holds_and_lets_go_once(exchange: Exchange) -> None:
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=5)])
    exchange.sequencer.sequence([said.HoldSent(1)])
    again = exchange.open()
    again.begin()
    assert held(exchange, ann) == 5
    again.ask([exchange.order(cyd, buys=True, lots=2)])
    third = exchange.open()
    third.begin()
    third.ask([said.CancelAsked(1, "ann")])
    fourth = exchange.open()
    fourth.begin()
    assert held(exchange, ann) == 0
    assert exchange.units(cyd) == 1_020
    assert state_hash(exchange.restored()) == state_hash(exchange.sequencer.venue)


def test_an_order_that_left_while_the_chain_was_asked_is_let_go(exchange: Exchange) -> None:
    ann, *_ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=5)])
    exchange.sequencer.sequence([said.HoldSent(1), said.CancelAsked(1, "ann")])
    exchange.floor.settle()
    exchange.floor.settle()
    assert (of(exchange, Held), of(exchange, Released)) == ([1], [1])
    assert held(exchange, ann) == 0


def test_what_the_chain_takes_back_is_held_again(tmp_path: Path) -> None:
    with on_plain(tmp_path) as (exchange, host):
        ann, bob, *_ = exchange.people
        exchange.floor.ask([exchange.order(ann, buys=False, lots=5)])
        exchange.floor.settle()
        exchange.floor.ask([exchange.order(bob, buys=False, lots=5), said.CancelAsked(1, "ann")])
        exchange.floor.settle()
        assert (held(exchange, ann), held(exchange, bob)) == (0, 5)
        # Not even the first hold is there any more.
        host.rpc.call("anvil_rollback", 3)
        assert (held(exchange, ann), held(exchange, bob)) == (0, 0)
        exchange.floor.follow()
        exchange.floor.settle()
        assert (held(exchange, ann), held(exchange, bob)) == (0, 5)
        [order] = exchange.sequencer.venue.holding.values()
        assert (order.number, order.holding, order.held) == (2, Holding.HELD, 5 * LOT_UNITS)


def test_what_was_let_go_unseen_is_looked_after_no_more(exchange: Exchange) -> None:
    """The venue was far behind, took up the chain as it was, and went on letting go for ever."""
    ann, *_ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False)])
    exchange.floor.settle()
    [order] = exchange.sequencer.venue.holding.values()
    exchange.floor.ask([said.CancelAsked(1, "ann")])
    assert not exchange.floor._settler.release([order])
    for _ in range(BLOCKS_AT_ONCE + 1):
        by(exchange, ann, "approve", exchange.people[1].address, 0)
    exchange.floor.settle()
    assert not exchange.sequencer.venue.holding
    assert not exchange.floor.is_owing


def test_people_and_commands_see_that_an_order_waits(opened: Desk, tmp_path: Path) -> None:
    desk = copy_of(opened, tmp_path)
    change = ("market", "open", "ACME", "--cash", "USD", "--tick", "0.01", "--reference", "10")
    assert desk.answer(*change, "--holds")["holds"]
    counter = Counter(desk)
    try:
        until(lambda: counter.operator.markets()[0]["holds"])
        ann, cyd = counter.trader(0), counter.trader(2)
        sold = ann.sell(SYMBOL, "30", "10.50")
        assert (sold["status"], sold["filled"]) == ("waiting", "0")
        until(lambda: ann.venue.order(sold["order"])["status"] == "open")
        assert cyd.buy(SYMBOL, "10", "10.50")["status"] == "filled"
        until(lambda: counter.held(2) == 10)
        steps = ann.venue.order(sold["order"])["steps"]
        assert [(each["what"], each["code"]) for each in steps] == [
            ("accepted", "waits"), ("held", ""), ("traded", "trade-1")]  # fmt: skip
        position = ann.venue.positions()
        assert position
        ann.venue.cancel(sold["order"])
        until(lambda: ann.venue.order(sold["order"])["steps"][-1]["what"] == "released")
        with pytest.raises(Problem) as found:
            ann.venue.place(*_unheld(ann))
        assert refusals(found.value) == {"hold-missing"}
        draft = ann.venue.draft(symbol=SYMBOL, investor=ann.investor, side="sell", quantity="1",
                                price="10")  # fmt: skip
        assert int(draft["typed"]["message"]["instructions"]) & 1 << 6
    finally:
        counter.close()


def _unheld(trader: Trader) -> tuple[OrderTerms, bytes]:
    """An order to sell that waits and does not say that its units may be held."""
    terms = trader.terms(SYMBOL, "sell", "5", "10")
    terms = msgspec.structs.replace(terms, instructions=Instructions())
    return terms, trader.signer.sign_digest(terms.digest(trader.venue.identity().domain))
