"""Holders who have a dividend by bank, or in new units of the security."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tallystick.app.servicing import instructions
from tallystick.core.errors import Refused
from tallystick.gateways.chain.outbox import Outbox
from tests.support.bank import read_transfers
from tests.support.desk import Desk, copy_of

TERMS = """
[issuer]
name = "Acme Inc"
country = "DE"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 2
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,FR,never
H-3,Cy,DE,never
"""
IBAN, OWN = "GB29NWBK60161331926819", "DE89370400440532013000"
LATER = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Ada is paid by bank, Bo reinvests, Cy has it in his wallet; each is owed 100.00."""
    desk = Desk(tmp_path_factory.mktemp("otherwise") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for who in ("H-1", "H-2", "H-3"):
        desk.must("mint", "ACME", who, "10")
    desk.must("cash", "issue", "EUR")
    desk.must("cash", "mint", "EUR", "agent", "1000")
    desk.must("distribution", "bank", "H-1", IBAN, "--bic", "NWBKGB2L")
    desk.must("distribution", "instruct", "H-1", "bank", "--until", LATER, "--key", "i1")
    desk.must("distribution", "instruct", "H-1", "bank", "--until", LATER, "--key", "i1")
    desk.must("distribution", "instruct", "H-2", "reinvest", "--until", LATER)
    desk.must("distribution", "announce", "ACME", "300.00", "EUR", *desk.paper())
    desk.must("chain", "advance", "2")
    return desk


@pytest.fixture
def paying(company: Desk, tmp_path: Path) -> Desk:
    return copy_of(company, tmp_path)


def units(desk: Desk) -> dict[str, int]:
    return {line["holder"]: int(line["units"])
            for line in desk.answer("captable")[0]["lines"]}  # fmt: skip


def bank_file(desk: Desk, *options: str) -> bytes:
    to = desk.scratch / "transfers.xml"
    desk.must("distribution", "bank-file", "1", "--to", str(to), "--from", OWN, *options)
    return to.read_bytes()


def test_by_bank_in_units_and_to_the_wallet(paying: Desk) -> None:
    before = paying.cash("EUR", "agent")
    done = paying.answer("distribution", "push", "1", "--reinvest-at", "30.00")
    assert done == {"paid": 3, "left": []}
    # 100.00 buy 3.33 units for 99.90; the rest is paid to him.
    assert units(paying) == {"Ada": 1_000, "Bo": 1_333, "Cy": 1_000}
    assert paying.cash_of_all("EUR", ["H-1", "H-2", "H-3"]) == {"H-1": 0, "H-2": 10, "H-3": 10_000}
    assert paying.cash("EUR", "agent") - before == 10_000 + 9_990
    first = bank_file(paying)
    [part] = read_transfers(first)
    [transfer] = part["CdtTrfTxInf"]
    assert transfer["CdtrAcct"]["Id"]["IBAN"] == IBAN
    assert str(transfer["Amt"]["InstdAmt"]["$"]) in {"100.00", "100.0", "100"}
    assert (transfer["Cdtr"]["Nm"], transfer["CdtrAgt"]["FinInstnId"]["BICFI"]) == (
        "Ada", "NWBKGB2L")  # fmt: skip
    assert bank_file(paying) == first
    assert paying.answer("distribution", "push", "1", "--reinvest-at", "30.00")["paid"] == 0
    assert units(paying) == {"Ada": 1_000, "Bo": 1_333, "Cy": 1_000}
    paying.must("distribution", "check", "1")
    paying.must("audit")


def test_nothing_is_reinvested_without_a_price(paying: Desk) -> None:
    paying.must("distribution", "push", "1")
    assert units(paying)["Bo"] == 1_000
    assert paying.cash("EUR", "H-2") == 10_000


def test_a_holder_goes_back_to_his_wallet(paying: Desk) -> None:
    paying.must("distribution", "instruct", "H-1", "wallet", "--until", LATER)
    paying.must("distribution", "push", "1")
    assert paying.cash("EUR", "H-1") == 10_000
    empty = paying.error("distribution", "bank-file", "1", "--to", "x.xml", "--from", OWN)
    assert empty.code == "bank-file-empty"


def test_an_instruction_that_has_expired_counts_no_more(paying: Desk) -> None:
    paying.must("chain", "advance", "100")
    paying.must("distribution", "push", "1", "--reinvest-at", "30.00")
    assert paying.cash_of_all("EUR", ["H-1", "H-2"]) == {"H-1": 10_000, "H-2": 10_000}


def test_a_power_cut_between_the_money_and_the_units(
    paying: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The money was taken and the units not issued: the next push issues them, once."""
    with monkeypatch.context() as cut:
        cut.setattr(instructions, "_issue_what_was_bought", lambda *_: 1 / 0)
        assert paying.run("distribution", "push", "1", "--reinvest-at", "30.00").exit_code != 0
    assert units(paying)["Bo"] == 1_000
    paying.must("distribution", "push", "1", "--reinvest-at", "50.00")
    assert units(paying)["Bo"] == 1_333
    paying.must("distribution", "push", "1", "--reinvest-at", "50.00")
    assert units(paying)["Bo"] == 1_333


def test_units_that_the_rules_refuse_are_told_and_delay_nobody(
    paying: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules changed after the money was taken: everybody else is paid, and the push says so."""
    real = Outbox.carry_out

    def refuse_units(self: Outbox, intents: object, *rest: object, **named: object) -> object:
        if any(each.key.endswith("/mint") for each in intents):  # type: ignore[attr-defined]
            raise Refused("receiver-unverified", "no", cure="Verify him.")
        return real(self, intents, *rest, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as refusing:
        refusing.setattr(Outbox, "carry_out", refuse_units)
        done = paying.answer("distribution", "push", "1", "--reinvest-at", "30.00")
    assert done["paid"] == 3
    assert len(done["left"]) == 1
    assert paying.cash("EUR", "H-3") == 10_000


def test_a_holder_whom_the_rules_let_buy_no_more_is_paid_in_money(paying: Desk) -> None:
    rules = "[security.rules]\nmax_balance = '13'\n"
    paying.must("rules", "set", "ACME", paying.file("new.toml", TERMS + rules))
    paying.must("distribution", "push", "1", "--reinvest-at", "30.00")
    assert units(paying)["Bo"] == 1_000
    assert paying.cash("EUR", "H-2") == 10_000


@pytest.mark.parametrize(("arguments", "code"), [
    (("bank", "H-3", "GB29NWBK60161331926818"), "iban-malformed"),
    (("bank", "H-3", IBAN, "--bic", "X"), "bic-malformed"),
    (("bank", "H-9", IBAN), "person-unknown"),
    (("instruct", "H-3", "bank", "--until", LATER), "bank-account-missing"),
    (("instruct", "H-3", "gold", "--until", LATER), "means-unknown"),
    (("instruct", "H-3", "reinvest", "--until", "2020-01-01"), "instruction-expired"),
    (("bank-file", "9", "--to", "x.xml", "--from", OWN), "distribution-unknown"),
])  # fmt: skip
def test_what_is_wrong_is_told(paying: Desk, arguments: tuple[str, ...], code: str) -> None:
    assert paying.error("distribution", *arguments).code == code
