"""What is recorded of orders, how good a market was by it, and the chart of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.app.venue import reports
from tallystick.app.venue.quality import buckets, quotes
from tallystick.core.errors import Invalid
from tallystick.core.wallets import Wallet
from tallystick.gateways.market_chart import Candle, market_chart
from tallystick.gateways.store.dealings import Dealt, Trade
from tallystick.gateways.store.order_records import OrderRecords, open_records
from tallystick.gateways.store.order_tables import BUSTED
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.engine import Venue
from tests.markets.venue.pit import IMMEDIATE, NOW_S, NS, SYMBOL, House, Pit, person
from tests.markets.venue.test_histories import Random

HOUR_S = 3_600


def recorded(folder: Path, pit: Pit, at_once: int = 7) -> OrderRecords:
    """The records of all that a pit was told, written so many entries at once."""
    folder.mkdir(exist_ok=True)
    records = OrderRecords(open_records(folder / "records.sqlite"))
    venue = Venue(House(pit.house.places, pit.house.barred, pit.house.most))
    told = [(each, venue.apply(each)) for each in pit.journal]
    for start in range(0, len(told), at_once):
        records.take_up(told[start : start + at_once])
    return records


@pytest.mark.parametrize("seed", range(4))
def test_records_are_as_the_venue_is(tmp_path: Path, seed: int) -> None:
    """However a history is cut, orders and trades stand in them as the venue has them."""
    history = Random(seed)
    for _ in range(200):
        history.step()
    pit = history.pit
    records = recorded(tmp_path, pit, at_once=1 + seed * 5)
    assert records.place == len(pit.journal)
    matched: dict[int, int] = {}
    for trade in records.trades(limit=10**6):
        for number in (trade.buy, trade.sell):
            matched[number] = matched.get(number, 0) + trade.lots
        live = pit.venue.state.trades.get(trade.number)
        if live is not None:
            expected = "matched" if not live.block else "busted" if live.reason else "settled"
            assert (trade.status, trade.block) == (expected, live.block)
    rows = records.orders(limit=10**6)
    assert len(rows) == pit.venue.state.orders_made
    open_now = {number: order for number, order in pit.venue.state.orders.items() if order.left}
    assert {row.number for row in rows if not row.code} == set(open_now)
    for row in rows:
        assert row.filled_lots == matched.get(row.number, 0)
        if row.number in open_now:
            assert row.left_lots == open_now[row.number].left
    assert {row.number for row in records.orders(open_only=True, limit=10**6)} == set(open_now)
    for who in range(6):
        assert records.dealt(person(who), SYMBOL) == recounted(records, person(who))


def recounted(records: OrderRecords, who: Wallet) -> Dealt:
    """What somebody traded, trade by trade."""
    found = Dealt()
    for row in records.trades(who, limit=10**6):
        if row.status != BUSTED:
            trade = Trade("", "", "", row.lots, int(row.price),
                          (int(row.buyer_fee), int(row.seller_fee)))  # fmt: skip
            both = records.order(row.buy).investor == records.order(row.sell).investor  # type: ignore[union-attr]
            assert not both
            found.count(trade, buys=row.buys, sign=1)
    return found


def test_quotes_are_the_best_prices_as_they_change(tmp_path: Path) -> None:
    pit = Pit()
    pit.place(0, buys=True, lots=2, price=99)
    pit.place(1, buys=False, lots=3, price=102)
    pit.place(2, buys=True, lots=2, price=98)
    pit.place(3, buys=False, lots=2, price=99)
    pit.do_cancel(3)
    found = [(each.bid, each.ask) for each in quotes(recorded(tmp_path, pit), SYMBOL)]
    assert found == [(99, None), (99, 102), (98, 102), (None, 102)]


def test_a_day_is_counted_by_stretches_of_time(tmp_path: Path) -> None:
    pit = Pit()
    pit.place(0, buys=False, lots=5, price=100)
    pit.place(0, buys=False, lots=5, price=104)
    pit.place(1, buys=True, lots=2, price=98)
    pit.place(2, buys=True, lots=7, price=104)
    pit.now_ns = (NOW_S // HOUR_S + 1) * HOUR_S * NS
    pit.place(3, buys=True, lots=1, price=104)
    first, second = buckets(recorded(tmp_path, pit), SYMBOL, HOUR_S)
    assert (first.first, first.high, first.low, first.last) == (100, 104, 100, 104)
    assert (first.lots, first.trades, second.lots, second.last) == (7, 2, 1, 104)
    # From the second order on nobody offers at 100 any more: 98 against 104.
    assert first.spread_bps == pytest.approx(20_000 * 6 / 202, rel=0.01)
    assert second.start_s == first.start_s + HOUR_S


def test_records_that_are_lost_are_made_again(tmp_path: Path) -> None:
    history = Random(3)
    for _ in range(60):
        history.step()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (recorded(tmp_path / name, history.pit, count) for name, count in
                  (("a", 3), ("b", 10**6)))  # fmt: skip
    assert [tuple(each) for each in one.every_step()] == [
        tuple(each) for each in other.every_step()]  # fmt: skip
    assert one.orders(limit=10**6) == other.orders(limit=10**6)


def test_a_chart_needs_a_trade_and_a_name_that_it_knows(tmp_path: Path) -> None:
    candles = [Candle(NOW_S + at * 60, 10.0, 11.0, 9.5, 10.5, 5.0, 12.0 + at) for at in range(9)]
    for name, start in (("day.svg", b"<?xml"), ("day.pdf", b"%PDF")):
        assert market_chart(SYMBOL, candles, 60, tmp_path / name).startswith(start)
    with pytest.raises(Invalid, match="chart-format"):
        market_chart(SYMBOL, candles, 60, tmp_path / "day.png")
    with pytest.raises(Invalid, match="chart-of-nothing"):
        market_chart(SYMBOL, [], 60, tmp_path / "day.svg")


def test_several_processes_write_the_same_records(tmp_path: Path) -> None:
    """Who asked for a report while the venue was served ended the one that wrote for it."""
    pit = Pit()
    for at in range(6):
        pit.place(at % 2, buys=bool(at % 2), lots=3, price=100)
    venue = Venue(House(pit.house.places, pit.house.barred, pit.house.most))
    told = [(each, venue.apply(each)) for each in pit.journal]
    one, other = (OrderRecords(open_records(tmp_path / "records.sqlite")) for _ in range(2))
    assert one.take_up(told[:4])
    assert other.take_up(told[:3]), "what is there already is passed over"
    assert other.take_up(told[2:6])
    assert one.take_up(told[4:5])
    assert other.place == 6, "nothing takes the cursor back"
    assert not one.take_up(told[7:]), "a gap is not written over"
    assert one.take_up(told[6:])
    assert other.place == len(told)
    whole = recorded(tmp_path / "again", pit)
    assert [tuple(row) for row in one.every_step()] == [tuple(row) for row in whole.every_step()]
    assert one.trades() == whole.trades()


def test_a_spread_is_weighed_by_how_long_it_stood(tmp_path: Path) -> None:
    pit = Pit()
    pit.now_ns = (NOW_S // 86_400 + 1) * 86_400 * NS - NS
    pit.place(0, buys=False, lots=5, price=150)
    first = pit.place(1, buys=True, lots=5, price=50)
    assert first
    pit.now_ns += NS
    pit.place(2, buys=True, lots=5, price=149)
    pit.now_ns += 9_999 * NS
    pit.place(3, buys=True, lots=1, price=10)
    found = reports.quality(recorded(tmp_path, pit), pit.terms)["spread_bps"]
    wide, narrow = 2 * 10_000 * 100 / 200, 2 * 10_000 * 1 / 299
    assert found == round((wide + 9_999 * narrow) / 10_000, 2)


def test_execution_is_measured_by_what_was_quoted_and_who_was_passed_over(tmp_path: Path) -> None:
    pit = Pit(House(barred=[(person(0), person(2))]))
    for who, buys, price in ((0, False, 100), (1, False, 102), (3, True, 98)):
        pit.place(who, buys=buys, lots=5, price=price)
    # Who may not trade with the first seller pays the price of the second.
    pit.place(2, buys=True, lots=2, price=105, instructions=IMMEDIATE)
    pit.place(4, buys=True, lots=1, price=105)
    assert [price for *_, price in pit.trades()] == [102, 100]
    found = reports.quality(recorded(tmp_path, pit), pit.terms)
    paid = [2 * 10_000 * (2 * price - 198) / 198 for price in (102, 102, 100)]
    assert found["effective_spread_bps"] == round(sum(paid) / 3, 2)
    assert (found["at_best_share"], found["past_better_share"]) == (
        round(1 / 3, 4),
        round(2 / 3, 4),
    )


def test_an_order_that_is_sent_again_is_no_refusal(tmp_path: Path) -> None:
    """Retries made a fair market look unfair."""
    pit = Pit()
    first = pit.order(0, buys=False)
    for _ in range(3):
        pit.do(first)
    pit.place(1, buys=True, lots=2**40)
    pit.place(2, buys=True, price=90)
    found = reports.quality(recorded(tmp_path, pit), pit.terms)
    assert (found["orders_taken"], found["orders_refused"], found["orders_repeated"]) == (2, 1, 2)
    assert (found["investors"], found["investors_always_refused"]) == (3, 1)


def test_a_refused_order_beyond_all_bounds_ends_nobody(tmp_path: Path) -> None:
    """Who writes the records ended at lots that no column takes."""
    pit = Pit()
    for lots in (2**63 - 1, 2**63, 2**64, 2**255):
        pit.place(0, buys=False, lots=lots, price=2**200)
    rows = list(reports.audit_trail(recorded(tmp_path, pit), {SYMBOL: pit.terms}))
    assert [each["lots"] for each in rows if each["what"] == "refused"] == [2**63 - 1, 0, 0, 0]


def test_the_trail_has_what_was_asked_and_what_happened_to_markets_and_trades(
    tmp_path: Path,
) -> None:
    """A refused order was a code alone, and a halt was nowhere."""
    pit = Pit()
    pit.place(0, buys=False, lots=5, price=100)
    pit.place(1, buys=True, lots=2, price=100)
    pit.place(2, buys=True, lots=2**40, price=90)
    pit.do(said.HaltAsked(SYMBOL, "by-hand", "operator"))
    pit.add_block(settled=(1,))
    rows = list(reports.audit_trail(recorded(tmp_path, pit), {SYMBOL: pit.terms}))
    told = [(each["what"], each["side"], each["lots"]) for each in rows if each["side"]]
    assert told == [
        ("accepted", "sell", 5), ("accepted", "buy", 2), ("traded", "buy", 2),
        ("traded", "sell", 2), ("left", "buy", 0), ("refused", "buy", 2**40),
    ]  # fmt: skip
    refused = next(each for each in rows if each["what"] == "refused")
    assert refused["investor"] == refused["signer"] != ""
    assert refused["price"] == pit.terms.scale.show_price(90)
    assert {each["investor"] for each in rows if each["what"] == "traded"} == {
        each["investor"] for each in rows if each["what"] == "accepted"
    }  # fmt: skip
    halted = next(each for each in rows if each["what"] == "halted")
    assert (halted["code"], halted["by"], halted["market"]) == ("by-hand", "operator", SYMBOL)
    assert [each["code"] for each in rows if each["what"] == "settled"] == ["trade-1"]
    assert set(rows[0]) == set(reports.TRAIL)
