"""Investors are screened, somebody is like somebody, and a person decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.desk import TERMS, Desk

PEOPLE = "reference,name,country,verified\nH-1,Ada Byron,GB,never\nH-2,Bo Lind,SE,never\n"
LIST = "entry,name,aliases\nS-1,LIND Bo,B. Lindh; Bo Lindt\nS-2,Somebody Else,\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "data")
    made.must("init")
    made.must("holders", "import", made.file("people.csv", PEOPLE))
    rules = "[security.rules]\nscreening = true\n"
    made.must("issue", made.file("terms.toml", TERMS + rules))
    made.must("screen", "run", made.file("list.csv", LIST), "--until", "2100-01-01")
    return made


def claims(desk: Desk) -> dict[str, str]:
    rows = json.loads(desk.must("holders", "list", "--json").stdout)
    return {row["reference"]: row["claims"].get("screened", "") for row in rows}


def test_who_is_like_nobody_is_screened_and_the_other_waits(desk: Desk) -> None:
    assert claims(desk) == {"H-1": "2100-01-01", "H-2": ""}
    desk.must("mint", "ACME", "H-1", "5")
    assert desk.run("mint", "ACME", "H-2", "5").exit_code == 6
    [row] = json.loads(desk.must("screen", "pending", "--json").stdout)
    assert (row["name"], row["entry"]) == ("Bo Lind", "S-1")


def test_who_is_cleared_is_screened_and_stays_so_with_the_same_entry(desk: Desk) -> None:
    paper = desk.file("passport.pdf", "other date of birth")
    review = ("screen", "review", "H-2", "S-1", "different-person", "--by", "A.C.",
              "--document", paper)  # fmt: skip
    desk.must(*review, "--key", "r-1")
    desk.must(*review, "--key", "r-1")
    assert claims(desk)["H-2"] == "2100-01-01"
    assert desk.failing(*review) == "match-unknown"
    longer = desk.file("longer.csv", LIST + "S-3,Nobody Here,\n")
    desk.must("screen", "run", longer, "--until", "2101-01-01")
    assert claims(desk) == {"H-1": "2101-01-01", "H-2": "2101-01-01"}
    changed = desk.file("changed.csv", LIST.replace("Bo Lindt", "Bo Lindqvist"))
    desk.must("screen", "run", changed, "--until", "2101-01-01")
    assert claims(desk)["H-2"] == ""


def test_a_screening_is_done_again_under_its_key_with_who_is_left(desk: Desk) -> None:
    """As after one that was cut off, when fewer are left to be stated."""
    run = ("screen", "run", desk.file("list.csv", LIST), "--until", "2101-01-01", "--key", "s-1")
    people = "reference,name,country,verified\nH-3,Cay Fox,DE,never\n"
    desk.must("holders", "import", desk.file("more.csv", people))
    desk.must(*run)
    desk.must("holders", "revoke", "H-1", "screened")
    desk.must(*run)
    assert claims(desk)["H-1"] == "2101-01-01"


def test_every_list_counts_and_none_wipes_the_matches_of_another(desk: Desk) -> None:
    other = desk.file("eu.csv", "entry,name,aliases\nE-1,Nobody Known,\n")
    desk.must("screen", "run", other, "--until", "2100-06-01", "--list", "eu")
    assert claims(desk) == {"H-1": "2100-01-01", "H-2": ""}
    [row] = json.loads(desk.must("screen", "pending", "--json").stdout)
    assert row["entry"] == "S-1"


def test_who_came_after_a_screening_is_not_cleared_by_it(desk: Desk) -> None:
    run = ("screen", "run", desk.file("list.csv", LIST), "--until", "2101-01-01", "--key", "s-1")
    desk.must(*run)
    people = "reference,name,country,verified\nH-3,Somebody Else,DE,never\n"
    desk.must("holders", "import", desk.file("late.csv", people))
    desk.must(*run)
    assert claims(desk)["H-3"] == ""
    assert desk.error(*run[:3], "--until", "2102-01-01", *run[5:]).code == "idempotency-key-reused"
    assert desk.error(*run[:3], "--until", "2020-01-01").code == "evidence-ended"


def test_who_was_confirmed_is_stopped_in_what_is_issued_later_until_it_is_reversed(
    desk: Desk,
) -> None:
    paper = desk.file("passport.pdf", "the same date of birth")
    desk.must("screen", "review", "H-2", "S-1", "same-person", "--by", "A.C.", "--document", paper)
    later = TERMS.replace('"ACME"', '"LATE"').replace("Acme Shares", "Late Shares")
    desk.must("issue", desk.file("later.toml", later))
    asked = desk.run("mint", "LATE", "H-2", "5", "--json")
    assert {one["name"] for one in json.loads(asked.stdout)["refusals"]} == {"receiver-frozen"}
    desk.must("screen", "review", "H-2", "S-1", "different-person", "--by", "B.D.", "--document",
              desk.file("birth.pdf", "another date"))  # fmt: skip
    assert claims(desk)["H-2"] == "2100-01-01"
    desk.must("stop", "LATE", "H-2", "--reason", "error-correction", "--document", paper, "--lift")
    desk.must("mint", "LATE", "H-2", "5")


def test_who_is_confirmed_is_stopped_everywhere(desk: Desk) -> None:
    paper = desk.file("passport.pdf", "the same date of birth")
    desk.must("screen", "review", "H-2", "S-1", "same-person", "--by", "A.C.", "--document", paper)
    asked = desk.run("mint", "ACME", "H-2", "5", "--json")
    refused = {refusal["name"] for refusal in json.loads(asked.stdout)["refusals"]}
    assert refused == {"receiver-frozen", "not-screened"}
    assert json.loads(desk.must("screen", "pending", "--json").stdout) == []


def test_claims_that_end_soon_are_told(desk: Desk) -> None:
    desk.must("holders", "claim", "H-1", "accredited", "2020-01-01")
    rows = json.loads(desk.must("holders", "expiring", "--days", "40000", "--json").stdout)
    assert [(row["name"], row["claim"], row["ended"]) for row in rows] == [
        ("Ada Byron", "accredited", True), ("Ada Byron", "screened", False),
    ]  # fmt: skip
    soon = json.loads(desk.must("holders", "expiring", "--json").stdout)
    assert [row["claim"] for row in soon] == ["accredited"]
    desk.must("holders", "expiring")


def test_the_journal_has_no_names(desk: Desk) -> None:
    raw = b"".join(path.read_bytes() for path in desk.folder.rglob("*") if path.is_file())
    assert b"Bo Lind" not in raw
    assert b"Ada Byron" not in raw


def test_a_list_with_defects_screens_nobody(desk: Desk) -> None:
    wrong = desk.file("wrong.csv", "entry,name\nS-1,\nS-1,Somebody\n")
    assert desk.failing("screen", "run", wrong, "--until", "2100-01-01") == "list-invalid"
    assert desk.failing(
        "screen", "review", "H-2", "S-1", "perhaps", "--by", "A.C.", "--document", wrong
    ) == ("outcome-unknown")
