"""Requests for transfer come in, are carried out or sent back, and the month is accounted for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import Desk, open_desk

VOTING = """
[issuer]
name = "Fund"
country = "US"

[[security]]
symbol = "VOTE"
name = "Voting Shares"
kind = "common"

[security.rights]
votes_per_unit = 1
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(tmp_path / "data")


def add(desk: Desk, *arguments: str) -> tuple[str, ...]:
    paper = desk.file("instruction.pdf", "signed")
    return ("requests", "add", *arguments, "--document", paper)


def answer(desk: Desk, *arguments: str) -> Any:
    return json.loads(desk.must(*arguments, "--json").stdout)


def test_a_request_is_carried_out_and_counted(desk: Desk) -> None:
    asked = add(desk, "ACME", "gift", "H-1", "H-2", "5", "--reason", "gift", "--key", "r-1")
    assert answer(desk, *asked)["number"] == 1
    assert answer(desk, *asked)["number"] == 1
    assert desk.error(*asked[:6], "6", *asked[7:]).code == "idempotency-key-reused"
    [row] = answer(desk, "queue")
    assert (row["kind"], row["what"]) == ("request", "gift of ACME (request 1)")
    desk.must("queue")
    desk.must("requests", "list")
    desk.must("requests", "carry-out", "1")
    desk.must("requests", "carry-out", "1")
    sent_back = ("requests", "send-back", "1", "--reason", "withdrawn")
    assert desk.error(*sent_back).code == "request-ended"
    [lot] = answer(desk, "lots", "ACME", "H-2")["lots"]
    assert (lot["units"], lot["how"]) == ("500", "gift")
    desk.must(*add(desk, "ACME", "transfer", "H-1", "H-2", "5", "--reason", "private-sale"))
    desk.must("requests", "carry-out", "2")
    [row, _] = answer(desk, "requests", "list", "--all")
    assert (row["outcome"], row["in_time"]) == ("done", True)
    month = row["received"][:7]
    found = answer(desk, "requests", "report", month)
    assert (found["routine"], found["routine_in_time"], found["in_time_bps"]) == (2, 2, 10_000)
    desk.must("requests", "report", month)
    desk.must("requests", "list", "--all")


def test_a_late_request_is_told(desk: Desk) -> None:
    desk.must(*add(desk, "ACME", "gift", "H-1", "H-2", "5", "--reason", "gift",
                   "--received", "2026-01-05"))  # fmt: skip
    [row] = answer(desk, "queue")
    assert (row["due"], row["late"]) == ("2026-01-08", True)
    desk.must("requests", "carry-out", "1")
    found = answer(desk, "requests", "report", "2026-01")
    assert (found["routine_late"], found["falls_short"]) == (1, True)
    assert found["old"]
    desk.must("requests", "report", "2026-01")


def test_closed_days_of_the_office_do_not_count(desk: Desk) -> None:
    settings = desk.folder / "tallystick.toml"
    closed = 'closed_days = "2026-01-06, 2026-01-07"'
    settings.write_text(settings.read_text().replace('closed_days = ""', closed))
    found = answer(desk, *add(desk, "ACME", "gift", "H-1", "H-2", "5", "--reason", "gift",
                              "--received", "2026-01-05"))  # fmt: skip
    assert found["due"] == "2026-01-12T12:00:00Z"
    settings.write_text(settings.read_text().replace("2026-01-06", "soon"))
    assert desk.failing("queue") == "time-malformed"


def test_sending_back_takes_nothing_late_out_of_the_record(desk: Desk) -> None:
    asked = add(desk, "ACME", "gift", "H-1", "H-2", "5", "--reason", "gift", "--received",
                "2026-01-05")  # fmt: skip
    desk.must(*asked)
    desk.must(*asked)
    desk.must("requests", "send-back", "1", "--reason", "other")
    desk.must("requests", "send-back", "2", "--reason", "not-in-good-order")
    found = answer(desk, "requests", "report", "2026-01")
    assert (found["routine_late"], found["other"]) == (1, 1)


def test_what_the_rules_refuse_stays_in_the_queue_until_it_is_sent_back(desk: Desk) -> None:
    desk.must("holders", "revoke", "H-2", "verified")
    asked = add(desk, "ACME", "gift", "H-1", "H-2", "5", "--reason", "gift", "--not-routine")
    assert answer(desk, *asked)["refusals"] == ["receiver-unverified"]
    desk.must(*asked)
    assert desk.run("requests", "carry-out", "1").exit_code == 6
    assert len(answer(desk, "requests", "list")) == 2
    assert desk.error("requests", "send-back", "1", "--reason", "x").code == "reason-unknown"
    desk.must("requests", "send-back", "1", "--reason", "refused-by-rules")
    month = answer(desk, "requests", "list", "--all")[0]["received"][:7]
    assert answer(desk, "requests", "report", month)["other"] == 2
    desk.must("requests", "send-back", "1", "--reason", "refused-by-rules")
    assert desk.error("requests", "carry-out", "1").code == "request-ended"
    [row] = answer(desk, "requests", "list")
    assert row["number"] == 2


def test_bad_requests_are_named(desk: Desk) -> None:
    gift = ("ACME", "gift", "H-1", "H-2", "5")
    assert desk.error(*add(desk, *gift, "--reason", "gift", "--received", "2999-01-01")).code == (
        "time-ahead"
    )
    assert desk.error(*add(desk, *gift, "--reason", "whim")).code == "reason-unknown"
    assert desk.error(*add(desk, "ACME", "loan", *gift[2:], "--reason", "gift")).code == (
        "kind-unknown"
    )
    assert desk.error("requests", "carry-out", "9").code == "request-unknown"
    assert desk.failing("requests", "report", "2026-13") == "time-malformed"
    assert desk.failing("requests", "report", "9999-12") == "time-malformed"


def test_a_fund_with_a_tenth_of_the_votes_is_looked_through_before_it_may_buy(desk: Desk) -> None:
    desk.must("issue", desk.file("voting.toml", VOTING))
    desk.must("mint", "VOTE", "H-1", "100")
    desk.must("holders", "watch", "H-2")
    approve = ("approve", "VOTE", "H-1", "H-2")
    rest = ("--until", "2100-01-01", "--document", desk.file("memo.pdf", "memo"))
    desk.must(*approve, "9", *rest)
    assert desk.error(*approve, "1", *rest).code == "look-through-needed"
    desk.must("withdraw", "VOTE", "H-1", "H-2", "9")
    assert desk.error(*approve, "10", *rest).code == "look-through-needed"
    desk.must(*approve, "10", *rest, "--looked-through")
    desk.must("transfer", "VOTE", "H-1", "H-2", "10")
    assert answer(desk, "holders", "votes", "H-2") == {"share_bps": 1_000, "looks_through": True}
    desk.must("holders", "votes", "H-2")
    assert desk.error(*approve, "1", *rest).code == "look-through-needed"
    desk.must("holders", "owners", "H-2", "7")
    desk.must(*approve, "1", *rest)
