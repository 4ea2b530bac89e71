"""Markets of a venue that is served: halted, resumed, changed; orders in them by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.client import Problem
from tests.support.counter import (
    SYMBOL,
    Counter,
    refusals,
    until,
)
from tests.support.desk import Desk, copy_of


def test_a_market_is_halted_and_resumed_by_its_operator(counter: Counter) -> None:
    ann = counter.trader(0)
    assert counter.operator.halt(SYMBOL, "news")["halted"] == "news"
    with pytest.raises(Problem) as found:
        ann.sell(SYMBOL, "5", "10")
    assert refusals(found.value) == {"market-halted"}
    assert counter.operator.resume(SYMBOL)["phase"] == "call"
    assert ann.sell(SYMBOL, "5", "10")["status"] == "open"


def test_what_the_venue_halts_for_itself_nobody_halts_for(counter: Counter) -> None:
    for code in ("", "security-paused", "venue-not-allowed", "dossier-stale", "epoch-passed"):
        with pytest.raises(Problem, match="halt-reserved"):
            counter.operator.halt(SYMBOL, code)
    assert counter.operator.markets()[0]["phase"] == "continuous"


HALL = """
kind = "property"

[[entries]]
kind = "parcel"
number = "12/4"
registry = "Springfield"
established = "2020-01-10"
until = "never"

[[entries]]
kind = "valuation"
amount = "EUR 900,000"
by = "A. Valuer"
established = "2020-02-01"
until = "{until}-01-31"
"""


def test_a_market_is_halted_as_long_as_the_dossier_of_its_asset_does_not_hold(
    opened: Desk, tmp_path: Path
) -> None:
    """No one need do anything for it, and the operator cannot let it go on before it is mended."""
    desk = copy_of(opened, tmp_path)
    desk.must("dossier", "set", "ACME", desk.file("old.toml", HALL.format(until="2021")))
    counter = Counter(desk)
    try:

        def phase() -> tuple[str, str]:
            [market] = counter.operator.markets()
            return market["phase"], market["halted"]

        assert phase() == ("halted", "dossier-stale")
        with pytest.raises(Problem) as found:
            counter.trader(0).sell(SYMBOL, "5", "12")
        assert refusals(found.value) == {"market-halted"}
        with pytest.raises(Problem, match="market-still-halted"):
            counter.operator.resume(SYMBOL)
        counter.operator.halt(SYMBOL, "by-hand")
        assert phase() == ("halted", "dossier-stale")
        desk.must("dossier", "set", "ACME", desk.file("new.toml", HALL.format(until="2090")))
        until(lambda: phase() == ("call", ""))
        until(lambda: phase()[0] == "call")
        counter.operator.halt(SYMBOL, "by-hand")
        desk.must("dossier", "set", "ACME", desk.file("newer.toml", HALL.format(until="2091")))
        assert phase() == ("halted", "by-hand")
        assert counter.operator.resume(SYMBOL)["phase"] == "call"
    finally:
        counter.close()


def test_a_market_is_changed_in_what_is_said_alone(opened: Desk, tmp_path: Path) -> None:
    """Hours that were set took the fees back to nothing."""
    desk = copy_of(opened, tmp_path)
    change = ("market", "open", "ACME", "--cash", "USD", "--tick", "0.01", "--reference", "10")
    hours = ("--hours", "daily 08:00 continuous", "--hours", "daily 20:00 closed")
    set_ = desk.answer(*change, *hours, "--band-bps", "500")
    assert (set_["maker_bps"], set_["taker_bps"], set_["band_bps"], set_["call_s"]) == (
        5, 10, 500, 120)  # fmt: skip
    kept = desk.answer(*change, "--taker-bps", "0")
    assert (kept["maker_bps"], kept["taker_bps"], kept["band_bps"]) == (5, 0, 500)
    assert kept["hours"] == ["daily 08:00 continuous", "daily 20:00 closed"]
    assert desk.answer(*change, "--hours", "always")["hours"] == []
    assert desk.failing(*change, "--lot", "2") == "market-lot-differs"
    assert desk.answer(*change, "--lot", "1")["lot"] == "1"
    shown = desk.must("market", "show", "ACME").output
    assert "settlement contract 0x" in shown


def test_a_command_waits_until_the_venue_knows_what_it_did_before(opened: Desk, tmp_path: Path
                                                                  ) -> None:  # fmt: skip
    """The first order of somebody was refused, as the venue had not seen his permit yet."""
    desk = copy_of(opened, tmp_path)
    desk.must("holders", "import", desk.file(
        "new.csv", "reference,name,country,verified\nP-8,Kept,DE,never\n"))  # fmt: skip
    desk.must("mint", "ACME", "P-8", "100")
    counter = Counter(desk)
    try:
        before = desk.answer("order", "positions", "P-8")["positions"][0]
        assert (before["held"], before["free"], before["allowed_to_settle"]) == ("100", "0", False)
        assert "permits the rest" in desk.must("order", "positions", "P-8").output
        placed = desk.answer("order", "place", "sell", "ACME", "10", "15", "P-8")
        assert placed["status"] == "open"
    finally:
        counter.close()


def test_an_order_that_leaves_at_once_says_why(opened: Desk, tmp_path: Path) -> None:
    desk = copy_of(opened, tmp_path)
    desk.must("holders", "import", desk.file(
        "new.csv", "reference,name,country,verified\nP-8,Kept,DE,never\n"))  # fmt: skip
    desk.must("cash", "mint", "USD", "P-8", "1000")
    shown = desk.must("order", "place", "buy", "ACME", "1", "9", "P-8", "--time-in-force",
                      "immediate").output  # fmt: skip
    assert "not-traded-at-once" in shown
    assert "What could not be traded at once does not wait" in shown
    told = desk.must("order", "show", "1").output
    assert "accepted" in told
    assert "left not-traded-at-once" in told
