"""Held units where something comes between: trades, cancels, busts, others, the node, power."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tallystick.bench import gas
from tallystick.bench.gas_settlement import LOT_UNITS, PRICE, SETTLEMENT
from tallystick.core.errors import Unavailable
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.rpc import RpcError
from tallystick.markets.signed_orders import Instructions
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import (
    Held,
    Left,
    RefusedOrder,
    Released,
    TradeBusted,
    TradeSettled,
)
from tallystick.markets.venue.refusals import Why
from tests.support.exchange import Exchange
from tests.support.holding import AT_ONCE, by, ended, held, of, on_embedded, on_plain
from tests.venue.signing import compact_by

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from tallystick.markets.venue.state import LiveOrder


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with on_embedded(tmp_path) as made:
        yield made


def me(who: LocalAccount) -> Wallet:
    return Wallet(who.address.lower())


def offered(exchange: Exchange, who: LocalAccount, lots: int = 100) -> None:
    """An order to sell whose units are held."""
    exchange.floor.ask([exchange.order(who, buys=False, lots=lots)])
    exchange.floor.settle()


def test_the_rest_of_an_order_is_offered_anew_while_its_trade_is_not_settled(
    exchange: Exchange,
) -> None:
    """The chain held units of the old order still, and the new one was thrown out."""
    ann, _, cyd, _ = exchange.people
    offered(exchange, ann)
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=40)])
    anew = exchange.order(ann, buys=False, lots=60, price=PRICE + 1)
    exchange.floor.ask([msgspec.structs.replace(anew, replaces=1, filled=40)])
    exchange.floor.settle()
    exchange.floor.settle()
    assert (of(exchange, Held), of(exchange, Released), held(exchange, ann)) == ([1, 3], [1], 60)
    assert ended(exchange) == [(TradeSettled, 1)]


def test_the_rest_of_an_order_is_sold_at_once_while_its_trade_is_not_settled(
    exchange: Exchange,
) -> None:
    """Both went in one batch, in which the second found its units held."""
    ann, _, cyd, dan = exchange.people
    offered(exchange, ann)
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=40)])
    exchange.floor.ask([said.CancelAsked(1, "ann"), exchange.order(dan, buys=True, lots=60)])
    exchange.floor.ask([exchange.order(ann, buys=False, lots=60, instructions=AT_ONCE)])
    exchange.floor.settle()
    exchange.floor.settle()
    assert ended(exchange) == [(TradeSettled, 1), (TradeSettled, 2)]
    assert held(exchange, ann) == 0


def test_lots_of_a_trade_that_was_busted_stay_bound_as_they_stay_held(exchange: Exchange) -> None:
    """They were free to the venue, and sold once more what could not be delivered."""
    ann, _, cyd, dan = exchange.people
    offered(exchange, ann)
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=40)])
    money = exchange.scene.view("balanceOf", exchange.cash, cyd.address)
    exchange.scene.gas(cyd, gas.TOKEN, exchange.cash, "transfer", dan.address, money)
    exchange.floor.settle()
    assert ended(exchange) == [(TradeBusted, 1)]
    [[refused]] = exchange.floor.ask([
        exchange.order(ann, buys=False, lots=40, instructions=AT_ONCE)])  # fmt: skip
    assert isinstance(refused, RefusedOrder)
    assert [each.code for each in refused.refusals] == [Why.UNCOVERED]
    exchange.floor.ask([said.CancelAsked(1, "ann")])
    exchange.floor.settle()
    assert held(exchange, ann) == 0


def test_more_is_to_be_let_go_than_goes_at_once(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sold meanwhile was sent, and busted, before all was let go."""
    monkeypatch.setattr("tallystick.app.venue.floor.HOLDS_AT_ONCE", 2)
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False) for _ in range(5)])
    for _ in range(3):
        exchange.floor.settle()
    assert held(exchange, ann) == 5
    exchange.floor.ask([said.AllCancelAsked(me(ann), "", "ann")])
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=100)])
    exchange.floor.ask([exchange.order(ann, buys=False, lots=100, instructions=AT_ONCE)])
    for _ in range(3):
        exchange.floor.settle()
    assert ended(exchange) == [(TradeSettled, 1)]
    assert not exchange.floor.is_owing


def test_what_is_sold_while_a_hold_is_on_its_way_waits_for_it(exchange: Exchange) -> None:
    """It was cut off, the order cancelled, its units sold: they were held once more first."""
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=100)])
    exchange.sequencer.sequence([said.HoldSent(1)])
    exchange.floor.ask([said.CancelAsked(1, "ann"), exchange.order(cyd, buys=True, lots=100)])
    exchange.floor.ask([exchange.order(ann, buys=False, lots=100, instructions=AT_ONCE)])
    again = exchange.open()
    again.begin()
    again.settle()
    assert ended(exchange) == [(TradeSettled, 1)]
    assert held(exchange, ann) == 0


@pytest.mark.parametrize("left", [False, True])
def test_a_node_that_is_busy_is_asked_again(exchange: Exchange, left: bool) -> None:
    """The order was thrown out, or what was held for it forgotten, which locked the units."""
    ann, *_ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, lots=5)])
    if left:
        exchange.floor.settle()
        exchange.floor.ask([said.CancelAsked(1, "ann")])
    rpc: Any = exchange.floor._settler._outbox._rpc
    call = rpc.call

    def busy(method: str, *params: object) -> Any:
        if method == "eth_estimateGas":
            raise RpcError(method, -32_005, "request rate", None)
        return call(method, *params)

    rpc.call = busy
    with pytest.raises(Unavailable, match="request rate"):
        exchange.floor.settle()
    rpc.call = call
    exchange.floor.settle()
    assert held(exchange, ann) == (0 if left else 5)
    assert (of(exchange, Held), of(exchange, Released)) == ([1], [1] if left else [])


def test_units_that_are_held_for_another_venue_are_not_offered(exchange: Exchange) -> None:
    """They counted as this venue's, as the settlement contract is the same."""
    ann, _, cyd, dan = exchange.people
    terms = msgspec.structs.replace(exchange.order(ann, buys=False, lots=100).terms,
                                    venue=me(dan), nonce=999)  # fmt: skip
    signature = compact_by(ann, terms.digest(exchange.stage.domain))
    exchange.scene.gas(dan, SETTLEMENT, exchange.settlement, "hold",
                       (exchange.token, exchange.cash, LOT_UNITS), terms.packed(0, signature), []
                       )  # fmt: skip
    exchange.floor.follow()
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=100)])
    for kind in (AT_ONCE, Instructions()):
        [[refused]] = exchange.floor.ask([
            exchange.order(ann, buys=False, lots=100, instructions=kind)])  # fmt: skip
        assert isinstance(refused, RefusedOrder)
        assert {each.code for each in refused.refusals} == {Why.UNCOVERED}


def test_a_market_that_asks_for_holds_from_now_on_keeps_no_order_without(tmp_path: Path) -> None:
    """Orders that said that their units may be held stayed, and nobody held them."""
    with on_embedded(tmp_path, holds=False) as exchange:
        ann, _, cyd, _ = exchange.people
        exchange.holds = True
        exchange.floor.ask([exchange.order(ann, buys=False)])
        exchange.floor.ask([exchange.order(cyd, buys=True, price=PRICE - 1)])
        terms = exchange.floor.state.markets["T/USD"].terms
        exchange.floor.ask([said.MarketOpened(msgspec.structs.replace(terms, holds=True))])
        assert [(each.order, each.code) for each in exchange.events if isinstance(each, Left)] == [
            (1, Why.TERMS_DIFFER)]  # fmt: skip


def test_an_order_of_a_connection_that_is_gone_is_not_held(exchange: Exchange) -> None:
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(cyd, buys=True)])
    hers = msgspec.structs.replace(exchange.order(ann, buys=False), login="hers")
    exchange.floor.ask([hers])
    exchange.open().begin()
    assert [(each.order, each.code) for each in exchange.events if isinstance(each, Left)] == [
        (2, Why.DISCONNECTED)]  # fmt: skip
    assert not of(exchange, Held)


def test_an_order_comes_in_when_all_is_known_of_the_chain(exchange: Exchange) -> None:
    """It was void two blocks later, and traded in between as the venue caught up."""
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(cyd, buys=True), exchange.order(ann, buys=False)])
    exchange.sequencer.sequence([said.HoldSent(2)])
    order = exchange.floor.state.orders[2]
    assert not exchange.floor._settler.hold([order])
    exchange.scene.gas(ann, SETTLEMENT, exchange.settlement, "cancel", ann.address, ann.address, 0,
                       [order.terms.nonce])  # fmt: skip
    again = exchange.open()
    again.begin()
    again.settle()
    assert not exchange.floor.state.trades
    assert held(exchange, ann) == 0


def test_an_owner_who_approves_all_but_everything_is_no_exception(exchange: Exchange) -> None:
    """The approval went over the end of numbers, and nothing of his was delivered or let go."""
    ann, _, cyd, _ = exchange.people
    offered(exchange, ann)
    by(exchange, ann, "approve", exchange.settlement, 2**256 - 2)
    exchange.floor.follow()
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=10)])
    exchange.floor.settle()
    exchange.floor.ask([said.CancelAsked(1, "ann")])
    exchange.floor.settle()
    assert ended(exchange) == [(TradeSettled, 1)]
    assert held(exchange, ann) == 0


def test_a_block_that_is_gone_before_it_was_seen_stops_nothing(tmp_path: Path) -> None:
    """The outbox believed it done; what was to be held next waited for its number for ever."""
    with on_plain(tmp_path) as (exchange, host):
        ann, bob, *_ = exchange.people
        exchange.floor.ask([exchange.order(ann, buys=False, lots=5)])
        settler: Any = exchange.floor._settler
        hold = settler.hold

        def held_and_gone(asked: Sequence[LiveOrder]) -> dict[int, str]:
            refused: dict[int, str] = hold(asked)
            host.rpc.call("anvil_rollback", 1)
            settler.hold = hold
            return refused

        settler.hold = held_and_gone
        exchange.floor.settle()
        exchange.floor.ask([exchange.order(bob, buys=False, lots=5)])
        exchange.floor.settle()
        assert (held(exchange, ann), held(exchange, bob)) == (5, 5)


def test_the_chain_goes_back_while_it_is_sent_again_what_it_took_back(tmp_path: Path) -> None:
    with on_plain(tmp_path) as (exchange, host):
        ann, bob, *_ = exchange.people
        offered(exchange, ann, 5)
        settler: Any = exchange.floor._settler
        reconcile = settler.reconcile

        def and_back() -> None:
            reconcile()
            host.rpc.call("anvil_rollback", 1)
            exchange.floor.follow()
            settler.reconcile = reconcile

        settler.reconcile = and_back
        exchange.floor._went_back = True
        for who in (None, bob):
            if who is not None:
                exchange.floor.ask([exchange.order(who, buys=False, lots=5)])
            exchange.floor.settle()
        assert (held(exchange, ann), held(exchange, bob)) == (5, 5)


def test_what_is_free_is_settled_beside_what_is_held_for_an_order_that_left(
    exchange: Exchange,
) -> None:
    """Sales of other units waited for each other, and for what was to be let go after them."""
    ann, _, cyd, dan = exchange.people
    offered(exchange, ann, 60)
    exchange.floor.ask([exchange.order(cyd, buys=True, lots=10)])
    exchange.floor.ask([said.CancelAsked(1, "ann"), exchange.order(dan, buys=True, lots=40)])
    exchange.floor.ask([exchange.order(ann, buys=False, lots=40, instructions=AT_ONCE)])
    exchange.floor.settle()
    entries = [each.entry for each, _ in exchange.sequencer.journal.entries()]
    assert [each.trades for each in entries if isinstance(each, said.BatchSent)] == [(1, 2)]
    assert held(exchange, ann) == 0
