"""A start-up grants options and takes SAFEs: vested, exercised, converted, paid in a sale."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tallystick.app.workspace import Workspace
from tests.support.desk import Desk, copy_of

TODAY = datetime.now(UTC).date()
TERMS = """
[issuer]
name = "Start Inc"
country = "US"

[[security]]
symbol = "COM"
name = "Common"
kind = "common"
decimals = 0

[[security]]
symbol = "SEED"
name = "Seed Preferred"
kind = "preferred"
decimals = 0
"""
HOLDERS = """reference,name,country,verified
F-1,Founder,US,never
E-1,Employee,US,never
I-1,Angel,US,never
I-2,Stranger,US,
"""


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("grants") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("mint", "COM", "F-1", "8000000")
    start = TODAY.replace(day=1, year=TODAY.year - 2).isoformat()
    desk.must("grant", "option", "COM", "E-1", "480000", "0.10", "--vesting-start", start,
              *desk.paper("Grant"), "--key", "o")  # fmt: skip
    desk.must("grant", "option", "COM", "E-1", "480000", "0.10", "--vesting-start", start,
              *desk.paper("Grant"), "--key", "o")  # fmt: skip
    desk.must("grant", "safe", "SEED", "I-1", "500000.00", "--cap", "5000000.00",
              *desk.paper("SAFE"))  # fmt: skip
    return desk


@pytest.fixture
def desk(founded: Desk, tmp_path: Path) -> Desk:
    return copy_of(founded, tmp_path)


def units(desk: Desk, symbol: str) -> dict[str, str]:
    return {line["holder"]: line["units"] for line in desk.answer("captable", symbol)[0]["lines"]}


def test_what_has_vested_is_exercised_and_no_more(desk: Desk) -> None:
    option, safe = desk.answer("grant", "list")
    assert (option["vested"], option["state"], safe["state"]) == ("240000", "open", "open")
    assert desk.answer("grant", "diluted") == {
        "issued": "8000000", "options": "480000", "diluted": "8480000"}  # fmt: skip
    assert desk.error("grant", "exercise", "1", "240001").code == "not-vested"
    desk.must("grant", "exercise", "1", "40000", "--key", "x")
    desk.must("grant", "exercise", "1", "40000", "--key", "x")
    assert desk.error("grant", "exercise", "1", "39999", "--key", "x").code == (
        "idempotency-key-reused")  # fmt: skip
    assert units(desk, "COM") == {"Founder": "8000000", "Employee": "40000"}
    desk.must("grant", "cancel", "1")
    assert desk.error("grant", "exercise", "1", "1").code == "grant-over"
    assert desk.error("grant", "exercise", "2", "1").code == "grant-over"
    assert desk.error("grant", "exercise", "9", "1").code == "grant-unknown"
    assert "cancelled" in desk.must("grant", "list").stdout
    assert "8,040,000" in desk.must("grant", "diluted").stdout
    desk.must("audit")


def test_a_safe_converts_in_a_round_into_its_part_of_the_company(desk: Desk) -> None:
    told = desk.answer("grant", "convert", "SEED", "2.00", "--explain")
    # A tenth of all after it: a ninth of the 8,480,000 that there are before.
    assert told == [{"number": 2, "units": str(8_480_000 // 9)}]
    desk.must("grant", "convert", "SEED", "2.00", "--key", "c")
    desk.must("grant", "convert", "SEED", "2.00", "--key", "c")
    assert units(desk, "SEED") == {"Angel": str(8_480_000 // 9)}
    assert desk.error("grant", "convert", "SEED", "2.00").code == "nothing-to-convert"


def test_whom_the_rules_refuse_is_told_before_anything_is_issued(desk: Desk) -> None:
    desk.must("grant", "safe", "SEED", "I-2", "1000.00", "--discount", "2000", *desk.paper())
    assert desk.error("grant", "convert", "SEED", "2.00").code == "receiver-unverified"
    assert [each["state"] for each in desk.answer("grant", "list")] == ["open"] * 3


def test_grants_share_in_a_winding_up(desk: Desk) -> None:
    desk.must("cash", "issue", "USD")
    plan = desk.file("sale.toml", 'cash = "USD"\nproceeds = "16,000,000.00"\n')
    found = {each["name"]: each for each in desk.answer("liquidation", "foresee", plan)["shares"]}
    assert sum(int(each["amount"]) for each in found.values()) == 1_600_000_000
    assert found["safe 2"]["converted"]
    assert int(found["option 1"]["amount"]) > 0
    low = desk.file("low.toml", 'cash = "USD"\nproceeds = "600,000.00"\n')
    found = {each["name"]: each for each in desk.answer("liquidation", "foresee", low)["shares"]}
    assert (found["safe 2"]["amount"], found["option 1"]["amount"]) == ("50000000", "0")


def test_what_makes_no_sense_is_told(desk: Desk) -> None:
    paper = desk.paper()
    for arguments, code in (
        (("safe", "SEED", "I-1", "1.00"), "safe-without-terms"),
        (("safe", "SEED", "I-1", "1.00", "--discount", "10000"), "discount-out-of-range"),
        (("option", "COM", "E-1", "5", "x"), "quantity-malformed"),
        (("option", "COM", "E-1", "5", "1", "--vesting-start", "soon"), "time-malformed"),
    ):  # fmt: skip
        assert desk.error("grant", *arguments, *paper).code == code


def test_an_option_follows_a_split_and_a_conversion(desk: Desk) -> None:
    """After 3 for 2 it is on half as many again at two thirds of the strike, and goes on so."""
    desk.must("grant", "exercise", "1", "100", "--key", "before")
    desk.must("exchange", "announce", "COM", "3", "2", "--reason", "merger", *desk.paper())
    desk.must("exchange", "carry-out", "COM")
    [option, _] = desk.answer("grant", "list")
    assert (option["symbol"], option["granted"], option["exercised"]) == ("COM", "720000", "150")
    assert option["strike"] == "1/15"
    desk.must("grant", "exercise", "1", "50", "--key", "after")
    assert units(desk, "COM")["Employee"] == "200"
    assert desk.answer("grant", "list")[0]["exercised"] == "200"
    desk.must("exchange", "announce", "COM", "1", "4", "--to", "SEED", "--reason", "merger",
              *desk.paper())  # fmt: skip
    desk.must("exchange", "carry-out", "COM")
    [option, _] = desk.answer("grant", "list")
    assert (option["symbol"], option["granted"], option["exercised"]) == ("SEED", "180000", "50")
    assert option["strike"] == "4/15"
    desk.must("grant", "exercise", "1", "10")
    assert units(desk, "SEED")["Employee"] == "60"
    out = desk.scratch / "out.zip"
    desk.must("ocf", "export", str(out), "--currency", "USD", "--formed", "2024-01-01",
              "--prices", priced(desk))  # fmt: skip


def test_an_exercise_in_the_second_of_an_exchange_is_told_apart_by_its_block(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was noted by a clock that is ahead: what counts is its place on the chain."""
    now = Workspace.now
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "now", lambda self: now(self) + 100)
        desk.must("grant", "exercise", "1", "100")
    desk.must("exchange", "announce", "COM", "3", "2", "--reason", "merger", *desk.paper())
    desk.must("exchange", "carry-out", "COM")
    assert desk.answer("grant", "list")[0]["exercised"] == "150"


def priced(desk: Desk) -> str:
    """Prices of what the export asks for."""
    asked = desk.run("ocf", "export", "x.zip", "--currency", "USD", "--formed", "2024-01-01")
    rows = [f"{each.where},0.01,USD" for each in asked.exception.defects]
    return desk.file("prices.csv", "\n".join(["security_id,price,currency", *rows]))
