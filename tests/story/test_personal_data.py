"""No personal data on the chain, in files, in errors, or printed where it should not be."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.rpc import Rpc
from tests.support.desk import TERMS, Desk

MARKS = ("Zyxwvut-Marker", "marked.person@example.org", "REF-MARKER-77")
ROW = "reference,name,country,email,verified\n{2},{0},DE,{1},never\nH-2,Bo,US,,never\n"
BAD_ROWS = (
    "reference,name,country,email\n{2},DE,{0},{1}\n",
    "reference,name,country,wallet\n{2},{0},DE,{1}\n",
    "reference,name,country,kind\n{2},{0},DE,{1}\n",
    "reference,name,country,verified\n{2},{0},DE,{1}\n",
    "reference,name,country\n{2},{0},DE,{1}\n",
    "reference,name,country\n{2},{0},DE\n{2},{0},FR\n",
    'reference,name,country\n{2},"{0},DE\n',
)


def clean(text: bytes | str) -> bool:
    data = text.encode() if isinstance(text, str) else text
    forms = [*MARKS, *(mark.encode().hex() for mark in MARKS)]
    return not any(form.encode() in data for form in forms)


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything in a folder, what is packed unpacked too."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
            if path.suffix == ".sqlite":
                yield from columns(path)


def columns(path: Path) -> Iterator[tuple[str, bytes]]:
    with sqlite3.connect(path) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                for cell in row:
                    data = cell if isinstance(cell, bytes) else str(cell).encode()
                    yield f"{path}: {table}", data
                    with contextlib.suppress(zlib.error):
                        yield f"{path}: {table}, unpacked", zlib.decompress(data)
    connection.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "data")
    made.must("init")
    made.must("issue", made.file("terms.toml", TERMS))
    made.must("holders", "import", made.file("holders.csv", ROW.format(*MARKS)))
    made.must("mint", "ACME", MARKS[2], "10")
    return made


def test_marked_names_are_found_nowhere(desk: Desk, tmp_path: Path) -> None:
    order = desk.file("order.txt", "by order of the court")
    desk.must("transfer", "ACME", MARKS[0], "H-2", "1")
    desk.must("holders", "claim", MARKS[2], "accredited", "2031-01-01")
    desk.must("holders", "freeze", "ACME", MARKS[2])
    desk.must("force", "ACME", MARKS[2], "H-2", "1", "--reason", "death", "--document", order)
    desk.must("holders", "refresh")
    desk.must("backup", str(tmp_path / "copy"))
    assert MARKS[0] in desk.must("holders", "list").output
    with tarfile.open(tmp_path / "copy") as archive:
        archive.extractall(tmp_path / "copied", filter="data")
    found = dict(written(desk.folder)) | dict(written(tmp_path / "copied"))
    assert len(found) > 20
    assert [place for place, data in found.items() if not clean(data)] == []


def test_marked_names_are_not_on_the_chain(desk: Desk) -> None:
    with Hosting(desk.folder / "chain.sqlite", clock=lambda: 0, sandbox=True) as hosting:
        rpc = Rpc(hosting.url)
        head = int(rpc.call("eth_blockNumber"), 16)
        for number in range(head + 1):
            block = rpc.call("eth_getBlockByNumber", hex(number), True)
            assert clean(str(block))
            for transaction in block["transactions"]:
                receipt = rpc.call("eth_getTransactionReceipt", transaction["hash"])
                assert clean(str(receipt))


def test_errors_and_reports_do_not_say_them(desk: Desk) -> None:
    for number, text in enumerate(BAD_ROWS):
        file = desk.file(f"bad-{number}.csv", text.format(*MARKS))
        result = desk.run("holders", "import", file)
        assert result.exit_code != 0
        defects = getattr(result.exception, "defects", [])
        assert clean(result.output + str(result.exception) + "".join(map(str, defects))), text
    for arguments in (
        ("transfer", "ACME", MARKS[2], "H-2", "99"),
        ("transfer", "ACME", MARKS[0], "H-9", "1"),
        ("holders", "claim", MARKS[0], "famous"),
        ("mint", "ACME", MARKS[2], "-5"),
        ("doctor", "--json"),
        ("audit", "--json"),
        ("chain", "status", "--json"),
        ("rules", "show", "ACME", "--json"),
    ):
        result = desk.run(*arguments)
        assert clean(result.output + repr(result.exception)), arguments


def test_an_erased_person_leaves_nothing_but_a_number(desk: Desk) -> None:
    desk.must("holders", "erase", MARKS[2])
    listed = desk.must("holders", "list").output
    assert MARKS[0] not in listed
    assert "Bo" in listed
    assert desk.failing("holders", "erase", MARKS[2]) == "person-unknown"


def test_what_was_kept_of_an_erased_person_is_gone_from_the_disk(desk: Desk) -> None:
    """Neither his sealed data nor its key is left in any byte of the store or its log."""
    with sqlite3.connect(desk.folder / "store.sqlite") as connection:
        query = "SELECT sealed, data_key FROM person ORDER BY number"
        kept = [blob for row in connection.execute(query) for blob in row]
    connection.close()
    assert len(kept) == 4
    desk.must("holders", "erase", MARKS[2])
    files = [path.read_bytes() for path in desk.folder.glob("store.sqlite*")]
    left = [blob for blob in kept if any(blob in data for data in files)]
    assert len(left) == 2, "only what is kept of the other person"


def marked_book(folder: Path) -> Path:
    """The demo's book with a marked stakeholder."""
    source = resources.files("tallystick.demo") / "book"
    with resources.as_file(source) as found:
        shutil.copytree(found, folder)
    path = folder / "Stakeholders.ocf.json"
    document = json.loads(path.read_text())
    first = document["items"][0]
    first["name"]["legal_name"] = MARKS[0]
    first["issuer_assigned_id"] = MARKS[2]
    first["contact_info"] = {"emails": [{"email_type": "OTHER", "email_address": MARKS[1]}]}
    path.write_text(json.dumps(document))
    return folder


def test_names_in_a_book_are_found_nowhere(desk: Desk, tmp_path: Path) -> None:
    book = marked_book(tmp_path / "book")
    desk.must("issue", str(book / "terms.toml"))
    desk.must("holders", "import", str(book), "--verified-until", "2031-01-01")
    desk.must("mint-book", "VLMR", str(book))
    found = dict(written(desk.folder))
    assert [place for place, data in found.items() if not clean(data)] == []
    path = book / "Stakeholders.ocf.json"
    good = path.read_text()
    for spoilt in (
        good.replace('"stakeholder_type"', '"type"'),
        good.replace('"id"', '"identity"'),
        good[: len(good) // 2],
        good.replace('"country"', '"land"'),
    ):
        path.write_text(spoilt)
        result = desk.run("holders", "import", str(book), "--verified-until", "2031-01-01")
        assert result.exit_code != 0 or spoilt == good
        defects = getattr(result.exception, "defects", [])
        assert clean(result.output + str(result.exception) + "".join(map(str, defects)))


def test_names_in_a_list_of_positions_are_not_told(desk: Desk) -> None:
    rows = f"C-1,{MARKS[0]},5,2024-01-01\nC-2,{MARKS[2]},x,{MARKS[0]}\n{MARKS[0]},Z,1,1\n"
    text = "certificate,holder,quantity,acquired\n" + rows
    result = desk.run("mint-book", "ACME", desk.file("p.csv", text))
    defects = getattr(result.exception, "defects", [])
    assert defects
    assert clean(result.output + str(result.exception) + "".join(map(str, defects)))
    desk.must("mint-book", "ACME", desk.file("p.csv", text.split("\nC-2")[0]))
    assert [place for place, data in written(desk.folder) if not clean(data)] == []
