"""What those see who watch over a market: who made it, who traded, what looks like an abuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tallystick.app.venue import wire
from tallystick.app.venue.quality import Bucket, buckets
from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S, show_date
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.order_tables import BUSTED, enters
from tallystick.markets import surveillance
from tallystick.markets.making import makers
from tallystick.markets.surveillance.alerts import Alert, Moments, Thresholds
from tallystick.markets.tape import Entered, Happening, Lessened, Matched
from tallystick.markets.venue.refusals import Why
from tallystick.markets.venue.terms import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from tallystick.app.venue.markets import Dated
    from tallystick.gateways.store.order_records import OrderRecords
    from tallystick.markets.venue.terms import MarketTerms

NS: Final = 10**9
# Why orders leave, or are lessened, that their owners wanted so.
BY_OWNER: Final = frozenset({
    Why.CANCELLED, Why.CANCELLED_ON_CHAIN, Why.DISCONNECTED, Why.EXPIRED, Why.REPLACED,
    Why.NOT_TRADED_AT_ONCE,
})  # fmt: skip
# A number that every program reads has so many digits at most.
DIGITS_MAX: Final = 18

Owner = Callable[[Wallet], Wallet]
Called = Callable[[Wallet], str]


def tape(records: OrderRecords, symbol: str, owner: Owner) -> Iterator[Happening]:
    """All that happened in a market, in order; `owner` gives the investor behind a wallet."""
    trades = records.trades_with_sides(symbol)
    investors: dict[str, Wallet] = {}
    for row in records.steps_of_market(symbol):
        if enters(row):
            if row.owner not in investors:
                investors[row.owner] = owner(Wallet(row.owner))
            yield Entered(row.at_ns, row.number, investors[row.owner], row.buys, row.lots,
                          int(row.price))  # fmt: skip
        elif row.what in {"left", "reduced"}:
            left = 0 if row.what == "left" else row.lots
            yield Lessened(row.at_ns, row.number, left, row.code in BY_OWNER)
        elif row.what == "traded" and row.buys:
            trade = next(trades)
            yield Matched(trade.at_ns, trade.number, trade.buy, trade.sell, trade.lots,
                          int(trade.price), trade.taker, trade.status == BUSTED)  # fmt: skip


def thresholds(settings: Sequence[str]) -> Thresholds:
    """The usual thresholds, but for those that are set: `layering_orders=5`.

    Raises `Invalid` at a name that there is not, or what is no number.
    """
    names = Thresholds.__struct_fields__
    given: dict[str, int] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        is_number = value.isascii() and value.isdigit() and len(value) <= DIGITS_MAX
        if name not in names or not is_number or not int(value):
            raise Invalid("threshold-malformed", f"{setting!r} sets no threshold", where="--set",
                          cure=f"Write name=number; names are {', '.join(names)}."
                          )  # fmt: skip
        given[name] = int(value)
    return Thresholds(**given)


def alerts(
    records: OrderRecords, history: Sequence[Dated], owner: Owner, limits: Thresholds, *,
    now_s: int,
) -> list[Alert]:  # fmt: skip
    """What looks like an abuse in a market, in order of time; `history` are its terms as set."""
    symbol = history[-1].terms.symbol
    first = next(tape(records, symbol, owner), None)
    if first is None:
        return []
    closes = (each * NS for each in closes_s(history, first.at_ns // NS, now_s))
    moments = Moments(max(now_s * NS, records.last_ns(symbol)), tuple(closes))
    return surveillance.alerts(lambda: tape(records, symbol, owner), limits, moments)


def closes_s(history: Sequence[Dated], since_s: int, until_s: int) -> list[int]:
    """Moments at which a price was taken as a reference: ends of days, and of hours of trading."""
    found = set(range(since_s - since_s % DAY_S + DAY_S, until_s + 1, DAY_S))
    ends = [each.at_s for each in history[1:]] + [until_s + 1]
    for dated, end_s in zip(history, ends, strict=True):
        terms, at_s = dated.terms, max(since_s, dated.at_s)
        while (next_s := terms.next_opening_s(at_s)) is not None and next_s < end_s:
            at_s = next_s
            if terms.phase_at(at_s) is Phase.CLOSED is not terms.phase_at(at_s - 1):
                found.add(at_s)
    return sorted(found)


def told(alert: Alert, terms: MarketTerms, called: Called) -> dict[str, Any]:
    """An alert as it is told: times, people, figures."""
    return {
        "market": terms.symbol, "pattern": alert.pattern, "since": wire.moment(alert.since_ns),
        "until": wire.moment(alert.until_ns), "investors": [called(each) for each in alert.owners],
        "message": alert.message, "figures": alert.figures, "trades": list(alert.trades),
        "orders": list(alert.orders),
    }  # fmt: skip


def market_makers(
    records: OrderRecords, terms: MarketTerms, owner: Owner, called: Called
) -> list[dict[str, Any]]:  # fmt: skip
    """Who made a market, those first with whom most was traded as they waited.

    Shares of time are of all the time from the first order to what happened last, nights of a
    market with hours among it, in basis points.
    """
    symbol, scale = terms.symbol, terms.scale
    first = next(tape(records, symbol, owner), None)
    if first is None:
        return []
    end_ns = records.last_ns(symbol)
    lasted = max(1, end_ns - first.at_ns)
    found = sorted(makers(tape(records, symbol, owner), end_ns).values(),
                   key=lambda each: (-each.made, each.owner))  # fmt: skip
    traded = max(1, sum(each.made for each in found))
    return [
        {
            "investor": called(each.owner), "orders": each.orders,
            "made": scale.quantity(each.made), "taken": scale.quantity(each.taken),
            "in_calls": scale.quantity(each.in_calls),
            "share_of_made_bps": each.made * 10_000 // traded,
            "filled_bps": (each.made + each.taken + each.in_calls) * 10_000 // each.entered,
            "both_sides_bps": each.quoted_ns * 10_000 // lasted,
            "best_bid_bps": each.best_ns[True] * 10_000 // lasted,
            "best_ask_bps": each.best_ns[False] * 10_000 // lasted,
            "spread_bps": None if each.spread_bps is None else round(each.spread_bps, 2),
        }
        for each in found
    ]  # fmt: skip


# --- the issuer's view


class _Party(msgspec.Struct):
    """What somebody bought and sold, in lots, and for how much money."""

    bought: int = 0
    sold: int = 0
    paid: int = 0
    received: int = 0


def activity(
    records: OrderRecords, terms: MarketTerms, owner: Owner, called: Called
) -> dict[str, Any]:  # fmt: skip
    """What an issuer wants to know of a market of his: each day, and who bought and sold."""
    parties: dict[Wallet, _Party] = {}
    active: dict[int, set[Wallet]] = {}
    busts: dict[int, int] = {}
    for row in records.trades_with_sides(terms.symbol):
        day = row.at_ns // NS // DAY_S
        if row.status == BUSTED:
            busts[day] = busts.get(day, 0) + 1
            continue
        value = row.lots * int(row.price)
        for who, buys in ((owner(Wallet(row.buyer)), True), (owner(Wallet(row.seller)), False)):
            active.setdefault(day, set()).add(who)
            _deal(parties.setdefault(who, _Party()), row, value, buys=buys)
    return {
        "market": terms.symbol,
        "days": [{**day, "investors": len(active.get(number, ())), "busted": busts.get(number, 0)}
                 for number, day in _days(records, terms, set(busts))],
        "investors": _ranked(parties, terms, called),
    }  # fmt: skip


def _deal(party: _Party, row: sa.Row[Any], value: int, *, buys: bool) -> None:
    if buys:
        party.bought += row.lots
        party.paid += value + int(row.buyer_fee)
    else:
        party.sold += row.lots
        party.received += value - int(row.seller_fee)


def _days(
    records: OrderRecords, terms: MarketTerms, others: set[int]
) -> Iterator[tuple[int, dict[str, Any]]]:  # fmt: skip
    """Days with a trade or a quote, and others that are named, by their numbers."""
    scale = terms.scale
    found = {each.start_s // DAY_S: each for each in buckets(records, terms.symbol, DAY_S)}
    for number in sorted({*found, *others}):
        each = found.get(number) or Bucket(number * DAY_S)
        prices = {name: scale.show_price(getattr(each, name)) if each.trades else None
                  for name in ("first", "high", "low", "last")}  # fmt: skip
        spread = None if each.spread_bps is None else round(each.spread_bps, 2)
        yield number, {
            "day": show_date(each.start_s), **prices, "trades": each.trades,
            "quantity": scale.quantity(each.lots), "spread_bps": spread,
        }  # fmt: skip


def _ranked(parties: dict[Wallet, _Party], terms: MarketTerms, called: Called
            ) -> list[dict[str, Any]]:  # fmt: skip
    """Investors, those first who traded most."""
    scale = terms.scale
    every = max(1, sum(each.bought + each.sold for each in parties.values()))
    order = sorted(parties, key=lambda who: (-parties[who].bought - parties[who].sold, who))
    return [
        {"investor": called(who), "bought": scale.quantity(party.bought),
         "sold": scale.quantity(party.sold), "net": _signed(party.bought - party.sold, terms),
         "paid": scale.money(party.paid), "received": scale.money(party.received),
         "share_bps": (party.bought + party.sold) * 10_000 // every}
        for who in order for party in (parties[who],)
    ]  # fmt: skip


def _signed(lots: int, terms: MarketTerms) -> str:
    """Lots as a quantity with its sign."""
    return ("-" if lots < 0 else "") + terms.scale.quantity(abs(lots))
