"""Reports of a venue: steps of orders, trades, and how good and how fair a market was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from tallystick.app.venue import wire
from tallystick.app.venue.execution import executed
from tallystick.app.venue.quality import buckets
from tallystick.markets.venue.refusals import Why

if TYPE_CHECKING:
    from tallystick.gateways.store.order_records import OrderRecords
    from tallystick.markets.venue.terms import MarketTerms

# A stretch of time in which all lies that ever happens.
EVER_S: Final = 2**62 // 10**9
TRAIL: Final = ("place", "at", "market", "order", "investor", "signer", "side", "by", "what",
                "code", "lots", "price")  # fmt: skip
TRADES: Final = ("trade", "at", "market", "buyer", "seller", "quantity", "price", "value",
                 "buyer_fee", "seller_fee", "taker", "status", "block", "reason")  # fmt: skip


def audit_trail(records: OrderRecords, markets: dict[str, MarketTerms]) -> Iterator[dict[str, Any]]:
    """Every step of every order, in order: who, when, what, and what became of it.

    Of orders that were refused too, with what they asked for; between them what happened to markets
    and trades. Quantities are lots; `place` is that of the entry in the order journal.
    """
    for row in records.every_step():
        symbol = row.symbol or row.market or ""
        terms = markets.get(symbol)
        price = terms.scale.show_price(int(row.price)) if terms and row.price else ""
        side = row.side or ("" if row.buys is None else "buy" if row.buys else "sell")
        yield {
            "place": row.place, "at": wire.moment(row.at_ns), "market": symbol,
            "order": row.number or "", "investor": row.investor or row.owner or "",
            "signer": row.signer or row.key or "", "side": side, "by": row.by, "what": row.what,
            "code": row.code, "lots": row.lots, "price": price,
        }  # fmt: skip


def trades(records: OrderRecords, terms: MarketTerms) -> Iterator[dict[str, Any]]:
    """Every trade of a market, busted ones as well, in order."""
    scale = terms.scale
    for row in records.trades_with_sides(terms.symbol):
        yield {
            "trade": row.number, "at": wire.moment(row.at_ns), "market": row.symbol,
            "buyer": row.buyer, "seller": row.seller, "quantity": scale.quantity(row.lots),
            "price": scale.show_price(int(row.price)),
            "value": scale.money(row.lots * int(row.price)),
            "buyer_fee": scale.money(int(row.buyer_fee)),
            "seller_fee": scale.money(int(row.seller_fee)), "taker": row.taker,
            "status": row.status, "block": row.block or "", "reason": row.reason,
        }  # fmt: skip


def quality(records: OrderRecords, terms: MarketTerms) -> dict[str, Any]:
    """How good and how fair a market was.

    How many orders were taken and refused, and why, and those of how many investors; how many lots
    were traded of those asked for; how many trades were busted; how far apart bids and offers were,
    by time; how well those were executed who took what was offered. An order that was sent again
    under its number counts once.
    """
    asking: dict[str, set[str]] = {"accepted": set(), "refused": set()}
    taken, refused_orders, repeated = 0, 0, 0
    refused: Counter[str] = Counter()
    for row in records.steps_named(terms.symbol):
        if row.what not in asking:
            continue
        if Why.NONCE_USED in row.code.split():
            repeated += 1
            continue
        asking[row.what].add(row.investor)
        if row.what == "refused":
            refused_orders += 1
            refused.update(row.code.split())
        else:
            taken += 1
    execution = executed(records, terms.symbol)
    orders = records.orders(symbol=terms.symbol, limit=2**31)
    ended = Counter(row.status for row in records.trades(symbol=terms.symbol, limit=2**31))
    asked = sum(row.lots for row in orders)
    spreads = [each.spread_bps for each in buckets(records, terms.symbol, EVER_S)]
    finished = ended["settled"] + ended["busted"]
    return {
        "market": terms.symbol,
        "orders_taken": taken, "orders_refused": refused_orders, "orders_repeated": repeated,
        "investors": len(asking["accepted"] | asking["refused"]),
        "investors_always_refused": len(asking["refused"] - asking["accepted"]),
        "refused_for": dict(refused.most_common()),
        "filled_share": _share(sum(row.filled_lots for row in orders), asked),
        "trades": sum(ended.values()), "settled": ended["settled"], "busted": ended["busted"],
        "bust_rate": _share(ended["busted"], finished),
        "spread_bps": _rounded(spreads[0] if spreads else None),
        "effective_spread_bps": _rounded(execution.effective_spread_bps),
        "at_best_share": _share(execution.at_best, execution.lots),
        "past_better_share": _share(execution.past_better, execution.lots),
    }  # fmt: skip


def _rounded(bps: float | None) -> float | None:
    """Basis points as they are told."""
    return None if bps is None else round(bps, 2)


def _share(part: int, whole: int) -> float | None:
    """A part of a whole; none of nothing."""
    return round(part / whole, 4) if whole else None
