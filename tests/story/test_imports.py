"""Imports: a book or a list becomes holders and positions; all of it, once, or nothing."""

from __future__ import annotations

import json
import shutil
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tallystick.app import admission
from tallystick.app.workspace import Workspace
from tallystick.core.errors import InvalidFile
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claims
from tests.support.desk import HOLDERS, Desk, codes

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
    assert desk.error("mint-book", "VLMR", path).code == "ocf-invalid"
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


POSITIONS = "holder,quantity,acquired\nH-1,10.5,2024-03-01\nBo,7,2025-01-01\nH-1,1,2025-01-01\n"


def test_positions_of_a_list_are_minted_once(desk: Desk) -> None:
    for name in ("first.csv", "second.csv"):
        desk.must("mint-book", "ACME", desk.file(name, POSITIONS))
    [table] = json.loads(desk.must("captable", "--json").stdout)
    assert [(line["holder"], line["units"]) for line in table["lines"]] == [
        ("Ada", "11150"),
        ("Bo", "700"),
    ]


def test_a_list_of_a_spreadsheet_with_semicolons_is_read(desk: Desk) -> None:
    desk.must("mint-book", "ACME", desk.file("p.csv", POSITIONS.replace(",", ";")))
    assert "118.5" in desk.must("captable").stdout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POSITIONS.replace("Bo", "Nobody Known"), {"holder-not-admitted"}),
        (POSITIONS.replace("10.5", "10.555"), {"quantity-too-fine"}),
        (POSITIONS.replace("2024-03-01", "2999-03-01"), {"acquired-in-the-future"}),
        (POSITIONS.replace("7,", "-7,"), {"quantity-negative"}),
        ("holder,quantity\nH-1,1\n", {"column-missing"}),
        ("holder,quantity,acquired\n", {"rows-missing"}),
        (
            "holder,quantity,acquired\n,much,someday\nZ,1,2024-01-01\n",
            {"field-empty", "quantity-malformed", "time-malformed", "holder-not-admitted"},
        ),
    ],
)
def test_every_defect_of_a_list_of_positions_is_named(
    desk: Desk, text: str, expected: set[str]
) -> None:
    error = desk.error("mint-book", "ACME", desk.file("p.csv", text))
    assert codes(error) == expected
    assert "Nobody Known" not in str([str(one) for one in getattr(error, "defects", [])])
