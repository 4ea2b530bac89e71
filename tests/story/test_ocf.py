"""A book is imported, tokenised, lived with and exported; another program reads the same of it."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tallystick.app.admission import wallets_by_row
from tallystick.app.open_cap import kept
from tallystick.app.workspace import Workspace
from tallystick.cli.main import app
from tests.support.desk import Desk, copy_of
from tests.support.ocf_books import COMMON, PREFERRED, Maker, make_book
from tests.support.ocf_reader import Read

TERMS = """
[issuer]
name = "Randow Inc"
country = "US"

[[security]]
symbol = "COM"
name = "Randow Common"
kind = "common"
stock_class = "Common Stock"
decimals = 0

[[security]]
symbol = "PRE"
name = "Randow Series A"
kind = "preferred"
stock_class = "Series A"
decimals = 0
"""
CLASSES = {"COM": COMMON, "PRE": PREFERRED}
HOLDERS = "reference,name,country,verified\nN-1,New One,FR,never\n"


def book_on(desk: Desk, made: Maker, name: str = "book.zip") -> str:
    path = desk.scratch / name
    path.write_bytes(made.zipped())
    return str(path)


def tokenised(folder: Path, made: Maker) -> Desk:
    """An issuer whose book was imported and minted."""
    folder.mkdir(exist_ok=True)
    desk = Desk(folder / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    book = book_on(desk, made)
    desk.must("holders", "import", book, "--verified-until", "2036-01-01")
    for symbol in CLASSES:
        desk.must("mint-book", symbol, book)
    return desk


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return tokenised(tmp_path_factory.mktemp("ocf"), make_book(11))


@pytest.fixture
def desk(company: Desk, tmp_path: Path) -> Desk:
    return copy_of(company, tmp_path)


def exported(desk: Desk, *options: str, name: str = "out.zip") -> Path:
    to = desk.scratch / name
    desk.must("ocf", "export", str(to), *options)
    return to


def objects(path: Path) -> dict[str, Any]:
    """Every object of a book by id, and its issuer and comments."""
    with zipfile.ZipFile(path) as archive:
        documents = [json.loads(archive.read(name)) for name in archive.namelist()]
    found: dict[str, Any] = {}
    for document in documents:
        found |= {item["id"]: item for item in document.get("items", [])}
        for member in ("issuer", "comments"):
            if member in document:
                found[member] = document[member]
    return found


def register(desk: Desk) -> Counter[tuple[str, str]]:
    """Units by stakeholder and class, as the chain has them."""
    found: Counter[tuple[str, str]] = Counter()
    with Workspace(desk.folder) as workspace:
        names = {home: identifier for identifier, home in kept.load(workspace).homes.items()}
        book = workspace.book()
        for symbol, stock_class in CLASSES.items():
            security = book.securities[workspace.security(symbol).token]
            for wallet, units in security.balances.items():
                home = book.registry.home(wallet)
                ours = f"tallystick/{workspace.chain_id}/investor/{home}"
                found[names.get(home, ours), stock_class] += units
    return +found


def holder(desk: Desk, identifier: str) -> str:
    """The wallet of a stakeholder."""
    with Workspace(desk.folder) as workspace:
        found = wallets_by_row(workspace)(identifier)
        assert found is not None
        return str(found)


def richest(desk: Desk, stock_class: str) -> tuple[str, int]:
    """Who has most of a class: his wallet, and how many units."""
    who, units = max(((who, units) for (who, of), units in register(desk).items()
                      if of == stock_class), key=lambda each: each[1])  # fmt: skip
    return holder(desk, who), units


@pytest.mark.parametrize("seed", [3, 8])
def test_what_was_imported_comes_out_word_for_word(seed: int, tmp_path: Path) -> None:
    made = make_book(seed)
    desk = tokenised(tmp_path, made)
    out = exported(desk)
    before, after = objects(desk.scratch / "book.zip"), objects(out)
    assert after == before
    assert Read(out).units() == made.units() == register(desk)
    assert desk.answer("ocf", "export", str(out))["added"] == 0


def test_awards_of_a_book_count_in_what_is_diluted(desk: Desk) -> None:
    made = make_book(11)
    awards = sum(made.awards.values())
    assert awards
    told = desk.answer("grant", "diluted")
    assert (int(told["options"]), int(told["diluted"]) - int(told["issued"])) == (awards, awards)
    desk.must("exchange", "announce", "COM", "2", "1", "--reason", "merger", *desk.paper())
    desk.must("exchange", "carry-out", "COM")
    assert int(desk.answer("grant", "diluted")["options"]) == 2 * awards


def live(desk: Desk) -> None:
    """All that can happen to stock: sales, issues, grants, SAFEs, redemption, split, conversion."""
    rich, units = richest(desk, COMMON)
    other = holder(desk, "person-1")
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("transfer", "COM", rich, "N-1", str(units // 3))
    desk.must("transfer", "COM", "N-1", other, "7")
    desk.must("mint", "COM", "N-1", "1001", "--key", "seed-round")
    desk.must("grant", "option", "COM", "N-1", "480", "0.50", "--vesting-start", "2020-01-31",
              *desk.paper(), "--key", "g1")  # fmt: skip
    desk.must("grant", "exercise", "1", "100", "--key", "x1")
    desk.must("grant", "option", "COM", other, "50", "0.75", *desk.paper(), "--key", "g2")
    desk.must("grant", "cancel", "2")
    desk.must("grant", "safe", "PRE", "N-1", "100,000.00", "--discount", "2000", *desk.paper())
    desk.must("grant", "safe", "PRE", other, "5,000.00", "--cap", "1000000.00", *desk.paper())
    desk.must("grant", "cancel", "4")
    desk.must("grant", "convert", "PRE", "1.25", "--key", "c1")
    desk.must("cash", "issue", "USD")
    desk.must("cash", "mint", "USD", "agent", "1000000")
    until = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d")
    desk.must("redemption", "buy-back", "COM", "500", "2.00", "USD", "--until", until,
              *desk.paper())  # fmt: skip
    desk.must("redemption", "tender", "1", "N-1", "100")
    desk.must("chain", "advance", "3")
    desk.run("redemption", "carry-out", "1")
    desk.must("chain", "advance", "3")
    desk.must("redemption", "carry-out", "1")


def test_all_that_happened_since_is_carried_on(desk: Desk) -> None:
    live(desk)
    left = desk.run("ocf", "export", str(desk.scratch / "x.zip"))
    assert left.exit_code != 0
    missing = {each.where: each.code for each in left.exception.defects}
    assert missing.pop("--currency") == "currency-needed"
    [(security, code)] = missing.items()
    assert code == "price-needed"
    prices = desk.file("prices.csv", f"security_id,price,currency\n{security},1.10,USD\n")
    out = exported(desk, "--currency", "USD", "--prices", prices)
    read = Read(out)
    assert read.units() == register(desk)
    before, after = objects(Path(book_on(desk, make_book(11)))), objects(out)
    assert {each: after[each] for each in before} == before
    added = [after[each] for each in after if each not in before]
    kinds = Counter(each["object_type"] for each in added)
    assert kinds["TX_STOCK_REPURCHASE"] >= 1
    assert kinds["TX_EQUITY_COMPENSATION_EXERCISE"] == kinds["TX_CONVERTIBLE_CONVERSION"] == 1
    assert kinds["TX_EQUITY_COMPENSATION_CANCELLATION"] == kinds["TX_CONVERTIBLE_CANCELLATION"] == 1
    for each in added:
        if each["object_type"] == "TX_STOCK_REPURCHASE":
            assert each["price"] == {"amount": "2", "currency": "USD"}
    prices_of = {each["security_id"]: each["share_price"] for each in added
                 if each["object_type"] == "TX_STOCK_ISSUANCE"}  # fmt: skip
    assert prices_of[security] == {"amount": "1.1", "currency": "USD"}
    [exercise] = [each for each in added
                  if each["object_type"] == "TX_EQUITY_COMPENSATION_EXERCISE"]  # fmt: skip
    assert prices_of[exercise["resulting_security_ids"][0]]["amount"] == "0.5"
    grant = f"tallystick/{exercise['id'].split('/')[1]}/grant/1"
    assert read.awards[grant] == 380
    again = exported(desk, "--currency", "USD", "--prices", prices, name="again.zip")
    assert objects(again) == after


def test_a_split_and_a_conversion_are_carried_on(desk: Desk) -> None:
    desk.must("exchange", "announce", "COM", "3", "2", "--reason", "merger", *desk.paper())
    desk.must("exchange", "carry-out", "COM")
    read = Read(exported(desk))
    assert read.units() == register(desk)
    desk.must("transfer", "COM", *(richest(desk, COMMON)[0], holder(desk, "person-2")), "5")
    desk.must("exchange", "announce", "PRE", "1", "3", "--to", "COM", "--reason", "merger",
              *desk.paper())  # fmt: skip
    desk.must("exchange", "carry-out", "PRE")
    out = exported(desk)
    assert Read(out).units() == register(desk)
    added = Counter(each["object_type"] for each in objects(out).values()
                    if isinstance(each, dict) and "object_type" in each
                    and str(each["id"]).startswith("tallystick/"))  # fmt: skip
    assert added["TX_STOCK_CLASS_SPLIT"] == 1
    assert added["TX_STOCK_CONVERSION"] >= 1
    # What comes out is read again by another issuer of the same company.
    fresh = Desk(desk.scratch / "fresh")
    fresh.must("init")
    fresh.must("issue", fresh.file("terms.toml", TERMS))
    fresh.must("holders", "import", str(out), "--verified-until", "2036-01-01")
    fresh.must("mint-book", "COM", str(out))
    assert register(fresh) == register(desk)


def test_what_was_exported_here_is_not_minted_twice(desk: Desk) -> None:
    before = register(desk)
    desk.must("transfer", "COM", richest(desk, COMMON)[0], holder(desk, "person-5"), "1")
    after = register(desk)
    assert after != before
    out = exported(desk)
    told = desk.answer("mint-book", "COM", str(out))
    assert told["minted"] == 0
    assert register(desk) == after
    assert Read(exported(desk, name="again.zip")).units() == after


def test_who_was_erased_is_named_no_more(desk: Desk) -> None:
    desk.must("holders", "erase", holder(desk, "person-4"))
    after = objects(exported(desk))
    assert after["person-4"]["name"] == {"legal_name": "erased at his request"}
    assert "addresses" not in after["person-4"]


def test_without_a_book_nothing_is_made_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS.replace('stock_class = "Series A"', "")))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("mint", "COM", "N-1", "100")
    left = desk.run("ocf", "export", str(tmp_path / "x.zip"))
    codes = {each.code: each.where for each in left.exception.defects}
    assert set(codes) == {"formation-date-needed", "price-needed"}
    prices = desk.file("p.csv", f"security_id,price,currency\n{codes['price-needed']},2,EUR\n")
    out = exported(desk, "--formed", "2019-05-02", "--prices", prices)
    read = Read(out)
    assert sum(read.units().values()) == 100
    assert read.table.manifest.issuer.legal_name == "Randow Inc"
    checked = CliRunner().invoke(app, ["ocf", "check", str(out), "--json"])
    assert json.loads(checked.stdout)["positions"] == {"Common Stock": 1}


@pytest.mark.parametrize(("text", "code"), [
    ("security_id,price,currency\nx,-1,USD\n", "quantity-negative"),
    ("security_id,price,currency\nx,1,dollars\n", "currency-unknown"),
    ("security_id,price,currency\nx,,USD\n", "field-empty"),
    ("security_id,price\nx,1\n", "column-missing"),
    ("security_id,price,currency\nx,1,USD\nx,2,USD\n", "row-duplicate"),
])  # fmt: skip
def test_prices_that_are_none_are_told(desk: Desk, text: str, code: str) -> None:
    prices = desk.file("prices.csv", text)
    error: Any = desk.error("ocf", "export", str(desk.scratch / "x.zip"), "--prices", prices)
    assert code in {each.code for each in error.defects}
