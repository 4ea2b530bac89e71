"""A start-up is wound up: creditors, preferences, participation and conversion, to the cent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk import Desk, copy_of

TERMS = """
[issuer]
name = "Nearly Inc"
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

[security.rights]
seniority = 1
liquidation_multiple_bps = 10000

[security.preference]
issue_price = "1.00"

[[security]]
symbol = "PREF-A"
name = "Series A"
kind = "preferred"
decimals = 0

[security.rights]
seniority = 2
liquidation_multiple_bps = 10000
participation = "capped"
participation_cap_bps = 30000

[security.preference]
issue_price = "5.00"
"""
HOLDERS = """reference,name,country,verified
F-1,Founder One,US,never
F-2,Founder Two,US,never
I-1,Angel,US,never
I-2,Fund,US,never
"""
HELD = {"COM": {"F-1": 600_000, "F-2": 300_001}, "SEED": {"I-1": 500_000},
        "PREF-A": {"I-2": 600_000}}  # fmt: skip
PLAN = """
cash = "USD"
proceeds = "{proceeds}"

[[debts]]
name = "Bank"
amount = "400,000.00"
seniority = 100
"""


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("wound-up") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for symbol, lines in HELD.items():
        for who, units in lines.items():
            desk.must("mint", symbol, who, str(units))
    desk.must("cash", "issue", "USD")
    desk.must("cash", "mint", "USD", "agent", "20,000,000")
    return desk


@pytest.fixture
def desk(founded: Desk, tmp_path: Path) -> Desk:
    return copy_of(founded, tmp_path)


def plan(desk: Desk, proceeds: str) -> str:
    return desk.file("liquidation.toml", PLAN.format(proceeds=proceeds))


def shares(desk: Desk, proceeds: str) -> dict[str, int]:
    found = desk.answer("liquidation", "foresee", plan(desk, proceeds))
    assert sum(int(each["amount"]) for each in found["shares"]) == int(found["proceeds"])
    return {each["name"]: int(each["amount"]) for each in found["shares"]}


def test_who_gets_what_of_which_proceeds(desk: Desk) -> None:
    """By rank while they do not cover it; then as each does best."""
    assert shares(desk, "300,000.00") == {"Bank": 30_000_000, "COM": 0, "SEED": 0, "PREF-A": 0}
    assert shares(desk, "3,000,000.00")["PREF-A"] == 260_000_000
    # After 400,000 and preferences of 3,000,000 and 500,000, the rest goes to Series A and common.
    found = shares(desk, "5,400,001.00")
    assert (found["Bank"], found["SEED"]) == (40_000_000, 50_000_000)
    assert found["COM"] == 150_000_100 * 900_001 // 1_500_001
    # Far above, everybody converts: each share is worth the same.
    high = desk.answer("liquidation", "foresee", plan(desk, "100,000,000.00"))
    assert [each["converted"] for each in high["shares"]] == [False, False, True, True]
    assert "as common" in desk.must("liquidation", "foresee", plan(desk, "100,000,000.00")).stdout


def test_a_start_up_is_wound_up(desk: Desk) -> None:
    made = desk.answer("liquidation", "announce", plan(desk, "5,400,001.00"), *desk.paper(),
                       "--key", "w")  # fmt: skip
    assert desk.answer("liquidation", "announce", plan(desk, "5,400,001.00"), *desk.paper(),
                       "--key", "w") == made  # fmt: skip
    assert made["others"] == {"Bank": "40000000"}
    done = desk.answer("liquidation", "carry-out", "1")
    assert [each["symbol"] for each in done] == ["COM", "SEED", "PREF-A"]
    assert desk.answer("liquidation", "carry-out", "1") == done
    for each in done:
        for number in each["distributions"]:
            desk.must("distribution", "push", str(number))
    got = {who: desk.cash("USD", who) for who in ("F-1", "F-2", "I-1", "I-2")}
    assert sum(got.values()) == 500_000_100
    assert got["I-1"] == 50_000_000
    common = int(made["classes"]["COM"])
    assert got["F-1"] in {common * 600_000 // 900_001, common * 600_000 // 900_001 + 1}
    for table in desk.answer("captable"):
        assert table["supply"] == "0"
    desk.must("audit")


def test_a_class_that_gets_nothing_ends_all_the_same(desk: Desk) -> None:
    desk.must("liquidation", "announce", plan(desk, "3,000,000.00"), *desk.paper())
    done = desk.answer("liquidation", "carry-out", "1")
    paid = {each["symbol"]: each["distributions"] for each in done}
    assert paid == {"COM": [], "SEED": [], "PREF-A": [1]}
    assert [table["supply"] for table in desk.answer("captable")] == ["0", "0", "0"]


def test_what_was_announced_is_what_is_divided(desk: Desk) -> None:
    desk.must("liquidation", "announce", plan(desk, "5,400,001.00"), *desk.paper())
    desk.must("mint", "COM", "F-2", "1")
    assert desk.error("liquidation", "carry-out", "1").code == "units-changed"
    assert desk.error("liquidation", "carry-out", "2").code == "liquidation-unknown"


def test_what_makes_no_sense_is_told(desk: Desk) -> None:
    for text, code in (
        (PLAN.format(proceeds="1,000.00").replace("seniority = 100", "seniority = 2"),
         "debt-behind-a-class"), (PLAN.format(proceeds="1e3"), "liquidation-invalid"),
        ('cash = "USD"\nproceeds = "1.00"\nproceed = 1\n', "liquidation-invalid"),
        ('cash = "EUR"\nproceeds = "1.00"\n', "cash-unknown"),
    ):  # fmt: skip
        assert desk.error("liquidation", "foresee", desk.file("bad.toml", text)).code == code
    error = desk.error("liquidation", "announce", plan(desk, "50,000,000.00"), *desk.paper())
    assert error.code == "cash-short"


@pytest.mark.parametrize("suffix", [".pdf", ".svg"])
def test_the_breakpoints_are_drawn(desk: Desk, suffix: str) -> None:
    chart = desk.scratch / f"chart{suffix}"
    desk.must("liquidation", "foresee", plan(desk, "5,400,001.00"), "--chart", str(chart))
    assert chart.stat().st_size > 1_000
    assert desk.error("liquidation", "foresee", plan(desk, "5,400,001.00"), "--chart",
                      str(desk.scratch / "chart.gif")).code == "chart-format"  # fmt: skip
