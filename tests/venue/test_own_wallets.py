"""People whose keys are in wallets of their own, served by commands: they sign what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import urllib3
from eth_account import Account
from eth_account.messages import encode_typed_data

from tests.support.counter import Counter, key_of
from tests.support.desk import Desk, copy_of

NEW = 7


@pytest.fixture
def desk(opened: Desk, tmp_path: Path) -> Desk:
    """A desk with somebody who has money, and lets settlement move nothing yet."""
    made = copy_of(opened, tmp_path)
    wallet = Account.from_key(key_of(NEW)).address
    made.must("holders", "import", made.file(
        "new.csv", f"reference,name,country,verified,wallet\nP-7,Own,DE,never,{wallet}\n"
    ))  # fmt: skip
    made.must("cash", "mint", "USD", "P-7", "1,000")
    return made


def signed(desk: Desk, printed: str, by: int = NEW) -> tuple[str, str]:
    """A file with what was printed, and the signature of it."""
    message = encode_typed_data(full_message=json.loads(printed))
    signature = Account.from_key(key_of(by)).sign_message(message).signature
    return desk.file("typed.json", printed), "0x" + signature.hex().removeprefix("0x")


def test_a_permit_and_orders_of_every_kind_are_printed_signed_and_submitted(desk: Desk) -> None:
    desk.must("order", "submit", *signed(desk, desk.must("order", "draft", "sell", "ACME", "5",
                                                         "10", "P-0").output, by=0))  # fmt: skip
    asked = ("order", "draft", "buy", "ACME", "5", "10", "P-7")
    assert desk.failing("order", "submit", *signed(desk, desk.must(*asked).output)) == (
        "uncovered")  # fmt: skip
    allowed = desk.answer("order", "submit", *signed(
        desk, desk.must("order", "permit", "buy", "ACME", "P-7").output))  # fmt: skip
    assert int(allowed["allowed"]) == 2**256 - 1
    posted = desk.answer("order", "submit", *signed(
        desk, desk.must(*asked[:5], "9", "P-7", "--post-only").output))  # fmt: skip
    assert (posted["status"], posted["post_only"]) == ("open", True)
    whole = desk.answer("order", "submit", *signed(
        desk, desk.must(*asked, "--time-in-force", "fill-or-kill").output))  # fmt: skip
    assert (whole["status"], whole["time_in_force"]) == ("filled", "fill-or-kill")
    market = desk.answer("order", "submit", *signed(
        desk, desk.must(*asked, "--kind", "market").output))  # fmt: skip
    assert (market["kind"], market["code"]) == ("market", "not-traded-at-once")


def test_what_is_not_to_be_signed_is_told_with_its_place(desk: Desk, tmp_path: Path) -> None:
    assert desk.failing("order", "submit", str(tmp_path / "none.json"), "0x00") == "file-not-found"
    assert desk.failing("order", "submit", desk.file("odd.json", "[]"), "0x00") == "order-malformed"
    printed = json.loads(desk.must("order", "permit", "sell", "ACME", "P-7").output)
    del printed["message"]["deadline"]
    assert desk.failing("order", "submit", desk.file("no.json", json.dumps(printed)), "0x00") == (
        "order-malformed")  # fmt: skip
    assert desk.failing("order", "permit", "hold", "ACME", "P-7") == "side-unknown"
    for kind in ("order", "permit"):
        _, signature = signed(desk, desk.must("order", "permit", "buy", "ACME", "P-7").output, by=1)
        path = desk.file(f"{kind}.json", desk.must(
            "order", "permit", "buy", "ACME", "P-7").output)  # fmt: skip
        assert desk.failing("order", "submit", path, signature) == "signature-of-another"


def test_a_file_for_a_folder_that_is_not_there_says_so(desk: Desk, tmp_path: Path) -> None:
    """It said that there was no such file, and to check the path of it."""
    place = str(tmp_path / "nowhere" / "trail.csv")
    assert desk.failing("market", "trail", place) == "folder-not-found"


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/v1/nothing", 404, "path-unknown"), ("GET", "/", 404, "path-unknown"),
    ("PUT", "/v1/orders", 405, "method-not-allowed"),
])  # fmt: skip
def test_where_nothing_is_the_answer_is_a_problem_document(
    counter: Counter, method: str, path: str, status: int, code: str
) -> None:
    answer = urllib3.request(method, counter.url + path)
    body: dict[str, Any] = answer.json()
    assert (answer.status, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["cure"]
