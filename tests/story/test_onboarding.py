"""An investor applies, shows what is asked, is admitted, shows it anew; and what waits is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import TERMS, Desk

TRUST = """
reference = "H-9"
email = "ada@example.org"
seeks = ["accredited"]

[registration]
kind = "trust"
name = "Byron Trust"
country = "GB"

[[registration.parties]]
role = "trustee"
name = "Ada Byron"
country = "US"
"""
MINOR = """
reference = "H-10"

[registration]
kind = "minor"
name = "Cay Lind"
country = "SE"
of_age = "2026-12-24"

[[registration.parties]]
role = "custodian"
name = "Bo Lind"
country = "SE"
"""
LIST = "entry,name,aliases\nS-1,Somebody Else,\n"
ITEMS = ("identity", "trust-deed", "accredited")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "data")
    made.must("init")
    made.must("issue", made.file("terms.toml", TERMS))
    return made


def apply(desk: Desk, text: str = TRUST) -> None:
    desk.must("onboard", "add", desk.file("application.toml", text), "--key", "app-1")


def show(desk: Desk, who: str, item: str, until: str = "2100-01-01") -> None:
    paper = desk.file(f"{item}.pdf", f"{item} of {who}")
    desk.must("onboard", "evidence", who, item, "--until", until, "--document", paper,
              "--link", f"https://files.example.org/{item}", "--by", "A.C.",
              "--key", f"{who}-{item}-{until}")  # fmt: skip


def screen(desk: Desk, text: str = LIST) -> None:
    desk.must("screen", "run", desk.file("list.csv", text), "--until", "2100-01-01")


def listed(desk: Desk, *arguments: str) -> Any:
    return json.loads(desk.must(*arguments, "--json").stdout)


def admit(desk: Desk, items: tuple[str, ...] = ITEMS, who: str = "H-9") -> None:
    for item in items:
        show(desk, who, item)
    screen(desk)
    desk.must("onboard", "approve", who, "--by", "A.C.")


def test_who_applies_waits_until_everything_is_shown(desk: Desk) -> None:
    apply(desk)
    apply(desk)
    [row] = listed(desk, "onboard", "list")
    assert row["missing"] == ["identity", "screening", "trust-deed", "accredited"]
    assert (row["country"], row["title"]) == ("US", "Ada Byron, trustee of Byron Trust")
    assert desk.error("onboard", "approve", "H-9", "--by", "A.C.").code == "application-incomplete"
    assert desk.run("mint", "ACME", "H-9", "5").exit_code == 6
    admit(desk)
    assert listed(desk, "onboard", "list") == []
    [holder] = listed(desk, "holders", "list")
    assert holder["country"] == "US"
    assert set(holder["claims"]) == {"verified", "screened", "accredited"}
    desk.must("onboard", "approve", "H-9", "--by", "A.C.")
    desk.must("mint", "ACME", "H-9", "5")
    [line] = listed(desk, "captable", "ACME")[0]["lines"]
    assert line["holder"] == "Ada Byron, trustee of Byron Trust"
    for command in ("list", "show"):
        desk.run("onboard", command, *(["H-9"] if command == "show" else []))


def test_a_match_keeps_an_applicant_waiting_until_it_is_reviewed(desk: Desk) -> None:
    apply(desk)
    for item in ITEMS:
        show(desk, "H-9", item)
    screen(desk, LIST + "S-2,BYRON Ada,\n")
    assert listed(desk, "onboard", "show", "H-9")["missing"] == ["screening"]
    kinds = [row["kind"] for row in listed(desk, "queue")]
    assert kinds == ["match", "application"]
    paper = desk.file("passport.pdf", "another")
    desk.must("screen", "review", "H-9", "S-2", "different-person", "--by", "A.C.", "--document",
              paper)  # fmt: skip
    desk.must("onboard", "show", "H-9")
    desk.must("onboard", "approve", "H-9", "--by", "A.C.")


def test_who_was_found_on_a_list_is_never_admitted_nor_cleared_by_another_list(desk: Desk) -> None:
    apply(desk)
    for item in ITEMS:
        show(desk, "H-9", item)
    screen(desk, LIST + "S-2,Ada Byron,\n")
    paper = desk.file("passport.pdf", "the same")
    review = ("screen", "review", "H-9", "S-2", "same-person", "--by", "A.C.", "--document", paper)
    desk.must(*review, "--key", "v-1")
    other = desk.file("other.csv", LIST)
    desk.must("screen", "run", other, "--until", "2100-01-01", "--list", "eu")
    screen(desk)
    assert listed(desk, "onboard", "show", "H-9")["missing"] == ["screening"]
    assert desk.error("onboard", "approve", "H-9", "--by", "A.C.").code == "application-incomplete"
    reused = ("screen", "review", "H-9", "S-2", "different-person", *review[5:], "--key", "v-1")
    assert desk.failing(*reused) == "idempotency-key-reused"


def test_evidence_is_recognised_by_who_has_the_document_and_goes_when_he_is_erased(
    desk: Desk,
) -> None:
    apply(desk)
    admit(desk)
    rows = listed(desk, "holders", "evidence", "H-9")
    assert [row["item"] for row in rows] == list(ITEMS)
    assert rows[0]["link"] == "https://files.example.org/identity"
    paper = desk.file("again.pdf", "identity of H-9")
    [row] = listed(desk, "holders", "evidence", "H-9", "--document", paper)
    assert row["item"] == "identity"
    assert listed(desk, "holders", "evidence", "H-9", "--document", desk.file("x", "other")) == []
    [holder] = listed(desk, "holders", "list")
    [wallet] = holder["wallets"]
    desk.must("holders", "evidence", "H-9")
    desk.must("holders", "erase", "H-9")
    store = (desk.folder / "store.sqlite").read_bytes()
    assert b"files.example.org" not in store
    left = listed(desk, "holders", "evidence", wallet)
    assert {(row["document"], row["link"]) for row in left} == {("", "")}


def test_what_ends_waits_to_be_verified_again(desk: Desk) -> None:
    apply(desk)
    show(desk, "H-9", "identity", "2099-01-01")
    admit(desk)
    assert [row["kind"] for row in listed(desk, "queue")] == []
    desk.must("holders", "claim", "H-9", "verified", "2026-11-30", "--document",
              desk.file("p.pdf", "p"), "--by", "A.C.", "--key", "c-1")  # fmt: skip
    [row] = listed(desk, "queue", "--days", "20000")
    assert (row["kind"], row["due"]) == ("claim", "2026-11-30")
    desk.must("queue", "--days", "20000")
    desk.must("holders", "claim", "H-9", "verified", "never", "--document", desk.file("q.pdf", "q"))
    assert listed(desk, "queue") == []


def test_a_minor_who_comes_of_age_waits_to_be_registered_himself(desk: Desk) -> None:
    apply(desk, MINOR)
    admit(desk, ("identity", "custodianship"), "H-10")
    assert listed(desk, "queue", "--days", "20000") == []
    desk.must("mint", "ACME", "H-10", "5")
    [row] = listed(desk, "queue", "--days", "20000")
    assert (row["kind"], row["due"]) == ("minor", "2026-12-24")


def test_who_is_rejected_waits_no_longer_and_applies_anew_once_erased(desk: Desk) -> None:
    apply(desk)
    reject = ("onboard", "reject", "H-9", "--by", "A.C.", "--reason")
    assert desk.error(*reject, "dislike").code == "reason-unknown"
    desk.must(*reject, "withdrawn")
    desk.must(*reject, "withdrawn")
    assert desk.error(*reject, "approved").code == "reason-unknown"
    assert desk.error("onboard", "approve", "H-9", "--by", "A.C.").code == "application-unknown"
    desk.must("onboard", "reopen", "H-9", "--by", "A.C.")
    [row] = listed(desk, "onboard", "list")
    assert row["reference"] == "H-9"
    desk.must(*reject, "documents-missing")
    again = ("onboard", "add", desk.file("application.toml", TRUST), "--key", "app-2")
    assert desk.error(*again).code == "application-known"
    desk.must("holders", "erase", "H-9")
    desk.must(*again)


def test_bad_input_is_named_and_changes_nothing(desk: Desk) -> None:
    apply(desk)
    paper = desk.file("p.pdf", "p")
    shown = ("onboard", "evidence", "H-9")
    rest = ("--document", paper, "--by", "A.C.", "--until")
    assert desk.error(*shown, "wealth", *rest, "2100-01-01").code == "item-unknown"
    assert desk.error(*shown, "identity", *rest, "2020-01-01").code == "evidence-ended"
    people = desk.file("people.csv", "reference,name,country,verified\nH-9,Ada,DE,never\n")
    assert desk.error("holders", "import", people).code == "holders-invalid"
    wallet = f'wallet = "0x{"7" * 40}"\n'
    other = TRUST.replace('"H-9"', '"H-11"')
    desk.must("onboard", "add", desk.file("one.toml", wallet + other))
    taken = desk.file("two.toml", wallet + TRUST.replace('"H-9"', '"H-12"'))
    assert desk.error("onboard", "add", taken).code == "wallet-registered"
    [first, *_] = listed(desk, "onboard", "list")
    key = ("--key", "H-9-identity-2100-01-01")
    show(desk, "H-9", "identity")
    assert desk.error(*shown, "accredited", *rest, "2100-01-01", *key).code == (
        "idempotency-key-reused"
    )
    assert first["reference"] == "H-9"
    other_key = ("--key", "app-1")
    assert desk.error("onboard", "add", desk.file("o.toml", other), *other_key).code == (
        "idempotency-key-reused"
    )
    assert desk.error(*shown, "identity", *rest, "2099-01-01", *key).code == (
        "idempotency-key-reused"
    )
    empty = ("--document", desk.file("empty.pdf", ""), "--by", "A.C.", "--until", "2100-01-01")
    assert desk.error(*shown, "accredited", *empty).code == "document-empty"


def test_a_claim_about_nobody_leaves_no_evidence(desk: Desk) -> None:
    apply(desk)
    claim = ("holders", "claim", "H-9", "verified", "--document", desk.file("p.pdf", "p"))
    assert desk.error(*claim).code == "wallet-unknown"
    assert listed(desk, "holders", "evidence", "H-9") == []


def test_an_applicant_named_like_a_reference_shadows_nobody(desk: Desk) -> None:
    apply(desk)
    named = TRUST.replace('"H-9"', '"H-12"').replace("Ada Byron", "H-9").replace(
        'kind = "trust"', 'kind = "person"')  # fmt: skip
    person = named[: named.index("[[registration")].replace("Byron Trust", "H-9")
    desk.must("onboard", "add", desk.file("named.toml", person))
    assert listed(desk, "onboard", "show", "H-9")["kind"] == "trust"


def test_a_fund_acquires_on_approval_only(desk: Desk) -> None:
    apply(desk, "fund = true\n" + TRUST)
    admit(desk)
    asked = json.loads(desk.run("mint", "ACME", "H-9", "5", "--json").stdout)
    assert [one["name"] for one in asked["refusals"]] == ["not-approved"]
