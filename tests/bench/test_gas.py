"""Gas: within the budgets, with all rules on, and never more than was committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallystick.bench import gas, register, rules, venue
from tallystick.bench.books.others import measure_others
from tallystick.bench.books.workload import workload
from tallystick.bench.peers import measure_peers

SNAPSHOT = Path(__file__).parent / "gas_snapshot.json"


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return gas.run(with_peers=True)


def test_every_figure_is_within_its_budget(measured: dict[str, Any]) -> None:
    over = {
        name: (figure, measured["budgets"][name])
        for name, figure in measured["figures"].items()
        if figure > measured["budgets"][name]
    }
    assert not over


def test_all_built_in_rules_were_on(measured: dict[str, Any]) -> None:
    """An approval is used up by each transfer, so that its rule has a figure of its own."""
    bits = [name for name in gas.RULE_NAMES.values() if name != "approval"]
    assert measured["rules_on"] == [
        *bits, "supply-cap", "holder-limit", "retail-limit", "reasons",
    ]  # fmt: skip
    assert sum(gas.RULE_NAMES) == 2**20 - 1


def test_no_figure_is_higher_than_committed(measured: dict[str, Any]) -> None:
    committed = json.loads(SNAPSHOT.read_text())
    assert set(committed) == set(measured["figures"])
    risen = {
        name: (committed[name], figure)
        for name, figure in measured["figures"].items()
        if figure > committed[name]
    }
    assert not risen, "gas rose; if that is meant, commit the new snapshot and say why"


def test_ours_costs_less_than_the_reference_of_the_standard(measured: dict[str, Any]) -> None:
    for name in ("t-rex, proxies, 5 modules", "t-rex, proxies", "t-rex, bare"):
        peer = measured["peers"][name]
        for figure in ("transfer_existing", "transfer_new", "mint_new", "admit_one",
                       "forced_transfer", "recovery", "issue_security"):  # fmt: skip
            assert measured["figures"][figure] < peer[figure], (name, figure)
    assert measured["peers"]["openzeppelin-erc20"]["transfer_existing"] > 30_000


def test_peers_that_are_not_installed_say_so(tmp_path: Path) -> None:
    found = measure_peers(tmp_path)
    assert {"openzeppelin-erc20", "cmtat", "t-rex, bare"} <= found.keys()
    assert not any(peer["measured_in_this_run"] for peer in found.values())
    assert found["t-rex, bare"]["cure"] == "Run `make peers`."


def test_the_register_is_measured_small() -> None:
    """The same path as with a million transfers: populate, rebuild in a cold process, ask."""
    found = register.run(holders=200, transfers=1_000)
    assert found["figures"].keys() == found["budgets"].keys()
    assert found["size"] == {"transfers": 1_000, "holders": 204, "changes": 2_204}


def test_the_venue_is_measured_small() -> None:
    """The same path as with 200,000 events; others' books say how to get them."""
    found = venue.run(events=2_000, rounds=1, orders=200, signed=100, paced=50)
    assert found["figures"].keys() >= found["budgets"].keys()
    assert found["size"] == {
        "events": 2_000, "fills": found["size"]["fills"], "rounds": 1, "durable_orders": 200,
        "signed_orders": 100, "paced": 50,
    }  # fmt: skip
    assert found["size"]["fills"] > 200
    others = measure_others(workload(100), Path("/nowhere"))
    assert {each["cure"] for each in others.values()} == {"Run `make peers`."}


def test_rules_are_measured_small() -> None:
    """The same path as with 100,000 holders: a dry run with orders, verdicts, a holder of lots."""
    found = rules.run(holders=300, count=60, verdicts=20)
    assert found["figures"].keys() == found["budgets"].keys()
    assert found["size"] == {"holders": 300, "orders": 60}
    assert found["figures"]["transfer_60_lots_gas"] <= found["budgets"]["transfer_60_lots_gas"]
    assert found["found"]["breaches"] > 0
