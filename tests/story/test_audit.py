"""An audit finds what was altered, wherever it is stored; or it is of no consequence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tallystick.core.canonical import canonical_json
from tallystick.gateways.store import journal
from tests.support.desk import Desk, copy_of
from tests.support.mutating import lived, mutate


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return lived(tmp_path_factory.mktemp("audited") / "data")


@pytest.fixture
def desk(company: Desk, tmp_path: Path) -> Desk:
    return copy_of(company, tmp_path)


def found(desk: Desk) -> list[str]:
    """What an audit finds, which must be something."""
    result = desk.run("audit", "--json")
    assert result.exit_code == 1, (result.output, result.exception)
    return [each["what"] for each in msgspec.json.decode(result.stdout)["differences"]]


def rewritten(desk: Desk, kind: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Forge the first entry of a kind, and all hashes after it, as one would who knows how."""
    with sqlite3.connect(desk.folder / "store.sqlite") as connection:
        rows = connection.execute(
            "SELECT place, at_s, kind, body, previous FROM journal ORDER BY place"
        ).fetchall()
        previous, forged = journal.GENESIS, False
        for place, at_s, each, body, _ in rows:
            data = body
            if each == kind and not forged:
                told = msgspec.json.decode(body)
                change(told)
                data, forged = canonical_json(told), True
            digest = journal._hash(previous, place, at_s, each, data)
            connection.execute("UPDATE journal SET body = ?, previous = ?, hash = ? "
                               "WHERE place = ?", (data, previous, digest, place))  # fmt: skip
            previous = digest
        assert forged


def test_all_of_it_agrees(desk: Desk) -> None:
    told = desk.answer("audit")
    assert told["differences"] == []
    assert all(told["parts"][name] for name in (
        "chain", "acts", "books", "registers", "payments", "redemptions", "meetings"))  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "what"), [
    ("distribution", lambda body: body.update(amount="100002"), "amount"),
    ("distribution-list", lambda body: body.update(total="99"), "total in the journal"),
    ("distribution-list", lambda body: body.update(holders=2), "holders in the journal"),
    ("reason", lambda body: body.update(document="00" * 32), "published hash"),
    ("meeting", lambda body: body.update(seal="00" * 32), "meeting 1: text"),
    ("redemption", lambda body: body.update(price="901"), "redemption 1: amount"),
    ("redemption-tender", lambda body: body.update(units="4"), "tender of"),
    ("tax-form", lambda body: body.update(seal="00" * 32), "tax form"),
])  # fmt: skip
def test_a_forged_entry_is_found_though_its_hashes_are_right(
    desk: Desk, kind: str, change: Callable[[dict[str, Any]], None], what: str
) -> None:
    rewritten(desk, kind, change)
    assert any(what in each for each in found(desk))


@pytest.mark.parametrize(("statement", "what"), [
    ("UPDATE intent SET data = x'00' WHERE key LIKE '%/push/0'", "as noted"),
    ("UPDATE intent SET tx_hash = '0x=' WHERE key LIKE '%/push/0'", "names a transaction"),
    ("UPDATE intent SET gas_used = 1 WHERE key LIKE '%/push/0'", "on the chain"),
    ("UPDATE attempt SET raw = x'00' WHERE rowid = 5", "as signed"),
    ("UPDATE withheld SET commitment = zeroblob(32) WHERE distribution = 1 AND place = 0",
     "withheld at 0"),
])  # fmt: skip
def test_an_altered_row_is_found(desk: Desk, statement: str, what: str) -> None:
    with sqlite3.connect(desk.folder / "store.sqlite") as connection:
        assert connection.execute(statement).rowcount == 1
    assert any(what in each for each in found(desk))


@pytest.mark.parametrize("statement", [
    "UPDATE person SET number = number + 1 WHERE rowid IN (SELECT rowid FROM person LIMIT 1)",
    "UPDATE private SET key = 'tax-form/other' WHERE kind = 'tax-form'",
    "UPDATE wallet_key SET wallet = '0x' || substr(wallet, 4) || '0' WHERE rowid = 1",
    "DELETE FROM journal WHERE place = 5",
])  # fmt: skip
def test_a_row_that_says_it_is_about_something_else_does_not_open(
    desk: Desk, statement: str
) -> None:
    with sqlite3.connect(desk.folder / "store.sqlite") as connection:
        assert connection.execute(statement).rowcount == 1
    assert desk.failing("audit") in {"vault-sealed", "journal-broken"}


def test_a_text_that_is_no_text_any_more_is_told_plainly(desk: Desk) -> None:
    with sqlite3.connect(desk.folder / "store.sqlite") as connection:
        connection.execute("UPDATE intent SET tx_hash = CAST(x'30788c' AS TEXT) WHERE place = 3")
    assert desk.failing("audit") == "file-damaged"


def test_a_block_that_was_altered_is_found(desk: Desk) -> None:
    with sqlite3.connect(desk.folder / "chain.sqlite") as connection:
        connection.execute("UPDATE block SET transactions = x'00' WHERE number = 7")
    assert desk.failing("audit") == "block-damaged"


@pytest.mark.parametrize("seed", range(24))
def test_any_byte_that_is_altered_is_found_or_of_no_consequence(
    company: Desk, tmp_path: Path, seed: int
) -> None:
    assert mutate(company, tmp_path / "data", 10_000 + seed)
