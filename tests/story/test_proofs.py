"""A holder proves a line of the register, an auditor the total; documents are what they were."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.app import documents
from tallystick.app.workspace import Workspace
from tallystick.core.wallets import Wallet
from tallystick.securities.proofs import holds, prove, root_of
from tests.support.desk import Desk, copy_of, open_desk

TOKEN = Wallet("0x" + "77" * 20)


@given(units=st.lists(st.integers(0, 2**112 - 1), min_size=1, max_size=40), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_proof_holds_for_its_own_line_alone(units: list[int], data: st.DataObject) -> None:
    held = {Wallet(f"0x{at + 1:040x}"): each for at, each in enumerate(units)}
    if not any(units) or sum(units) >= 2**112:
        return
    wallet = data.draw(st.sampled_from([each for each, own in held.items() if own]))
    proof = prove(held, wallet, chain_id=1, security=TOKEN, block=5)
    assert holds(proof)
    assert (proof.root, int(proof.total)) == (root_of(held).hash.hex(), sum(units))
    for change in (
        {"units": str(int(proof.units) + 1)}, {"wallet": TOKEN}, {"index": proof.index + 1},
        {"total": str(int(proof.total) + 1)}, {"index": 10**9},
    ):  # fmt: skip
        assert not holds(msgspec.structs.replace(proof, **change))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = open_desk(tmp_path_factory.mktemp("proofs") / "data")
    desk.must("mint", "ACME", "H-2", "50")
    return desk


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    return copy_of(made, tmp_path)


def test_a_holding_is_proven_against_an_anchored_root(desk: Desk) -> None:
    file = str(desk.scratch / "proof.json")
    assert "was not anchored" in desk.must("prove", "ACME", "H-1", "--to", file).stdout
    assert desk.run("verify", file).exit_code == 1
    first = desk.answer("anchor", "ACME", "--key", "a")
    assert desk.answer("anchor", "ACME", "--key", "a") == first
    desk.must("transfer", "ACME", "H-1", "H-2", "100")
    told = desk.answer("prove", "ACME", "H-1", "--to", file)
    assert (told["units"], told["block"]) == ("10000", first["block"])
    shown = desk.answer("verify", file)
    assert shown["holds"]
    assert (shown["units"], shown["total"]) == ("10000", "15000")
    proof = msgspec.json.decode(Path(file).read_bytes())
    Path(file).write_bytes(msgspec.json.encode({**proof, "units": "10001"}))
    assert desk.run("verify", file).exit_code == 1
    Path(file).write_text("{}")
    assert desk.error("verify", file).code == "proof-malformed"
    desk.must("anchor", "ACME")
    assert desk.error("prove", "ACME", "H-1", "--to", file).code == "nothing-to-prove"
    desk.must("audit")


def test_every_corporate_action_anchors_the_register(desk: Desk) -> None:
    desk.must("cash", "issue", "EUR")
    desk.must("cash", "mint", "EUR", "agent", "100")
    desk.must("distribution", "announce", "ACME", "100", "EUR", *desk.paper(),
              "--challenge-hours", "0")  # fmt: skip
    file = str(desk.scratch / "proof.json")
    desk.must("prove", "ACME", "H-2", "--to", file)
    desk.must("verify", file)


def test_a_journal_that_was_cut_short_is_found(desk: Desk) -> None:
    """Its hashes are right without its last entries; what was anchored of them is not there."""
    desk.must("anchor", "ACME")
    desk.must("document", "add", "ACME", desk.file("terms.txt", "Terms"), "--title", "Terms")
    with sqlite3.connect(desk.folder / "store.sqlite") as connection:
        [(last,)] = connection.execute("SELECT max(place) FROM journal").fetchall()
        connection.execute("DELETE FROM journal WHERE place = ?", (last,))
    result = desk.run("audit", "--json")
    assert result.exit_code == 1
    assert "is in the journal" in result.stdout


def test_documents_have_versions_and_one_altered_byte_is_seen(desk: Desk) -> None:
    first = desk.file("terms.txt", "The terms.")
    made = desk.answer("document", "add", "ACME", first, "--title", "Terms", "--key", "d")
    assert desk.answer("document", "add", "ACME", first, "--title", "Terms", "--key", "d") == made
    assert desk.error("document", "add", "ACME", first, "--title", "Terms").code == "document-known"
    second = desk.file("terms2.txt", "The terms!")
    desk.must("document", "add", "ACME", second, "--title", "Terms", "--link", "https://a.example")
    assert [(each["title"], each["version"]) for each in desk.answer("document", "list")] == [
        ("Terms", 1), ("Terms", 2)]  # fmt: skip
    assert desk.answer("document", "check", second)[0]["version"] == 2
    assert desk.run("document", "check", desk.file("altered.txt", "The terms?")).exit_code == 1
    assert desk.error("document", "check", desk.file("empty.txt", "")).code == "document-empty"
    assert "Terms" in desk.must("document", "list").stdout


def test_holders_acknowledge_by_their_signatures(desk: Desk) -> None:
    desk.must("document", "add", "ACME", desk.file("terms.txt", "The terms."), "--title", "Terms")
    desk.must("document", "acknowledge", "1", "H-1")
    desk.must("document", "acknowledge", "1", "H-1")
    assert desk.answer("document", "list")[0]["acknowledged"] == 1
    shown = desk.answer("document", "acknowledge", "1", "H-2", "--to-sign")
    assert shown["primaryType"] == "Acknowledgement"
    with Workspace(desk.folder) as workspace:
        [known] = documents.acknowledgements(workspace, 1)
    error = desk.error("document", "acknowledge", "1", "H-2", "--signature", known.signature)
    assert error.code == "signature-of-another"
    assert desk.error("document", "acknowledge", "2", "H-2").code == "document-unknown"
    desk.must("audit")
