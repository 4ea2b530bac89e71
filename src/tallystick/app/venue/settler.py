"""Brings trades to settlement: which go together, what is sent, and what became of it.

A batch is in the order journal before anything is sent, and what is sent follows from the journal
alone, so that whoever goes on after a crash sends the very same. One batch is under way at a time:
a trade is never sent before the earlier ones of its orders have ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from tallystick.core.errors import Refused
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.embedded.rawtx import TRANSACTION_GAS_MAX
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.outbox import Outbox, Signer
from tallystick.markets.signed_orders import packed_trade
from tallystick.markets.venue.entries import HoldFact
from tallystick.markets.venue.holds import Keeper
from tallystick.markets.venue.state import LiveOrder, Trade, VenueState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tallystick.app.venue.permitting import Signed

# What one batch may have, as of `Settlement.vy`.
TRADES_MAX: Final = 64
MARKETS_MAX: Final = 16
PROOFS_MAX: Final = 8
# Gas of a trade of two who never traded, somewhat more than `bench gas` has for it; and what must
# be left when the last one begins, so that it is not busted for too little.
GAS_A_TRADE: Final = 170_000
GAS_SPARE: Final = 1_250_000

_SETTLE, _HOLD, _RELEASE = (
    contract("Settlement").function(name) for name in ("settle", "hold", "release")
)
NOTHING: Final[Mapping[Keeper, int]] = {}
# Why nothing can be sent at all, whatever it is.
_UNABLE: Final = frozenset({"account-unfunded"})


class Batching(msgspec.Struct):
    """Trades of a batch while it is put together."""

    trades: list[tuple[object, ...]] = msgspec.field(default_factory=list)
    markets: list[tuple[Wallet, Wallet, int]] = msgspec.field(default_factory=list)
    proofs: list[bytes] = msgspec.field(default_factory=list)

    def add(self, state: VenueState, trade: Trade) -> bool:
        """Take a trade in; False if there is no room for what it needs."""
        buy, sell = state.orders[trade.buy], state.orders[trade.sell]
        market = (sell.terms.security, sell.terms.cash, sell.terms.units_per_lot)
        proofs = [order.signature for order in (buy, sell) if order.by_contract]
        markets = self.markets if market in self.markets else [*self.markets, market]
        if len(markets) > MARKETS_MAX or len(self.proofs) + len(proofs) > PROOFS_MAX:
            return False
        self.markets = markets
        sides = (self._side(buy, trade.starts[0]), self._side(sell, trade.starts[1]))
        self.trades.append(packed_trade(trade.number, markets.index(market), lots=trade.lots,
                                        price=trade.price, fees=trade.fees, orders=sides)
                           )  # fmt: skip
        return True

    def _side(self, order: LiveOrder, start: int) -> tuple[object, ...]:
        if not order.by_contract:
            return order.terms.packed(start, order.signature)
        self.proofs.append(order.signature)
        return order.terms.packed(start, b"", proof=len(self.proofs))

    def call(self, fees_to: Wallet) -> str:
        """The call that settles them."""
        return _SETTLE.encode(self.markets, self.trades, self.proofs, fees_to)


def room(block_gas: int) -> int:
    """Trades that a block of so much gas has room for in one batch; one at least is tried."""
    fitting = (min(block_gas, TRANSACTION_GAS_MAX) - GAS_SPARE) // GAS_A_TRADE
    return max(1, min(TRADES_MAX, fitting))


class Withheld:
    """Units that are held for orders that left keep back what their sellers sold otherwise.

    `kept` are the units that are held for all orders of such sellers, by security.
    """

    def __init__(self, state: VenueState, kept: Mapping[Keeper, int]) -> None:
        self._state = state
        self._kept = kept
        self._free: dict[Keeper, int] = {}
        self._delivered: dict[int, int] = {}

    def lets(self, trade: Trade) -> bool:
        """Whether the units of a trade are held for it, or free, beside those before it."""
        sell = self._state.orders[trade.sell]
        keeper = sell.terms.investor, sell.terms.security
        if keeper not in self._kept:
            return True
        units = trade.lots * sell.terms.units_per_lot
        of_hold = min(units, sell.held - self._delivered.get(sell.number, 0))
        account = self._state.means.of(sell.terms.security, sell.terms.investor)
        free = self._free.get(keeper, (account.held if account else 0) - self._kept[keeper])
        if units - of_hold > free:
            return False
        self._free[keeper] = free - (units - of_hold)
        self._delivered[sell.number] = self._delivered.get(sell.number, 0) + of_hold
        return True


def next_batch(
    state: VenueState, trades_max: int = TRADES_MAX, kept: Mapping[Keeper, int] = NOTHING,
) -> tuple[int, ...]:  # fmt: skip
    """Numbers of the trades that go next, in the order they were made; none while others go.

    After a batch was refused whole the next is half of it, down to a single trade. A trade whose
    units are `kept` for other orders waits, and with it what was traded of the same orders later.
    """
    if state.failed_batch:
        trades_max = min(trades_max, max(1, state.failed_batch // 2))
    pending = list(state.pending.values())
    if any(trade.batch for trade in pending):
        return ()
    batching, withheld = Batching(), Withheld(state, kept)
    found: list[int] = []
    waiting: set[int] = set()
    for trade in pending:
        sides = {trade.buy, trade.sell}
        if sides & waiting or not withheld.lets(trade):
            waiting |= sides
        elif len(found) == trades_max or not batching.add(state, trade):
            break
        else:
            found.append(trade.number)
    return tuple(found)


def under_way(state: VenueState) -> list[int]:
    """Batches that were sent and have trades that have not ended."""
    return sorted({trade.batch for trade in list(state.pending.values()) if trade.batch})


def batch_key(number: int) -> str:
    """Under which key a batch is sent; never anything else is."""
    return f"settle/{number}"


class Settler:
    """Sends batches by the venue's key."""

    def __init__(self, outbox: Outbox, signer: Signer, settlement: Wallet, fees_to: Wallet) -> None:
        self._outbox = outbox
        self._signer = signer
        self._settlement = settlement
        self._fees_to = fees_to

    def reconcile(self) -> None:
        """Send again what the chain took back; the same transactions, under their numbers."""
        self._outbox.reconcile()

    def permit(self, signed: Signed) -> None:
        """Have a permit stand in a block. Raises `Refused` if the token does not take it."""
        self._outbox.carry_out([signed.intent(self._signer.wallet)], self._signer)

    def send(self, state: VenueState, number: int) -> str:
        """Have a batch carried out, once; why the chain refused it whole, or nothing.

        What became of each trade the chain tells in its logs. Sent again, it is only looked up.
        Raises `Refused` if nothing can be sent at all.
        """
        return self._carried_out([self._batch(state, number)]).get(batch_key(number), "")

    def hold(self, asked: Sequence[LiveOrder]) -> dict[int, str]:
        """Have the units of orders held, once; why the chain refused it, by their numbers."""
        return self._of_orders("hold", asked, _held)

    def release(self, ended: Sequence[LiveOrder]) -> dict[int, str]:
        """Have let go what is held for orders; why the chain refused it, by their numbers."""
        return self._of_orders("release", ended, _released)

    def let_go(self, strays: Sequence[HoldFact], block: int) -> None:
        """Have let go what is held for orders that nobody knows, as of a block."""
        self._carried_out([
            self._intent(f"let-go/{'/'.join(map(str, each.signed_by))}/{block}",
                         _RELEASE.encode(*each.signed_by))
            for each in strays
        ])  # fmt: skip

    def _of_orders(
        self, what: str, asked: Sequence[LiveOrder], call: Callable[[LiveOrder], str]
    ) -> dict[int, str]:
        keys = {f"{what}/{order.number}": order for order in asked}
        refused = self._carried_out([self._intent(key, call(order)) for key, order in keys.items()])
        return {keys[key].number: why for key, why in refused.items()}

    def _carried_out(self, intents: Sequence[Intent]) -> dict[str, str]:
        """Have intents carried out, once each; the codes of those that were refused, by their keys.

        Raises `Refused` if nothing can be sent at all.
        """
        refused: dict[str, str] = {}
        for carry in (self._begin, self._complete):
            for intent in intents:
                try:
                    if intent.key not in refused:
                        carry(intent)
                except Refused as error:
                    if error.code in _UNABLE:
                        raise
                    refused[intent.key] = error.code
        return refused

    def _begin(self, intent: Intent) -> None:
        self._outbox.begin([intent], self._signer)

    def _complete(self, intent: Intent) -> None:
        self._outbox.complete(intent, self._signer)

    def _batch(self, state: VenueState, number: int) -> Intent:
        batching = Batching()
        for each in state.batches[number].trades:
            batching.add(state, state.trades[each])
        return self._intent(batch_key(number), batching.call(self._fees_to))

    def _intent(self, key: str, data: str) -> Intent:
        return Intent(key, self._signer.wallet, self._settlement, data)


def _held(order: LiveOrder) -> str:
    """The call that has the units of an order held."""
    terms = order.terms
    market = (terms.security, terms.cash, terms.units_per_lot)
    if order.by_contract:
        return _HOLD.encode(market, terms.packed(0, b"", proof=1), [order.signature])
    return _HOLD.encode(market, terms.packed(0, order.signature), [])


def _released(order: LiveOrder) -> str:
    """The call that lets go what is held for an order."""
    return _RELEASE.encode(*order.terms.signed_by)
