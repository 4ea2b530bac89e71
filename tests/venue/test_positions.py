"""What people see of a venue: what they have, and a book as it stands."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tallystick.app.venue.logins import Caller
from tallystick.client import Problem, VenueClient
from tallystick.markets.venue import entries as said
from tests.support.counter import (
    SYMBOL,
    Counter,
    until,
)


def test_everybody_sees_what_he_has_and_what_of_it_is_free(counter: Counter) -> None:
    ann, cyd = counter.trader(0), counter.trader(2)
    ann.sell(SYMBOL, "30", "10.50")
    before = {each["symbol"]: each for each in ann.venue.positions()["positions"]}
    assert (before["ACME"]["held"], before["ACME"]["bound"], before["ACME"]["free"]) == (
        "1,000", "30", "970")  # fmt: skip
    assert (before["USD"]["held"], before["USD"]["free"]) == ("100,000.00", "100,000.00")
    cyd.buy(SYMBOL, "20", "11")

    def settled() -> bool:
        mine = {each["symbol"]: each for each in cyd.venue.positions()["positions"]}
        units, money = mine["ACME"], mine["USD"]
        # Units that were bought are there once, as held or as coming in.
        assert sorted((units["held"], units["incoming"])) == ["0", "20"]
        assert (money["held"], money["owed"]) in {
            ("100,000.00", "210.21"), ("99,789.79", "0.00")
        }  # fmt: skip
        assert money["free"] == "99,789.79"
        return bool(units["held"] == "20")

    until(settled)
    [traded] = cyd.venue.positions()["traded"]
    assert traded == {"symbol": SYMBOL, "trades": 1, "bought": "20", "sold": "0",
                      "paid": "210.21", "received": "0.00", "fees": "0.21"}  # fmt: skip
    until(lambda: {each["symbol"]: each["held"] for each in ann.venue.positions()["positions"]}
          == {"ACME": "980", "USD": "100,209.90"})  # fmt: skip
    # What is seen of the state is on the disk, and in the records with it.
    assert [(each["side"], each["status"]) for each in ann.venue.fills()] == [("sell", "settled")]
    assert cyd.venue.fills()[0]["side"] == "buy"


def test_nobody_sees_what_another_has(counter: Counter) -> None:
    ann, bob = counter.trader(0), counter.trader(1)
    place = counter.operator.status()["place"]
    for who, asked in ((bob.venue, ann.investor), (VenueClient(counter.url), ann.investor)):
        with pytest.raises(Problem, match="not-logged-in"):
            who.positions(asked)
    with pytest.raises(Problem, match="not-logged-in"):
        VenueClient(counter.url).positions()
    with pytest.raises(Problem, match="wallet-malformed"):
        counter.operator.positions()
    assert counter.operator.status()["place"] == place
    stranger = counter.operator.positions("0x" + "77" * 20)
    assert (stranger["positions"], stranger["traded"]) == ([], [])
    assert counter.operator.positions(ann.investor)["positions"][0]["held"] == "1,000"


@pytest.mark.parametrize("ask", ["markets", "book", "positions"])
def test_nobody_looks_at_a_book_while_an_entry_is_applied(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    """Asking a book for its best price tidies it up, which took orders out that were being met."""
    inquiries, sequencer = counter.house.inquiries, counter.house.floor.sequencer
    inside, go, seen = threading.Event(), threading.Event(), threading.Event()
    apply = sequencer.venue.apply

    def slowly(journaled: Any) -> Any:
        inside.set()
        assert go.wait(20)
        return apply(journaled)

    asked: dict[str, tuple[Any, ...]] = {
        "markets": (), "book": (SYMBOL, 5), "positions": (Caller(operator=True), "0x" + "11" * 20),
    }  # fmt: skip

    def look() -> None:
        getattr(inquiries, ask)(*asked[ask])
        seen.set()

    monkeypatch.setattr(sequencer.venue, "apply", slowly)
    answer = sequencer.submit(said.Ticked())
    assert inside.wait(20)
    threading.Thread(target=look, daemon=True).start()
    assert not seen.wait(0.3)
    go.set()
    answer.result(20)
    assert seen.wait(20)


def test_who_writes_records_is_begun_again_if_it_ended(counter: Counter) -> None:
    ann = counter.trader(0)
    ann.sell(SYMBOL, "9", "12")
    writer = counter.house.recorder._process
    assert writer is not None
    writer.kill()
    writer.wait()
    ann.sell(SYMBOL, "9", "13")
    assert len(ann.venue.orders()) == 2
    assert counter.house.recorder._process is not writer
