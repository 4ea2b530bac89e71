"""Lets orders meet: in time as they come, or all at one price when a call ends."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from tallystick.markets.auction import Uncrossing, allotted, price_of_all, uncross
from tallystick.markets.order_book import Order, Prevented
from tallystick.markets.signed_orders import Duration, OrderTerms, fee_max
from tallystick.markets.venue import pricing
from tallystick.markets.venue.eligibility import Promises, Sale
from tallystick.markets.venue.events import PhaseBegan, Traded, Uncrossed
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.state import LiveOrder, Market, Trade
from tallystick.markets.venue.terms import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.markets.venue.engine import Venue

NS = 10**9
# Orders of a side of which it is found who had best trade with whom in a call; and how many may
# pass one over.
PAIRED_MAX: Final = 128
PASSED_MAX: Final = 16


def trade(venue: Venue, market: Market, live: LiveOrder) -> None:
    """Let a new order meet those that wait, and wait itself if it may."""
    duration = live.terms.instructions.duration
    order = _bookable(live)
    if market.phase is Phase.CALL:
        market.book.rest(order)
        return
    low, high = market.terms.move_limits(market.last or market.reference)
    bound = min(order.price, high) if order.buy else max(order.price, low)
    if duration is Duration.FILL_OR_KILL and _fillable(venue, market, order, bound) < live.left:
        venue.leave(live, Why.NOT_FILLABLE)
        return
    if live.terms.instructions.post_only and market.book.crosses(order):
        venue.leave(live, Why.WOULD_TAKE)
        return
    if _take(venue, market, live, order):
        begin_call(venue, market, Why.OUTSIDE_BAND, market.terms.call_s)
    if not live.left:
        return
    if duration is Duration.GOOD_TILL:
        market.book.rest(_bookable(live))
    else:
        venue.leave(live, Why.NOT_TRADED_AT_ONCE)


def enter(venue: Venue, market: Market, live: LiveOrder) -> None:
    """Let an order into its market that was kept out of it, whatever the market does."""
    if market.phase in {Phase.CONTINUOUS, Phase.CALL}:
        trade(venue, market, live)
    else:
        market.book.rest(_bookable(live))


def _bookable(live: LiveOrder) -> Order:
    """An order as the book takes it."""
    return Order(live.number, live.owner, live.terms.buys, live.terms.price, live.left,
                 live.terms.instructions.self_trade)  # fmt: skip


def _take(venue: Venue, market: Market, live: LiveOrder, order: Order) -> bool:
    """Trade what can be traded at once, within the bounds of a move; whether these stopped it."""
    low, high = market.terms.move_limits(market.last or market.reference)
    buys, limit = order.buy, order.price
    order.price = min(limit, high) if buys else max(limit, low)
    for outcome in market.book.take(order):
        if isinstance(outcome, Prevented):
            _prevented(venue, outcome)
    if not live.left or order.price == limit:
        return False
    order.price, order.left = limit, live.left
    return _fillable(venue, market, order, limit) > 0


def _prevented(venue: Venue, outcome: Prevented) -> None:
    """Take from two orders of one investor what keeps them from trading with each other."""
    for number, lots in ((outcome.taker, outcome.taker_lots), (outcome.maker, outcome.maker_lots)):
        if lots:
            venue.reduce(venue.state.orders[number], lots, Why.SELF_TRADE)


def _fillable(venue: Venue, market: Market, order: Order, price: int) -> int:
    """Lots that could be traded at once as far as a price, nothing being changed."""
    bounded = Order(order.number, order.owner, order.buy, price, order.left, order.self_trade)
    trial = venue.eligibility.trial()

    def ask(taker: Order, maker: Order, lots: int) -> int:
        buy, sell = _sides(venue, taker, maker)
        lots = allowed_lots(venue, trial, buy, sell, lots)
        if lots:
            trial.promise(sale_of(buy, sell, lots), now_s=venue.state.now_s)
        return lots

    return market.book.fillable(bounded, ask)


def agree(venue: Venue, market: Market, taker: Order, maker: Order, lots: int) -> int:
    """Have two orders trade as many lots as they may; how many that is."""
    buy, sell = _sides(venue, taker, maker)
    lots = allowed_lots(venue, venue.eligibility, buy, sell, lots)
    if lots:
        rates = (market.terms.taker_bps, market.terms.maker_bps)
        fees = rates if taker.buy else rates[::-1]
        _make(venue, market, buy, sell, lots, maker.price, fees, "buy" if taker.buy else "sell")
    else:
        venue.passed_over |= {buy.number, sell.number}
    return lots


def leave_barred(venue: Venue) -> None:
    """Let orders leave that were passed over and whose investors may not trade at all by now."""
    passed, venue.passed_over = sorted(venue.passed_over), set()
    for number in passed:
        order = venue.state.orders.get(number)
        if order is not None and order.left:
            sale = one_sided(order.terms, order.terms.units_per_lot)
            if venue.eligibility.judge(sale, now_s=venue.state.now_s).lasting:
                venue.leave(order, Why.BARRED)


def _sides(venue: Venue, one: Order, other: Order) -> tuple[LiveOrder, LiveOrder]:
    """Buyer's and seller's orders."""
    first, second = venue.state.orders[one.number], venue.state.orders[other.number]
    return (first, second) if one.buy else (second, first)


def sale_of(buy: LiveOrder, sell: LiveOrder, lots: int) -> Sale:
    """What two orders that trade some lots do with units."""
    return Sale(sell.terms.security, sell.terms.investor, buy.terms.investor,
                lots * sell.terms.units_per_lot)  # fmt: skip


def allowed_lots(
    venue: Venue, promises: Promises, buy: LiveOrder, sell: LiveOrder, lots: int
) -> int:
    """How many of some lots two orders may trade by the rules."""
    now_s = venue.state.now_s
    answer = promises.judge(sale_of(buy, sell, lots), now_s=now_s)
    if not answer.refusals:
        return lots
    fewer = min(lots, (answer.most or 0) // sell.terms.units_per_lot)
    if not fewer or promises.judge(sale_of(buy, sell, fewer), now_s=now_s).refusals:
        return 0
    return fewer


def _make(
    venue: Venue, market: Market, buy: LiveOrder, sell: LiveOrder, lots: int, price: int,
    rates: tuple[int, int], taker: str,
) -> None:  # fmt: skip
    """Note a trade, what both sides owe for it, and that it will be carried out."""
    state = venue.state
    state.trades_made += 1
    value = lots * price
    made = Trade(
        number=state.trades_made, symbol=market.terms.symbol, buy=buy.number, sell=sell.number,
        lots=lots, price=price, fees=(fee_max(value, rates[0]), fee_max(value, rates[1])),
        starts=(buy.matched, sell.matched), at_ns=state.now_ns,
    )  # fmt: skip
    state.trades[made.number] = state.pending[made.number] = made
    pricing.traded(market, made)
    if venue.eligibility.promise(sale_of(buy, sell, lots), now_s=state.now_s):
        made.promised_s = state.now_s
    venue.say(Traded(made.number, made.symbol, buy.number, sell.number, lots, price, *made.fees,
                     taker))  # fmt: skip
    venue.commitments.owe(made)
    for order in (buy, sell):
        order.matched += lots
        order.unsettled += 1
        order.pending += lots
        venue.lessen(order, lots)


# --- calls


def begin_call(venue: Venue, market: Market, code: str, seconds: int) -> None:
    """Collect orders for a while, then trade them at one price."""
    market.phase = Phase.CALL
    venue.end_phase_at(market, venue.state.now_ns + seconds * NS)
    venue.say(PhaseBegan(market.terms.symbol, Phase.CALL, code, market.until_ns))


def resume(venue: Venue, market: Market) -> None:
    """Let a market go on that was halted: by a call, within its hours."""
    if market.terms.phase_at(venue.state.now_s) is Phase.CLOSED:
        venue.begin_phase(market, Phase.CLOSED, "resumed")
    else:
        begin_call(venue, market, "resumed", market.terms.call_s)


def end_call(venue: Venue, market: Market) -> None:
    """Trade at one price what was collected.

    Where there are few the price and the pairs are those at which most is traded between those who
    may trade with each other. Where there are many it is the price at which most would be if all
    might; the first of both sides are paired so that most is traded between them, and of the others
    who may not trade is passed over. Each trade is judged after those before it, so that what is
    scarce goes to the earlier orders.
    """
    orders: list[Order] = []
    for order in market.book.resting():
        if _may_at_all(venue, order):
            orders.append(order)
        else:
            venue.passed_over.add(order.number)
    sides = [order for order in orders if order.buy], [order for order in orders if not order.buy]
    found = _found(venue, market, *sides)
    if found is None:
        venue.say(Uncrossed(market.terms.symbol, 0, 0, 0))
        return
    numbers = {order.number: order for order in orders}
    planned = [(numbers[each.bid], numbers[each.ask], each.lots) for each in found.crosses]
    crossing = ([each for each in sides[0] if each.price >= found.price],
                [each for each in sides[1] if each.price <= found.price])  # fmt: skip
    volume = 0
    for bid, ask, lots in chain(planned, _meetings(*crossing)):
        volume += _cross(venue, market, bid, ask, min(lots, bid.left, ask.left), found.price)
    if volume:
        pricing.refer_to_last(market)
    venue.say(Uncrossed(market.terms.symbol, found.price if volume else 0, volume, found.imbalance))


def _may_at_all(venue: Venue, order: Order) -> bool:
    """Whether a lot of an order could be traded, whoever the other side is."""
    terms = venue.state.orders[order.number].terms
    sale = one_sided(terms, order.left * terms.units_per_lot)
    answer = venue.eligibility.judge(sale, now_s=venue.state.now_s)
    return not answer.refusals or (answer.most or 0) >= terms.units_per_lot


def one_sided(terms: OrderTerms, units: int) -> Sale:
    """A sale of units to or by the investor of an order, whoever the other side will be."""
    if terms.buys:
        return Sale(terms.security, None, terms.investor, units)
    return Sale(terms.security, terms.investor, None, units)


def _found(venue: Venue, market: Market, bids: list[Order], asks: list[Order]) -> Uncrossing | None:
    """The price of a call; and who is to trade with whom, of the first if there are many."""
    terms, reference = market.terms, market.last or market.reference
    rough = price_of_all(bids, asks, reference=reference, tick=terms.tick)
    if rough is None:
        return None
    # Who meets nobody's price changes nothing.
    bids = [each for each in bids if each.price >= asks[0].price]
    asks = [each for each in asks if each.price <= bids[0].price]
    trial = venue.eligibility.trial()

    def pair_lots(bid: Order, ask: Order) -> int:
        buy, sell = _sides(venue, bid, ask)
        return allowed_lots(venue, trial, buy, sell, min(bid.left, ask.left))

    if len(bids) * len(asks) > PAIRED_MAX**2:
        crosses = allotted(bids[:PAIRED_MAX], asks[:PAIRED_MAX], rough.price, pair_lots)
        return msgspec.structs.replace(rough, crosses=crosses)
    return uncross(bids, asks, reference=reference, tick=terms.tick, pair_lots=pair_lots)


def _meetings(bids: list[Order], asks: list[Order]) -> Iterator[tuple[Order, Order, int]]:
    """Who is to meet whom, in priority, as long as anything is left of both.

    One who was passed over so often in a row is left for when trading goes on.
    """
    offered = deque(asks)
    for bid in bids:
        passed: list[Order] = []
        while bid.left and offered and len(passed) < PASSED_MAX:
            ask = offered.popleft()
            if ask.left:
                yield bid, ask, bid.left
            if ask.left:
                passed.append(ask)
        offered.extendleft(reversed(passed))


def _cross(venue: Venue, market: Market, bid: Order, ask: Order, lots: int, price: int) -> int:
    """Have two orders trade as many lots as they may at the price of a call; how many that is."""
    if not lots or bid.owner == ask.owner:
        return 0
    buy, sell = _sides(venue, bid, ask)
    lots = allowed_lots(venue, venue.eligibility, buy, sell, lots)
    if lots:
        rates = (market.terms.auction_bps, market.terms.auction_bps)
        _make(venue, market, buy, sell, lots, price, rates, "")
        for number in (bid.number, ask.number):
            _shrink(venue, market, number)
    return lots


# --- what waits and could trade after all


def meet_again(venue: Venue, market: Market) -> None:
    """Let orders meet that wait at prices that cross, since they may trade with each other now.

    Each meets those that were there before it, at their prices, as if it came now; what does not
    trade keeps its place.
    """
    bid, ask = market.book.best_bid(), market.book.best_ask()
    if bid is None or ask is None or bid < ask:
        return
    crossing = [order for order in market.book.resting()
                if (order.price >= ask if order.buy else order.price <= bid)]  # fmt: skip
    low, high = market.terms.move_limits(market.last or market.reference)
    for taker in sorted(crossing, key=lambda order: order.number):
        passed = 0
        for maker in crossing:
            if not taker.left or passed == PASSED_MAX:
                break
            if maker.left and _meets(taker, maker) and low <= maker.price <= high:
                _trade_waiting(venue, market, taker, maker)
                passed += bool(maker.left and taker.left)


def _meets(taker: Order, maker: Order) -> bool:
    """Whether an order meets one that was there before it."""
    if taker.buy == maker.buy or taker.number < maker.number or taker.owner == maker.owner:
        return False
    return taker.price >= maker.price if taker.buy else taker.price <= maker.price


def _trade_waiting(venue: Venue, market: Market, taker: Order, maker: Order) -> None:
    if agree(venue, market, taker, maker, min(taker.left, maker.left)):
        for order in (taker, maker):
            _shrink(venue, market, order.number)


def _shrink(venue: Venue, market: Market, number: int) -> None:
    """Leave in the book what is left of an order that was traded while it waited."""
    left = venue.state.orders[number].left
    if left:
        market.book.reduce(number, left)
    else:
        market.book.cancel(number)
