"""The venue on an embedded chain: matched, settled, busted, rolled back, and gone on with."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tallystick.app.venue.floor import Floor
from tallystick.app.venue.follower import Follower, Watched
from tallystick.app.venue.rules import BookRules
from tallystick.app.venue.sequencer import Sequencer, restored
from tallystick.app.venue.settler import Settler
from tallystick.bench import gas
from tallystick.bench.gas_settlement import LOT_UNITS, PRICE
from tallystick.bench.gas_settlement import Floor as Stage
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.anvil import find_anvil, free_port
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.gateways.store.schema import ATTEMPT, INTENT
from tallystick.markets.signed_orders import OrderTerms
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.events import (
    Accepted,
    TradeBusted,
    Traded,
    TradeSettled,
    TradeUnsettled,
)
from tallystick.markets.venue.snapshot import state_hash
from tallystick.markets.venue.terms import MarketTerms
from tests.venue.signing import compact_by

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

NS = 10**9


class _Patient(Rpc):
    """Waits until a transaction that was sent is in a block, as the embedded chain does."""

    def call(self, method: str, *params: Any) -> Any:
        answer = super().call(method, *params)
        while method == "eth_sendRawTransaction" and (
            super().call("eth_getTransactionReceipt", answer) is None
        ):
            time.sleep(0.002)
        return answer


class PlainHost:
    """An anvil by itself, without fees, that can be taken back to an earlier block."""

    def __init__(self) -> None:
        port = free_port()
        command = [str(find_anvil()), "--port", str(port), "--silent", "--base-fee", "0",
                   "--gas-price", "0", "--chain-id", str(gas.CHAIN_ID)]  # fmt: skip
        self._process = subprocess.Popen(command)
        self.url = f"http://127.0.0.1:{port}"
        self.rpc = _Patient(self.url)
        for _ in range(500):
            with contextlib.suppress(Exception):
                self.rpc.call("eth_chainId")
                break
            time.sleep(0.02)

    def control(self, act: str, *, seconds: int) -> None:
        assert act == "advance"
        self.rpc.call("evm_increaseTime", seconds)
        self.rpc.call("evm_mine")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class Exchange:
    """A security with all rules on, people who trade it, and a venue in a folder."""

    def __init__(self, folder: Path, host: Any) -> None:
        self.folder, self.host = folder, host
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gas, "Rpc", _Patient)
            self.scene = gas.Scene(host)
        token, _ = self.scene.issue("Traded", gas.all_rules())
        [founder] = self.scene.admitted(1)
        self.scene.act("mint", token, founder.address, 10**9)
        self.scene.refresh(founder)
        self.stage = Stage(self.scene, token)
        self.people = self.scene.admitted(4)
        self.stage.fund(self.people, units=1_000, money=10**9)
        self.scene.advance(8)
        self.token, self.cash = Wallet(token.lower()), Wallet(self.stage.cash.lower())
        self.settlement = Wallet(self.stage.settlement.lower())
        self.signer = LocalSigner(self.scene.issuer)
        self.nonce = 0
        self.events: list[Any] = []
        self.floor = self.open()
        self.floor.begin()
        self.floor.ask([said.MarketOpened(MarketTerms(
            symbol="T/USD", security=self.token, cash=self.cash, units_per_lot=LOT_UNITS, tick=1,
            reference=PRICE, maker_bps=5, taker_bps=10,
        ))])  # fmt: skip

    def open(self) -> Floor:
        """The venue as its folder has it."""
        engine = open_sqlite(self.folder / "venue.sqlite")
        for table in (INTENT, ATTEMPT):
            table.create(engine, checkfirst=True)
        assert isinstance(engine, sa.Engine)
        rpc = Rpc(self.host.url)
        journal = OrderJournal(engine)
        registry = Wallet(self.scene.registry.lower())
        rules = BookRules(registry, self.settlement)
        venue = restored(journal, lambda: rules)
        sequencer = Sequencer(journal, venue, lambda: self.scene.now_s() * NS,
                              lambda _, events: self.events.extend(events))  # fmt: skip
        self.sequencer = sequencer
        outbox = Outbox(engine, rpc, chain_id=self.scene.chain_id)
        watched = Watched(self.signer.wallet, registry, self.settlement, 0)
        settler = Settler(outbox, self.signer, self.settlement, self.signer.wallet)
        return Floor(sequencer, Follower(rpc, watched, rules.securities), settler)

    def order(self, who: LocalAccount, *, buys: bool, lots: int = 1, price: int = PRICE
              ) -> said.Placed:  # fmt: skip
        self.nonce += 1
        me = Wallet(who.address.lower())
        terms = OrderTerms(
            investor=me, signer=me, venue=self.signer.wallet, security=self.token, cash=self.cash,
            buys=buys, units_per_lot=LOT_UNITS, lots=lots, price=price, fee_bps=20,
            expiry=self.scene.now_s() + 3_600, nonce=self.nonce, epoch=0,
        )  # fmt: skip
        return said.Placed(terms, compact_by(who, terms.digest(self.stage.domain)))

    def units(self, who: LocalAccount) -> int:
        found: int = self.scene.view("balanceOf", self.token, who.address)
        return found

    def ended(self) -> list[Any]:
        return [each for each in self.events if isinstance(each, TradeSettled | TradeBusted)]


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
        venue = restored_from(exchange)
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
    assert state_hash(restored_from(exchange)) == state_hash(exchange.sequencer.venue)


def restored_from(exchange: Exchange) -> Venue:
    """Another machine's venue, from the journal alone."""
    journal = OrderJournal(open_sqlite(exchange.folder / "venue.sqlite"))
    registry = Wallet(exchange.scene.registry.lower())
    return restored(journal, lambda: BookRules(registry, exchange.settlement))


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
    assert {"uncovered", "receiver-unknown"} <= set(codes[1])
    assert codes[2] == ["sender-frozen"]
