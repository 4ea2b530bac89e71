"""What the chain says: blocks, what became of trades, what wallets have, and what is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tallystick.markets.signed_orders import Cancellation, Session
from tallystick.markets.venue import entries as said
from tallystick.markets.venue import holds, pricing, trading
from tallystick.markets.venue.events import (
    PhaseBegan,
    TradeBusted,
    TradeSettled,
    TradeUnsettled,
)
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.state import Batch, Head, LiveOrder, Market, Trade
from tallystick.markets.venue.terms import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tallystick.markets.venue.engine import Venue

# Blocks after which what became of a trade is forgotten: the chain goes back no further, but for a
# `ChainSet` that brings a book of its own.
BLOCKS_KEPT: Final = 256
NS: Final = 10**9


def block_added(venue: Venue, block: said.BlockAdded) -> None:
    """Take up a block."""
    state = venue.state
    state.past = [*state.past[1 - BLOCKS_KEPT :], state.head]
    state.head = Head(block.number, block.hash, block.time_s)
    state.now_s = max(state.now_ns // NS, block.time_s)
    state.is_behind = not block.latest
    for number in block.settled:
        _end(venue, number, block.number)
    for bust in block.busted:
        _end(venue, bust.number, block.number, bust)
    pricing.price_again(state, _symbols(venue, [bust.number for bust in block.busted]))
    for cancellation in block.cancelled:
        _void(venue, cancellation)
    for session in block.granted:
        _grant(venue, session)
    _tell(venue, block.accounts)
    if block.logs or block.settled or block.busted:
        venue.eligibility.fold(block)
        promise_again(venue)
        _heed_securities(venue)
    holds.seen(venue, block.holds)
    if block.latest:
        holds.enter(venue)
    _forget_old(venue)
    if block.latest and (block.logs or block.accounts):
        for market in state.markets.values():
            if market.phase is Phase.CONTINUOUS:
                trading.meet_again(venue, market)


def chain_set(venue: Venue, entry: said.ChainSet) -> None:
    """Take up the chain as it is at a block, at the beginning or after it was rolled back."""
    state = venue.state
    # A book that is given is as of this block; nothing can go back behind it.
    last = 0 if entry.book else entry.number
    state.past = [each for each in state.past if each.number < last]
    state.head = Head(entry.number, entry.hash, entry.time_s)
    state.now_s = max(state.now_ns // NS, entry.time_s)
    state.is_behind = not entry.latest
    undone = [trade for trade in state.trades.values() if trade.block > entry.common]
    repriced = [trade.number for trade in undone if trade.reason]
    for trade in undone:
        _undo(venue, trade)
    state.list_pending()
    for number, block in entry.settled:
        _end(venue, number, block)
    for bust, block in entry.busted:
        _end(venue, bust.number, block, bust)
    repriced += [bust.number for bust, _ in entry.busted]
    pricing.price_again(state, _symbols(venue, repriced))
    venue.finals_from_state()
    for cancellation in entry.cancelled:
        _void(venue, cancellation)
    state.sessions = {}
    for session in entry.sessions:
        state.sessions.setdefault(session.investor, {})[session.key] = session
    for order in [each for each in state.orders.values() if each.left and each.by_session]:
        _require_session(venue, order)
    venue.eligibility.set(entry.number, entry.book)
    promise_again(venue)
    _tell(venue, entry.accounts)
    _heed_securities(venue)
    holds.set_anew(venue, entry.holds)
    if entry.latest:
        holds.enter(venue)


def account_seen(venue: Venue, entry: said.AccountSeen) -> None:
    """Take up what a wallet has that was not known."""
    _tell(venue, (entry.account,))


def batch_sent(venue: Venue, entry: said.BatchSent) -> None:
    """Note with which batch trades go to settlement."""
    state = venue.state
    state.batches_made = max(state.batches_made, entry.number)
    state.batches[entry.number] = Batch(entry.number, entry.trades)
    for number in entry.trades:
        state.trades[number].batch = entry.number


def batch_failed(venue: Venue, entry: said.BatchFailed) -> None:
    """Let the trades of a batch that was refused whole go with smaller ones.

    A single trade that is refused alone will never be settled; its orders leave, of which the chain
    counted nothing.
    """
    state = venue.state
    batch = state.batches.pop(entry.number, None)
    waiting = [state.trades[number] for number in (batch.trades if batch else ())
               if number in state.trades and not state.trades[number].block]  # fmt: skip
    state.failed_batch = len(waiting)
    for trade in waiting:
        trade.batch = 0
    if len(waiting) == 1:
        state.failed_batch = 0
        _end(venue, waiting[0].number, max(state.head.number, 1),
             said.Bust(waiting[0].number, entry.reason, "", 0))  # fmt: skip
        pricing.price_again(state, {waiting[0].symbol})
        venue.eligibility.forget()
        promise_again(venue)


def promise_again(venue: Venue) -> None:
    """Promise all trades that are not settled anew; one that is refused by now will be busted."""
    now_s = venue.state.now_s
    for trade in venue.state.pending.values():
        sale = venue.sale_of(trade)
        refused = venue.eligibility.judge(sale, now_s=now_s).refusals
        kept = not refused and venue.eligibility.promise(sale, now_s=now_s)
        trade.promised_s = now_s if kept else 0


# --- trades


def _end(venue: Venue, number: int, block: int, bust: said.Bust | None = None) -> None:
    """Note that a trade was settled, or busted.

    One that is known to have ended was sent twice, which did nothing.
    """
    trade = venue.state.trades.get(number)
    if trade is None or trade.block:
        return
    _owe(venue, trade, -1)
    del venue.state.pending[number]
    trade.block = block
    venue.finals.append((block, number))
    if bust is None:
        venue.state.failed_batch = 0
        _count_sessions(venue, trade, 1)
        holds.delivered(venue, venue.state.orders[trade.sell], trade.lots)
        venue.say(TradeSettled(number, block))
        return
    trade.reason = bust.reason
    venue.say(TradeBusted(number, block, bust.reason, bust.answer))
    for side, each in ((1, trade.buy), (2, trade.sell)):
        order = venue.state.orders[each]
        if order.left and not bust.stood & side:
            # The chain does not count its lots as the venue does.
            venue.leave(order, Why.BUSTED)


def _symbols(venue: Venue, trades: Iterable[int]) -> set[str]:
    """The markets of trades that the venue knows."""
    known = venue.state.trades
    return {known[number].symbol for number in trades if number in known}


def _undo(venue: Venue, trade: Trade) -> None:
    """Note that what became of a trade is undone."""
    if not trade.reason:
        _count_sessions(venue, trade, -1)
    trade.block, trade.reason = 0, ""
    _owe(venue, trade, 1)
    venue.say(TradeUnsettled(trade.number))


def _owe(venue: Venue, trade: Trade, sign: int) -> None:
    """Count a trade as one that has not ended, or no longer."""
    venue.commitments.owe(trade, sign)
    for each in (trade.buy, trade.sell):
        order = venue.state.orders[each]
        order.pending += sign * trade.lots
        if order.held and order.left:
            venue.commitments.bind(order)


def _count_sessions(venue: Venue, trade: Trade, sign: int) -> None:
    """Count a settled trade against what sessions have left, or no longer."""
    for order, amount in venue.commitments.debts(trade):
        mine = venue.state.sessions.get(order.terms.investor, {})
        session = mine.get(order.terms.signer) if order.by_session else None
        if session is not None:
            mine[order.terms.signer] = session.less(order.token, sign * amount)


def _forget_old(venue: Venue) -> None:
    """Forget trades that ended so long ago that nothing undoes it, and orders of no others."""
    state = venue.state
    while venue.finals and venue.finals[0][0] <= state.head.number - BLOCKS_KEPT:
        _, number = venue.finals.popleft()
        trade = state.trades.pop(number)
        pricing.forget(state.markets[trade.symbol], trade)
        for each in (trade.buy, trade.sell):
            order = state.orders[each]
            order.unsettled -= 1
            venue.forget_closed(order)
        batch = state.batches.get(trade.batch)
        if batch is not None and not any(each in state.trades for each in batch.trades):
            del state.batches[trade.batch]


# --- wallets and keys


def _tell(venue: Venue, accounts: Iterable[said.AccountFact]) -> None:
    """Take up what wallets have; orders that are no longer covered leave, the latest first."""
    for fact in accounts:
        venue.state.means.tell(fact.token, fact.wallet, fact.held, fact.allowed)
        venue.require_cover(fact.token, fact.wallet)


def _void(venue: Venue, entry: Cancellation) -> None:
    """Let orders leave that were voided on the chain."""
    known = venue.state.lowest_nonces.setdefault(entry.investor, {})
    if entry.lowest_nonce > known.get(entry.signer, 0):
        known[entry.signer] = entry.lowest_nonce
    for nonce in entry.nonces:
        venue.use_nonce(entry.investor, entry.signer, nonce)
    for order in list(venue.by_wallet.get(entry.investor, {}).values()):
        terms = order.terms
        if terms.signer == entry.signer and (
            terms.nonce < entry.lowest_nonce or terms.nonce in entry.nonces
        ):
            venue.leave(order, Why.CANCELLED_ON_CHAIN)


def _grant(venue: Venue, session: Session) -> None:
    """Take up what a key may do from now on; orders that it may not have signed leave."""
    venue.state.sessions.setdefault(session.investor, {})[session.key] = session
    for order in reversed(list(venue.by_wallet.get(session.investor, {}).values())):
        if order.terms.signer == session.key:
            _require_session(venue, order)


def _require_session(venue: Venue, order: LiveOrder) -> None:
    left = venue.commitments.session_left(order.terms)
    if order.left and (left is None or left < 0):
        venue.leave(order, Why.SESSION)


# --- securities


def _heed_securities(venue: Venue) -> None:
    """Halt what may not be traded, let go on what may again, void what was signed for old units."""
    for market in venue.state.markets.values():
        _heed_epoch(venue, market)
        code = venue.eligibility.halt_code(market.terms.security)
        if code and not market.halted:
            halt(venue, market, code)
        elif not code and market.halted in venue.eligibility.HALT_CODES:
            market.halted = ""
            trading.resume(venue, market)


def _heed_epoch(venue: Venue, market: Market) -> None:
    """Let orders for other units leave, and halt the market, whose prices are for those."""
    epoch = venue.eligibility.epoch(market.terms.security)
    if epoch == market.epoch:
        return
    market.epoch = epoch
    for order in venue.open_in(market):
        venue.leave(order, Why.EPOCH_PASSED)
    halt(venue, market, Why.EPOCH_PASSED)


def halt(venue: Venue, market: Market, code: str) -> None:
    """Stop trading in a market; orders can be cancelled."""
    market.halted, market.phase = code, Phase.HALTED
    venue.end_phase_at(market, 0)
    venue.say(PhaseBegan(market.terms.symbol, Phase.HALTED, code))
