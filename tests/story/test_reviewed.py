"""What a review found by servicing a security with mishaps: each is mended, and stays so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallystick.app.workspace import TOKEN, Workspace
from tallystick.gateways.chain.outbox import Outbox
from tests.support.desk import Desk, copy_of

TERMS = """
[issuer]
name = "Acme Inc"
country = "US"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 0

[security.rules]
max_balance = "1000"

[[security]]
symbol = "NEWCO"
name = "Newco Shares"
kind = "common"
decimals = 2
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,US,never
H-3,Cy,DE,never
"""
HELD = {"H-1": 101, "H-2": 50, "H-3": 7}
OFFER = """
symbol = "ACME"
cash = "{cash}"
soft_cap = "{soft}"
hard_cap = "200"
minimum = "1"
maximum = "180"
opens = "{opens}"
closes = "{closes}"
withdraw_until = "{closes}"
pro_rata = true

[[prices]]
price = "10.00"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("reviewed") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for who, units in HELD.items():
        desk.must("mint", "ACME", who, str(units))
    desk.must("cash", "issue", "USD")
    for who in ("agent", "H-1", "H-2"):
        desk.must("cash", "mint", "USD", who, "50000")
    return desk


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    return copy_of(made, tmp_path)


@contextmanager
def power_lost_before(part: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything stops when an act whose key has this part is noted and not yet signed."""
    genuine = Outbox._prepare

    def prepare(self: Outbox, intent: Any, signer: Any) -> None:
        if part in intent.key and self.intents.row(intent.key) is not None:
            raise KeyboardInterrupt
        genuine(self, intent, signer)

    with monkeypatch.context() as lost:
        lost.setattr(Outbox, "_prepare", prepare)
        yield


def announced(desk: Desk, *options: str, amount: str = "1000.01", key: str = "d") -> Any:
    return desk.answer("distribution", "announce", "ACME", amount, "USD", *desk.paper(), "--key",
                       key, *options)  # fmt: skip


def status(desk: Desk, number: int = 1) -> str:
    return str(desk.answer("distribution", "list")[number - 1]["status"])


def test_a_distribution_that_was_noted_and_not_sent_is_announced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--challenge-hours", "0", "--withholding", "none")
    with power_lost_before("/announce", monkeypatch):
        assert desk.run("distribution", "announce", "ACME", "1000.01", "USD", *desk.paper(),
                        "--key", "d", *options).exit_code != 0  # fmt: skip
    assert status(desk) == "not announced"
    announced(desk, *options)
    assert status(desk) == "published"
    assert desk.answer("distribution", "push", "1")["paid"] == 3


def test_a_list_that_was_noted_and_not_sent_is_published(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    announced(desk, "--record-date", day, "--challenge-hours", "0", "--withholding", "none")
    desk.must("chain", "advance", "3")
    with power_lost_before("/publish", monkeypatch):
        assert desk.run("distribution", "publish", "1").exit_code != 0
    assert status(desk) == "announced"
    desk.must("distribution", "publish", "1")
    assert status(desk) == "published"


def test_a_record_date_set_meanwhile_does_not_hinder_an_announcement(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    options = ("--record-date", day, "--challenge-hours", "0", "--withholding", "none")
    with monkeypatch.context() as lost:
        lost.setattr("tallystick.app.servicing.cash.allow", _stopped)
        assert desk.run("distribution", "announce", "ACME", "1000.01", "USD", *desk.paper(),
                        "--key", "d", *options).exit_code != 0  # fmt: skip
    with Workspace(desk.folder) as workspace:
        token = workspace.security("ACME").token
        workspace.act("agent", [("date", token, TOKEN.function("setRecordDate").encode(0))])
    announced(desk, *options)
    assert status(desk) == "announced"
    assert len(desk.answer("distribution", "list")) == 1


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_same_key_with_another_plan_is_refused(desk: Desk) -> None:
    announced(desk, "--challenge-hours", "0", "--withholding", "none")
    for options in (("--challenge-hours", "1"), ("--challenge-hours", "0", "--expires",
                                                 "2031-01-01")):  # fmt: skip
        error = desk.error("distribution", "announce", "ACME", "1000.01", "USD", *desk.paper(),
                           "--key", "d", "--withholding", "none", *options)  # fmt: skip
        assert error.code == "idempotency-key-reused"


def test_a_payee_who_sends_money_back_delays_nobody(desk: Desk) -> None:
    token = desk.hostile_cash()
    desk.must("distribution", "announce", "ACME", "1580", "BAD", *desk.paper(),
              "--challenge-hours", "0", "--withholding", "none")  # fmt: skip
    desk.hostile(token, "behave", 10)
    done = desk.answer("distribution", "push", "1")
    assert (done["paid"], done["left"]) == (3, [])


def test_who_is_stopped_for_sanctions_is_not_paid_and_delays_nobody(desk: Desk) -> None:
    announced(desk, "--challenge-hours", "0", "--withholding", "none")
    desk.must("stop", "ACME", "H-2", "--reason", "sanctions", *desk.paper())
    shown = desk.must("distribution", "push", "1").stdout
    assert "sanctions" in shown
    paid = {each["units"]: each["paid"]
            for each in desk.answer("distribution", "show", "1")["payments"]}  # fmt: skip
    assert paid == {"101": True, "50": False, "7": True}
    desk.must("stop", "ACME", "H-2", "--lift", "--reason", "sanctions", *desk.paper())
    assert desk.answer("distribution", "push", "1")["paid"] == 1


def test_a_holder_who_asks_for_his_place_is_answered_before_payment(desk: Desk) -> None:
    day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    announced(desk, "--record-date", day, "--challenge-hours", "1", "--withholding", "none")
    desk.must("chain", "advance", "3")
    desk.must("distribution", "publish", "1")
    assert desk.answer("distribution", "answer", "1")["answered"] == 0
    desk.send("H-1", desk.answer("distribution", "demand", "1"))
    assert desk.answer("distribution", "answer", "1")["answered"] == 1
    assert desk.answer("distribution", "answer", "1")["answered"] == 0


def test_withholding_is_decided_by_the_forms_that_hold_when_payment_opens(desk: Desk) -> None:
    """A form that ends within the time for challenges no longer holds then."""
    today = datetime.now(UTC).date()
    last = today.replace(month=12, day=31)
    desk.must("tax", "form", "H-1", "w-8ben", "--treaty", "--signed",
              today.replace(year=today.year - 3).isoformat())  # fmt: skip
    hours = ((last - today).days + 3) * 24
    announced(desk, "--challenge-hours", str(hours))
    [line] = [each for each in desk.answer("distribution", "show", "1")["payments"]
              if each["units"] == "101"]  # fmt: skip
    assert int(line["withheld"]) == (int(line["gross"]) * 3_000 + 5_000) // 10_000


def test_nobody_is_erased_while_money_waits_for_him(desk: Desk) -> None:
    announced(desk, "--challenge-hours", "0")
    assert desk.error("holders", "erase", "H-1").code == "money-owed"
    desk.must("distribution", "pay", "1", "H-1")
    desk.must("holders", "erase", "H-1")


def test_a_reclaim_that_was_cut_off_is_paid(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    announced(desk, "--challenge-hours", "0")
    desk.must("distribution", "push", "1")
    desk.must("tax", "form", "H-1", "w-8ben", "--treaty")
    before = desk.cash("USD", "H-1")
    with power_lost_before("/reclaim", monkeypatch):
        assert desk.run("tax", "reclaim", "1", "H-1").exit_code != 0
    assert desk.cash("USD", "H-1") == before
    year = datetime.now(UTC).year
    assert "30.00" in desk.must("tax", "lines", str(year), "1042-S").stdout
    back = int(desk.answer("tax", "reclaim", "1", "H-1")["amount"])
    assert desk.cash("USD", "H-1") == before + back
    assert desk.error("tax", "reclaim", "1", "H-1").code == "nothing-to-reclaim"


def test_forms_tell_the_journal_nothing(desk: Desk) -> None:
    desk.must("tax", "form", "H-1", "w-8ben", "--treaty")
    with Workspace(desk.folder) as workspace:
        [entry] = workspace.journal.entries("tax-form")
        assert set(entry.body) == {"key", "seal"}


# --- exchanges


def exchange(desk: Desk, new: int, old: int, *options: str) -> None:
    desk.must("exchange", "announce", "ACME", str(new), str(old), "--reason", "merger",
              *desk.paper(), *options)  # fmt: skip


def test_units_of_other_decimals_are_exchanged_at_the_ratio_of_whole_ones(desk: Desk) -> None:
    """3 for 2 of 158 shares are 237, however finely they are divided."""
    exchange(desk, 3, 2, "--to", "NEWCO")
    shown = desk.must("exchange", "carry-out", "ACME").stdout
    assert "237 units of NEWCO" in shown
    table = desk.answer("captable", "NEWCO")[0]
    assert {line["holder"]: line["units"] for line in table["lines"]} == {
        "Ada": "15150", "Bo": "7500", "Cy": "1050"}  # fmt: skip


def test_rules_noted_and_not_sent_are_stated_for_the_new_units(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange(desk, 3, 1)
    with power_lost_before("/rules", monkeypatch):
        assert desk.run("exchange", "carry-out", "ACME").exit_code != 0
    desk.must("exchange", "carry-out", "ACME")
    with Workspace(desk.folder) as workspace:
        token = workspace.security("ACME").token
        assert workspace.book().securities[token].rules.max_balance == 3_000


def test_approvals_are_taken_back_whatever_was_taken_back_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for amount in ("1", "2"):
        desk.must("approve", "ACME", "H-1", "H-2", amount, "--until", "2030-01-01", "--reason",
                  "exemption", *desk.paper())  # fmt: skip
    exchange(desk, 3, 1)
    with Workspace(desk.folder) as workspace:
        [token, *_] = [each.token for each in workspace.securities()]
        last = list(workspace.book().securities[token].approvals)[-1]
    with power_lost_before(f"/{last[2]}/withdraw", monkeypatch):
        assert desk.run("exchange", "carry-out", "ACME").exit_code != 0
    desk.must("exchange", "carry-out", "ACME")
    with Workspace(desk.folder) as workspace:
        assert not workspace.book().securities[token].approvals


def test_fractions_are_paid_once(desk: Desk) -> None:
    exchange(desk, 3, 2)
    desk.must("exchange", "carry-out", "ACME")
    first = desk.answer("exchange", "fractions", "ACME", "1", "12.50", "USD", *desk.paper())
    error = desk.error("exchange", "fractions", "ACME", "1", "12.50", "USD", *desk.paper())
    assert error.code == "fractions-announced"
    desk.must("distribution", "stop", str(first["number"]), "--reason", "error-correction",
              *desk.paper())  # fmt: skip
    desk.must("exchange", "fractions", "ACME", "1", "12.50", "USD", *desk.paper())


def test_nothing_is_exchanged_while_a_record_date_is_ahead(desk: Desk) -> None:
    day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    announced(desk, "--record-date", day)
    exchange(desk, 3, 2)
    assert desk.error("exchange", "carry-out", "ACME").code == "record-date-ahead"


# --- offerings


def opened(desk: Desk, *, cash: str = "USD", soft: str = "100") -> None:
    now = datetime.now(UTC)
    times = [(now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (-1, 3)]
    text = OFFER.format(cash=cash, soft=soft, opens=times[0], closes=times[1])
    desk.must("offering", "open", desk.file("offering.toml", text), "--key", "o")


def test_one_whom_the_cash_refuses_keeps_nobody_from_his_refund(desk: Desk) -> None:
    token = desk.hostile_cash("H-1", "H-2")
    opened(desk, cash="BAD", soft="150")
    with Workspace(desk.folder) as workspace:
        wallets = {who: workspace.wallet_of(who) for who in ("H-1", "H-2")}
    for who in wallets:
        desk.must("offering", "subscribe", "1", who, "20", "--wired")
    desk.must("chain", "advance", "1")
    assert desk.answer("offering", "close", "1")["status"] == "failed"
    desk.hostile(token, "behave", 2)
    done = desk.answer("offering", "refund", "1")
    assert (done["refunded"], len(done["left"])) == (0, 2)
    desk.hostile(token, "behave", 0)
    assert desk.answer("offering", "refund", "1") == {"refunded": 2, "left": []}


def test_an_escrow_agent_outside_is_told_what_to_send(desk: Desk) -> None:
    agent = "0x" + "7e" * 20
    now = datetime.now(UTC)
    times = [(now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (-1, 3)]
    text = OFFER.format(cash="USD", soft="1", opens=times[0], closes=times[1])
    text = text.replace('cash = "USD"', f'escrow = "{agent}"')
    desk.must("offering", "open", desk.file("offering.toml", text))
    for options in ((), ("--wired",)):
        error = desk.error("offering", "subscribe", "1", "H-1", "10", *options)
        assert error.code == "escrow-outside"
    call = desk.answer("offering", "subscribe", "1", "H-1", "10", "--for-escrow")
    with Workspace(desk.folder) as workspace:
        asked = {"from": agent, **call}
        assert workspace.rpc.call("eth_call", asked, "latest") == "0x"
    opened(desk)
    error = desk.error("offering", "subscribe", "2", "H-1", "10", "--for-escrow")
    assert error.code == "no-escrow"


def test_units_that_are_offered_are_not_exchanged(desk: Desk) -> None:
    opened(desk)
    paper = ("--reason", "merger", *desk.paper())
    error = desk.error("exchange", "announce", "ACME", "3", "2", *paper)
    assert error.code == "offering-under-way"
    desk.must("offering", "cancel", "1", "--reason", "error-correction", *desk.paper())
    exchange(desk, 3, 2)


def test_a_key_stands_for_one_subscription(desk: Desk) -> None:
    opened(desk)
    desk.must("offering", "subscribe", "1", "H-2", "100", "--key", "k")
    for arguments in (("H-1", "100"), ("H-2", "33")):
        error = desk.error("offering", "subscribe", "1", *arguments, "--key", "k")
        assert error.code == "idempotency-key-reused"
    desk.must("offering", "subscribe", "1", "H-2", "100", "--key", "k")
    desk.must("offering", "subscribe", "1", "H-1", "10", "--wired", "--key", "w")
    assert desk.error("offering", "subscribe", "1", "H-1", "11", "--wired", "--key", "w"
                      ).code == "idempotency-key-reused"  # fmt: skip


def test_cash_has_a_symbol_that_can_be_shown(desk: Desk) -> None:
    assert desk.error("cash", "issue", "[/x]").code == "cash-symbol-malformed"
    desk.must("cash", "issue", "EUR", "--name", "[/x]")
    assert "[/x]" in desk.must("cash", "list").stdout
