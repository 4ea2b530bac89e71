"""An index is held as a basket: composed by weight, created and redeemed in kind, rebalanced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from tallystick.app.workspace import Workspace
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import LocalSigner
from tests.support.desk import Desk, codes, copy_of

TERMS = """
[issuer]
name = "Indizes AG"
country = "DE"

[[security]]
symbol = "ONE"
name = "Eins"
kind = "common"

[[security]]
symbol = "TWO"
name = "Zwei"
kind = "common"
decimals = 2

[[security]]
symbol = "IDX"
name = "Index"
kind = "basket"
decimals = 3
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,FR,never
H-3,Manager,DE,never
"""
MORE = """reference,name,country,verified,wallet
H-9,Dealer,DE,never,{dealer}
"""
MORE_TERMS = '\nlot = "10"\n\n[fees]\nannual_bps = 100\nredemption_bps = 50\n\n'
WEIGHTS = "asset,weight_bps\nONE,5000\nTWO,3000\nEUR,2000\n"
PRICES = "asset,price\nONE,40.00\nTWO,12.50\n"
BAD = """symbol = "IDX"
[[asset]]
name = "IDX"
amount = "x"
[[asset]]
name = "IDX"
[fees]
annual_bps = 1001
"""
NOW = datetime.now(UTC)


def at(days: float) -> str:
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def dealer_of(desk: Desk) -> str:
    with Workspace(desk.folder) as workspace:
        return str(workspace.acting("agent"))


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A basket that nobody has created units of."""
    desk = Desk(tmp_path_factory.mktemp("basket") / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("cash", "issue", "EUR")
    for who in ("H-1", "H-2"):
        desk.must("cash", "mint", "EUR", who, "20,000")
    for symbol, who in (("ONE", "H-1"), ("ONE", "H-2"), ("TWO", "H-1"), ("TWO", "H-2")):
        desk.must("mint", symbol, who, "1,000")
    drafted = desk.must("basket", "draft", "IDX", "EUR", *weighed(desk), "--units", "100",
                        "--price", "10.00", "--fee-receiver", "H-3")  # fmt: skip
    terms = desk.file("basket.toml", drafted.stdout.replace("\n\n", MORE_TERMS, 1))
    opened = desk.answer("basket", "open", terms, "--key", "b1")
    assert desk.answer("basket", "open", terms, "--key", "b1") == opened
    assert desk.error("basket", "open", terms).code == "basket-opened-already"
    admitted = desk.answer("basket", "admit", "IDX", "DE")
    assert desk.answer("basket", "admit", "IDX", "DE") == admitted == opened | admitted
    more = MORE.format(dealer=dealer_of(desk))
    desk.must("holders", "import", desk.file("more.csv", more))
    return desk


def weighed(desk: Desk, weights: str = WEIGHTS, prices: str = PRICES) -> tuple[str, ...]:
    return ("--weights", desk.file("weights.csv", weights),
            "--prices", desk.file("prices.csv", prices))  # fmt: skip


@pytest.fixture
def basket(launched: Desk, tmp_path: Path) -> Desk:
    return copy_of(launched, tmp_path)


def units(desk: Desk, symbol: str) -> dict[str, int]:
    found = desk.answer("captable", symbol)
    return {line["holder"]: int(line["units"]) for line in found[0]["lines"]}


def behind(desk: Desk) -> dict[str, str]:
    return {
        each["asset"]: each["amount"] for each in desk.answer("basket", "show", "IDX")["assets"]
    }


def test_an_index_is_held_as_a_basket(basket: Desk) -> None:
    assert basket.error("basket", "create", "IDX", "H-1", "100").code == "not-a-participant"
    basket.must("basket", "participant", "IDX", "H-1")
    assert basket.error("basket", "create", "IDX", "H-1", "105").code == "not-whole-lots"
    made = basket.answer("basket", "create", "IDX", "H-1", "100", "--key", "c1")
    # Of 1,000.00, half is in ONE at 40.00, 300.00 in TWO at 12.50, the rest in EUR.
    assert made == {"units": "100", "assets": {"ONE": "13", "TWO": "24", "EUR": "200"}, "owed": {}}
    assert basket.answer("basket", "create", "IDX", "H-1", "100", "--key", "c1") == made
    assert units(basket, "IDX") == {"Ada": 100_000}
    assert behind(basket) == made["assets"]
    more = basket.answer("basket", "create", "IDX", "H-1", "50")
    assert more["assets"]["TWO"] in {"12", "11.99"}

    # A year later the manager is due a hundredth of the units.
    basket.must("chain", "advance", "365")
    shown = basket.answer("basket", "show", "IDX")
    assert shown["fee_due"] == "1.5"
    assert basket.answer("basket", "take-fee", "IDX")["units"] == "1.5"
    assert units(basket, "IDX") == {"Ada": 150_000, "Manager": 1_500}
    back = basket.answer("basket", "redeem", "IDX", "H-1", "60", "--key", "r1")
    assert basket.answer("basket", "redeem", "IDX", "H-1", "60", "--key", "r1") == back
    assert (back["units"], back["owed"]) == ("60", {})
    assert units(basket, "IDX") == {"Ada": 90_000, "Manager": 1_500}
    stated = basket.answer("basket", "value", "IDX", "EUR", "--prices",
                           basket.file("prices.csv", PRICES), "--key", "n1")  # fmt: skip
    assert stated["units"] == "91.5"
    assert not basket.answer("audit")["differences"]


def created(desk: Desk) -> Desk:
    desk.must("basket", "participant", "IDX", "H-1")
    desk.must("basket", "create", "IDX", "H-1", "1,000")
    return desk


def test_a_basket_is_rebalanced_against_payment(basket: Desk) -> None:
    created(basket)
    assert behind(basket) == {"ONE": "130", "TWO": "240", "EUR": "2,000"}
    prices = "asset,price\nONE,60.00\nTWO,10.00\n"
    plan = basket.answer("basket", "weigh", "IDX", "EUR", *weighed(basket, prices=prices))
    assert {row["asset"]: row["weight"] for row in plan["assets"]} == {
        "ONE": "63.93 %", "TWO": "19.67 %", "EUR": "16.39 %"}  # fmt: skip
    offer = ("basket", "rebalance", "IDX", "EUR", *weighed(basket, prices=prices), "--until", at(2),
             *basket.paper(), "--key", "t1")  # fmt: skip
    told = basket.answer(*offer)
    assert (told["state"], told["gives"]) == ("offered", "28 ONE")
    assert told["takes"] == "440 EUR, 126 TWO"
    assert basket.answer(*offer) == told
    # The dealer has to have what he brings.
    assert basket.run("basket", "take", "1").exit_code != 0
    basket.must("cash", "mint", "EUR", dealer_of(basket), "440")
    basket.must("transfer", "TWO", "H-2", dealer_of(basket), "126")
    assert basket.answer("basket", "take", "1", "--key", "t1/take")["state"] == "taken"
    assert behind(basket) == {"ONE": "102", "TWO": "366", "EUR": "2,440"}
    assert basket.error("basket", "take", "1").code == "trade-not-open"
    assert not basket.answer("audit")["differences"]


def test_a_trade_is_withdrawn_or_lapses(basket: Desk) -> None:
    created(basket)
    prices = "asset,price\nONE,60.00\nTWO,10.00\n"
    offer = ("basket", "rebalance", "IDX", "EUR", *weighed(basket, prices=prices), *basket.paper())
    assert basket.error(*offer, "--until", at(-1)).code == "trade-expired"
    basket.must(*offer, "--until", at(2), "--with", "anybody")
    basket.must(*offer, "--until", at(2), "--with", "H-2")
    basket.must("basket", "withdraw", "1")
    calls = basket.answer("basket", "take", "2", "--calls")
    assert [each["what"] for each in calls] == [
        "let the basket take EUR", "let the basket take TWO", "take the trade"]  # fmt: skip
    basket.must("chain", "advance", "2")
    assert [each["state"] for each in basket.answer("basket", "trades")] == ["withdrawn", "lapsed"]


CHARTER = """
[[member]]
key = "agent"
groups = ["agent"]

[[member]]
key = "officer"
groups = ["officer"]

[together]
signatures = 2
groups = ["officer"]
"""


def test_with_a_council_no_key_alone_trades_or_changes_what_it_holds(basket: Desk) -> None:
    created(basket)
    basket.must("council", "set-up", basket.file("council.toml", CHARTER))
    # Who may create and redeem needs one signature of the council at the most.
    basket.must("basket", "create", "IDX", "H-1", "10")
    basket.must("basket", "redeem", "IDX", "H-1", "10")
    basket.must("basket", "participant", "IDX", "H-2")
    prices = "asset,price\nONE,60.00\nTWO,10.00\n"
    for act in (
        ("rebalance", "IDX", "EUR", *weighed(basket, prices=prices), "--until", at(2),
         "--with", "H-2", *basket.paper()),
        ("creators", "IDX", "nobody"), ("fees", "IDX", "--annual-bps", "0"),
        ("exclude", "IDX", "ONE", *basket.paper()),
    ):  # fmt: skip
        command = ("basket", *act, "--key", act[0])
        assert basket.failing(*command) == "signatures-needed"
        number = basket.answer("council", "proposals")[-1]["number"]
        assert "basket IDX" in basket.answer("council", "proposal", str(number))["call"]["on"]
        basket.must("council", "approve", str(number), "--by", "officer")
        basket.must(*command)
    assert basket.answer("basket", "trades")[0]["state"] == "offered"
    shown = basket.answer("basket", "show", "IDX")
    assert (shown["creators"], shown["fees"]["annual_bps"]) == ("nobody", 0)
    assert [each["asset"] for each in shown["assets"]] == ["TWO", "EUR"]
    assert not basket.answer("audit")["differences"]


def send(desk: Desk, who: str, calls: list[dict[str, Any]]) -> None:
    """Send calls by somebody's own wallet, which is one whose key is kept here."""
    with Workspace(desk.folder) as workspace:
        wallet = workspace.wallet_of(who)
        signer = LocalSigner(Account.from_key(workspace.vault.key_of(wallet)))
        intents = [Intent(f"own/{number}/{each['data']}", signer.wallet, each["to"].lower(),
                          each["data"]) for number, each in enumerate(calls)]  # fmt: skip
        workspace.outbox.carry_out(intents, signer)


def test_with_a_wallet_of_ones_own(basket: Desk) -> None:
    basket.must("basket", "creators", "IDX", "anybody", "--lot", "1")
    send(basket, "H-2", basket.answer("basket", "create", "IDX", "H-2", "5", "--calls"))
    assert units(basket, "IDX") == {"Bo": 5_000}
    send(basket, "H-2", basket.answer("basket", "redeem", "IDX", "H-2", "5", "--calls"))
    assert units(basket, "IDX") == {}


def test_what_a_security_refuses_is_owed_and_paid_later(basket: Desk) -> None:
    created(basket)
    basket.must("holders", "freeze", "ONE", "H-1")
    assert basket.error("basket", "redeem", "IDX", "H-1", "100").code == "asset-refused"
    back = basket.answer("basket", "redeem", "IDX", "H-1", "100", "--in-part")
    assert back["owed"] == {"ONE": "12"}
    assert set(back["assets"]) == {"TWO", "EUR"}
    shown = basket.answer("basket", "show", "IDX")
    assert [each["owed"] for each in shown["assets"]] == ["12", "", ""]
    assert not basket.answer("audit")["differences"]
    basket.must("holders", "freeze", "ONE", "H-1", "--lift")
    basket.must("basket", "collect", "IDX", "ONE", "H-1")
    assert [each["owed"] for each in basket.answer("basket", "show", "IDX")["assets"]] == [""] * 3


def test_income_is_included_and_fees_only_fall(basket: Desk) -> None:
    created(basket)
    basket.must("cash", "issue", "USD")
    basket.must("cash", "mint", "USD", basket.answer("basket", "show", "IDX")["wallet"], "50.00")
    basket.must("basket", "include", "IDX", "USD")
    assert behind(basket)["USD"] == "50"
    basket.must("basket", "exclude", "IDX", "USD", *basket.paper())
    assert "USD" not in behind(basket)
    told = basket.answer("basket", "fees", "IDX", "--annual-bps", "20")
    assert (told["redemption_bps"], told["annual_bps"]) == (50, 20)
    assert basket.error("basket", "fees", "IDX", "--annual-bps", "21").code == "fee-raised"


def test_a_basket_follows_its_units_into_another_security(basket: Desk) -> None:
    created(basket)
    terms = TERMS.split("[[security]]", maxsplit=1)[0] + (
        '[[security]]\nsymbol = "NEW"\nname = "Neu"\nkind = "basket"\ndecimals = 3\n'
    )
    basket.must("issue", basket.file("new.toml", terms))
    basket.must(
        "exchange",
        "announce",
        "IDX",
        "2",
        "1",
        "--to",
        "NEW",
        "--reason",
        "merger",
        *basket.paper(),
    )
    basket.must("exchange", "carry-out", "IDX")
    basket.must("basket", "follow", "IDX", "NEW", *basket.paper())
    assert basket.error("basket", "show", "IDX").code == "basket-unknown"
    assert basket.answer("basket", "show", "NEW")["outstanding"] == "2,000"
    basket.must("basket", "redeem", "NEW", "H-1", "2,000")


def test_bad_files_are_told_with_all_their_defects(basket: Desk) -> None:
    terms = basket.file("bad.toml", BAD)
    assert codes(basket.error("basket", "open", terms)) == {
        "field-missing", "asset-is-itself", "asset-twice", "quantity-malformed", "field-too-high",
        "nothing-brought"}  # fmt: skip
    weights = basket.file("weights.csv", "asset,weight_bps\nONE,5000\nONE,x\n")
    prices = basket.file("prices.csv", "asset,price\nONE,-1\nTWO,\n")
    plan = ("basket", "weigh", "IDX", "EUR", "--weights", weights, "--prices", prices)
    assert codes(basket.error(*plan)) >= {"price-malformed"}
    prices = basket.file("prices.csv", PRICES)
    assert codes(basket.error(*plan)) == {"row-duplicate", "weight-malformed"}
    basket.file("weights.csv", "asset,weight_bps\nONE,5000\nTWO,4999\n")
    assert basket.error(*plan).code == "weights-no-whole"
    basket.file("weights.csv", "asset,weight_bps\nONE,5000\nTWO,5000\n")
    assert basket.error(*plan).code == "basket-empty"
    created(basket)
    basket.file("prices.csv", "asset,price\nONE,1\n")
    assert basket.error(*plan).code == "price-missing"
