"""What the last trades say of a market's price; a trade that is busted says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tallystick.markets.venue.state import Market, Trade, VenueState


class Priced(msgspec.Struct):
    """By which trades a market is priced: their numbers, 0 for none.

    `last` is the last one, `reference` the last of those that the reference price is from, which
    are all after `since`. `kept` is the last of those that are forgotten and stood, with its price.
    """

    last: int = 0
    reference: int = 0
    since: int = 0
    kept: tuple[int, int] = (0, 0)


def traded(market: Market, trade: Trade) -> None:
    """Note the last trade."""
    market.last, market.priced.last = trade.price, trade.number


def refer_to_last(market: Market) -> None:
    """Measure from the last price from now on."""
    if market.last:
        market.reference, market.priced.reference = market.last, market.priced.last


def refer_to(market: Market, reference: int) -> None:
    """Measure from a price that somebody names."""
    market.reference, market.priced.reference = reference, 0


def begin_anew(market: Market, trades_made: int) -> None:
    """Forget prices: they were those of other units."""
    market.last, market.priced = 0, Priced(since=trades_made)
    market.reference = market.terms.reference


def forget(market: Market, trade: Trade) -> None:
    """Remember the price of a trade that stands, though the trade itself is forgotten."""
    if not trade.reason and trade.number > max(market.priced.kept[0], market.priced.since):
        market.priced.kept = trade.number, trade.price


def price_again(state: VenueState, symbols: Iterable[str]) -> None:
    """Price markets by the trades that stand, after one was busted, or is not any more."""
    standing: dict[str, list[Trade]] = {symbol: [] for symbol in symbols}
    if not standing:
        return
    for trade in state.trades.values():
        if trade.symbol in standing and not trade.reason:
            standing[trade.symbol].append(trade)
    for symbol, trades in standing.items():
        market = state.markets[symbol]
        priced = market.priced
        prices = {each.number: each.price for each in trades if each.number > priced.since}
        prices.update([priced.kept] if priced.kept[0] else [])
        priced.last = max(prices, default=0)
        market.last = prices.get(priced.last, 0)
        if priced.reference:
            before = max((each for each in prices if each <= priced.reference), default=0)
            market.reference = prices.get(before, market.terms.reference)
