"""The demo's market: a day of trading that can be had again, and what is shown of it."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tallystick.app.workspace import Workspace
from tallystick.cli.venue_access import reached
from tallystick.client import KeySigner, Problem, Trader, VenueClient
from tallystick.core.wallets import Wallet
from tests.support.counter import until
from tests.support.desk import Desk

ORDERS = "250"


def day(folder: Path, seed: str) -> dict[str, Any]:
    """What came of a day of the demo."""
    found: dict[str, Any] = Desk(folder).answer("demo", "market", "--orders", ORDERS,
                                                "--seed", seed)  # fmt: skip
    return found


def timeless(found: dict[str, Any]) -> dict[str, Any]:
    """What of a day does not depend on its fractions of seconds: all but the spread by time."""
    markets = {
        symbol: {name: value for name, value in each.items() if name != "spread_bps"}
        for symbol, each in found["markets"].items()
    }
    return {**found, "markets": markets}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("market") / "data"
    return Desk(folder), day(folder, "5")


def test_the_same_seed_trades_the_same(demo: tuple[Desk, dict[str, Any]], tmp_path: Path) -> None:
    """Keys and times are others; who trades what with whom at which price is not."""
    _, found = demo
    assert timeless(day(tmp_path / "again", "5")) == timeless(found)
    assert day(tmp_path / "another", "6")["digest"] != found["digest"]


def test_all_that_was_traded_is_settled(demo: tuple[Desk, dict[str, Any]]) -> None:
    desk, found = demo
    assert sum(each["trades"] for each in found["markets"].values()) > 20
    for each in found["markets"].values():
        assert each["settled"] == each["trades"]
    assert desk.answer("audit")["differences"] == []


def test_the_day_is_shown(demo: tuple[Desk, dict[str, Any]]) -> None:
    desk, found = demo
    shown = desk.must("watch", "VLMR", "--times", "1").output
    assert found["markets"]["VLMR/USD"]["last"] in shown
    assert desk.must("market", "show", "VLMR").output.startswith("VLMR/USD continuous")
    chart = desk.scratch / "day.svg"
    made = desk.answer("market", "chart", "VLMR", str(chart))
    volume = sum(each["volume"] for each in made["candles"])
    assert f"{volume:,.0f}" == found["markets"]["VLMR/USD"]["volume"]
    assert chart.read_text().startswith("<?xml")


def test_the_day_is_reported(demo: tuple[Desk, dict[str, Any]]) -> None:
    desk, found = demo
    trades = desk.scratch / "trades.csv"
    assert desk.answer("market", "trades", "VLMR", str(trades))["rows"] == (
        found["markets"]["VLMR/USD"]["trades"])  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(trades.read_text())))
    assert {row["status"] for row in rows} == {"settled"}
    assert sum(int(row["quantity"].replace(",", "")) for row in rows) == int(
        found["markets"]["VLMR/USD"]["volume"].replace(",", ""))  # fmt: skip
    trail = desk.scratch / "trail.csv"
    desk.must("market", "trail", str(trail))
    steps = [
        row for row in csv.DictReader(io.StringIO(trail.read_text())) if row["market"] == "VLMR/USD"
    ]
    assert sum(row["what"] == "traded" for row in steps) == 2 * len(rows)
    quality = desk.answer("market", "quality", "VLMR")
    assert quality["orders_taken"] == sum(row["what"] == "accepted" for row in steps)
    assert quality["orders_refused"] == sum(row["what"] == "refused" for row in steps)
    assert (quality["bust_rate"], quality["trades"]) == (0, len(rows))
    assert quality["spread_bps"] > 0
    assert "refused" in desk.must("market", "quality", "VLMR").output


def test_orders_are_placed_by_command_after_it(demo: tuple[Desk, dict[str, Any]]) -> None:
    desk, _ = demo
    holder = desk.answer("captable", "VLMR")[0]["lines"][0]["wallet"]
    first = desk.answer("order", "place", "sell", "VLMR", "10", "20", holder, "--key", "k")
    again = desk.answer("order", "place", "sell", "VLMR", "10", "20", holder, "--key", "k")
    assert (first["order"], first["status"]) == (again["order"], "open")
    assert desk.failing("order", "place", "sell", "VLMR", "11", "20", holder, "--key", "k") == (
        "idempotency-key-reused")  # fmt: skip
    assert desk.answer("order", "list", "--open", "--who", holder)[0]["order"] == first["order"]
    assert desk.answer("order", "cancel", str(first["order"]))["receipt"]["most"] == "0"
    assert desk.failing("order", "cancel", str(first["order"])) == "order-not-open"
    assert desk.answer("order", "show", str(first["order"]))["code"] == "cancelled"


def test_a_key_trades_within_its_session(demo: tuple[Desk, dict[str, Any]]) -> None:
    """What says that a session was granted was taken for a bust, and stopped the venue."""
    desk, _ = demo
    key = KeySigner(bytes([91]) * 32)
    holder = desk.answer("captable", "VLMR")[0]["lines"][0]["wallet"]
    grant = ("order", "session", "VLMR", holder, key.wallet)
    desk.must(*grant, "--sell", "30", "--key", "s")
    with Workspace(desk.folder) as workspace, reached(workspace) as venue:
        trader = Trader(VenueClient(venue.url), key, investor=Wallet(holder.lower()))
        trader.log_in()
        number = trader.sell("VLMR/USD", "30", "25")["order"]
        with pytest.raises(Problem) as found:
            trader.sell("VLMR/USD", "1", "25")
        assert [each["code"] for each in found.value.refusals] == ["session-insufficient"]
        with pytest.raises(Problem, match="session-insufficient"):
            trader.buy("VLMR/USD", "1", "5")
        trader.venue.cancel(number)
    desk.must(*grant)
    with Workspace(desk.folder) as workspace, reached(workspace) as venue:
        trader = Trader(VenueClient(venue.url), key, investor=Wallet(holder.lower()))
        with pytest.raises(Problem, match="session-insufficient"):
            trader.sell("VLMR/USD", "1", "25")


def test_an_order_is_drafted_signed_elsewhere_and_submitted(
    demo: tuple[Desk, dict[str, Any]],
) -> None:
    desk, _ = demo
    holder = desk.answer("captable", "VLMR")[0]["lines"][0]["wallet"]
    drafted = desk.answer("order", "draft", "sell", "VLMR", "10", "21", holder)
    typed = desk.file("order.json", json.dumps(drafted))
    assert desk.failing("order", "submit", typed, "0x" + "11" * 64) == "signature-of-another"
    assert desk.failing("order", "submit", typed, "zz") == "order-malformed"


def test_trading_goes_on_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tallystick", "demo", "market", "--orders", "30", "--on",
               "--per-s", "50", "--dir", str(tmp_path / "data")]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(line.split(" ")[0] for line in process.stdout if line.startswith("http"))
        venue = VenueClient(url)
        before = [each["trade"] for each in venue.trades("VLMR/USD", limit=1)]
        until(lambda: len(venue.trades("VLMR/USD")) > 5
              and [each["trade"] for each in venue.trades("VLMR/USD", limit=1)] != before
              and venue.trades("VLMR/USD")[-1]["status"] == "settled")  # fmt: skip
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert Desk(tmp_path / "data").answer("audit")["differences"] == []
