"""Holders of two classes meet: resolutions, an election, a proxy, a nominee who divides."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallystick.core.errors import InvalidFile
from tallystick.securities.ballots.notices import read_notice
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
[security.rights]
votes_per_unit = 1

[[security]]
symbol = "ACME.P"
name = "Acme Preferred"
kind = "preferred"
decimals = 2
[security.rights]
votes_per_unit = 10
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,FR,never
H-3,Nominee Ltd,GB,never
"""
NOTICE = """
title = "Annual meeting"
opens = "{opens}"
closes = "{closes}"
quorum_bps = 5000

[[classes]]
symbol = "ACME"

[[classes]]
symbol = "ACME.P"

[[items]]
text = "Approve the accounts"

[[items]]
text = "Change the articles"
majority = "3/4"
at_least = true
by_class = true

[[items]]
text = "Elect two directors"
candidates = ["Eve", "Finn", "Gil"]
seats = 2
cumulative = true
"""


def notice(opens_in_h: int = 1, closes_in_h: int = 3, text: str = NOTICE) -> str:
    now = datetime.now(UTC)
    times = [(now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
             for hours in (opens_in_h, closes_in_h)]  # fmt: skip
    return text.format(opens=times[0], closes=times[1])


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("meeting") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for symbol, who, units in (("ACME", "H-1", "60"), ("ACME", "H-2", "30"), ("ACME", "H-3", "50"),
                               ("ACME.P", "H-2", "4.00"), ("ACME.P", "H-3", "1.00")):  # fmt: skip
        desk.must("mint", symbol, who, units)
    return desk


@pytest.fixture
def meeting(company: Desk, tmp_path: Path) -> Desk:
    return copy_of(company, tmp_path)


def answer(desk: Desk, *arguments: str) -> Any:
    return json.loads(desk.must(*arguments, "--json").stdout)


def open_meeting(desk: Desk) -> Desk:
    made = answer(desk, "meeting", "call", desk.file("meeting.toml", notice()), "--key", "m")
    assert made["number"] == 1
    desk.must("chain", "advance", "0", "--seconds", "3700")
    return desk


def test_a_meeting_from_its_notice_to_its_result(meeting: Desk) -> None:
    desk = open_meeting(meeting)
    # Sold after the record date: the votes stay with who held then.
    desk.must("transfer", "ACME", "H-1", "H-2", "60")
    common, preferred = ("--class", "ACME"), ("--class", "ACME.P")
    desk.must("meeting", "vote", "1", "H-1", "1", "for", *common)
    desk.must("meeting", "vote", "1", "H-2", "1", "against", *common)
    desk.must("meeting", "vote", "1", "H-3", "1", "--split", "20,25,5", *common)
    desk.must("meeting", "vote", "1", "H-2", "1", "for", *preferred)
    desk.must("meeting", "vote", "1", "H-1", "2", "for", *common)
    desk.must("meeting", "vote", "1", "H-3", "2", "for", *common)
    desk.must("meeting", "vote", "1", "H-3", "2", "for", *preferred)
    desk.must("meeting", "proxy", "1", "H-2", "H-3")
    desk.must("meeting", "vote", "1", "H-2", "2", "against", "--by", "H-3", *preferred)
    desk.must("meeting", "vote", "1", "H-1", "3", "Eve", *common)
    desk.must("meeting", "vote", "1", "H-3", "3", "Finn", *common)
    desk.must("meeting", "vote", "1", "H-2", "3", "Gil", *common)
    found = answer(desk, "meeting", "show", "1")
    accounts, articles, board = found["items"]
    assert accounts["votes"] == {
        "ACME": {"for": "80", "against": "55", "abstain": "5"},
        "ACME.P": {"for": "40", "against": "0", "abstain": "0"}}  # fmt: skip
    assert accounts["all_votes"] == ["140", "50"]
    assert (accounts["quorum"], accounts["passed"]) == (True, True)
    assert (articles["quorum"], articles["passed"]) == (True, False)
    assert sorted(board["elected"]) == ["Eve", "Finn"]
    assert all(each["recounted"] for each in found["items"])
    assert "passed" in desk.must("meeting", "show", "1").stdout
    desk.must("chain", "advance", "1")
    assert answer(desk, "meeting", "show", "1")["closed"]
    assert desk.error("meeting", "vote", "1", "H-1", "1", "against", *common).code == (
        "meeting-closed"
    )


def test_a_vote_is_changed_and_a_proxy_revoked(meeting: Desk) -> None:
    desk = open_meeting(meeting)
    common = ("--class", "ACME")
    desk.must("meeting", "vote", "1", "H-1", "1", "for", *common, "--key", "v")
    desk.must("meeting", "vote", "1", "H-1", "1", "for", *common, "--key", "v")
    desk.must("meeting", "vote", "1", "H-1", "1", "abstain", *common)
    votes = answer(desk, "meeting", "show", "1")["items"][0]["votes"]["ACME"]
    assert votes == {"for": "0", "against": "0", "abstain": "60"}
    arguments = ("meeting", "vote", "1", "H-2", "1", "for", "--by", "H-3", *common)
    assert desk.error(*arguments).code == "neither-holder-nor-proxy"
    desk.must("meeting", "proxy", "1", "H-2", "H-3")
    desk.must(*arguments)
    desk.must("meeting", "proxy", "1", "H-2", "nobody")
    assert desk.error(*arguments[:5], "against", *arguments[6:]).code == (
        "neither-holder-nor-proxy"
    )


def test_the_same_key_calls_once(meeting: Desk) -> None:
    path = meeting.file("meeting.toml", notice())
    first = answer(meeting, "meeting", "call", path, "--key", "m")
    assert answer(meeting, "meeting", "call", path, "--key", "m") == first
    other = meeting.file("other.toml", notice(2, 4))
    assert meeting.error("meeting", "call", other, "--key", "m").code == "idempotency-key-reused"
    assert len(answer(meeting, "meeting", "list")) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("1", "H-1", "9", "for", "--class", "ACME"), "item-unknown"),
     (("1", "H-1", "1", "maybe", "--class", "ACME"), "option-unknown"),
     (("1", "H-1", "1", "for"), "class-unknown"),
     (("1", "H-1", "1", "for", "--class", "ACME.P"), "no-votes"),
     (("1", "H-1", "1", "--class", "ACME"), "choice-or-split"),
     (("1", "H-1", "1", "--split", "a,b", "--class", "ACME"), "quantity-malformed"),
     (("1", "H-1", "1", "--split", "60.01,0,0", "--class", "ACME"), "more-than-his-votes"),
     (("2", "H-1", "1", "for", "--class", "ACME"), "meeting-unknown")],
)  # fmt: skip
def test_misstated_votes_change_nothing(
    open_one: Desk, arguments: tuple[str, ...], code: str
) -> None:
    assert open_one.error("meeting", "vote", *arguments).code == code


@pytest.fixture(scope="module")
def open_one(company: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return open_meeting(copy_of(company, tmp_path_factory.mktemp("open")))


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [("closes = ", "close = ", "field-unknown"), ('"3/4"', '"4/3"', "majority-malformed"),
     ("seats = 2", "seats = 9", "candidates-count"), ('"ACME.P"', '"ACME"', "symbol-duplicate"),
     ("quorum_bps = 5000", "quorum_bps = 50000", "field-too-high"),
     ('title = "Annual meeting"', 'title = ""', "field-empty")],
)  # fmt: skip
def test_a_notice_with_a_defect_names_it(before: str, after: str, code: str) -> None:
    text = notice().replace(before, after)
    with pytest.raises(InvalidFile) as found:
        read_notice(text)
    assert code in {defect.code for defect in found.value.defects}
