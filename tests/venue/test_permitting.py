"""Somebody with a wallet of his own and nothing to pay gas with trades by permits that he signs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from eth_account import Account

from tallystick.client import KeySigner, Problem, Trader, VenueClient
from tallystick.core.errors import Invalid, Refused
from tallystick.core.permits import Permit
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tests.support.counter import SYMBOL, Counter, key_of, market_of_four
from tests.support.desk import Desk, copy_of
from tests.venue.test_counter import refusals, until

NEW = 7


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The market of four, and a fifth who has money and has allowed nothing."""
    desk = market_of_four(tmp_path_factory.mktemp("permits") / "data")
    wallet = Account.from_key(key_of(NEW)).address
    rows = f"reference,name,country,verified,wallet\nP-7,Newcomer,DE,never,{wallet}\n"
    desk.must("holders", "import", desk.file("new.csv", rows))
    desk.must("cash", "mint", "USD", "P-7", "1000")
    return desk


@pytest.fixture
def counter(opened: Desk, tmp_path: Path) -> Iterator[Counter]:
    made = Counter(copy_of(opened, tmp_path))
    yield made
    made.close()


def newcomer(counter: Counter) -> Trader:
    found = Trader(VenueClient(counter.url), KeySigner(key_of(NEW)))
    found.log_in()
    return found


def test_money_and_units_are_allowed_by_signature_and_traded(counter: Counter) -> None:
    new, ann = newcomer(counter), counter.trader(0)
    ann.sell(SYMBOL, "30", "10")
    with pytest.raises(Problem) as found:
        new.buy(SYMBOL, "20", "10")
    assert refusals(found.value) == {"uncovered"}
    money = new.allow(SYMBOL, "buy")
    assert int(money["allowed"]) == 2**256 - 1
    assert new.buy(SYMBOL, "20", "10")["status"] == "filled"
    until(lambda: new.venue.fills()[0]["status"] == "settled")
    with pytest.raises(Problem) as found:
        new.sell(SYMBOL, "5", "10")
    assert refusals(found.value) == {"uncovered"}
    assert new.allow(SYMBOL, "sell", 5)["allowed"] == "5"
    assert new.sell(SYMBOL, "5", "10")["status"] == "open"
    with pytest.raises(Problem) as found:
        new.sell(SYMBOL, "1", "10")
    assert refusals(found.value) == {"uncovered"}
    place = counter.operator.status()["place"]
    assert new.allow(SYMBOL, "sell", 5)["allowed"] == "5"
    assert counter.operator.status()["place"] == place, "nothing was sent for what is allowed"


def signed(new: Trader, *, by: bytes = key_of(NEW), token: str = "", **changed: object
           ) -> tuple[Permit, Wallet, bytes]:  # fmt: skip
    """A permit of the newcomer's money, with something else than it should have."""
    market = new.venue.markets()[0]
    cash, domain = Wallet(market["cash"]), new.venue.identity().domain
    terms = new.venue.permit_terms(new.investor, cash)
    permit = msgspec.structs.replace(
        Permit(owner=new.investor, spender=domain.contract, value=7, nonce=int(terms["nonce"]),
               deadline=int(terms["deadline"])), **changed)  # fmt: skip
    of_token = Domain(domain.chain_id, cash, terms["name"], terms["version"])
    return permit, Wallet(token or cash), KeySigner(by).sign_digest(permit.digest(of_token))


def test_what_the_owner_did_not_sign_so_is_not_sent(counter: Counter) -> None:
    new = newcomer(counter)
    place = counter.operator.status()["place"]
    stranger = KeySigner(bytes([99]) * 32)
    for code, permit in (
        ("signature-of-another", signed(new, by=key_of(1))),
        ("signature-of-another", signed(new, spender=new.investor)),
        ("token-not-traded", signed(new, token=str(new.investor))),
        ("investor-unknown", signed(new, by=bytes([99]) * 32, owner=stranger.wallet)),
        ("signature-expired", signed(new, deadline=1_000)),
    ):
        with pytest.raises(Problem) as found:
            new.venue.permit(*permit)
        assert found.value.code == code, code
        assert found.value.status < 500
    with pytest.raises(Problem, match="signature-invalid"):
        new.venue.permit(*signed(new, nonce=5))
    assert counter.operator.status()["place"] == place
    assert new.venue.permit(*signed(new))["allowed"] == "7"


def test_no_more_are_sent_in_a_day_than_the_venue_pays_for(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallystick.app.venue.permitting.A_DAY_MAX", 2)
    new = newcomer(counter)
    assert [new.allow(SYMBOL, "buy", each)["allowed"] for each in (1, 2)] == ["1", "2"]
    with pytest.raises(Problem, match="permits-too-many"):
        new.allow(SYMBOL, "buy", 3)


def test_a_client_that_knows_the_contract_signs_for_no_other(counter: Counter) -> None:
    known = counter.operator.status()["settlement"]
    assert VenueClient(counter.url, settlement=known.upper().replace("0X", "0x")).identity()
    other = Trader(VenueClient(counter.url, settlement="0x" + "12" * 20), KeySigner(key_of(NEW)))
    with pytest.raises(Refused) as refused:
        other.allow(SYMBOL, "buy")
    assert refused.value.code == "settlement-of-another"
    with pytest.raises(Refused):
        other.buy(SYMBOL, "1", "10")
    by_key = Trader(VenueClient(counter.url), KeySigner(key_of(3)), investor=other.investor)
    with pytest.raises(Invalid) as found:
        by_key.allow(SYMBOL, "buy")
    assert found.value.code == "permit-by-key"
