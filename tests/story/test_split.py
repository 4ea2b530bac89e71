"""A company splits its shares; and merges one class into another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallystick.app.servicing import exchanges
from tallystick.app.workspace import Workspace
from tallystick.securities.exchanges import Ratio
from tallystick.securities.proposal import RuleSet
from tests.support.desk import Desk, copy_of

TERMS = """
[issuer]
name = "Acme AG"
country = "DE"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 0
authorised = "1000"

[security.rules]
holding_period_days = 30
max_balance = "100"

[[security]]
symbol = "ACME.B"
name = "Acme Shares B"
kind = "common"
decimals = 0
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,FR,never
H-3,Cy,DE,never
"""
HELD = {"H-1": 7, "H-2": 5, "H-3": 4}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("split") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for who, units in HELD.items():
        desk.must("mint", "ACME", who, str(units))
    desk.must("cash", "issue", "EUR")
    desk.must("cash", "mint", "EUR", "agent", "1000")
    return desk


@pytest.fixture
def splitting(company: Desk, tmp_path: Path) -> Desk:
    return copy_of(company, tmp_path)


def because(desk: Desk) -> tuple[str, ...]:
    paper = desk.file("resolution.txt", "The meeting resolved it.")
    return ("--reason", "merger", "--document", paper)


def held(desk: Desk, symbol: str = "ACME") -> dict[str, int]:
    table = json.loads(desk.must("captable", symbol, "--json").stdout)
    lines = table[0]["lines"] if isinstance(table, list) else table["lines"]
    return {line["holder"]: int(line["units"]) for line in lines}


def answer(desk: Desk, *arguments: str) -> Any:
    return json.loads(desk.must(*arguments, "--json").stdout)


def test_three_for_two_with_the_halves_paid_in_cash(splitting: Desk) -> None:
    desk = splitting
    desk.must("exchange", "announce", "ACME", "3", "2", *because(desk))
    assert answer(desk, "exchange", "show", "ACME")["announced"]["new"] == 3
    found = answer(desk, "exchange", "carry-out", "ACME")
    assert found == {"epoch": 1, "supply": "23", "fractions": 2}
    assert held(desk) == {"Ada": 10, "Bo": 7, "Cy": 6}
    rules = answer(desk, "rules", "show", "ACME")
    assert (rules["max_balance"], rules["supply_cap"]) == ("150", "1500")
    # What was locked is locked as before, and the units move again afterwards.
    lots = answer(desk, "lots", "ACME", "H-1")
    assert [lot["units"] for lot in lots["lots"]] == [10] or lots["lots"][0]["units"] == "10"
    paper = desk.file("notice.txt", "Fractions are paid at 12.50.")
    made = answer(desk, "exchange", "fractions", "ACME", "1", "12.50", "EUR", "--document", paper,
                  "--challenge-hours", "0")  # fmt: skip
    assert made == {"number": 1, "amount": "1250"}
    assert answer(desk, "distribution", "push", "1")["paid"] == 2
    for who, units in (("H-1", 625), ("H-2", 625), ("H-3", 0)):
        assert int(answer(desk, "cash", "balance", "EUR", who)["units"]) == units
    desk.must("chain", "advance", "31")
    desk.must("transfer", "ACME", "H-1", "H-2", "1")
    assert not answer(desk, "audit")["differences"]


def test_an_exchange_that_was_cut_off_goes_on(
    splitting: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off after the first of three pages: the same command finishes it, nobody twice."""
    desk = splitting
    desk.must("exchange", "announce", "ACME", "2", "1", *because(desk))
    monkeypatch.setattr(exchanges, "WALLETS_A_PAGE", 1)

    def cut(done: int, _total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with Workspace(desk.folder) as workspace, pytest.raises(KeyboardInterrupt):
        exchanges.carry_out(workspace, workspace.security("ACME"), key="cut", report=cut)
    assert answer(desk, "exchange", "show", "ACME")["under_way"]
    assert desk.run("transfer", "ACME", "H-1", "H-2", "1").exit_code != 0
    assert answer(desk, "exchange", "carry-out", "ACME")["supply"] == "32"
    assert held(desk) == {"Ada": 14, "Bo": 10, "Cy": 8}
    assert not answer(desk, "audit")["differences"]


def test_one_class_is_merged_into_another(splitting: Desk) -> None:
    desk = splitting
    desk.must("mint", "ACME.B", "H-1", "3")
    desk.must("exchange", "announce", "ACME", "1", "2", "--to", "ACME.B", *because(desk))
    assert answer(desk, "exchange", "carry-out", "ACME")["supply"] == "10"
    assert held(desk, "ACME.B") == {"Ada": 6, "Bo": 2, "Cy": 2}
    assert held(desk) == {}
    assert not answer(desk, "audit")["differences"]
    assert desk.run("mint", "ACME", "H-1", "1").exit_code != 0


def test_an_exchange_is_announced_ahead_and_withdrawn(splitting: Desk) -> None:
    desk = splitting
    desk.must("exchange", "announce", "ACME", "2", "1", "--not-before", "2030-01-01",
              *because(desk))  # fmt: skip
    assert desk.error("exchange", "carry-out", "ACME").code == "exchange-ahead"
    desk.must("exchange", "withdraw", "ACME")
    assert desk.error("exchange", "carry-out", "ACME").code == "no-exchange"
    assert desk.error("exchange", "withdraw", "ACME").code == "no-exchange"
    paper = desk.file("notice.txt", "-")
    arguments = ("exchange", "fractions", "ACME", "1", "1", "EUR", "--document", paper)
    assert desk.error(*arguments).code == "exchange-unknown"


@pytest.mark.parametrize(
    ("rules", "ratio", "after"),
    [(RuleSet(lot_size=10, max_balance=7), Ratio(3, 2), RuleSet(lot_size=15, max_balance=10)),
     (RuleSet(minimum_holding=4, supply_cap=9), Ratio(1, 2),
      RuleSet(minimum_holding=2, supply_cap=4)),
     (RuleSet(lot_size=5), Ratio(1, 2), None), (RuleSet(lot_size=101), Ratio(3, 1), None)],
)  # fmt: skip
def test_amounts_in_rules_are_stated_for_the_new_units(
    rules: RuleSet, ratio: Ratio, after: RuleSet | None
) -> None:
    if after is None:
        with pytest.raises(Exception, match="rule-not-exchangeable"):
            exchanges.rules_after(rules, ratio)
    else:
        assert exchanges.rules_after(rules, ratio) == after
