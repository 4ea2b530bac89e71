"""What is told of a market from its records: makers, activity, alerts."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tallystick.app.venue import watching
from tallystick.app.venue.markets import Dated
from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance.alerts import Thresholds
from tallystick.markets.tape import OpenOrders
from tallystick.markets.venue.terms import Opening, Phase
from tests.markets.venue.pit import NOW_S, SYMBOL, Pit
from tests.markets.venue.test_histories import Random
from tests.venue.test_quality import recorded

TERMS = Pit().terms
HISTORY = [Dated(0, TERMS)]


def same(wallet: Wallet) -> Wallet:
    """Everybody has one wallet."""
    return wallet


@pytest.mark.parametrize("seed", range(3))
def test_a_tape_ends_with_the_orders_that_are_open(tmp_path: Path, seed: int) -> None:
    history = Random(seed)
    for _ in range(200):
        history.step()
    pit = history.pit
    records = recorded(tmp_path, pit)
    read = OpenOrders()
    for each in watching.tape(records, SYMBOL, same):
        read.take(each)
    live = {number: order.left for number, order in pit.venue.state.orders.items()
            if order.left and order.symbol == SYMBOL}  # fmt: skip
    assert {number: each.lots for number, each in read.orders.items()} == live
    found = watching.market_makers(records, TERMS, same, str)
    trades = [row for row in records.trades(symbol=SYMBOL, limit=10**6) if row.status != "busted"]
    lots = sum(row.lots for row in trades if row.taker)
    scale = TERMS.scale
    for name in ("made", "taken"):
        assert sum(scale.lots(each[name]) for each in found if each[name] != "0") == lots
    days = watching.activity(records, TERMS, same, str)
    assert sum(each["trades"] for each in days["days"]) == len(trades)
    bought = sum(scale.lots(each["bought"]) for each in days["investors"] if each["bought"] != "0")
    assert bought == sum(row.lots for row in trades)


def test_who_goes_round_in_the_records_is_told(tmp_path: Path) -> None:
    pit = Pit()
    for at in range(6):
        pit.place(at % 2, buys=False, lots=3, price=100)
        pit.place(1 - at % 2, buys=True, lots=3, price=100)
    records = recorded(tmp_path, pit)
    [alert] = watching.alerts(records, HISTORY, same, Thresholds(), now_s=NOW_S)
    told = watching.told(alert, TERMS, lambda home: home[-2:])
    assert (told["pattern"], told["figures"]["trades"], len(told["investors"])) == (
        "wash-trades", 6, 2
    )  # fmt: skip
    json.dumps(told)
    # Two wallets of one investor are one.
    [alone] = watching.alerts(records, HISTORY, lambda _: Wallet("0x" + "1" * 40), Thresholds(),
                              now_s=NOW_S)  # fmt: skip
    assert len(alone.owners) == 1


def test_prices_are_a_reference_at_the_end_of_days_and_of_hours_of_trading() -> None:
    monday = 4 * DAY_S
    assert list(watching.closes_s(HISTORY, monday + 5, monday + 2 * DAY_S)) == [
        monday + DAY_S, monday + 2 * DAY_S,
    ]  # fmt: skip


@pytest.mark.parametrize("setting", ["layering_orders", "layering_orders=", "layering_orders=0",
                                     "layering_orders=-1", "lots=5", "=4",
                                     "wash_trades=" + "9" * 5_000])  # fmt: skip
def test_what_sets_no_threshold_is_refused(setting: str) -> None:
    with pytest.raises(Invalid) as refused:
        watching.thresholds([setting])
    assert refused.value.code == "threshold-malformed"
    assert refused.value.where == "--set"
    assert watching.thresholds(["wash_trades=9"]).wash_trades == 9


def test_hours_end_at_a_close() -> None:
    monday, hour = 4 * DAY_S, 3_600
    terms = msgspec.structs.replace(TERMS, schedule=(
        Opening(9 * hour, Phase.CONTINUOUS), Opening(17 * hour, Phase.CLOSED),
        Opening(20 * hour, Phase.CALL), Opening(21 * hour, Phase.CLOSED),
    ))  # fmt: skip
    found = list(watching.closes_s([Dated(0, terms)], monday, monday + DAY_S - 1))
    assert found == [monday + 17 * hour, monday + 21 * hour]
    # Hours that were changed since were what they were.
    changed = [Dated(0, terms), Dated(monday + 18 * hour, TERMS)]
    assert list(watching.closes_s(changed, monday, monday + DAY_S)) == [
        monday + 17 * hour, monday + DAY_S,
    ]  # fmt: skip
