"""The venue: applies one entry of its journal after the other, and says what came of each.

It reads nothing else: no clock, no chain, no chance. The same entries give the same state, the same
events and the same hash, on whatever machine. To take up another entry: a struct in `entries` and a
line in the table at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any

from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.markets.order_book import DEAD_MAX, OrderBook
from tallystick.markets.signed_orders import OrderTerms, SignedBy
from tallystick.markets.venue import admitting, chain_facts, holds, naming, pricing, trading
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.commitments import Commitments
from tallystick.markets.venue.eligibility import Eligibility, Sale
from tallystick.markets.venue.events import (
    Accepted,
    Event,
    Left,
    MarketSet,
    PhaseBegan,
    Reduced,
    RefusedOrder,
    Unanswered,
)
from tallystick.markets.venue.nonces import NonceWindow
from tallystick.markets.venue.refusals import OrderRefusal, Why, refusal
from tallystick.markets.venue.state import Holding, LiveOrder, Market, Trade, VenueState
from tallystick.markets.venue.terms import Phase

NS = 10**9


class Venue:
    """A venue as of the last entry; `eligibility` answers for the rules of its securities."""

    def __init__(self, eligibility: Eligibility, state: VenueState | None = None) -> None:
        self.eligibility = eligibility
        self.state = state or VenueState()
        # What follows from the state, kept at hand.
        self.by_wallet: dict[Wallet, dict[int, LiveOrder]] = {}
        self.by_login: dict[str, dict[int, LiveOrder]] = {}
        self.commitments = Commitments(self.state, eligibility.home)
        # Orders whose units are held, or to be held or let go, by what was signed.
        self.holding: dict[SignedBy, LiveOrder] = {}
        # Orders that could not be traded with others that they met, of this entry.
        self.passed_over: set[int] = set()
        self._open = 0
        self._expiries: list[tuple[int, int]] = []
        self._phase_ends: list[tuple[int, str]] = []
        self._by_pair: dict[tuple[Wallet, Wallet], Market] = {}
        self._said: list[Event] = []
        # Trades that ended, by block and number.
        self.finals: deque[tuple[int, int]] = deque()
        self.finals_from_state()
        for market in self.state.markets.values():
            self.arm(market)
            self.end_phase_at(market, market.until_ns)
        for order in self.state.orders.values():
            if order.left:
                self._index(order)
            if order.holding is not Holding.NONE:
                self.holding[order.terms.signed_by] = order
        for trade in self.state.pending.values():
            if trade.promised_s:
                eligibility.promise(self.sale_of(trade), now_s=trade.promised_s)

    def finals_from_state(self) -> None:
        """List the trades that ended anew."""
        ended = ((trade.block, trade.number) for trade in self.state.trades.values() if trade.block)
        self.finals = deque(sorted(ended))

    def apply(self, journaled: said.Journaled) -> list[Event]:
        """Take up an entry; returns what came of it, in order."""
        self._said = []
        self.state.place = journaled.place
        self.state.now_ns = max(self.state.now_ns, journaled.at_ns)
        self._pass_time()
        _TABLE[type(journaled.entry)](self, journaled.entry)
        if self.passed_over:
            trading.leave_barred(self)
        return self._said

    def say(self, event: Event) -> None:
        """Note what came of the entry."""
        self._said.append(event)

    # --- time

    def _pass_time(self) -> None:
        """Let orders leave whose time is over, and phases begin whose time has come."""
        now_s = self.state.now_s = max(self.state.now_ns // NS, self.state.head.time_s)
        if now_s // DAY_S != self.state.day:
            self.state.day = now_s // DAY_S
            self.state.holds_asked = {}
            for market in self.state.markets.values():
                pricing.refer_to_last(market)
        while self._expiries and self._expiries[0][0] < now_s:
            order = self.state.orders.get(heappop(self._expiries)[1])
            if order is not None and order.left:
                self.leave(order, Why.EXPIRED)
        # As long as it is not known what wallets have nothing is traded at the end of a call.
        while not self.state.is_behind and (
            self._phase_ends and self._phase_ends[0][0] <= self.state.now_ns
        ):
            until_ns, symbol = heappop(self._phase_ends)
            market = self.state.markets[symbol]
            if market.until_ns == until_ns:
                self._next_phase(market)

    def due_ns(self) -> int | None:
        """When something happens by itself next, in UTC nanoseconds; None if nothing does."""
        expiries = [(self._expiries[0][0] + 1) * NS] if self._expiries else []
        ends = [self._phase_ends[0][0]] if self._phase_ends else []
        return min(expiries + ends, default=None)

    def _sweep_expiries(self) -> None:
        """Forget when orders would have left that have, if there are more of them than others."""
        if len(self._expiries) > 2 * self._open + DEAD_MAX:
            orders = self.state.orders
            self._expiries = [each for each in self._expiries
                              if each[1] in orders and orders[each[1]].left]  # fmt: skip
            heapify(self._expiries)

    def end_phase_at(self, market: Market, until_ns: int) -> None:
        """Have the phase of a market end at a time, or by what somebody does if that is 0."""
        market.until_ns = until_ns
        if until_ns:
            heappush(self._phase_ends, (until_ns, market.terms.symbol))

    def _next_phase(self, market: Market) -> None:
        """End a phase whose time is over, and begin what the schedule has."""
        if market.phase is Phase.CALL:
            trading.end_call(self, market)
        self.begin_phase(market, market.terms.phase_at(self.state.now_s), "schedule")

    def begin_phase(self, market: Market, phase: Phase, code: str) -> None:
        """Begin a phase, until the schedule has another one."""
        now_s = self.state.now_s
        changes_s = market.terms.next_opening_s(now_s)
        self.end_phase_at(market, 0 if changes_s is None else changes_s * NS)
        if market.phase is not phase:
            market.phase = phase
            self.say(PhaseBegan(market.terms.symbol, phase, code, market.until_ns))
        if phase is Phase.CONTINUOUS:
            trading.meet_again(self, market)

    # --- orders

    def place(self, placed: said.Placed) -> None:
        """Take an order if nothing is against it, and let it meet those that wait."""
        terms, state = placed.terms, self.state
        market = self.market_of(terms)
        symbol = market.terms.symbol if market else ""
        old = state.orders.get(placed.replaces) if placed.replaces else None
        if placed.replaces and (why := self._unreplaceable(old, placed)) is not None:
            known = admitting.taken_before(self, placed)
            self.say(RefusedOrder(terms.investor, placed.client_id, symbol, (why, *known)))
            return
        against = admitting.refusals(self, placed, market)
        if against or market is None:
            self.say(RefusedOrder(terms.investor, placed.client_id, symbol, tuple(against)))
            return
        if old is not None:
            self.leave(old, Why.REPLACED)
        self.use_nonce(terms.investor, terms.signer, terms.nonce)
        state.orders_made += 1
        live = LiveOrder(
            number=state.orders_made, symbol=symbol, owner=self.eligibility.home(terms.investor),
            terms=terms, signature=placed.signature, client_id=placed.client_id,
            login=placed.login, at_ns=state.now_ns, left=terms.lots,
            leaves_s=terms.expiry - market.terms.margin_s, fee_bps=market.fee_bps,
            by_contract=placed.by_contract,
        )  # fmt: skip
        state.orders[live.number] = live
        naming.note(state, live)
        self._index(live)
        waits = holds.is_asked(market, terms)
        self.say(Accepted(live.number, symbol, terms.investor, live.client_id, terms.buys,
                          terms.lots, terms.price, waits))  # fmt: skip
        self.commitments.bind(live)
        if waits:
            holds.ask(self, live)
        else:
            trading.trade(self, market, live)

    @staticmethod
    def _unreplaceable(old: LiveOrder | None, placed: said.Placed) -> OrderRefusal | None:
        if old is None or not old.left:
            return refusal(Why.ORDER_UNKNOWN)
        if old.terms.investor != placed.terms.investor:
            return refusal(Why.NOT_HIS)
        if old.matched == placed.filled:
            return None
        return refusal(Why.FILLED_MEANWHILE, limit=old.matched, now=placed.filled)

    def leave(self, order: LiveOrder, why: str) -> None:
        """Let an order leave the book with whatever is left of it."""
        lots = order.left
        self.state.markets[order.symbol].book.cancel(order.number)
        self.say(Left(order.number, order.symbol, lots, why))
        order.left = 0
        self._gone(order)

    def require_cover(self, token: Wallet, wallet: Wallet) -> None:
        """Let orders leave, the latest first, that are no longer covered by what a wallet has."""
        account = self.state.means.of(token, wallet)
        mine = list(self.by_wallet.get(wallet, {}).values())
        while account is not None and account.free < 0 and mine:
            order = mine.pop()
            if order.token == token:
                self.leave(order, Why.UNCOVERED)

    def reduce(self, order: LiveOrder, lots: int, why: str) -> None:
        """Take so many lots from what is left of an order; the book has done so already."""
        if lots >= order.left:
            self.leave(order, why)
            return
        order.left -= lots
        self.commitments.bind(order)
        self.say(Reduced(order.number, order.symbol, order.left, why))

    def lessen(self, order: LiveOrder, lots: int) -> None:
        """Note that lots of an order were traded."""
        order.left -= lots
        if order.left:
            self.commitments.bind(order)
        else:
            self.say(Left(order.number, order.symbol, 0, Why.FILLED))
            self._gone(order)

    def forget_closed(self, order: LiveOrder) -> None:
        """Forget an order that has left and of which no trade is to be settled."""
        if not order.left and not order.unsettled and order.holding is Holding.NONE:
            self.state.orders.pop(order.number, None)

    def _gone(self, order: LiveOrder) -> None:
        """Free what an order that has left kept bound."""
        self.commitments.bind(order)
        self._open -= 1
        self._sweep_expiries()
        wallet = order.terms.investor
        mine = self.by_wallet.get(wallet, {})
        mine.pop(order.number, None)
        if not mine:
            self.by_wallet.pop(wallet, None)
        theirs = self.by_login.get(order.login, {})
        theirs.pop(order.number, None)
        if not theirs:
            self.by_login.pop(order.login, None)
        holds.left(self, order)
        self.forget_closed(order)

    def _index(self, order: LiveOrder) -> None:
        wallet = order.terms.investor
        self.by_wallet.setdefault(wallet, {})[order.number] = order
        if order.login:
            self.by_login.setdefault(order.login, {})[order.number] = order
        self._open += 1
        heappush(self._expiries, (order.leaves_s, order.number))

    def _charge(self, order: LiveOrder, fee_bps: int) -> None:
        """Keep an order bound for the fee that is due by now; it leaves if it does not have it."""
        order.fee_bps = fee_bps
        self.commitments.bind(order)
        account = self.state.means.of(order.token, order.terms.investor)
        if account is not None and account.free < 0:
            self.leave(order, Why.UNCOVERED)
        elif order.by_session and (self.commitments.session_left(order.terms) or 0) < 0:
            self.leave(order, Why.SESSION)

    # --- looking up

    def market_of(self, terms: OrderTerms) -> Market | None:
        """The market in which an order's security is traded for its money."""
        return self._by_pair.get((terms.security, terms.cash))

    def open_in(self, market: Market) -> list[LiveOrder]:
        """Orders that are open in a market: those in its book, and those to be held first."""
        resting = [self.state.orders[each.number] for each in market.book.resting()]
        return resting + [each for each in holds.waiting(self)
                          if each.symbol == market.terms.symbol and each.left]  # fmt: skip

    def window(self, investor: Wallet, signer: Wallet) -> NonceWindow:
        """The numbers that were used for an investor's orders by one who signs them."""
        return self.state.nonces.get(investor, {}).get(signer) or NonceWindow()

    def use_nonce(self, investor: Wallet, signer: Wallet, nonce: int) -> None:
        """Note a number as used, if it is one of which that is remembered."""
        windows = self.state.nonces.setdefault(investor, {})
        window = windows.setdefault(signer, NonceWindow())
        if window.fits(nonce):
            window.use(nonce)

    def sale_of(self, trade: Trade) -> Sale:
        """What a trade does with units."""
        orders = self.state.orders
        return trading.sale_of(orders[trade.buy], orders[trade.sell], trade.lots)

    # --- entries

    def _market_opened(self, entry: said.MarketOpened) -> None:
        terms = entry.terms
        market = self.state.markets.get(terms.symbol)
        of_pair = self._by_pair.get((terms.security, terms.cash))
        if of_pair is not market or (market and market.terms.units_per_lot != terms.units_per_lot):
            # A symbol stands for one pair, and a pair has one symbol and lot, for good.
            self.say(Unanswered(0, Why.TERMS_DIFFER))
            return
        if market is None:
            market = Market(terms=terms, book=OrderBook(), phase=Phase.CLOSED,
                            reference=terms.reference,
                            epoch=self.eligibility.epoch(terms.security))  # fmt: skip
            self.state.markets[terms.symbol] = market
            self.arm(market)
        elif terms.reference != market.terms.reference:
            pricing.refer_to(market, terms.reference)
        market.terms, market.fee_bps = terms, terms.fee_bps_max
        self.say(MarketSet(terms.symbol))
        for live in self.open_in(market):
            unheld = live.holding is Holding.NONE and holds.is_asked(market, live.terms)
            if unheld or admitting.misfits(market, live.terms):
                self.leave(live, Why.TERMS_DIFFER)
            else:
                self._charge(live, market.fee_bps)
        if market.halted == Why.EPOCH_PASSED:
            # Opened anew for the units that there are now.
            market.halted = ""
            pricing.begin_anew(market, self.state.trades_made)
        if not market.halted and not self._in_call(market):
            self.begin_phase(market, terms.phase_at(self.state.now_s), "schedule")

    def _in_call(self, market: Market) -> bool:
        """Whether orders are being collected, which are to be traded when that ends."""
        return market.phase is Phase.CALL and market.until_ns > self.state.now_ns

    def arm(self, market: Market) -> None:
        """Let orders find a market, and its book ask the venue who may trade with whom."""
        self._by_pair[market.terms.security, market.terms.cash] = market
        market.book.agree_by(lambda taker, maker, lots: trading.agree(
            self, market, taker, maker, lots))  # fmt: skip

    def _cancel_asked(self, entry: said.CancelAsked) -> None:
        order = self.state.orders.get(entry.number)
        if order is None or not order.left:
            self.say(Unanswered(entry.number, Why.ORDER_UNKNOWN))
        else:
            self.leave(order, Why.CANCELLED)

    def _reduce_asked(self, entry: said.ReduceAsked) -> None:
        order = self.state.orders.get(entry.number)
        if order is None or not 0 < entry.lots < order.left:
            self.say(Unanswered(entry.number, Why.ORDER_UNKNOWN))
            return
        self.state.markets[order.symbol].book.reduce(order.number, entry.lots)
        self.reduce(order, order.left - entry.lots, Why.CANCELLED)

    def _all_cancel_asked(self, entry: said.AllCancelAsked) -> None:
        for order in list(self.by_wallet.get(entry.investor, {}).values()):
            if entry.symbol in {"", order.symbol} and entry.signer in {"", order.terms.signer}:
                self.leave(order, Why.CANCELLED)

    def _disconnected(self, entry: said.Disconnected) -> None:
        for order in list(self.by_login.get(entry.login, {}).values()):
            self.leave(order, Why.DISCONNECTED)

    def _halt_asked(self, entry: said.HaltAsked) -> None:
        market = self.state.markets.get(entry.symbol)
        # What has to be mended first is not forgotten over another reason.
        if market is not None and market.halted not in {Why.EPOCH_PASSED, Why.DOSSIER}:
            chain_facts.halt(self, market, entry.code)

    def _resume_asked(self, entry: said.ResumeAsked) -> None:
        market = self.state.markets.get(entry.symbol)
        if market is None or not market.halted or entry.code not in {"", market.halted}:
            return
        security = market.terms.security
        stays = market.halted == Why.EPOCH_PASSED or (
            market.halted == Why.DOSSIER != entry.code)  # fmt: skip
        if stays or self.eligibility.halt_code(security):
            # What halted it is there still.
            self.say(Unanswered(0, Why.MARKET_HALTED))
            return
        market.halted = ""
        trading.resume(self, market)

    def _declined(self, entry: said.Declined) -> None:
        """Nothing comes of it; it stands in the journal."""

    def _ticked(self, entry: said.Ticked) -> None:
        """Time has passed, which was seen to already."""


_TABLE: dict[type, Callable[[Venue, Any], None]] = {
    said.MarketOpened: Venue._market_opened,  # noqa: SLF001 - its own table
    said.Placed: Venue.place,
    said.Declined: Venue._declined,  # noqa: SLF001
    said.CancelAsked: Venue._cancel_asked,  # noqa: SLF001
    said.ReduceAsked: Venue._reduce_asked,  # noqa: SLF001
    said.AllCancelAsked: Venue._all_cancel_asked,  # noqa: SLF001
    said.Disconnected: Venue._disconnected,  # noqa: SLF001
    said.HaltAsked: Venue._halt_asked,  # noqa: SLF001
    said.ResumeAsked: Venue._resume_asked,  # noqa: SLF001
    said.BlockAdded: chain_facts.block_added,
    said.ChainSet: chain_facts.chain_set,
    said.AccountSeen: chain_facts.account_seen,
    said.BatchSent: chain_facts.batch_sent,
    said.BatchFailed: chain_facts.batch_failed,
    said.HoldSent: holds.hold_sent,
    said.HoldFailed: holds.hold_failed,
    said.Ticked: Venue._ticked,  # noqa: SLF001
}
