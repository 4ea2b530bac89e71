"""A venue on a chain, acting in one thread: on an embedded chain, or on a node that goes back."""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections import Counter
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
from tallystick.bench.gas_settlement import LOT_UNITS, PRICE, SETTLEMENT
from tallystick.bench.gas_settlement import Floor as Stage
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.anvil import find_anvil, free_port
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.gateways.store.schema import ATTEMPT, INTENT
from tallystick.markets.signed_orders import Instructions, OrderTerms
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.events import (
    TradeBusted,
    TradeSettled,
)
from tallystick.markets.venue.snapshot import state_hash
from tallystick.markets.venue.state import Holding
from tallystick.markets.venue.terms import MarketTerms
from tests.venue.signing import compact_by

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

NS = 10**9
LIMIT = Instructions()


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

    def __init__(self, folder: Path, host: Any, *, holds: bool = False) -> None:
        self.folder, self.host, self.holds = folder, host, holds
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
            reference=PRICE, maker_bps=5, taker_bps=10, holds=holds,
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

    def order(self, who: LocalAccount, *, buys: bool, lots: int = 1, price: int = PRICE,
              instructions: Instructions = LIMIT) -> said.Placed:  # fmt: skip
        self.nonce += 1
        me = Wallet(who.address.lower())
        terms = OrderTerms(
            investor=me, signer=me, venue=self.signer.wallet, security=self.token, cash=self.cash,
            buys=buys, units_per_lot=LOT_UNITS, lots=lots, price=price, fee_bps=20,
            expiry=self.scene.now_s() + 3_600, nonce=self.nonce, epoch=0,
            instructions=instructions.held_if(asked=self.holds, buys=buys),
        )  # fmt: skip
        return said.Placed(terms, compact_by(who, terms.digest(self.stage.domain)))

    def units(self, who: LocalAccount) -> int:
        found: int = self.scene.view("balanceOf", self.token, who.address)
        return found

    def outcomes(self, floor: Floor) -> dict[str, int]:
        """How all trades ended by what the chain says, each once; units and money are all there."""
        logs = Rpc(self.host.url).call("eth_getLogs", {
            "address": self.settlement, "fromBlock": "0x0", "toBlock": "latest"})  # fmt: skip
        found: dict[int, str] = {}
        for log in logs:
            event = SETTLEMENT.events[log["topics"][0]]
            values = event.decode(log["topics"], log["data"])
            if event.name not in {"Settled", "Busted"}:
                continue
            for head in values["heads"] if event.name == "Settled" else [values["head"]]:
                assert head % 2**64 not in found, f"trade {head % 2**64} ended twice"
                found[head % 2**64] = event.name.lower()
        assert set(found) == set(range(1, floor.state.trades_made + 1))
        assert sum(self.units(who) for who in self.people) == 4_000
        self.require_held_rightly(floor)
        assert state_hash(self.restored()) == state_hash(floor.sequencer.venue)
        return dict(Counter(found.values()))

    def require_held_rightly(self, floor: Floor) -> None:
        """What the chain holds of people is what is left of their orders to sell, and no more."""
        for who in self.people:
            me = Wallet(who.address.lower())
            mine = [order for order in floor.sequencer.venue.by_wallet.get(me, {}).values()
                    if order.holding is not Holding.NONE]  # fmt: skip
            kept = sum((order.terms.lots - order.matched) * LOT_UNITS for order in mine)
            assert self.scene.view("heldUnits", self.token, me) == kept
            assert kept == sum(order.held for order in mine)

    def ended(self) -> list[Any]:
        return [each for each in self.events if isinstance(each, TradeSettled | TradeBusted)]

    def restored(self) -> Venue:
        """Another machine's venue, from the journal alone."""
        journal = OrderJournal(open_sqlite(self.folder / "venue.sqlite"))
        registry = Wallet(self.scene.registry.lower())
        return restored(journal, lambda: BookRules(registry, self.settlement))


def roll_back_repeatedly(exchange: Exchange, host: PlainHost, times: int, seed: int
                         ) -> dict[str, int]:  # fmt: skip
    """Have people trade, the node go back, and the venue begin anew, again and again.

    Returns how trades ended, which the chain must say of each once at the end.
    """
    chance = random.Random(seed)
    first = int(host.rpc.call("eth_blockNumber"), 16)
    floor = exchange.floor
    for _ in range(times):
        for _ in range(chance.randint(1, 6)):
            who, buys = chance.choice(exchange.people), chance.random() < 0.5
            price = PRICE + chance.randint(-3, 3)
            floor.ask([exchange.order(who, buys=buys, lots=chance.randint(1, 4), price=price)])
        if chance.random() < 0.4:
            made = floor.state.orders_made
            floor.ask([said.CancelAsked(chance.randint(max(1, made - 10), made), "himself")])
        step = chance.random()
        if step < 0.6:
            floor.settle()
        elif step < 0.7:
            floor = exchange.open()
            floor.begin()
        now = int(host.rpc.call("eth_blockNumber"), 16)
        if chance.random() < 0.5 and now > first:
            host.rpc.call("anvil_rollback", min(now - first, chance.randint(1, 5)))
            floor.follow()
    deadline = time.monotonic() + 60
    while floor.is_owing:
        assert time.monotonic() < deadline, floor.state.pending
        floor.follow()
        floor.settle()
    return exchange.outcomes(floor)
