"""Bad input gets an error that says what, where and how to mend it, and changes nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from typer.testing import CliRunner

from tallystick.cli.main import app
from tallystick.core.errors import InvalidFile
from tests.support.desk import HOLDERS, TERMS, Desk, codes, copy_of, open_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return open_desk(tmp_path_factory.mktemp("desk") / "data")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text + 'colour = "red"\n', "field-unknown"),
        (lambda text: text.replace('name = "Acme Shares"\n', ""), "field-missing"),
        (lambda text: text.replace("decimals = 2", 'decimals = "2"'), "field-type"),
        (lambda text: text.replace("decimals = 2", "decimals = 40"), "too-many-decimals"),
        (lambda text: text.replace('"common"', '"stonk"'), "field-choice"),
        (lambda text: text.replace('"DE"', '"ZZ"'), "country-unknown"),
        (
            lambda text: text + "[security.rules]\nholding_period_days = 99999999\n",
            "field-too-high",
        ),
        (lambda text: text + "[security.rules]\ninvestors_max = 268435455\n", "field-too-high"),
        (lambda text: text + "[security.rights]\nvotes_per_unit = 99999999999\n", "field-too-high"),
        (lambda text: text + 'isin = "US0378331006"\n', "isin-check-digit"),
        (lambda text: text + 'cfi = "??"\n', "cfi-malformed"),
        (lambda text: text + 'vin = "1HGCM82633A004353"\n', "vin-check-digit"),
        (lambda text: text + 'authorised = "-5"\n', "quantity-negative"),
        (lambda text: text + 'authorised = "5.123"\n', "quantity-too-fine"),
        (lambda text: text + "[[security", "toml-malformed"),
        (lambda text: text.split("[[security]]")[0], "terms-empty"),
        (lambda text: text + text[text.index("[[security]]") :], "symbol-duplicate"),
        (
            lambda text: (
                text + '[security.rules]\ncountries_allowed=["DE"]\ncountries_denied=["DE"]\n'
            ),
            "country-allowed-and-denied",
        ),
        (lambda text: text + "[security.rights]\ncoupon_bps = 5\n", "field-missing"),
        (lambda text: text.replace('"NEW"', '"new shares"'), "symbol-malformed"),
        (lambda text: text + "[security.rules]\nlot_size = '1.28'\n", "quantity-not-round"),
        (lambda text: text + "[security.rules]\nminimum_holding = '0'\n", "quantity-zero"),
        (lambda text: text + "[security.rules]\ninvestor_tier = 'rich'\n", "field-choice"),
        (lambda text: text + "[security.rules]\nflow_back_until = 'soon'\n", "time-malformed"),
        (lambda text: text.replace("Acme Shares", "x" * 65), "field-too-long"),
    ],
)
def test_malformed_terms(desk: Desk, change: Callable[[str], str], code: str) -> None:
    error = desk.error("issue", desk.file("bad.toml", change(TERMS.replace("ACME", "NEW"))))
    assert code in codes(error)


def test_other_terms_under_a_symbol_in_use(desk: Desk) -> None:
    changed = desk.file("other.toml", TERMS.replace("Acme Shares", "Acme Other"))
    assert desk.error("issue", changed).code == "symbol-taken"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("reference,name\nH-9,Cy\n", "column-missing"),
        (HOLDERS.replace("verified", "verifyed"), "column-unknown"),
        ("reference,name,country\nH-9,Cy,Germany\n", "country-unknown"),
        ("reference,name,country\nH-9,,DE\n", "field-empty"),
        ("reference,name,country,kind\nH-9,Cy,DE,robot\n", "field-choice"),
        ("reference,name,country\n", "rows-missing"),
        ("reference,name,country\nH-9,Cy,DE\nH-9,Di,DE\n", "row-duplicate"),
        ("reference,name,country,verified\nH-9,Cy,DE,soon\n", "time-malformed"),
        ("reference,name,country,wallet\nH-9,Cy,DE,0x12\n", "wallet-malformed"),
    ],
)
def test_a_file_with_a_bad_row_admits_nobody(desk: Desk, text: str, code: str) -> None:
    assert code in codes(desk.error("holders", "import", desk.file("bad.csv", text)))


def test_all_bad_rows_are_told_at_once(desk: Desk) -> None:
    text = "reference,name,country\nH-7,,DE\nH-8,Cy,ZZ\nH-9,Di,DE\n"
    error = desk.error("holders", "import", desk.file("bad.csv", text))
    assert isinstance(error, InvalidFile)
    assert [defect.where.split(": ")[-1] for defect in error.defects] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("transfer", "NOPE", "H-1", "H-2", "1"), "security-unknown"),
        (("transfer", "ACME", "H-1", "nobody", "1"), "person-unknown"),
        (("transfer", "ACME", "H-1", "H-2", "-1"), "quantity-negative"),
        (("transfer", "ACME", "H-1", "H-2", "1.001"), "quantity-too-fine"),
        (("transfer", "ACME", "H-1", "0x123", "1"), "wallet-malformed"),
        (("holders", "claim", "H-1", "famous"), "claim-unknown"),
        (("holders", "claim", "H-1", "verified", "2026-02-31"), "time-malformed"),
        (("captable", "--as-of", "100000"), "block-out-of-range"),
        (("captable", "--as-of", "2999-01-01"), "time-ahead"),
        (("captable", "--as-of", "2001-01-01"), "block-out-of-range"),
        (("captable", "--by", "colour"), "field-choice"),
    ],
)
def test_bad_arguments(desk: Desk, arguments: tuple[str, ...], code: str) -> None:
    assert desk.error(*arguments).code == code


def test_a_used_key_for_something_else(desk: Desk) -> None:
    desk.must("holders", "freeze", "ACME", "H-2", "--key", "k1")
    desk.must("holders", "freeze", "ACME", "H-2", "--key", "k1")
    error = desk.error("holders", "freeze", "ACME", "H-2", "--lift", "--key", "k1")
    assert error.code == "idempotency-key-reused"
    desk.must("holders", "freeze", "ACME", "H-2", "--lift", "--key", "k2")


def test_the_same_key_moves_the_clock_once_and_erases_once(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)

    def offset(*arguments: str) -> int:
        told = json.loads(copied.must("chain", "advance", *arguments, "--json").stdout)
        return int(told["clock_offset_s"])

    first = offset("1", "--key", "a")
    assert offset("1", "--key", "a") == first
    assert offset("1", "--key", "b") == first + 86_400
    erased = copied.must("holders", "erase", "H-2", "--key", "e", "--json").stdout
    assert copied.must("holders", "erase", "H-2", "--key", "e", "--json").stdout == erased


def test_a_folder_that_is_no_data_directory(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["captable", "--dir", str(tmp_path / "none")])
    assert getattr(result.exception, "code", "") == "data-directory-missing"
    (tmp_path / "file").write_text("mine")
    result = CliRunner().invoke(app, ["init", "--dir", str(tmp_path)])
    assert getattr(result.exception, "code", "") == "folder-not-empty"
    assert (tmp_path / "file").read_text() == "mine"


def test_the_wrong_passphrase(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = copy_of(desk, tmp_path)
    monkeypatch.setenv("TALLYSTICK_PASSPHRASE", "wrong")
    assert copied.failing("mint", "ACME", "H-1", "5") == "passphrase-wrong"


def test_a_missing_key(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    (copied.folder / "keys" / "agent.json").unlink()
    home = json.loads(copied.must("holders", "list", "--json").stdout)[0]["wallets"][0]
    assert copied.failing("mint", "ACME", home, "5") == "key-missing"


def test_a_chain_that_is_not_the_one_the_data_belongs_to(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    other = Desk(tmp_path / "other")
    other.must("init")
    shutil.copy(other.folder / "chain.sqlite", copied.folder / "chain.sqlite")
    assert copied.failing("captable") == "chain-differs"


def test_settings_that_make_no_sense(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    path = copied.folder / "tallystick.toml"
    good = path.read_text()
    for bad, code in (
        (good + 'colour = "red"\n', "setting-unknown"),
        (good.replace("format = 1", "format = 99"), "data-directory-format"),
        (good.replace("format = 1", "format = 0"), "data-directory-format"),
        (good.replace('"sandbox"', '"dream"'), "settings-malformed"),
        (good + "=", "settings-malformed"),
    ):
        path.write_text(bad)
        assert copied.failing("captable") == code


def test_a_journal_that_was_altered(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    with sqlite3.connect(copied.folder / "store.sqlite") as connection:
        connection.execute("UPDATE journal SET at_s = at_s + 1 WHERE place = 2")
    connection.close()
    assert copied.failing("captable") == "journal-broken"


def test_a_sealed_block_that_was_altered(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    with sqlite3.connect(copied.folder / "chain.sqlite") as connection:
        connection.execute("DELETE FROM snapshot")
        connection.execute("UPDATE block SET time_s = time_s + 1 WHERE number = 5")
    connection.close()
    assert copied.failing("captable") == "chain-journal-broken"


def test_a_store_of_a_newer_version(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    with sqlite3.connect(copied.folder / "store.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert copied.failing("captable") == "store-newer"


def test_a_backup_comes_back_as_it_was(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "acme.backup"
    desk.must("backup", str(file))
    again = Desk(tmp_path / "again")
    again.must("restore", str(file))
    assert again.state() == desk.state()
    again.must("mint", "ACME", "H-2", "5")
    assert desk.failing("backup", str(file)) == "backup-exists"
    assert again.failing("restore", str(file)) == "folder-not-empty"


def test_a_backup_with_one_damaged_byte_is_not_restored(desk: Desk, tmp_path: Path) -> None:
    """Wherever it is: in what a database does not use, only the check sum tells."""
    file = tmp_path / "acme.backup"
    desk.must("backup", str(file))
    data = file.read_bytes()
    again = Desk(tmp_path / "again")
    behind_the_name = data.index(b"\0", 10) + 1
    for at in range(behind_the_name, len(data), len(data) // 48):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :])
        assert again.failing("restore", str(file)) == "backup-malformed", at
    assert not again.folder.exists()


@pytest.mark.parametrize("damage", ["cut", "other", "middle"])
def test_a_damaged_backup_leaves_nothing_behind(desk: Desk, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "acme.backup"
    desk.must("backup", str(file))
    data = file.read_bytes()
    half = len(data) // 2
    file.write_bytes({
        "cut": data[:half], "other": b"something else",
        "middle": data[:half] + b"\xff\x00\xff\x00" + data[half + 4 :],
    }[damage])  # fmt: skip
    again = Desk(tmp_path / "again")
    assert again.failing("restore", str(file)) == "backup-malformed"
    assert list(tmp_path.iterdir()) == [file]


def test_a_refused_force_is_explained_and_leaves_no_trace(desk: Desk) -> None:
    order = desk.file("order.txt", "by order of the court")
    before = json.loads(desk.must("chain", "status", "--json").stdout)["block"]
    result = desk.run("force", "ACME", "H-1", "H-2", "999", "--reason", "court-order",
                      "--document", order, "--json")  # fmt: skip
    assert result.exit_code == 6
    [refusal] = json.loads(result.stdout)["refusals"]
    assert (refusal["name"], refusal["most"]) == ("insufficient-balance", "10000")
    assert json.loads(desk.must("chain", "status", "--json").stdout)["block"] == before


def test_a_name_means_the_wallet_in_use_after_a_recovery(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    order = copied.file("order.txt", "lost")
    new = "0x00000000000000000000000000000000000000aa"
    copied.must("recover", "H-1", new, "--document", order)
    copied.must("mint", "ACME", "H-1", "1")
    lines = json.loads(copied.must("captable", "--by", "wallet", "--json").stdout)[0]["lines"]
    assert {line["wallet"]: line["units"] for line in lines} == {new: "10100"}
    copied.must("holders", "erase", "H-1")


def test_rules_of_other_decimals_are_refused(desk: Desk) -> None:
    file = desk.file("other.toml", TERMS.replace("decimals = 2", "decimals = 3"))
    assert desk.error("rules", "set", "ACME", file).code == "decimals-differ"
    assert desk.error("rules", "dry-run", "ACME", file).code == "decimals-differ"


def test_a_store_that_is_gone_is_not_made_anew(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    (copied.folder / "store.sqlite").unlink()
    for command in (("doctor",), ("init",), ("captable",)):
        assert copied.failing(*command) == "file-missing"
    assert not (copied.folder / "store.sqlite").exists()


@pytest.mark.parametrize("name", ["store.sqlite", "chain.sqlite"])
def test_a_damaged_database_is_found_by_doctor_and_backup(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    copied = copy_of(desk, tmp_path)
    path = copied.folder / name
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ballast (x)")
        connection.execute("INSERT INTO ballast VALUES (zeroblob(200000))")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    data[-150_000:-50_000] = b"\xff" * 100_000
    path.write_bytes(bytes(data))
    assert copied.failing("doctor") == "file-damaged"
    assert copied.failing("backup", str(tmp_path / "copy")) == "file-damaged"
    assert not (tmp_path / "copy").exists()


def test_a_dry_run_says_who_would_be_in_breach(desk: Desk) -> None:
    strict = (
        TERMS + "[security.rules]\ncountries_allowed=['FR']\nmax_balance='50'\ninvestors_max=0\n"
    )
    file = desk.file("strict.toml", strict)
    found = json.loads(desk.must("rules", "dry-run", "ACME", file, "--json").stdout)
    assert [breach["code"] for breach in found["breaches"]] == [34, 60]
    [passed] = found["limits_passed"]
    assert passed == {"name": "holder-limit", "code": 61, "limit": "0", "now": "1"}
    before = desk.must("rules", "show", "ACME", "--json").stdout
    assert json.loads(before)["max_balance"] is None


def test_rules_are_set_in_the_open(desk: Desk, tmp_path: Path) -> None:
    copied = copy_of(desk, tmp_path)
    file = desk.file("new.toml", TERMS + "[security.rules]\nmax_balance='100'\n")
    copied.must("rules", "set", "ACME", file)
    assert (
        json.loads(copied.must("rules", "show", "ACME", "--json").stdout)["max_balance"] == "10000"
    )
    assert copied.run("mint", "ACME", "H-1", "1").exit_code == 6
    assert copied.failing(
        "rules", "set", "ACME", desk.file("x.toml", TERMS.replace("ACME", "B"))
    ) == ("symbol-not-in-terms")


@pytest.mark.parametrize("name", ["agent.json", "vault.json"])
def test_a_key_of_another_data_directory_is_refused(desk: Desk, tmp_path: Path, name: str) -> None:
    other, mine = Desk(tmp_path / "other"), copy_of(desk, tmp_path)
    other.must("init")
    shutil.copy(other.folder / "keys" / name, mine.folder / "keys" / name)
    assert mine.failing("mint", "ACME", "H-1", "5") == "passphrase-wrong"


class Ring(KeyringBackend):  # type: ignore[misc]
    """A keyring of the tests, in memory."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def test_the_keyring_of_the_machine_opens_a_live_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, before = Ring(), keyring.get_keyring()
    keyring.set_keyring(ring)
    try:
        desk = Desk(tmp_path / "live")
        monkeypatch.setenv("TALLYSTICK_PASSPHRASE", "a rather long passphrase")
        desk.must("init", "--live", "--passphrase-from", "keyring")
        monkeypatch.delenv("TALLYSTICK_PASSPHRASE")
        assert list(ring.kept.values()) == ["a rather long passphrase"]
        desk.must("issue", desk.file("terms.toml", TERMS))
        ring.kept.clear()
        assert desk.failing("holders", "refresh") == "passphrase-needed"
        ring.kept["tallystick", str(desk.folder.resolve())] = "another passphrase"
        assert desk.failing("holders", "refresh") == "passphrase-wrong"
    finally:
        keyring.set_keyring(before)


def test_investors_of_every_kind_are_admitted(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.must("init")
    kinds = ("person", "entity", "joint", "nominee", "trust")
    rows = "".join(f"R-{kind},{kind.title()},DE,{kind}\n" for kind in kinds)
    desk.must("holders", "import", desk.file("h.csv", "reference,name,country,kind\n" + rows))
    listed = json.loads(desk.must("holders", "list", "--json").stdout)
    assert tuple(one["kind"] for one in listed) == kinds


ALL_RULES = """[security.rules]
investor_tier = "accredited"
screening = true
flow_back_until = "2031-01-01"
lot_size = "1"
minimum_holding = "2.5"
"""


def test_rules_of_the_terms_come_back_from_the_chain(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS + ALL_RULES))
    found = json.loads(desk.must("rules", "show", "ACME", "--json").stdout)
    assert (found["investor_tier"], found["screening"]) == (1, True)
    assert (found["lot_size"], found["minimum_holding"]) == ("100", "250")
    shown = desk.must("rules", "show", "ACME").stdout
    for line in ("investor tier        accredited", "minimum holding      2.5 units",
                 "flow back until      2031-01-01T00:00:00Z"):  # fmt: skip
        assert line in shown
    desk.must("holders", "import", desk.file("h.csv", HOLDERS))
    refused = desk.run("mint", "ACME", "H-1", "1.5", "--json")
    names = [one["name"] for one in json.loads(refused.stdout)["refusals"]]
    assert names == ["not-accredited", "not-screened", "lot-size", "below-minimum"]
    for claim in ("accredited", "screened"):
        desk.must("holders", "claim", "H-1", claim, "2030-01-01")
    desk.must("mint", "ACME", "H-1", "3")
