"""Imports: a book or a list becomes holders and positions; all of it, once, or nothing."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tallystick.app import admission
from tallystick.app.workspace import Workspace
from tallystick.core.errors import InvalidFile
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claims
from tests.support.desk import HOLDERS, TERMS, Desk, codes

SAMPLES = Path(__file__).parents[1] / "data" / "ocf_samples"
MORE = HOLDERS + "H-3,Cy,FR,never\n"


def holders(desk: Desk) -> list[Any]:
    return list(json.loads(desk.must("holders", "list", "--json").stdout))


def test_the_official_samples_are_told_every_dangling_and_duplicate_reference(desk: Desk) -> None:
    error = desk.error("holders", "import", str(SAMPLES))
    assert isinstance(error, InvalidFile)
    dangling = [one for one in error.defects if one.code == "ocf-dangling"]
    duplicate = [one for one in error.defects if one.code == "ocf-id-duplicate"]
    assert (len(dangling), len(duplicate)) == (139, 9)
    first = "Transactions.ocf.json: items[10]"
    assert any(one.where == first and "'stk_567890'" in one.message for one in dangling)
    assert any("'con_123456' is issued twice" in one.message for one in duplicate)
    assert desk.error("mint-book", "ACME", str(SAMPLES)).code == "ocf-invalid"


@pytest.mark.parametrize("zipped", [False, True])
def test_a_book_is_admitted_and_minted_lot_by_lot(tmp_path: Path, desk: Desk, zipped: bool) -> None:
    source = resources.files("tallystick.demo") / "book"
    book = tmp_path / "book"
    with resources.as_file(source) as found:
        shutil.copytree(found, book)
    if zipped:
        with zipfile.ZipFile(tmp_path / "book.zip", "w") as archive:
            for file in book.glob("*.ocf.json"):
                archive.write(file, file.name)
    path = str(tmp_path / "book.zip" if zipped else book)
    desk.must("issue", str(book / "terms.toml"))
    assert codes(desk.error("mint-book", "VLMR", path)) == {"holder-not-admitted"}
    desk.must("holders", "import", path, "--verified-until", "2031-01-01")
    desk.must("mint-book", "VLMR", path)
    table = json.loads(desk.must("captable", "VLMR", "--json").stdout)
    desk.must("holders", "import", path, "--verified-until", "2031-01-01")
    desk.must("mint-book", "VLMR", path)
    again = json.loads(desk.must("captable", "VLMR", "--json").stdout)
    assert {**again[0], "block": 0} == {**table[0], "block": 0}
    assert int(table[0]["supply"]) > 0


def test_positions_that_the_rules_refuse_are_all_named_and_none_is_minted(
    tmp_path: Path, desk: Desk
) -> None:
    source = resources.files("tallystick.demo") / "book"
    with resources.as_file(source) as found:
        shutil.copytree(found, tmp_path / "book")
    book = str(tmp_path / "book")
    desk.must("issue", str(tmp_path / "book" / "terms.toml"))
    desk.must("holders", "import", book)
    error = desk.error("mint-book", "VLMR", book)
    assert codes(error) == {"receiver-unverified"}
    assert isinstance(error, InvalidFile)
    assert len(error.defects) > 20


def test_the_same_list_again_is_nothing_new(desk: Desk) -> None:
    before = holders(desk)
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    assert holders(desk) == before


def test_a_list_that_grew_admits_the_new_rows(desk: Desk) -> None:
    before = holders(desk)
    desk.must("holders", "import", desk.file("more.csv", MORE))
    assert holders(desk)[: len(before)] == before
    assert [one["reference"] for one in holders(desk)] == ["H-1", "H-2", "H-3"]


def test_a_row_that_was_imported_with_other_data_is_named(desk: Desk) -> None:
    changed = MORE.replace("Bo,US", "Bo,CA")
    error = desk.error("holders", "import", desk.file("more.csv", changed))
    assert codes(error) == {"holder-differs"}
    assert isinstance(error, InvalidFile)
    assert error.defects[0].where.endswith("line 3")


def test_a_wallet_that_is_somebodys_already_is_named(desk: Desk) -> None:
    wallet = holders(desk)[0]["wallets"][0]
    text = f"reference,name,country,wallet\nH-8,Di,DE,{wallet}\nH-9,Ed,DE,\n"
    assert codes(desk.error("holders", "import", desk.file("x.csv", text))) == {"wallet-registered"}


def test_a_list_that_is_no_text_is_refused(desk: Desk) -> None:
    path = Path(desk.file("x.csv", ""))
    path.write_bytes(b"reference,name,country\nH-9,\xff,DE\n")
    assert codes(desk.error("holders", "import", str(path))) == {"file-not-utf8"}


def test_names_that_no_line_can_show_and_references_of_others_are_named(desk: Desk) -> None:
    head = "reference,name,country\n"
    rows = '0xabc,Ada,DE\nissuer,Bo,DE\nH-7,"a\x1b[31m",DE\nH-8,' + "x" * 201 + ",DE\n"
    error = desk.error("holders", "import", desk.file("odd.csv", head + rows))
    assert codes(error) == {"reference-unusable", "name-unprintable"}


def test_an_import_that_was_cut_off_is_finished_by_the_next_one(desk: Desk) -> None:
    """Written down, and cut off before the chain heard of it."""
    with Workspace(desk.folder) as workspace:
        person = Person(name="Fay", kind="person", reference="H-4")
        cut_off = admission.Newcomer(row="H-4", person=person, country="DE", claims=Claims())
        admission._prepare(workspace, [cut_off], "cut-off")
    assert len(holders(desk)) == 2
    desk.must("holders", "import", desk.file("more.csv", MORE))
    assert {one["reference"] for one in holders(desk)} == {"H-1", "H-2", "H-3", "H-4"}


def test_verification_of_a_list_is_stated_row_by_row(desk: Desk) -> None:
    path = desk.file("more.csv", MORE)
    error = desk.error("holders", "import", path, "--verified-until", "2031-01-01")
    assert error.code == "option-not-for-csv"


def test_an_import_says_how_many_it_admitted(desk: Desk) -> None:
    again = json.loads(desk.must("holders", "import", desk.file("a.csv", MORE), "--json").stdout)
    assert (again["admitted"], len(again["homes"])) == (1, 3)
    shown = desk.must("holders", "import", desk.file("a.csv", MORE)).stdout
    assert "0 investors admitted; 3 were before" in shown


POSITIONS = """certificate,holder,quantity,acquired
CS-1,H-1,10.5,2024-03-01
CS-2,Bo,7,2025-01-01
CS-3,H-1,1,2025-01-01
"""
GROWN = "certificate,holder,quantity,acquired\nCS-4,Bo,1,2025-02-01\n" + POSITIONS.split("\n", 1)[1]


def units(desk: Desk) -> dict[str, str]:
    [table] = json.loads(desk.must("captable", "--json").stdout)
    return {line["holder"]: line["units"] for line in table["lines"]}


def test_positions_of_a_list_are_minted_once_in_whatever_order(desk: Desk) -> None:
    header, *rows = POSITIONS.splitlines()
    reversed_list = "\n".join([header, *rows[::-1]])
    said = [
        desk.must("mint-book", "ACME", desk.file(f"{at}.csv", text)).stdout
        for at, text in enumerate((POSITIONS, POSITIONS, reversed_list))
    ]
    assert units(desk) == {"Ada": "11150", "Bo": "700"}
    assert "3 lots, 18.5 units of ACME" in said[0]
    for again in said[1:]:
        assert "0 lots, 0 units of ACME; 3 were minted before" in again


@pytest.mark.parametrize("key", [(), ("--key", "one")])
def test_a_list_of_positions_that_grew_mints_the_new_rows(desk: Desk, key: tuple[str, ...]) -> None:
    desk.must("mint-book", "ACME", desk.file("p.csv", POSITIONS), *key)
    answer = desk.must("mint-book", "ACME", desk.file("p.csv", GROWN), *key, "--json").stdout
    assert json.loads(answer)["minted"] == 1
    assert units(desk) == {"Ada": "11150", "Bo": "800"}


def test_a_certificate_with_other_data_is_named(desk: Desk) -> None:
    desk.must("mint-book", "ACME", desk.file("p.csv", POSITIONS))
    error = desk.error("mint-book", "ACME", desk.file("p.csv", GROWN.replace("10.5", "10.6")))
    assert codes(error) == {"lot-differs"}


def test_positions_of_somebody_erased_since_are_passed_over(desk: Desk) -> None:
    desk.must("mint-book", "ACME", desk.file("p.csv", POSITIONS))
    desk.must("holders", "erase", "H-1")
    answer = desk.must("mint-book", "ACME", desk.file("p.csv", GROWN), "--json").stdout
    assert json.loads(answer)["minted"] == 1


def test_positions_go_to_the_wallet_in_use(desk: Desk) -> None:
    """H-1 has a further wallet, and then loses his first."""
    linked, new = "0x" + "1a" * 20, "0x" + "2b" * 20
    desk.must("holders", "link", "H-1", linked)
    paper = desk.file("paper.txt", "lost")
    desk.must("recover", "H-1", new, "--document", paper, "--key", "r1")
    desk.must("mint-book", "ACME", desk.file("p.csv", POSITIONS))
    by_wallet = json.loads(desk.must("captable", "--by", "wallet", "--json").stdout)
    assert {line["wallet"]: line["units"] for line in by_wallet[0]["lines"]}[new] == "11150"
    desk.must("force", "ACME", "H-1", "H-2", "50", "--document", paper, "--reason", "court-order")
    desk.must("recover", "H-1", new, "--document", paper, "--key", "r1")
    assert desk.error("recover", "H-1", new, "--document", paper).code == "same-wallet"


def test_a_recovery_means_the_same_securities_under_its_key(desk: Desk) -> None:
    desk.must("issue", desk.file("more.toml", TERMS.replace("ACME", "BETA")))
    home = holders(desk)[1]["wallets"][0]
    desk.must("mint", "BETA", home, "5")
    paper, new = desk.file("paper.txt", "lost"), "0x" + "3c" * 20
    first = desk.must("recover", home, new, "--document", paper, "--key", "r").stdout
    assert desk.must("recover", home, new, "--document", paper, "--key", "r").stdout == first


def test_nothing_is_recovered_before_anything_is_issued(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.must("init")
    desk.must("holders", "import", desk.file("h.csv", HOLDERS))
    paper = desk.file("paper.txt", "lost")
    assert desk.failing("recover", "H-1", "0x" + "4d" * 20, "--document", paper) == "no-securities"


def test_keys_that_differ_in_case_are_two_keys(desk: Desk) -> None:
    for key in ("Run", "RUN", "run"):
        desk.must("holders", "refresh", "--key", key)


def test_a_wallet_of_an_import_that_was_cut_off_is_not_given_away(desk: Desk) -> None:
    wallet = Wallet("0x" + "5e" * 20)
    with Workspace(desk.folder) as workspace:
        person = Person(name="Fay", kind="person", reference="H-4")
        cut_off = admission.Newcomer(
            row="H-4", person=person, country="DE", claims=Claims(), wallet=wallet
        )
        admission._prepare(workspace, [cut_off], "cut-off")
    assert desk.error("holders", "link", "H-1", wallet).code == "wallet-registered"
    desk.must("holders", "import", desk.file("more.csv", MORE))
    assert {one["reference"] for one in holders(desk)} == {"H-1", "H-2", "H-3", "H-4"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POSITIONS.replace("Bo", "Nobody Known"), {"holder-not-admitted"}),
        (POSITIONS.replace("10.5", "10.555"), {"quantity-too-fine"}),
        (POSITIONS.replace("10.5", "1.000"), {"quantity-too-fine"}),
        (POSITIONS.replace("10.5", '"1.000,5"'), {"quantity-malformed"}),
        (POSITIONS.replace("2024-03-01", "2999-03-01"), {"acquired-in-the-future"}),
        (POSITIONS.replace("7,", "-7,"), {"quantity-negative"}),
        (POSITIONS.replace("CS-2", "CS-1"), {"row-duplicate"}),
        (POSITIONS.replace("certificate,", "").replace("CS-", ","), {"column-missing"}),
        (POSITIONS.replace(",", ";"), {"header-missing"}),
        ("Ada Lovelace,12,2024-03-01\n", {"header-missing"}),
        ("certificate,holder,quantity,acquired\n", {"rows-missing"}),
        (
            "certificate,holder,quantity,acquired\n,,much,someday\nC,Z,1,2024-01-01\n",
            {"field-empty", "quantity-malformed", "time-malformed"},
        ),
    ],
)
def test_every_defect_of_a_list_of_positions_is_named(
    desk: Desk, text: str, expected: set[str]
) -> None:
    error = desk.error("mint-book", "ACME", desk.file("p.csv", text))
    assert codes(error) == expected
    told = " ".join(str(one) for one in getattr(error, "defects", []))
    assert "Nobody Known" not in told
    assert "Lovelace" not in told


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n\n" + text,
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", ",,\n"),
    ],
)
def test_what_spreadsheets_write_is_read(desk: Desk, changed: Callable[[str], str]) -> None:
    desk.must("mint-book", "ACME", desk.file("p.csv", changed(POSITIONS)))
    assert units(desk) == {"Ada": "11150", "Bo": "700"}
