"""A company sells shares: addressed, subscribed, divided, settled; or everybody paid back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallystick.core.errors import InvalidFile
from tallystick.securities.offerings.offer_terms import Decimals, read_offer_terms
from tests.support.desk import Desk, copy_of

TERMS = """
[issuer]
name = "Acme AG"
country = "DE"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 0
"""
LIMITED = """presets_as_of = "2026-11-22"

[[security.presets]]
name = "{preset}"
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,FR,never
H-3,Cy,DE,never
"""
OFFER = """
symbol = "ACME"
cash = "USD"
soft_cap = "100"
hard_cap = "200"
minimum = "10"
maximum = "180"
opens = "{opens}"
closes = "{closes}"
withdraw_until = "{closes}"
pro_rata = true

[[prices]]
up_to = "50"
price = "9.00"

[[prices]]
price = "10.00"
"""


def offer(text: str = OFFER, opens_in_h: int = -1, closes_in_h: int = 3) -> str:
    now = datetime.now(UTC)
    times = [(now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
             for hours in (opens_in_h, closes_in_h)]  # fmt: skip
    return text.format(opens=times[0], closes=times[1])


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("offering") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("cash", "issue", "USD")
    for who in ("H-1", "H-2", "agent"):
        desk.must("cash", "mint", "USD", who, "5000")
    desk.must("offering", "open", desk.file("offering.toml", offer()), "--key", "o")
    return desk


@pytest.fixture
def selling(company: Desk, tmp_path: Path) -> Desk:
    return copy_of(company, tmp_path)


def answer(desk: Desk, *arguments: str) -> Any:
    return json.loads(desk.must(*arguments, "--json").stdout)


def cash_of(desk: Desk, who: str) -> int:
    return int(answer(desk, "cash", "balance", "USD", who)["units"])


def held(desk: Desk) -> list[str]:
    return [row["units"] for row in answer(desk, "captable")]


def test_an_offering_sold_more_than_once_over_is_divided(selling: Desk) -> None:
    desk = selling
    desk.must("offering", "subscribe", "1", "H-1", "60", "--key", "s1")
    desk.must("offering", "subscribe", "1", "H-1", "60", "--key", "s1")
    desk.must("offering", "subscribe", "1", "H-2", "180")
    desk.must("offering", "subscribe", "1", "H-3", "60", "--wired")
    before = {who: cash_of(desk, who) for who in ("H-1", "H-2", "agent")}
    assert before == {"H-1": 4_450_00, "H-2": 3_200_00, "agent": 4_400_00}
    desk.must("chain", "advance", "1")
    assert answer(desk, "offering", "close", "1")["status"] == "succeeded"
    assert answer(desk, "offering", "settle", "1")["status"] == "settled"
    shown = answer(desk, "offering", "show", "1")
    found = {each["name"]: (each["allocated"], each["cost"], each["refunded"])
             for each in shown["subscribers"]}  # fmt: skip
    # 200 of 300: two thirds of what each subscribed for, at what he paid for one.
    assert found == {"Ada": ("40", "366.66", "183.34"), "Bo": ("120", "1,200.00", "600.00"),
                     "Cy": ("40", "400.00", "200.00")}  # fmt: skip
    assert [cash_of(desk, who) for who in ("H-1", "H-2")] == [4_633_34, 3_800_00]
    # What came back for the wire is the agent's to send on; the proceeds are his as well.
    assert cash_of(desk, "agent") == 6_566_66
    assert answer(desk, "offering", "check", "1") == {"agrees": True, "differences": []}
    assert "settled" in desk.must("offering", "show", "1").stdout
    assert answer(desk, "offering", "list")[0]["status"] == "settled"


def test_a_soft_cap_missed_pays_everybody_back(selling: Desk) -> None:
    desk = selling
    desk.must("offering", "subscribe", "1", "H-1", "60")
    desk.must("offering", "subscribe", "1", "H-3", "20", "--wired")
    assert desk.failing("offering", "close", "1") == "offering-goes-on"
    desk.must("chain", "advance", "1")
    assert answer(desk, "offering", "close", "1")["status"] == "failed"
    assert desk.failing("offering", "settle", "1") == "offering-not-closed"
    assert answer(desk, "offering", "refund", "1")["refunded"] == 2
    assert answer(desk, "offering", "refund", "1")["refunded"] == 0
    assert [cash_of(desk, who) for who in ("H-1", "agent")] == [5_000_00, 5_000_00]
    assert answer(desk, "captable")[0]["supply"] == "0"


@pytest.mark.parametrize(("lots", "status"), [("100", "settled"), ("20", "failed")])
def test_a_recovered_wallet_gets_what_the_lost_one_subscribed_for(
    selling: Desk, lots: str, status: str
) -> None:
    desk, new = selling, "0x" + "9c" * 20
    desk.must("offering", "subscribe", "1", "H-1", lots)
    paper = desk.file("report.txt", "He lost his key.")
    desk.must("recover", "H-1", new, "--document", paper)
    desk.must("chain", "advance", "1")
    desk.must("offering", "close", "1")
    if status == "settled":
        desk.must("offering", "settle", "1")
    else:
        assert answer(desk, "offering", "refund", "1")["refunded"] == 1
    [shown] = answer(desk, "offering", "show", "1")["subscribers"]
    assert shown["wallet"].lower() == new
    assert answer(desk, "captable")[0]["supply"] == (lots if status == "settled" else "0")
    assert cash_of(desk, new) == (0 if status == "settled" else 180_00)


def test_subscriptions_are_withdrawn_and_rejected(selling: Desk) -> None:
    desk = selling
    desk.must("offering", "subscribe", "1", "H-1", "60")
    desk.must("offering", "subscribe", "1", "H-3", "20", "--wired")
    assert desk.error("offering", "withdraw", "1", "H-1").code == "withdrawn-by-the-payer"
    desk.must("offering", "withdraw", "1", "H-3")
    desk.must("offering", "reject", "1", "H-1", "--reason", "error-correction")
    assert [cash_of(desk, who) for who in ("H-1", "agent")] == [5_000_00, 5_000_00]
    assert answer(desk, "offering", "show", "1")["subscribed"] == "0"


def test_an_offering_is_cancelled_by_the_officer(selling: Desk) -> None:
    desk = selling
    desk.must("offering", "subscribe", "1", "H-1", "60")
    paper = ("--document", desk.file("order.txt", "The regulator stopped the offer."))
    desk.must("offering", "cancel", "1", "--reason", "regulator-order", *paper)
    assert answer(desk, "offering", "refund", "1")["refunded"] == 1
    assert cash_of(desk, "H-1") == 5_000_00


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("1", "H-1", "5"), "below-the-minimum"), (("1", "H-1", "181"), "above-the-maximum"),
     (("1", "H-1", "-5"), "quantity-negative"), (("2", "H-1", "50"), "offering-unknown"),
     (("1", "H-9", "50"), "person-unknown")],
)  # fmt: skip
def test_misstated_subscriptions_change_nothing(
    company: Desk, arguments: tuple[str, ...], code: str
) -> None:
    assert company.error("offering", "subscribe", *arguments).code == code


def test_the_same_key_opens_once(selling: Desk) -> None:
    desk = selling
    other = desk.file("other.toml", offer(closes_in_h=5))
    assert desk.error("offering", "open", other, "--key", "o").code == "idempotency-key-reused"
    assert len(answer(desk, "offering", "list")) == 1


def under(preset: str, folder: Path, text: str = OFFER) -> Desk:
    desk = Desk(folder / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS + LIMITED.format(preset=preset)))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("cash", "issue", "USD")
    desk.must("cash", "mint", "USD", "H-1", "50000")
    desk.must("offering", "open", desk.file("offering.toml", offer(text)))
    return desk


def test_who_is_not_accredited_puts_in_no_more_than_his_means_allow(tmp_path: Path) -> None:
    large = OFFER.replace('"200"', '"2000"').replace('"180"', '"2000"')
    desk = under("reg-cf", tmp_path, large)
    arguments = ("offering", "subscribe", "1", "H-1")
    assert desk.failing(*arguments, "10") == "limit-not-stated"
    means = ("--income", "40000", "--net-worth", "60000", "--invested", "1000")
    stated = answer(desk, "offering", "limit", "1", "H-1", *means, "--key", "m")
    # 5% of the greater is 3,000, of which he invested 1,000 elsewhere (17 CFR 227.100(a)(2)(i)).
    assert stated["most"] == "200000"
    assert desk.failing(*arguments, "300") == "above-his-limit"
    desk.must(*arguments, "200")
    assert desk.failing(*arguments, "100") == "above-his-limit"


def test_an_offer_without_prospectus_is_addressed_and_logged(tmp_path: Path) -> None:
    desk = under("eu-prospectus-150", tmp_path)
    arguments = ("offering", "subscribe", "1", "H-1", "20")
    assert desk.failing(*arguments) == "not-addressed"
    assert answer(desk, "offering", "address", "1", "H-1")["addressed"] == 1
    assert answer(desk, "offering", "address", "1", "H-1")["addressed"] == 1
    desk.must(*arguments)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [('hard_cap = "200"', 'hard_cap = "20"', "offering-senseless"),
     ("closes = ", "close = ", "field-unknown"), ("[[prices]]", "[[price]]", "field-unknown"),
     ('cash = "USD"', "", "offering-senseless"), ('"9.00"', '"9.001"', "quantity-too-fine"),
     ('symbol = "ACME"', 'symbol = "ACME"\nlot = "3"', "not-whole-lots"),
     ('price = "9.00"', "", "field-missing")],
)  # fmt: skip
def test_terms_with_a_defect_name_it(before: str, after: str, code: str) -> None:
    text = offer(OFFER.replace(before, after))
    with pytest.raises(InvalidFile) as found:
        read_offer_terms(text, Decimals(0, 2))
    assert code in {defect.code for defect in found.value.defects}


def test_wires_are_matched_to_pledges_each_once(selling: Desk) -> None:
    """By reference, to the cent; what does not fit is named and waits for a person."""
    desk = selling
    due = [answer(desk, "offering", "pledge", "1", who, units, "--key", who)
           for who, units in (("H-1", "20"), ("H-2", "30"), ("H-3", "10"))]  # fmt: skip
    assert answer(desk, "offering", "pledge", "1", "H-1", "20", "--key", "H-1") == due[0]
    assert [each["amount"] for each in due] == ["18000", "27000", "9000"]
    rows = [("w1", "180.00", "USD", f"Acme {due[0]['reference']}"),
            ("w2", "269.99", "USD", due[1]["reference"]),
            ("w3", "90.00", "EUR", due[2]["reference"]), ("w4", "5.00", "USD", "rent")]  # fmt: skip
    text = "\n".join(["id,amount,currency,reference", *(",".join(row) for row in rows)]) + "\n"
    file = desk.file("wires.csv", text)
    told = answer(desk, "offering", "wires", "1", file)
    assert [each["outcome"] for each in told] == [
        "subscribed", "other amount", "other amount", "no pledge"]  # fmt: skip
    assert answer(desk, "offering", "wires", "1", file) == told
    assert answer(desk, "offering", "show", "1")["subscribed"] == "20"
    assert "no pledge" in desk.must("offering", "wires", "1", file).stdout
    desk.must("audit")
