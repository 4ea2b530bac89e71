"""Gas of trades: settled in batches of 50, both signatures and allowances checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth_account import Account

from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.markets.signed_orders import OrderTerms, packed_trade

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from tallystick.bench.gas import Scene

SETTLEMENT = contract("Settlement")
CASH = contract("Cash")
TOKEN = contract("SecurityToken")

# Budgets of DESIGN 3.1, in gas of one trade.
BUDGETS = {
    "settle_trade_fresh": 112_000,
    "settle_trade_in_use": 76_000,
    "settle_trade_new_parties": 154_000,
}

BATCH = 50
LOT_UNITS = 10
PRICE = 2_500_000
FEE_BPS = 20
UNLIMITED = 2**256 - 1


class Floor:
    """A settlement contract, and people who hold units and money and allow it both."""

    def __init__(self, scene: Scene, token: str) -> None:
        self.scene, self.token = scene, token
        self.settlement = deploy_service("Settlement", lambda _name, data: scene.deploy(data))
        self.cash = scene.deploy(CASH.creation("Cash", "USD", 6, scene.issuer.address))
        self.domain = Domain(scene.chain_id, Wallet(self.settlement.lower()))
        scene.gas(scene.issuer, CASH, self.cash, "addAgent", scene.issuer.address)
        scene.act("setVenue", token, self.settlement, True)
        self._number = 0

    def fund(self, people: list[LocalAccount], *, units: int, money: int) -> None:
        """Let people have units and money, and allow both."""
        for start in range(0, len(people), BATCH):
            part = [one.address for one in people[start : start + BATCH]]
            if units:
                self.scene.act("batchMint", self.token, part, [units] * len(part))
        for one in people:
            if money:
                self.scene.gas(self.scene.issuer, CASH, self.cash, "mint", one.address, money)
            self.scene.gas(one, TOKEN, self.token, "approve", self.settlement, UNLIMITED)
            self.scene.gas(one, CASH, self.cash, "approve", self.settlement, UNLIMITED)

    def order(
        self, one: LocalAccount, nonce: int, filled: int, *, buys: bool
    ) -> tuple[object, ...]:
        """A signed order of two lots, of which some are filled."""
        me = Wallet(one.address.lower())
        terms = OrderTerms(
            investor=me, signer=me, venue=Wallet(self.scene.issuer.address.lower()),
            security=Wallet(self.token.lower()), cash=Wallet(self.cash.lower()), buys=buys,
            units_per_lot=LOT_UNITS, lots=1_000, price=PRICE, fee_bps=FEE_BPS,
            expiry=self.scene.now_s() + 86_400, nonce=nonce, epoch=0,
        )  # fmt: skip
        signed = Account.unsafe_sign_hash(terms.digest(self.domain), one.key)
        vs = signed.s | (signed.v - 27) << 255
        return terms.packed(filled, signed.r.to_bytes(32, "big") + vs.to_bytes(32, "big"))

    def settle_each(
        self, buyers: list[LocalAccount], sellers: list[LocalAccount], *, nonce: int, filled: int
    ) -> int:
        """Gas of each trade of a batch between buyers and sellers, a lot each."""
        trades: list[tuple[Any, ...]] = []
        fee = PRICE * FEE_BPS // 10_000
        for buyer, seller in zip(buyers, sellers, strict=True):
            self._number += 1
            orders = (self.order(buyer, nonce, filled, buys=True),
                      self.order(seller, nonce, filled, buys=False))  # fmt: skip
            trades.append(packed_trade(
                self._number, 0, lots=1, price=PRICE, fees=(fee, fee), orders=orders
            ))  # fmt: skip
        market = (self.token, self.cash, LOT_UNITS)
        receipt = self.scene.send(
            self.scene.issuer, self.settlement,
            SETTLEMENT.function("settle").encode(
                [market], trades, [], self.scene.issuer.address
            ),
        )  # fmt: skip
        [event] = [log for log in receipt["logs"] if log["topics"][0] == _SETTLED.topic]
        settled = _SETTLED.decode(event["topics"], event["data"])["heads"]
        if [head % 2**64 for head in settled] != [trade[0] % 2**64 for trade in trades]:
            message = f"{len(settled)} of {len(trades)} trades were settled"
            raise AssertionError(message)
        return -(-int(receipt["gasUsed"], 16) // len(trades))


_SETTLED = next(event for event in SETTLEMENT.events.values() if event.name == "Settled")


def measure_settlement(scene: Scene, token: str) -> dict[str, int]:
    """Figures of trades, in gas each."""
    floor = Floor(scene, token)
    buyers, sellers, newcomers = (scene.admitted(BATCH) for _ in range(3))
    floor.fund([*buyers, *sellers], units=10**6, money=10**9)
    floor.fund(newcomers, units=0, money=PRICE * 2)
    emptied = scene.admitted(BATCH)
    floor.fund(emptied, units=LOT_UNITS, money=0)
    scene.advance(8)
    fresh = floor.settle_each(buyers, sellers, nonce=8, filled=0)
    in_use = floor.settle_each(buyers, sellers, nonce=8, filled=1)
    fresh = max(fresh, floor.settle_each(buyers, sellers, nonce=16, filled=0))
    in_use = max(in_use, floor.settle_each(buyers, sellers, nonce=17, filled=0))
    return {
        "settle_trade_fresh": fresh,
        "settle_trade_in_use": in_use,
        "settle_trade_new_parties": floor.settle_each(newcomers, emptied, nonce=0, filled=0),
    }
