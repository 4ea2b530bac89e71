"""The transfer agent and the compliance officer at work: acts on single movements and units."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tallystick.cli.main import app as command_line
from tests.securities.test_dossier import PROPERTY
from tests.support.desk import HOLDERS, Desk

TERMS = """
[issuer]
name = "Acme"
country = "US"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 2
presets_as_of = "2026-11-22"

[[security.presets]]
name = "rule-144"

[[security.presets]]
name = "3c1"

[security.rules]
venues_only = true
"""


@pytest.fixture
def agent(tmp_path: Path) -> Desk:
    """A desk with a security under Rule 144 and 3(c)(1); Ada holds 100.00."""
    desk = Desk(tmp_path / "data")
    desk.must("init")
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("mint", "ACME", "H-1", "100")
    return desk


def evidence(desk: Desk) -> tuple[str, ...]:
    return ("--document", desk.file("paper.pdf", "signed"))


def shown(desk: Desk, *arguments: str) -> list[str]:
    """Names of what refuses a transfer from Ada to Bo."""
    asked = ("transfer", "ACME", "H-1", "H-2", *arguments, "--explain", "--json")
    found = json.loads(desk.run(*asked).stdout)
    return [refusal["name"] for refusal in found["refusals"]]


def test_presets_are_in_force(agent: Desk) -> None:
    rules = json.loads(agent.must("rules", "show", "ACME", "--json").stdout)
    assert rules["holding_period_s"] == 366 * 86_400
    assert (rules["affiliate_volume_bps"], rules["affiliate_window_days"]) == (100, 92)
    assert shown(agent, "5") == ["lot-locked"]


def test_a_declared_gift_takes_its_lot_along(agent: Desk) -> None:
    papers = evidence(agent)
    arguments = ("declare", "ACME", "gift", "H-1", "H-2", "5", "--reason", "gift", *papers)
    agent.must(*arguments, "--key", "gift-1")
    agent.must(*arguments, "--key", "gift-1")
    [register] = json.loads(agent.must("captable", "ACME", "--json").stdout)
    lines = register["lines"]
    assert {line["units"] for line in lines} == {"9500", "500"}
    assert {line["locked"] for line in lines} == {"9500", "500"}
    found = json.loads(agent.must("lots", "ACME", "H-2", "--json").stdout)
    [lot] = found["lots"]
    assert (lot["units"], lot["how"], lot["from"]) == ("500", "gift", "other")
    assert lot["since"] <= lot["received"]
    [locked] = found["locked"]
    assert locked["units"] == "500"
    agent.must("lots", "ACME", "H-2")


LOTS = "certificate,holder,quantity,acquired\nC-1,H-1,30,2020-01-02\nC-2,H-1,20,2021-03-04\n"


def test_a_seller_names_his_lot(agent: Desk) -> None:
    agent.must(
        "rules",
        "set",
        "ACME",
        agent.file("open.toml", TERMS.split("[[security.pre", maxsplit=1)[0]),
    )
    agent.must("mint-book", "ACME", agent.file("lots.csv", LOTS))
    sale = ("transfer", "ACME", "H-1", "H-2")
    assert agent.error(*sale, "21", "--lot", "2021-03-04").code == "lot-not-so-large"
    assert agent.error(*sale, "21", "--lot", "2021-03-04", "--explain").code == "lot-not-so-large"
    arguments = (*sale, "20", "--lot", "2021-03-04", "--key", "sale-1")
    agent.must(*arguments)
    agent.must(*arguments)
    agent.must(*sale, "5")
    found = json.loads(agent.must("lots", "ACME", "H-2", "--json").stdout)["lots"]
    assert [(each["since"][:10], each["units"]) for each in found] == [
        ("2020-01-02", "500"), ("2021-03-04", "2000"),
    ]  # fmt: skip


def test_a_legend_and_a_stop_order_are_placed_and_lifted(agent: Desk) -> None:
    papers = evidence(agent)
    agent.must("legend", "ACME", "H-1", "99", "--reason", "restricted-securities", *papers)
    agent.must("stop", "ACME", "H-1", "--reason", "adverse-claim", *papers)
    assert {"sender-frozen", "units-legended"} < set(shown(agent, "5"))
    found = json.loads(agent.must("lots", "ACME", "H-1", "--json").stdout)["lots"]
    assert [(lot["units"], lot["legend"]) for lot in found] == [
        ("100", ""), ("9900", "restricted-securities"),
    ]  # fmt: skip
    agent.must("lots", "ACME", "H-1")
    agent.must("stop", "ACME", "H-1", "--reason", "court-order", *papers, "--lift")
    agent.must("legend", "ACME", "H-1", "99", "--reason", "opinion-of-counsel", *papers, "--lift")
    assert shown(agent, "5") == ["lot-locked"]
    assert agent.failing(
        "legend", "ACME", "H-1", "1", "--reason", "opinion-of-counsel", *papers, "--lift"
    ) == ("not-so-much-legended")


def test_who_is_watched_acquires_on_approval(agent: Desk) -> None:
    agent.must("holders", "watch", "H-2")
    assert agent.run("mint", "ACME", "H-2", "7").exit_code == 6
    papers = evidence(agent)
    agent.must("approve", "ACME", "issuer", "H-2", "7", "--until", "2100-01-01", *papers)
    agent.must("withdraw", "ACME", "issuer", "H-2", "7")
    assert agent.run("mint", "ACME", "H-2", "7").exit_code == 6
    agent.must("approve", "ACME", "issuer", "H-2", "7", "--until", "2100-01-01", *papers)
    agent.must("mint", "ACME", "H-2", "7")
    agent.must("holders", "owners", "H-2", "3")
    agent.must("holders", "watch", "H-2", "--lift")
    agent.must("audit")


def test_venues_are_allowed_and_no_longer(agent: Desk) -> None:
    address = "0x" + "7" * 40
    agent.must("venue", "ACME", address)
    assert agent.failing("venue", "ACME", address) == "venue-so-already"
    agent.must("venue", "ACME", address, "--lift")


def test_unknown_kinds_and_presets_are_named(agent: Desk) -> None:
    papers = evidence(agent)
    assert agent.failing(
        "declare", "ACME", "loan", "H-1", "H-2", "5", "--reason", "gift", *papers
    ) == ("kind-unknown")
    wrong = agent.file("wrong.toml", TERMS.replace('"3c1"', '"3c2"'))
    assert agent.failing("rules", "set", "ACME", wrong) == "terms-invalid"
    undated = agent.file("undated.toml", TERMS.replace('presets_as_of = "2026-11-22"', ""))
    assert agent.failing("rules", "set", "ACME", undated) == "terms-invalid"


def test_a_dry_run_reads_open_orders(agent: Desk) -> None:
    orders = agent.file("orders.csv", "key,seller,buyer,quantity\nO-1,H-1,,5\nO-2,,H-2,5\n")
    terms = agent.file("new.toml", TERMS.replace("venues_only = true", "max_balance = '4'"))
    answer = agent.must("rules", "dry-run", "ACME", terms, "--orders", orders, "--json")
    found = json.loads(answer.stdout)
    failing = {each["key"]: [one["name"] for one in each["refusals"]] for each in found["failing"]}
    assert failing == {"O-1": ["lot-locked"], "O-2": ["max-balance"]}
    wrong = agent.file("wrong.csv", "key,seller,buyer,quantity\nO-1,nobody,,5\nO-2,,,5\n")
    error = agent.error("rules", "dry-run", "ACME", terms, "--orders", wrong)
    assert error.code == "orders-invalid"


def test_holders_join_the_limits_of_the_issuer_later(agent: Desk) -> None:
    terms = TERMS.replace('name = "3c1"', 'name = "3c7"').replace("ACME", "LATE")
    agent.must("issue", agent.file("late.toml", terms))
    agent.must("holders", "claim", "H-1", "qualified_purchaser")
    agent.must("mint", "LATE", "H-1", "5")
    found = json.loads(agent.must("holders", "enrol", "LATE", "--json").stdout)
    assert found == {"symbol": "LATE", "enrolled": 1}
    agent.must("holders", "enrol", "LATE")
    agent.must("audit")


def test_a_dossier_is_kept_and_says_when_it_no_longer_holds(agent: Desk) -> None:
    assert agent.failing("dossier", "show", "ACME") == "dossier-missing"
    text = PROPERTY.replace("2026-", "2020-")
    file = agent.file("dossier.toml", text)
    assert json.loads(agent.must("dossier", "set", "ACME", file, "--json").stdout)["version"] == 1
    result = agent.run("dossier", "check", "ACME", "--json")
    assert result.exit_code == 6
    assert not json.loads(result.stdout)["holds"]
    fresh = text.replace("2020-", "2099-")
    agent.must("dossier", "set", "ACME", agent.file("fresh.toml", fresh), "--key", "two")
    again = agent.must("dossier", "set", "ACME", agent.file("fresh.toml", fresh), "--key", "two",
                       "--json")  # fmt: skip
    assert json.loads(again.stdout)["version"] == 2
    agent.must("dossier", "check", "ACME")
    agent.must("dossier", "show", "ACME")


def test_a_stale_dossier_halts_trading_at_venues_until_it_is_renewed(agent: Desk) -> None:
    assert agent.failing("dossier", "enforce", "ACME") == "dossier-missing"
    venue = "0x" + "7" * 40
    agent.must("venue", "ACME", venue)
    agent.must("dossier", "set", "ACME", agent.file("d.toml", PROPERTY.replace("2026-", "2099-")))
    assert json.loads(agent.must("dossier", "enforce", "ACME", "--json").stdout)["venues"] == 1
    stale = agent.file("stale.toml", PROPERTY.replace("2026-", "2020-"))
    agent.must("dossier", "set", "ACME", stale, "--key", "d-1")
    for _ in range(2):
        found = agent.run("dossier", "enforce", "ACME", "--json")
        assert found.exit_code == 6
        assert not json.loads(found.stdout)["elsewhere"]
        assert agent.venue_allowed("ACME", venue) is False
    assert agent.error("venue", "ACME", venue).code == "trading-halted"
    assert "dossier" in {row["kind"] for row in json.loads(agent.must("queue", "--json").stdout)}
    fresh = agent.file("d.toml", PROPERTY.replace("2026-", "2099-"))
    assert agent.error("dossier", "set", "ACME", fresh, "--key", "d-1").code == (
        "idempotency-key-reused"
    )
    assert agent.run("dossier", "enforce", "ACME").exit_code == 6
    agent.must("dossier", "set", "ACME", fresh)
    [row] = json.loads(agent.must("queue", "--json").stdout)
    assert "still halted" in row["what"]
    assert "still halted" in agent.must("dossier", "check", "ACME").stdout
    agent.must("dossier", "enforce", "ACME")
    agent.must("dossier", "enforce", "ACME")
    assert agent.venue_allowed("ACME", venue) is True
    agent.must("dossier", "set", "ACME", stale)
    assert agent.run("dossier", "enforce", "ACME").exit_code == 6
    assert agent.venue_allowed("ACME", venue) is False
    agent.must("venue", "ACME", venue, "--lift")
    agent.must("venue", "ACME", venue, "--lift", "--json")
    agent.must("dossier", "set", "ACME", fresh)
    agent.must("dossier", "enforce", "ACME")
    assert agent.venue_allowed("ACME", venue) is False


def test_an_assessment_is_written_as_a_memo(agent: Desk, tmp_path: Path) -> None:
    questions = tmp_path / "facts.toml"
    app = CliRunner()
    assert app.invoke(command_line, ["assess", "questions", str(questions)]).exit_code == 0
    questions.write_text(questions.read_text().replace('= ""', '= "x"'))
    memo, pdf = tmp_path / "memo.md", tmp_path / "memo.pdf"
    arguments = ["assess", "memo", str(questions), "--markdown", str(memo), "--pdf", str(pdf)]
    assert app.invoke(command_line, arguments).exit_code == 0
    assert "The facts given leave it open" in memo.read_text()
    assert pdf.read_bytes().startswith(b"%PDF")
    found = json.loads(app.invoke(command_line, [*arguments[:3], "--json"]).stdout)
    assert found["likely"] is None


ABROAD = (
    TERMS.split("[[security.presets]]", maxsplit=1)[0]
    + """
[[security.presets]]
name = "reg-s"
category = "3-equity"
reporting = "yes"
distribution_starts = "2026-11-22"
"""
)


def test_a_refusal_that_rests_on_an_unverified_figure_says_so(agent: Desk) -> None:
    terms = agent.file("abroad.toml", ABROAD.replace("ACME", "FAR"))
    agent.must("issue", terms)
    agent.must("mint", "FAR", "H-1", "100")
    asked = ("transfer", "FAR", "H-1", "H-2", "5", "--explain")
    [refusal] = json.loads(agent.run(*asked, "--json").stdout)["refusals"]
    assert refusal["name"] == "flow-back"
    [figure] = refusal["unverified"]
    assert "17 CFR 230.903" in figure
    assert "unverified" in agent.run(*asked).stdout
    orders = agent.file("orders.csv", "key,seller,buyer,quantity\nT-1,H-1,H-2,5\n")
    dry = ("rules", "dry-run", "FAR", terms, "--orders", orders)
    [failing] = json.loads(agent.must(*dry, "--json").stdout)["failing"]
    assert [one["unverified"] for one in failing["refusals"]] == [[figure]]
    assert "unverified" in agent.must(*dry).stdout
