"""A company pays a dividend."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tallystick.app.servicing import cash, distributions, payouts
from tallystick.app.workspace import Workspace
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.intents import Intent
from tallystick.securities.distribution.entitlements import Lines, lines_of
from tests.support.desk import Desk, copy_of
from tests.support.evm import CASH
from tests.support.payouts import HOSTILE

TERMS = """
[issuer]
name = "Acme Inc"
country = "US"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 0

[security.rights]
votes_per_unit = 1
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,US,never
H-3,Cy,US,never
H-4,Dee,SG,never
H-5,Acme Treasury,US,never
"""
HOLDINGS = {"H-1": 50, "H-2": 30, "H-3": 20, "H-4": 7, "H-5": 1_000}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A company with four holders, a treasury, cash, and a resolution to pay."""
    desk = Desk(tmp_path_factory.mktemp("company") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for who, units in HOLDINGS.items():
        desk.must("mint", "ACME", who, str(units))
    desk.must("treasury", "add", "H-5")
    desk.must("cash", "issue", "USD")
    desk.must("cash", "mint", "USD", "agent", "5000")
    desk.file("resolution.txt", "The board resolved to pay a dividend.")
    return desk


@pytest.fixture
def paying(company: Desk, tmp_path: Path) -> Desk:
    """A copy of it that a test may change."""
    return copy_of(company, tmp_path)


def paper(desk: Desk) -> tuple[str, str]:
    return ("--document", desk.file("resolution.txt", "The board resolved to pay a dividend."))


def announced(desk: Desk, *options: str, amount: str = "1000.01") -> Any:
    arguments = ("distribution", "announce", "ACME", amount, "USD", *paper(desk), *options)
    return json.loads(desk.must(*arguments, "--json").stdout)


def balances(desk: Desk) -> dict[str, int]:
    found = {}
    for who in ("H-1", "H-2", "H-3", "H-4", "H-5", "agent"):
        shown = json.loads(desk.must("cash", "balance", "USD", who, "--json").stdout)
        found[who] = int(shown["units"])
    return found


def payments(desk: Desk, number: int = 1) -> list[Any]:
    shown = desk.must("distribution", "show", str(number), "--json").stdout
    return list(json.loads(shown)["payments"])


def test_a_dividend_at_a_record_date_ahead(paying: Desk) -> None:
    """Announced, recorded, calculated, challenged in vain, paid less what the law withholds."""
    paying.must("tax", "form", "H-1", "w-8ben", "--treaty")
    paying.must("tax", "form", "H-2", "w-9")
    made = announced(paying, "--record-date", "2027-03-01", "--challenge-hours", "48",
                     "--expires", "2028-01-01")  # fmt: skip
    assert made == {"number": 1, "holders": None, "record_date": "2027-03-02T00:00:00Z"}
    assert paying.error("distribution", "publish", "1").code == "record-date-ahead"
    paying.must("chain", "advance", "120")
    # What is sold after the record date changes nothing.
    paying.must("transfer", "ACME", "H-1", "H-4", "50")
    assert json.loads(paying.must("distribution", "publish", "1", "--json").stdout)["holders"] == 4
    paying.must("distribution", "check", "1")
    assert paying.error("distribution", "push", "1").code == "not-open-yet"
    paying.must("chain", "advance", "2")
    before = balances(paying)
    assert json.loads(paying.must("distribution", "push", "1", "--json").stdout) == {
        "paid": 4, "left": []}  # fmt: skip
    got = {who: units - before[who] for who, units in balances(paying).items()}
    lines = {each["units"]: each for each in payments(paying)}
    assert sum(int(each["gross"]) for each in lines.values()) == 100_001
    for who, units, bps in (("H-1", 50, 1_500), ("H-2", 30, 0), ("H-3", 20, 2_400),
                            ("H-4", 7, 3_000)):  # fmt: skip
        gross, kept = int(lines[str(units)]["gross"]), int(lines[str(units)]["withheld"])
        assert kept == (gross * bps + 5_000) // 10_000
        assert got[who] == gross - kept
    assert got["H-5"] == 0
    assert got["agent"] == sum(int(each["withheld"]) for each in lines.values())
    assert "4 of 4" in paying.must("distribution", "list").stdout


def test_tax_lines_of_the_year(paying: Desk) -> None:
    announced(paying, "--challenge-hours", "0")
    paying.must("distribution", "push", "1")
    [year] = {each["record_date"][:4] for each in json.loads(
        paying.must("distribution", "list", "--json").stdout)}  # fmt: skip
    text = paying.must("tax", "lines", year, "1042-S").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {
        row["13a recipient"]: (row["2 gross"], row["7a withheld"], row["3b rate"]) for row in rows
    } == {"Ada": ("467", "140", "30.00"), "Dee": ("65", "20", "30.00")}
    text = paying.must("tax", "lines", year, "1099-DIV").stdout
    found = {row["recipient"]: (float(row["box 1a"]), float(row["box 4"]))
             for row in csv.DictReader(io.StringIO(text))}  # fmt: skip
    assert found.keys() == {"Bo", "Cy"}
    for who, share in (("Bo", 30), ("Cy", 20)):
        gross, kept = found[who]
        assert abs(gross - 1000.01 * share / 107) < 0.01
        assert abs(kept - gross * 0.24) < 0.006
    # A form that comes later gives back what was too much; only once, and no backup withholding.
    paying.must("tax", "form", "H-1", "w-8ben", "--treaty")
    back = json.loads(paying.must("tax", "reclaim", "1", "H-1", "--key", "r", "--json").stdout)
    assert 7_000 <= int(back["amount"]) <= 7_011
    again = json.loads(paying.must("tax", "reclaim", "1", "H-1", "--key", "r", "--json").stdout)
    assert again == back
    assert paying.error("tax", "reclaim", "1", "H-1").code == "nothing-to-reclaim"
    paying.must("tax", "form", "H-2", "w-9")
    assert paying.error("tax", "reclaim", "1", "H-2").code == "nothing-to-reclaim"
    text = paying.must("tax", "lines", year, "1042-S").stdout
    assert [row["7a withheld"] for row in csv.DictReader(io.StringIO(text))
            if row["13a recipient"] == "Ada"] == ["70"]  # fmt: skip
    paying.must("chain", "advance", "400")
    paying.must("tax", "form", "H-4", "w-8ben", "--country", "DE", "--treaty")
    assert paying.error("tax", "reclaim", "1", "H-4").code == "reclaim-too-late"


def test_whom_the_cash_refuses_is_left_and_paid_later(paying: Desk) -> None:
    with Workspace(paying.folder) as workspace:
        signer = workspace.keystore.signer("agent")
        [done] = workspace.outbox.carry_out(
            [Intent("hostile", signer.wallet, "", HOSTILE.creation())], signer
        )
        token = Wallet(done.created)
        money = cash.Money(key="h", symbol="BAD", name="Bad", decimals=2, token=token, issued=True)
        workspace.journal.append(cash.KIND, {
            "key": "h", "symbol": "BAD", "name": "Bad", "decimals": 2, "token": token,
            "issued": True}, at_s=workspace.now())  # fmt: skip
        cash.mint(workspace, money, signer.wallet, 10**9, key="m")
        blocked = workspace.wallet_of("H-2")
        data = HOSTILE.function("block_").encode(blocked, True)
        workspace.act("agent", [("block", token, data)])
    arguments = ("distribution", "announce", "ACME", "500", "BAD", *paper(paying),
                 "--challenge-hours", "0", "--withholding", "none")  # fmt: skip
    paying.must(*arguments)
    found = json.loads(paying.must("distribution", "push", "1", "--json").stdout)
    assert (found["paid"], [one.lower() for one in found["left"]]) == (3, [blocked])
    with Workspace(paying.folder) as workspace:
        data = HOSTILE.function("block_").encode(blocked, False)
        workspace.act("agent", [("unblock", token, data)])
    assert json.loads(paying.must("distribution", "push", "1", "--json").stdout)["paid"] == 1
    [owed] = [int(each["gross"]) for each in payments(paying) if each["units"] == "30"]
    with Workspace(paying.folder) as workspace:
        assert workspace.view(CASH, token, "balanceOf", blocked) == owed


def test_a_recovered_wallet_is_paid_what_the_lost_one_was_owed(paying: Desk) -> None:
    announced(paying, "--challenge-hours", "0", "--withholding", "none")
    new = "0x" + "9c" * 20
    paying.must("recover", "H-3", new, *paper(paying))
    assert json.loads(paying.must("distribution", "push", "1", "--json").stdout) == {
        "paid": 4, "left": []}  # fmt: skip
    shown = json.loads(paying.must("cash", "balance", "USD", new, "--json").stdout)
    assert int(shown["units"]) == next(
        int(each["gross"]) for each in payments(paying) if each["units"] == "20"
    )


def test_a_wrong_list_is_found_and_stopped(paying: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calculates it anew sees it; the officer stops it and the money comes back."""
    with monkeypatch.context() as bent:
        bent.setattr(f"{distributions.__name__}.lines_of",
                     lambda held, own: lines_of(held, own)[1:])  # fmt: skip
        announced(paying, "--challenge-hours", "24", "--withholding", "none")
    assert paying.run("distribution", "check", "1").exit_code == 1
    paying.must("chain", "advance", "1")
    assert paying.error("distribution", "push", "1").code == "list-differs"
    # Too late to be stopped: payment could have begun, which nobody but the payer can.
    arguments = ("distribution", "stop", "1", "--reason", "error-correction", *paper(paying))
    assert paying.error(*arguments).code == "open-already"


@pytest.mark.parametrize("fault", ["units", "missing", "treasury"])
def test_a_wrong_list_is_challenged_with_what_the_chain_knows(
    paying: Desk, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The sum is right, so that it was published; anybody who has the list shows where it lies."""
    announced(paying, "--record-date", "2027-03-01", "--withholding", "none")
    paying.must("chain", "advance", "120")

    def wrong(held: dict[Wallet, int], own: tuple[Wallet, ...]) -> Lines:
        (first, units), (second, others), *rest = lines_of(held, own)
        if fault == "units":
            return [(first, units - 1), (second, others + 1), *rest]
        if fault == "missing":
            return [(second, units + others), *rest]
        return sorted([(own[0], units), (second, others), *rest])

    with monkeypatch.context() as bent:
        bent.setattr(f"{distributions.__name__}.lines_of", wrong)
        paying.must("distribution", "publish", "1")
        text = paying.must("distribution", "show", "1", "--csv").stdout
    assert paying.run("distribution", "check", "1").exit_code == 1
    path = paying.file("list.csv", text)
    other = paying.file("other.csv", "\n".join(text.splitlines()[:-1]))
    arguments = ("distribution", "challenge", "1", "--list")
    assert paying.error(*arguments, other).code == "list-not-published"
    paying.must(*arguments, path)
    assert balances(paying)["agent"] == 500_000
    assert "stopped" in paying.must("distribution", "list").stdout


def test_a_right_list_is_not_challenged(paying: Desk) -> None:
    announced(paying, "--record-date", "2027-03-01", "--withholding", "none")
    paying.must("chain", "advance", "120")
    paying.must("distribution", "publish", "1")
    path = paying.file("list.csv", paying.must("distribution", "show", "1", "--csv").stdout)
    assert paying.error("distribution", "challenge", "1", "--list", path).code == "list-right"


def test_a_distribution_is_stopped_before_it_is_paid(paying: Desk) -> None:
    before = balances(paying)
    announced(paying, "--withholding", "none")
    arguments = ("distribution", "stop", "1", "--reason", "error-correction", *paper(paying))
    paying.must(*arguments)
    assert balances(paying) == before
    assert paying.error("distribution", "push", "1").code == "not-published"


def test_the_same_key_announces_once(paying: Desk) -> None:
    first = announced(paying, "--key", "d-1", "--withholding", "none")
    assert announced(paying, "--key", "d-1", "--withholding", "none") == first
    arguments = ("distribution", "announce", "ACME", "7", "USD", *paper(paying), "--key", "d-1")
    assert paying.error(*arguments).code == "idempotency-key-reused"
    assert balances(paying)["agent"] == 500_000 - 100_001


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"amount": "5000.01"}, "cash-short"), ({"money": "EUR"}, "cash-unknown"),
     ({"amount": "-5"}, "quantity-negative"), ({"kind": "gift"}, "income-unknown"),
     ({"withholding": "FR"}, "withholding-unknown"), ({"symbol": "NONE"}, "security-unknown"),
     ({"expires": "2026-11-24"}, "expires-too-early"),
     ({"record-date": "2026-13-01"}, "time-malformed")],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_a_misstated_announcement_changes_nothing(
    company: Desk, changes: dict[str, str], code: str
) -> None:
    said = {"symbol": "ACME", "amount": "10", "money": "USD", **changes}
    first = [said.pop(name) for name in ("symbol", "amount", "money")]
    options = [part for name, value in said.items() for part in (f"--{name}", value)]
    arguments = ("distribution", "announce", *first, *paper(company), *options)
    assert company.error(*arguments).code == code


def test_a_push_that_was_cut_off_goes_on(paying: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between signing and sending: the same transaction is sent, nobody is paid twice."""
    announced(paying, "--challenge-hours", "0", "--withholding", "none")
    with Workspace(paying.folder) as workspace:
        with monkeypatch.context() as cut:
            cut.setattr(workspace.outbox, "_send_latest", _fail)
            one = distributions.distribution(workspace, 1)
            with pytest.raises(KeyboardInterrupt):
                payouts.push(workspace, one, key="p")
        assert workspace.outbox.unfinished() == ["p/push/0"]
    paying.must("distribution", "push", "1", "--key", "p")
    assert sum(balances(paying).values()) == 500_000
    assert "4 of 4" in paying.must("distribution", "list").stdout


def _fail(_key: str) -> None:
    raise KeyboardInterrupt
