"""A fund deals weekly: orders before the price, everybody at the same one, a gate in a bad week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from tallystick.app.servicing import cash, funds
from tallystick.app.workspace import Workspace
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import LocalSigner
from tests.support.desk import Desk, copy_of

TERMS = """
[issuer]
name = "Fonds AG"
country = "DE"

[[security]]
symbol = "FUND"
name = "Fonds"
kind = "fund-unit"
decimals = 3
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,FR,never
H-3,Cy,DE,2020-01-01
"""
NOW = datetime.now(UTC)


def at(days: float) -> str:
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A fund after its first dealing: Ada has 100 units, at 100.00 each."""
    desk = Desk(tmp_path_factory.mktemp("fund") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("cash", "issue", "EUR")
    for who in ("H-1", "H-2", "H-3"):
        desk.must("cash", "mint", "EUR", who, "20,000")
    desk.must("fund", "open", "FUND", "EUR", "--cut-off", at(1), "--fee", "100", "--key", "w1")
    desk.must("fund", "subscribe", "1", "H-1", "10,000.00", "--key", "s1")
    desk.must("fund", "subscribe", "1", "H-1", "10,000.00", "--key", "s1")
    desk.must("fund", "subscribe", "1", "H-3", "500.00")
    desk.must("chain", "advance", "1")
    desk.must("fund", "value", "1", "0", "--first-price", "100.00", *desk.paper())
    desk.must("fund", "settle", "1")
    return desk


@pytest.fixture
def fund(launched: Desk, tmp_path: Path) -> Desk:
    return copy_of(launched, tmp_path)


def units(desk: Desk) -> dict[str, int]:
    return {line["holder"]: int(line["units"])
            for line in desk.answer("captable")[0]["lines"]}  # fmt: skip


def test_a_fund_deals_weekly(fund: Desk) -> None:
    told = fund.answer("fund", "show", "1")
    assert (told["state"], told["price"]) == ("settled", "100.00")
    assert [line["not"] for line in told["orders"]] == ["", "receiver-unverified"]
    assert units(fund) == {"Ada": 100_000}
    assert (fund.cash("EUR", "H-1"), fund.cash("EUR", "H-3")) == (1_000_000, 2_000_000)

    # A week later it is worth more; the manager takes his fee, all deal at one price.
    fund.must("fund", "open", "FUND", "EUR", "--cut-off", at(8), "--fee", "100", "--gate", "1000")
    assert fund.error("fund", "value", "2", "11,000", *fund.paper()).code == "dealing-not-closed"
    fund.must("fund", "subscribe", "2", "H-2", "5,000.00")
    fund.must("fund", "redeem", "2", "H-1", "40")
    assert fund.error("fund", "redeem", "2", "H-1", "61").code == "insufficient-balance"
    assert fund.error("fund", "subscribe", "2", "H-2", "15,001.00").code == "cash-short"
    assert fund.error("fund", "settle", "2").code == "dealing-not-valued"
    fund.must("chain", "advance", "7")
    assert fund.error("fund", "redeem", "2", "H-1", "1").code == "dealing-closed"
    worth = fund.answer("fund", "value", "2", "11,000.00", *fund.paper())
    assert worth["fee"] == str(1_100_000 * 100 * 7 // (10_000 * 365))
    before = fund.cash("EUR", "H-1")
    fund.must("fund", "settle", "2")
    fund.must("fund", "settle", "2")
    net = 1_100_000 - int(worth["fee"])
    bought = 500_000 * 100_000 // net
    # A tenth may leave: 10 of the 40 units, the rest waits.
    assert units(fund) == {"Ada": 90_000, "Bo": bought}
    cost = -(-bought * net // 100_000)
    assert fund.cash("EUR", "H-2") == 2_000_000 - cost
    for row in fund.answer("distribution", "list"):
        fund.must("distribution", "push", str(row["number"]))
    assert fund.cash("EUR", "H-1") - before == 10_000 * net // 100_000

    # What waited is first in the next dealing.
    opened = fund.answer("fund", "open", "FUND", "EUR", "--cut-off", at(15))
    assert opened["waiting"] == 1
    fund.must("chain", "advance", "7")
    fund.must("fund", "value", "3", "14,000.00", *fund.paper())
    fund.must("fund", "settle", "3")
    assert units(fund)["Ada"] == 60_000
    assert "settled" in fund.must("fund", "list").stdout
    assert "redeem" in fund.must("fund", "show", "3").stdout
    fund.must("audit")


def spend_all(desk: Desk, who: str) -> None:
    """Have an investor send all his money away, by his own wallet."""
    with Workspace(desk.folder) as workspace:
        wallet, money = workspace.wallet_of(who), cash.money(workspace, "EUR")
        units = cash.balance(workspace, money, wallet)
        data = cash.CASH.function("transfer").encode("0x" + "11" * 20, units)
        signer = LocalSigner(Account.from_key(workspace.vault.key_of(wallet)))
        workspace.outbox.carry_out([Intent("spend", wallet, money.token, data)], signer)


def test_who_cannot_pay_or_may_not_hold_is_refused_and_hinders_nobody(fund: Desk) -> None:
    fund.must("holders", "import", fund.file("more.csv", "reference,name,country,verified\n"
                                             "H-4,Dee,DE,never\n"))  # fmt: skip
    fund.must("cash", "mint", "EUR", "H-4", "1,000")
    fund.must("fund", "open", "FUND", "EUR", "--cut-off", at(8))
    for who, amount in (("H-2", "20,000.00"), ("H-4", "1,000.00"), ("H-1", "1,000.00")):
        fund.must("fund", "subscribe", "2", who, amount)
    fund.must("chain", "advance", "7")
    fund.must("fund", "value", "2", "10,000.00", *fund.paper())
    spend_all(fund, "H-2")
    fund.must("holders", "claim", "H-4", "verified", "2020-01-02")
    fund.must("fund", "settle", "2")
    told = [line["not"] for line in fund.answer("fund", "show", "2")["orders"]]
    assert told == ["insufficient-balance", "receiver-unverified", ""]
    assert units(fund) == {"Ada": 110_000}
    assert fund.cash("EUR", "H-4") == 100_000
    fund.must("audit")


def test_a_dealing_that_was_cut_off_goes_on(fund: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fund.must("fund", "open", "FUND", "EUR", "--cut-off", at(8))
    for who in ("H-1", "H-2"):
        fund.must("fund", "subscribe", "2", who, "1,000.00")
    fund.must("fund", "redeem", "2", "H-1", "5")
    fund.must("chain", "advance", "7")
    fund.must("fund", "value", "2", "10,000.00", *fund.paper())
    with monkeypatch.context() as cut:
        cut.setattr(funds, "_subscribe", once(funds._subscribe))
        assert fund.run("fund", "settle", "2").exit_code != 0
    with monkeypatch.context() as cut:
        cut.setattr("tallystick.app.anchors.anchor", _stopped)
        assert fund.run("fund", "settle", "2").exit_code != 0
    fund.must("fund", "settle", "2")
    assert units(fund) == {"Ada": 105_000, "Bo": 10_000}
    assert fund.cash("EUR", "H-2") == 1_900_000
    fund.must("audit")


def once(step: Callable[..., None]) -> Callable[..., None]:
    """A step that is done once, and then everything stops."""
    done: list[bool] = []

    def stopping(*arguments: Any) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(True)
        step(*arguments)

    return stopping


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def signed(desk: Desk, key: Any, *order: str) -> tuple[str, ...]:
    """An order with the signature of a wallet whose key is not kept here."""
    typed = desk.answer(*order, "--to-sign")
    made = Account.sign_typed_data(key, full_message=typed)
    return (*order, "--signature", "0x" + made.signature.hex())


def test_an_investor_deals_with_a_wallet_of_his_own(fund: Desk) -> None:
    his = Account.from_key(b"\x44" * 32)
    row = f"H-9,Di,DE,never,{his.address}\n"
    fund.must("holders", "import", fund.file("own.csv", f"{HOLDERS.splitlines()[0]},wallet\n{row}"))
    fund.must("cash", "mint", "EUR", "H-9", "1,000")
    fund.must("fund", "open", "FUND", "EUR", "--cut-off", at(8), "--key", "w2")
    order = ("fund", "subscribe", "2", "H-9", "1,000.00")
    assert fund.error(*order, "--to-sign").code == "key-needed"
    stranger = signed(fund, b"\x45" * 32, *order, "--key", "o1")
    assert fund.error(*stranger).code == "signature-of-another"
    fund.must(*signed(fund, his.key, *order, "--key", "o1"))
    fund.must("chain", "advance", "8")
    fund.must("fund", "value", "2", "10,000.00", *fund.paper())
    fund.must("fund", "settle", "2")
    assert units(fund)["Di"] == 10_000
    fund.must("fund", "open", "FUND", "EUR", "--cut-off", at(16), "--key", "w3")
    fund.must(*signed(fund, his.key, "fund", "redeem", "3", "H-9", "4", "--key", "o2"))
    fund.must("chain", "advance", "8")
    fund.must("fund", "value", "3", "11,000.00", *fund.paper())
    fund.must("fund", "settle", "3")
    assert units(fund)["Di"] == 6_000
    assert not fund.answer("audit")["differences"]
