"""A bond lives and dies: coupons by its terms, a part called, the rest redeemed at maturity."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from tallystick.app.servicing import called, redemptions
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.core.errors import InvalidFile
from tests.support.desk import Desk, codes, copy_of

TODAY = datetime.now(UTC).date()
ISSUED = TODAY - timedelta(days=10)
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,FR,never
H-3,Cy,US,never
H-4,Acme Treasury,DE,never
"""
OUTSIDE = Account.from_key("0x" + "5c" * 32)
TERMS = """
[issuer]
name = "Acme GmbH"
country = "DE"

[[security]]
symbol = "ACME-30"
name = "Acme 4 % 2030"
kind = "bond"
decimals = 0

[security.rights]
coupon_bps = 400
day_count = "ACT/ACT-ICMA"
maturity = "{maturity}"

[security.bond]
nominal = "1,000.00"
issued = "{issued}"
months = 6
record_days = 2
call_notice_days = 30

[[security.bond.calls]]
since = "{callable}"
price_bps = 10150
"""


def terms(**changes: str) -> str:
    """A bond of ten days ago that runs for two years and can be called after one."""
    stated = {
        "issued": ISSUED.isoformat(), "maturity": ISSUED.replace(year=ISSUED.year + 2).isoformat(),
        "callable": ISSUED.replace(year=ISSUED.year + 1).isoformat(),
    }  # fmt: skip
    return TERMS.format(**{**stated, **changes})


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("bond") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", terms()))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for who, units in (("H-1", "600"), ("H-2", "300"), ("H-3", "100"), ("H-4", "50")):
        desk.must("mint", "ACME-30", who, units)
    desk.must("treasury", "add", "H-4")
    desk.must("cash", "issue", "EUR")
    desk.must("cash", "mint", "EUR", "agent", "2,000,000")
    return desk


@pytest.fixture
def bond(issued: Desk, tmp_path: Path) -> Desk:
    return copy_of(issued, tmp_path)


def paper(desk: Desk) -> tuple[str, str]:
    return ("--document", desk.file("notice.txt", "Notice to holders"))


def answer(desk: Desk, *arguments: str) -> Any:
    return json.loads(desk.must(*arguments, "--json").stdout)


def until(desk: Desk, day: str) -> None:
    """Let time pass until a day, and an hour of it."""
    with Workspace(desk.folder) as workspace:
        now_s = workspace.now()
    then = datetime.fromisoformat(day).replace(tzinfo=UTC, hour=1)
    desk.must("chain", "advance", "0", "--seconds", str(max(0, int(then.timestamp()) - now_s)))


def cash_of(desk: Desk, who: str) -> int:
    return int(answer(desk, "cash", "balance", "EUR", who)["units"])


def test_a_bond_lives_and_dies(bond: Desk) -> None:
    """Two coupons of 20.00 a unit, 400 of 1,000 units called with interest, the rest at its end."""
    coupons = answer(bond, "bond", "schedule", "ACME-30")
    assert [each["per_unit"] for each in coupons] == ["20"] * 4
    assert [each["maturity"] for each in coupons] == [False] * 3 + [True]
    assert "2 to" not in bond.must("bond", "schedule", "ACME-30").stdout.splitlines()[0]
    announced = answer(bond, "bond", "coupon", "ACME-30", "1", "EUR", *paper(bond),
                       "--challenge-hours", "0", "--key", "c1")  # fmt: skip
    assert announced["amount"] == "2000000"
    assert bond.error("bond", "coupon", "ACME-30", "1", "EUR", *paper(bond)
                      ).code == "coupon-announced"  # fmt: skip
    assert answer(bond, "bond", "coupon", "ACME-30", "1", "EUR", *paper(bond),
                  "--challenge-hours", "0", "--key", "c1") == announced  # fmt: skip
    until(bond, coupons[0]["paid"])
    # What is sold after the record day changes nothing.
    bond.must("transfer", "ACME-30", "H-1", "H-2", "100")
    bond.must("distribution", "publish", "1")
    bond.must("distribution", "push", "1")
    assert [cash_of(bond, who) for who in ("H-1", "H-2", "H-3", "H-4")] == [
        1_200_000, 600_000, 200_000, 0]  # fmt: skip
    # The first coupon after the call date: a part is called half a period later.
    call_day = (datetime.fromisoformat(coupons[1]["to"]) + timedelta(days=40)).date().isoformat()
    assert bond.error("redemption", "call", "ACME-30", "EUR", "--at", coupons[0]["to"],
                      *paper(bond)).code == "not-callable"  # fmt: skip
    made = answer(bond, "redemption", "call", "ACME-30", "EUR", "--at", call_day, "--units", "400",
                  *paper(bond))  # fmt: skip
    assert made["price"] == "101500"
    assert bond.error("redemption", "carry-out", "1").code == "redemption-ahead"
    before = [cash_of(bond, who) for who in ("H-1", "H-2", "H-3")]
    until(bond, call_day)
    done = answer(bond, "redemption", "carry-out", "1")
    assert (done["state"], done["destroyed"], done["left"]) == ("redeemed", "400", "650")
    assert answer(bond, "redemption", "carry-out", "1") == done
    for number in done["distributions"]:
        bond.must("distribution", "push", str(number))
    got = [cash_of(bond, who) - old
           for who, old in zip(("H-1", "H-2", "H-3"), before, strict=True)]  # fmt: skip
    days = (datetime.fromisoformat(coupons[2]["to"])
            - datetime.fromisoformat(coupons[2]["from"])).days  # fmt: skip
    interest = (400 * 2000 * 40 * 2 + days) // (2 * days)
    assert sum(got) == 400 * 101_500 + interest
    assert got[0] - 200 * 101_500 in {interest // 2, interest // 2 + 1}
    table = {line["holder"]: line["units"] for line in
             answer(bond, "captable", "ACME-30")[0]["lines"]}  # fmt: skip
    assert table == {"Ada": "300", "Bo": "240", "Cy": "60", "Acme Treasury": "50"}
    bond.must("transfer", "ACME-30", "H-3", "H-1", "10")
    # Maturity: everything that is left, the issuer's own without pay.
    assert bond.error("redemption", "carry-out", "2").code == "redemption-unknown"
    bond.must("redemption", "mature", "ACME-30", "EUR", *paper(bond))
    until(bond, coupons[3]["paid"])
    bond.must("cash", "mint", "EUR", "agent", "100000")
    bond.must("bond", "coupon", "ACME-30", "4", "EUR", *paper(bond), "--challenge-hours", "0")
    before = [cash_of(bond, who) for who in ("H-1", "H-2", "H-3", "H-4")]
    done = answer(bond, "redemption", "carry-out", "2")
    assert (done["destroyed"], done["left"]) == ("650", "0")
    for row in answer(bond, "distribution", "list"):
        if row["status"] == "published":
            bond.must("distribution", "push", str(row["number"]))
    got = [cash_of(bond, who) - old
           for who, old in zip(("H-1", "H-2", "H-3", "H-4"), before, strict=True)]  # fmt: skip
    assert got == [310 * 102_000, 240 * 102_000, 50 * 102_000, 0]
    assert "paused (1)" in bond.run("transfer", "ACME-30", "H-1", "H-2", "1").output
    assert "redeemed" in bond.must("redemption", "list").stdout
    bond.must("audit")


def test_nobody_is_redeemed_while_the_payment_can_be_stopped(bond: Desk) -> None:
    bond.must("redemption", "buy-back", "ACME-30", "100", "990", "EUR", "--until",
              (TODAY + timedelta(days=2)).isoformat(), *paper(bond))  # fmt: skip
    bond.must("redemption", "tender", "1", "H-1", "60")
    until(bond, (TODAY + timedelta(days=3)).isoformat())
    error = bond.failing("redemption", "carry-out", "1", "--challenge-hours", "24")
    assert error == "redemption-challengeable"
    assert "paused (1)" in bond.run("transfer", "ACME-30", "H-1", "H-2", "1").output
    assert bond.failing("recover", "H-1", "0x" + "9c" * 20, "--reason", "lost-key", *paper(bond)
                        ) == "redemption-under-way"  # fmt: skip
    assert bond.failing("redemption", "withdraw", "1") == "redemption-begun"
    bond.must("chain", "advance", "2")
    assert answer(bond, "redemption", "carry-out", "1")["destroyed"] == "60"
    bond.must("transfer", "ACME-30", "H-1", "H-2", "1")


def test_no_unit_is_destroyed_whose_payment_was_stopped(bond: Desk) -> None:
    """Stopped or never announced, it was taken for open (found by review)."""
    bond.must("redemption", "buy-back", "ACME-30", "100", "990", "EUR", "--until",
              (TODAY + timedelta(days=2)).isoformat(), *paper(bond))  # fmt: skip
    bond.must("redemption", "tender", "1", "H-1", "60")
    until(bond, (TODAY + timedelta(days=3)).isoformat())
    assert bond.failing("redemption", "carry-out", "1", "--challenge-hours", "24") == (
        "redemption-challengeable")  # fmt: skip
    assert bond.failing("redemption", "abandon", "1") == "redemption-being-paid"
    bond.must("distribution", "stop", "1", "--reason", "error-correction", *paper(bond))
    bond.must("chain", "advance", "2")
    assert bond.failing("redemption", "carry-out", "1") == "redemption-unpaid"
    assert answer(bond, "captable", "ACME-30")[0]["supply"] == "1050"
    bond.must("redemption", "abandon", "1")
    bond.must("redemption", "abandon", "1")
    bond.must("transfer", "ACME-30", "H-1", "H-2", "1")


def test_a_buy_back_takes_of_all_tenders_in_proportion(bond: Desk) -> None:
    end = (TODAY + timedelta(days=2)).isoformat()
    bond.must("redemption", "buy-back", "ACME-30", "100", "990.50", "EUR", "--until", end,
              *paper(bond))  # fmt: skip
    assert bond.error("redemption", "call", "ACME-30", "EUR", "--at", end, *paper(bond)
                      ).code == "redemption-under-way"  # fmt: skip
    assert bond.error("redemption", "tender", "1", "H-3", "101").code == "insufficient-balance"
    bond.must("redemption", "tender", "1", "H-1", "10")
    bond.must("redemption", "tender", "1", "H-1", "60")
    bond.must("redemption", "tender", "1", "H-2", "60")
    bond.must("redemption", "tender", "1", "H-3", "40")
    bond.must("redemption", "tender", "1", "H-3", "none")
    until(bond, (TODAY + timedelta(days=3)).isoformat())
    assert bond.error("redemption", "tender", "1", "H-3", "1").code == "tenders-closed"
    done = answer(bond, "redemption", "carry-out", "1")
    assert (done["destroyed"], done["left"]) == ("100", "950")
    bond.must("distribution", "push", "1")
    assert [cash_of(bond, who) for who in ("H-1", "H-2", "H-3")] == [
        50 * 99_050, 50 * 99_050, 0]  # fmt: skip


def test_who_keeps_his_key_tenders_by_his_signature(bond: Desk) -> None:
    row = f"reference,name,country,verified,wallet\nH-9,Ossi,DE,never,{OUTSIDE.address}\n"
    bond.must("holders", "import", bond.file("outside.csv", row))
    bond.must("transfer", "ACME-30", "H-1", "H-9", "30")
    bond.must("redemption", "buy-back", "ACME-30", "100", "990", "EUR", "--until",
              (TODAY + timedelta(days=2)).isoformat(), *paper(bond))  # fmt: skip
    with Workspace(bond.folder) as workspace:
        typed = redemptions.typed_tender(
            workspace, called.redemption(workspace, 1), workspace.wallet_of("H-9"), 30
        )
    signed = OUTSIDE.sign_typed_data(full_message=typed).signature.to_0x_hex()
    shown = bond.must("redemption", "tender", "1", "H-9", "30", "--to-sign").stdout
    assert json.loads(shown)["message"]["units"] == "30"
    assert bond.error("redemption", "tender", "1", "H-1", "30", "--signature", signed
                      ).code == "signature-of-another"  # fmt: skip
    assert bond.error("redemption", "tender", "1", "H-9", "29", "--signature", signed
                      ).code == "signature-of-another"  # fmt: skip
    assert bond.error("redemption", "tender", "1", "H-9", "30", "--signature", "0x12"
                      ).code == "signature-malformed"  # fmt: skip
    bond.must("redemption", "tender", "1", "H-9", "30", "--signature", signed)
    until(bond, (TODAY + timedelta(days=3)).isoformat())
    assert answer(bond, "redemption", "carry-out", "1")["destroyed"] == "30"


def cut_off(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step after which, or before whose end, everything stops."""

    def stopped(*arguments: Any) -> Any:
        if step.__name__ != "_end":
            step(*arguments)
        raise KeyboardInterrupt

    return stopped


def test_a_redemption_that_was_cut_off_goes_on(bond: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whatever step it stops, it is done once."""
    bond.must("redemption", "buy-back", "ACME-30", "100", "990", "EUR", "--until",
              (TODAY + timedelta(days=2)).isoformat(), *paper(bond))  # fmt: skip
    bond.must("redemption", "tender", "1", "H-1", "60")
    until(bond, (TODAY + timedelta(days=3)).isoformat())
    for name in ("_record", "_plans", "_check_open", "_burn", "_end"):
        with monkeypatch.context() as cut:
            cut.setattr(redemptions, name, cut_off(getattr(redemptions, name)))
            with Workspace(bond.folder) as workspace, pytest.raises(KeyboardInterrupt):
                redemptions.carry_out(workspace, 1)
    done = answer(bond, "redemption", "carry-out", "1")
    assert (done["destroyed"], done["left"], done["distributions"]) == ("60", "990", [1])
    with Workspace(bond.folder) as workspace:
        token = workspace.security("ACME-30").token
        assert not workspace.view(TOKEN, token, "paused")


def test_a_coupon_is_not_published_for_other_units_than_it_was_calculated_for(bond: Desk) -> None:
    coupon = answer(bond, "bond", "schedule", "ACME-30")[0]
    bond.must("bond", "coupon", "ACME-30", "1", "EUR", *paper(bond))
    bond.must("mint", "ACME-30", "H-1", "1")
    until(bond, coupon["paid"])
    assert bond.error("distribution", "publish", "1").code == "outstanding-changed"
    bond.must("distribution", "stop", "1", "--reason", "error-correction", *paper(bond))
    made = answer(bond, "bond", "coupon", "ACME-30", "1", "EUR", *paper(bond),
                  "--challenge-hours", "0")  # fmt: skip
    assert made["amount"] == str(1_001 * 2_000)
    bond.must("distribution", "push", "2")


def test_calls_need_notice_and_maturity_its_day(bond: Desk) -> None:
    coupons = answer(bond, "bond", "schedule", "ACME-30")
    until(bond, coupons[1]["to"])
    soon = (datetime.fromisoformat(coupons[1]["to"]) + timedelta(days=10)).date().isoformat()
    error = bond.error("redemption", "call", "ACME-30", "EUR", "--at", soon, *paper(bond))
    assert error.code == "call-notice"
    assert bond.error("redemption", "buy-back", "ACME-30", "9999", "1", "EUR", "--until", soon,
                      *paper(bond)).code == "units-too-few"  # fmt: skip
    bond.must("redemption", "mature", "ACME-30", "EUR", *paper(bond))
    assert bond.error("redemption", "carry-out", "1").code == "redemption-ahead"
    bond.must("redemption", "withdraw", "1")
    assert answer(bond, "redemption", "list")[0]["state"] == "withdrawn"


def test_what_is_no_bond_is_told_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.must("init")
    for broken, code in (
        ({"issued": "2031-01-01"}, "bond-dates"), ({"callable": "soon"}, "time-malformed"),
    ):  # fmt: skip
        error = desk.error("issue", desk.file("terms.toml", terms(**broken)))
        assert isinstance(error, InvalidFile)
        assert codes(error) == {code}
    plain = terms().split("[security.rights]")[0] + "[security.bond]\nmonths = 6\n"
    error = desk.error("issue", desk.file("terms.toml", plain))
    assert codes(error) == {"field-missing", "bond-without-rights"}
    desk.must("issue", desk.file("terms.toml", terms().split("[security.bond]")[0]))
    assert desk.error("bond", "schedule", "ACME-30").code == "no-bond"
    assert desk.error("bond", "accrued", "ACME-30", "--on", "2027-01-01").code == "no-bond"
