"""The venue on an embedded chain: matched, settled, busted, rolled back, and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.app.venue.settler import room
from tallystick.bench import gas
from tallystick.bench.gas_settlement import PRICE
from tallystick.core.errors import Refused, TallystickError
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.rpc import RpcError
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import (
    Accepted,
    Left,
    TradeBusted,
    Traded,
    TradeSettled,
    TradeUnsettled,
)
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.snapshot import state_hash
from tests.support.exchange import Exchange, PlainHost, roll_back_repeatedly

NS = 10**9


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with Hosting(
        tmp_path / "chain.sqlite", clock=lambda: gas.GENESIS_S, sandbox=True,
        chain_id=gas.CHAIN_ID,
    ) as host:  # fmt: skip
        made = Exchange(tmp_path, host)
        yield made
        made.scene.close()


def test_what_is_matched_is_settled_on_the_chain(exchange: Exchange) -> None:
    ann, bob, cyd, _ = exchange.people
    told = exchange.floor.ask([
        exchange.order(ann, buys=False, lots=3), exchange.order(bob, buys=False, lots=2),
        exchange.order(cyd, buys=True, lots=4, price=PRICE + 5),
    ])  # fmt: skip
    assert [type(each[0]) for each in told] == [Accepted] * 3
    assert [event.lots for event in told[2] if isinstance(event, Traded)] == [3, 1]
    assert exchange.floor.settle() == 1
    assert [each.trade for each in exchange.ended()] == [1, 2]
    assert (exchange.units(ann), exchange.units(cyd)) == (970, 1_040)
    assert not exchange.floor.settle()
    means = exchange.floor.state.means
    account = means.of(exchange.token, Wallet(ann.address.lower()))
    assert account is not None
    assert (account.held, account.owed, account.bound) == (970, 0, 0)


@pytest.mark.parametrize(("block_gas", "trades"), [
    (60_000_000, 64), (16_777_216, 64), (8_000_000, 39), (3_000_000, 10), (1_000_000, 1),
])  # fmt: skip
def test_a_batch_is_as_large_as_a_block_has_room_for(block_gas: int, trades: int) -> None:
    assert room(block_gas) == trades


def test_a_chain_of_small_blocks_settles_in_small_batches(tmp_path: Path) -> None:
    host = PlainHost()
    exchange = Exchange(tmp_path, host)
    try:
        host.rpc.call("evm_setBlockGasLimit", hex(4_000_000))
        host.rpc.call("evm_mine")
        ann, _, cyd, _ = exchange.people
        for _ in range(40):
            exchange.floor.ask([exchange.order(ann, buys=False), exchange.order(cyd, buys=True)])
        assert exchange.floor.settle() == 3
        assert len(exchange.ended()) == 40
        entries = [each.entry for each, _ in exchange.sequencer.journal.entries()]
        sent = [len(each.trades) for each in entries if isinstance(each, said.BatchSent)]
        assert sent == [16, 16, 8]
        assert not any(isinstance(each, said.BatchFailed) for each in entries)
        assert exchange.units(ann) == 600
    finally:
        exchange.scene.close()
        host.close()


def test_a_trade_that_the_token_refuses_is_busted_and_the_others_settle(
    exchange: Exchange,
) -> None:
    ann, bob, cyd, dan = exchange.people
    exchange.floor.ask([
        exchange.order(ann, buys=False), exchange.order(cyd, buys=True),
        exchange.order(bob, buys=False), exchange.order(dan, buys=True),
    ])  # fmt: skip
    exchange.scene.act("setAddressFrozen", exchange.token, ann.address, True)
    exchange.floor.settle()
    first, second = exchange.ended()
    found = {type(each): each.trade for each in (first, second)}
    assert found == {TradeBusted: 1, TradeSettled: 2}
    assert exchange.units(dan) == 1_010


def test_what_the_chain_takes_back_is_settled_again(tmp_path: Path) -> None:
    """The outbox believed it done, and nothing was ever settled any more."""
    host = PlainHost()
    try:
        exchange = Exchange(tmp_path, host)
        ann, bob, cyd, _ = exchange.people
        exchange.floor.ask([exchange.order(ann, buys=False), exchange.order(cyd, buys=True)])
        exchange.floor.settle()
        assert [type(each) for each in exchange.ended()] == [TradeSettled]
        host.rpc.call("anvil_rollback", 1)
        assert exchange.units(cyd) == 1_000
        exchange.floor.follow()
        assert isinstance(exchange.events[-1], TradeUnsettled)
        exchange.floor.settle()
        assert exchange.units(cyd) == 1_010
        assert [type(each) for each in exchange.ended()] == [TradeSettled] * 2
        exchange.floor.ask([exchange.order(bob, buys=False), exchange.order(cyd, buys=True)])
        exchange.floor.settle()
        assert exchange.units(cyd) == 1_020
        venue = exchange.restored()
        assert state_hash(venue) == state_hash(exchange.sequencer.venue)
        exchange.scene.close()
    finally:
        host.close()


def test_a_trade_that_no_batch_can_hold_ends_alone(exchange: Exchange) -> None:
    """A signature longer than the contract takes stopped the settlement of all others."""
    ann, bob, cyd, dan = exchange.people
    wrong = exchange.order(ann, buys=False)
    wrong = said.Placed(wrong.terms, b"\x01" * 600, by_contract=True)
    exchange.floor.ask([wrong, exchange.order(cyd, buys=True)])
    exchange.floor.ask([exchange.order(bob, buys=False), exchange.order(dan, buys=True)])
    for _ in range(4):
        exchange.floor.settle()
    assert {type(each): each.trade for each in exchange.ended()} == {
        TradeBusted: 1, TradeSettled: 2,
    }  # fmt: skip
    assert exchange.units(dan) == 1_010


def test_a_venue_that_is_cut_off_goes_on_with_what_it_sent(exchange: Exchange) -> None:
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False), exchange.order(cyd, buys=True)])
    exchange.sequencer.sequence([said.BatchSent(1, (1,))])
    again = exchange.open()
    again.begin()
    assert [each.trade for each in exchange.ended()] == [1]
    assert exchange.units(cyd) == 1_010
    third = exchange.open()
    third.begin()
    assert len(exchange.ended()) == 1
    assert state_hash(exchange.restored()) == state_hash(exchange.sequencer.venue)


def test_an_order_that_could_not_settle_is_not_taken(exchange: Exchange) -> None:
    ann, bob, *_ = exchange.people
    stranger = exchange.scene.account()
    exchange.scene.act("setAddressFrozen", exchange.token, bob.address, True)
    exchange.floor.follow()
    told = exchange.floor.ask([
        exchange.order(ann, buys=False, lots=101), exchange.order(stranger, buys=True),
        exchange.order(bob, buys=False),
    ])  # fmt: skip
    codes = [[each.code for each in events[0].refusals] for events in told]  # type: ignore[union-attr]
    assert "uncovered" in codes[0]
    assert {"account-unknown", "receiver-unknown"} <= set(codes[1])
    assert exchange.floor.state.means.of(exchange.cash, Wallet(stranger.address.lower())) is None
    assert codes[2] == ["sender-frozen"]


@pytest.mark.parametrize("holds", [False, True])
def test_whatever_the_node_takes_back_every_trade_ends_once(tmp_path: Path, holds: bool) -> None:
    host = PlainHost()
    try:
        exchange = Exchange(tmp_path, host, holds=holds)
        assert roll_back_repeatedly(exchange, host, times=25, seed=4)["settled"] > 10
        exchange.scene.close()
    finally:
        host.close()


def test_orders_of_somebody_who_is_frozen_leave_and_others_are_met(exchange: Exchange) -> None:
    ann, bob, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False, price=PRICE - 1),
                        exchange.order(bob, buys=False)])  # fmt: skip
    exchange.scene.act("setAddressFrozen", exchange.token, ann.address, True)
    exchange.floor.follow()
    exchange.floor.ask([exchange.order(cyd, buys=True)])
    left = [(each.order, each.code) for each in exchange.events if isinstance(each, Left)]
    assert (1, Why.BARRED) in left
    exchange.floor.settle()
    assert [type(each) for each in exchange.ended()] == [TradeSettled]
    assert exchange.units(cyd) == 1_010


@pytest.mark.parametrize(("error", "code"), [
    (Refused("account-unfunded", "It holds nothing", cure="Send it money."), "account-unfunded"),
    (RpcError("eth_estimateGas", -32_005, "request rate", None), "node-unwilling"),
])  # fmt: skip
def test_what_cannot_be_sent_now_is_not_busted(
    exchange: Exchange, error: Exception, code: str
) -> None:
    """Without money for gas, or by a busy node, the venue busted what it could not send."""
    ann, _, cyd, _ = exchange.people
    exchange.floor.ask([exchange.order(ann, buys=False), exchange.order(cyd, buys=True)])
    rpc: Any = exchange.floor._settler._outbox._rpc
    call = rpc.call

    def failing(method: str, *params: object) -> Any:
        if method == "eth_estimateGas":
            raise error
        return call(method, *params)

    rpc.call = failing
    with pytest.raises(TallystickError) as found:
        exchange.floor.settle()
    assert found.value.code == code
    assert not exchange.ended()
    rpc.call = call
    exchange.floor.settle()
    assert [type(each) for each in exchange.ended()] == [TradeSettled]
