"""An index is held as a basket: composed by weight, created and redeemed in kind, rebalanced."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tallystick.app import acts
from tallystick.app.workspace import Workspace
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
DEARER = "asset,price\nONE,60.00\nTWO,10.00\n"
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
    # Of 1,000.00, half is in ONE at 40.00, 300.00 in TWO at 12.50, the rest in EUR.
    costs = {"ONE": "12", "TWO": "24", "EUR": "220"}
    assert basket.answer("basket", "quote", "IDX", "100") == {
        "units": "100", "issued": "100", "costs": costs, "brings": None}  # fmt: skip
    made = basket.answer("basket", "create", "IDX", "H-1", "100", "--key", "c1")
    assert made == {"units": "100", "levy": "0", "assets": costs}
    for other in (("H-2", "100"), ("H-1", "110")):
        again = basket.error("basket", "create", "IDX", *other, "--key", "c1")
        assert again.code == "idempotency-key-reused"
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
    reused = basket.error("basket", "redeem", "IDX", "H-1", "60", "--to", "H-2", "--key", "r1")
    assert reused.code == "idempotency-key-reused"
    assert back["units"] == "60"
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
    assert behind(basket) == {"ONE": "120", "TWO": "240", "EUR": "2,200"}
    plan = basket.answer("basket", "weigh", "IDX", "EUR", *weighed(basket, prices=DEARER))
    assert {row["asset"]: row["weight"] for row in plan["assets"]} == {
        "ONE": "61.02 %", "TWO": "20.34 %", "EUR": "18.64 %"}  # fmt: skip
    offer = ("basket", "rebalance", "IDX", "EUR", *weighed(basket, prices=DEARER), "--until", at(2),
             "--with", "agent", *basket.paper(), "--key", "t1")  # fmt: skip
    told = basket.answer(*offer)
    assert (told["state"], told["gives"]) == ("offered", {"ONE": "22"})
    assert told["takes"] == {"EUR": "180", "TWO": "114"}
    assert basket.answer(*offer) == told
    assert basket.error(*offer[:-1], "t2").code == "trade-open"
    split = ("exchange", "announce", "TWO", "2", "1", "--reason", "merger", *basket.paper())
    assert basket.error(*split).code == "trade-open"
    # The dealer has to have what he brings.
    assert basket.error("basket", "take", "1").code == "assets-short"
    assert basket.error("basket", "take", "1", "--by", "H-2").code == "trade-of-another"
    basket.must("cash", "mint", "EUR", dealer_of(basket), "180")
    basket.must("transfer", "TWO", "H-2", dealer_of(basket), "114")
    assert basket.answer("basket", "take", "1", "--key", "t1/take")["state"] == "taken"
    assert behind(basket) == {"ONE": "98", "TWO": "354", "EUR": "2,380"}
    assert basket.error("basket", "take", "1").code == "trade-not-open"
    assert not basket.answer("audit")["differences"]


def test_a_trade_is_withdrawn_or_lapses(basket: Desk) -> None:
    created(basket)
    offer = ("basket", "rebalance", "IDX", "EUR", *weighed(basket, prices=DEARER), *basket.paper())
    assert basket.error(*offer, "--until", at(-1), "--with", "agent").code == "trade-expired"
    stranger = "0x" + "77" * 20
    assert basket.error(*offer, "--until", at(2), "--with", stranger).code == "may-not-hold"
    basket.must(*offer, "--until", at(2), "--with", "anybody")
    basket.must("basket", "withdraw", "1")
    basket.must(*offer, "--until", at(2), "--with", "H-2")
    calls = basket.answer("basket", "take", "2", "--calls")
    assert [each["what"] for each in calls] == [
        "let the basket take EUR", "let the basket take TWO", "take the trade"]  # fmt: skip
    basket.must("chain", "advance", "2")
    assert [each["state"] for each in basket.answer("basket", "trades")] == ["withdrawn", "lapsed"]
    assert basket.error("basket", "take", "2", "--by", "H-2").code == "trade-not-open"


def test_an_investor_whose_key_is_kept_here_takes_a_trade(basket: Desk) -> None:
    created(basket)
    basket.must("basket", "rebalance", "IDX", "EUR", *weighed(basket, prices=DEARER), "--until",
                at(2), "--with", "H-2", *basket.paper())  # fmt: skip
    take = ("basket", "take", "1", "--by", "H-2", "--key", "k")
    assert basket.answer(*take)["state"] == "taken"
    assert basket.answer(*take)["state"] == "taken"
    other = basket.error("basket", "take", "1", "--by", "H-1", "--key", "k")
    assert other.code == "idempotency-key-reused"
    assert behind(basket) == {"ONE": "98", "TWO": "354", "EUR": "2,380"}
    assert units(basket, "ONE")["Bo"] == 1_022
    assert not basket.answer("audit")["differences"]


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
    for act in (
        ("rebalance", "IDX", "EUR", *weighed(basket, prices=DEARER), "--until", at(2),
         "--with", "H-2", *basket.paper()),
        ("creators", "IDX", "nobody"), ("fees", "IDX", "--annual-bps", "0"),
        ("exclude", "IDX", "ONE", "--forfeit", *basket.paper()),
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


def test_with_a_wallet_of_ones_own(basket: Desk) -> None:
    basket.must("basket", "creators", "IDX", "anybody", "--lot", "1")
    basket.send("H-2", basket.answer("basket", "create", "IDX", "H-2", "5", "--calls"))
    assert units(basket, "IDX") == {"Bo": 5_000}
    basket.send("H-2", basket.answer("basket", "redeem", "IDX", "H-2", "5", "--calls"))
    assert units(basket, "IDX") == {}


def test_what_a_security_refuses_goes_to_another_or_is_forgone(basket: Desk) -> None:
    created(basket)
    basket.must("holders", "freeze", "ONE", "H-1")
    redeem = ("basket", "redeem", "IDX", "H-1", "100")
    assert basket.error(*redeem).code == "may-not-hold"
    back = basket.answer(*redeem, "--to", "H-2")
    assert (back["assets"]["ONE"], back["levy"]) == ("11", "0.5")
    assert units(basket, "ONE")["Bo"] == 1_011
    back = basket.answer(*redeem, "--forgo", "ONE")
    assert set(back["assets"]) == {"TWO", "EUR"}
    assert behind(basket)["ONE"] == "109"
    assert not basket.answer("audit")["differences"]


def test_income_is_included_and_fees_only_fall(basket: Desk) -> None:
    created(basket)
    basket.must("cash", "issue", "USD")
    basket.must("cash", "mint", "USD", basket.answer("basket", "show", "IDX")["wallet"], "50.00")
    basket.must("basket", "include", "IDX", "USD")
    assert behind(basket)["USD"] == "50"
    exclude = ("basket", "exclude", "IDX", "USD", *basket.paper())
    assert basket.error(*exclude).code == "asset-left"
    basket.must(*exclude, "--forfeit")
    assert "USD" not in behind(basket)
    told = basket.answer("basket", "fees", "IDX", "--annual-bps", "20")
    assert (told["redemption_bps"], told["annual_bps"]) == (50, 20)
    assert basket.error("basket", "fees", "IDX", "--annual-bps", "21").code == "fee-raised"


def issued(desk: Desk, symbol: str, kind: str, decimals: int = 0) -> None:
    """One more security of the issuer."""
    head = TERMS.split("[[security]]", maxsplit=1)[0]
    terms = f'{head}[[security]]\nsymbol = "{symbol}"\nname = "{symbol}"\nkind = "{kind}"\n'
    desk.must("issue", desk.file(f"{symbol}.toml", f"{terms}decimals = {decimals}\n"))


def exchanged(desk: Desk, symbol: str, to: str) -> None:
    """Two of another security for each unit."""
    desk.must("exchange", "announce", symbol, "2", "1", "--to", to, "--reason", "merger",
              *desk.paper())  # fmt: skip
    desk.must("exchange", "carry-out", symbol)


def test_a_basket_follows_only_its_own_units(basket: Desk) -> None:
    created(basket)
    issued(basket, "NEW", "basket", 3)
    exchanged(basket, "IDX", "NEW")
    follow = ("basket", "follow", "IDX")
    assert basket.error(*follow, "TWO", *basket.paper()).code == "another-successor"
    basket.must("mint", "NEW", "H-2", "1")
    assert basket.error(*follow, "NEW", *basket.paper()).code == "units-without-assets"
    assert basket.error("basket", "show", "NEW").code == "basket-unknown"


def test_a_basket_goes_on_behind_what_its_units_became(basket: Desk) -> None:
    created(basket)
    issued(basket, "NEW", "basket", 1)
    basket.must("basket", "rebalance", "IDX", "EUR", *weighed(basket, prices=DEARER), "--until",
                at(2), "--with", "anybody", *basket.paper())  # fmt: skip
    basket.must("basket", "value", "IDX", "EUR", "--prices", basket.file("prices.csv", DEARER))
    exchanged(basket, "IDX", "NEW")
    follow = ("basket", "follow", "IDX", "NEW", *basket.paper(), "--key", "f1")
    basket.must(*follow)
    basket.must(*follow)
    assert basket.error("basket", "show", "IDX").code == "basket-unknown"
    shown = basket.answer("basket", "show", "NEW")
    assert (shown["outstanding"], shown["lot"]) == ("2,000", "10")
    basket.must("basket", "withdraw", "1")
    basket.must("basket", "redeem", "NEW", "H-1", "2,000")
    assert [each["state"] for each in basket.answer("basket", "trades")] == ["withdrawn"]
    assert not basket.answer("audit")["differences"]


def test_an_exchange_of_its_units_that_began_is_not_withdrawn(basket: Desk) -> None:
    """Those who stayed would have the assets of those who went over."""
    created(basket)
    issued(basket, "NEW", "basket", 3)
    basket.must("exchange", "announce", "IDX", "2", "1", "--to", "NEW", "--reason", "merger",
                *basket.paper())  # fmt: skip
    with Workspace(basket.folder) as workspace:
        security = workspace.security("IDX")
        acts.agent_act(workspace, security.token, "beginExchange", (), key="begin")
    assert basket.error("exchange", "withdraw", "IDX").code == "basket-behind"
    basket.must("exchange", "carry-out", "IDX")


def test_an_asset_that_became_another_is_replaced(basket: Desk) -> None:
    created(basket)
    issued(basket, "UNO", "common")
    exchanged(basket, "ONE", "UNO")
    assert basket.failing("basket", "create", "IDX", "H-1", "10") == "asset-unreadable"
    replace = ("basket", "replace", "IDX", "ONE", "--key", "r")
    assert basket.answer(*replace)["asset"] == "UNO"
    assert basket.answer(*replace)["asset"] == "UNO"
    assert list(behind(basket)) == ["UNO", "TWO", "EUR"]
    assert behind(basket)["UNO"] == "240"
    basket.must("basket", "redeem", "IDX", "H-1", "1,000")
    assert not basket.answer("audit")["differences"]


def test_units_issued_for_nothing_are_named_by_the_audit(basket: Desk) -> None:
    created(basket)
    basket.must("mint", "IDX", "H-2", "1")
    told = json.loads(basket.run("audit", "--json").stdout)
    [found] = told["differences"]
    assert found["what"].startswith("basket IDX: units issued in block")


def test_bad_files_are_told_with_all_their_defects(basket: Desk) -> None:
    terms = basket.file("bad.toml", BAD)
    assert codes(basket.error("basket", "open", terms)) == {
        "field-missing", "asset-is-itself", "asset-twice", "quantity-malformed", "field-too-high",
        "nothing-brought"}  # fmt: skip
    weights = basket.file("weights.csv", "asset,weight_bps\nONE,5000\nONE,x\n")
    prices = basket.file("prices.csv", "asset,price\nONE,-1\nTWO,\n")
    plan = ("basket", "weigh", "IDX", "EUR", "--weights", weights, "--prices", prices)
    assert codes(basket.error(*plan)) == {"quantity-negative", "field-empty"}
    prices = basket.file("prices.csv", PRICES)
    assert codes(basket.error(*plan)) == {"row-duplicate", "weight-malformed"}
    basket.file("weights.csv", "asset,weight_bps\nONE,5000\nTWO,4999\n")
    assert basket.error(*plan).code == "weights-no-whole"
    basket.file("weights.csv", "asset,weight_bps\nONE,5000\nTWO,5000\n")
    assert basket.error(*plan).code == "basket-empty"
    created(basket)
    basket.file("prices.csv", "asset,price\nONE,1\n")
    assert basket.error(*plan).code == "price-missing"
