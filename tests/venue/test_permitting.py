"""Somebody with a wallet of his own and nothing to pay gas with trades by permits that he signs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import cast

import msgspec
import pytest
from eth_account import Account

from tallystick.app.venue import permitting
from tallystick.client import KeySigner, Problem, Trader, VenueClient
from tallystick.core.errors import Invalid, Refused, Unavailable
from tallystick.core.permits import Permit
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tests.support.counter import SYMBOL, Counter, key_of, market_of_four, refusals, until
from tests.support.desk import Desk, copy_of

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
    known = counter.house.premises.domain.contract
    found = Trader(VenueClient(counter.url, settlement=known), KeySigner(key_of(NEW)))
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
    with pytest.raises(Problem, match="permit-nonce"):
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
    trusting = Trader(VenueClient(counter.url), KeySigner(key_of(NEW)))
    with pytest.raises(Invalid) as unknown:
        trusting.allow(SYMBOL, "buy")
    assert unknown.value.code == "settlement-not-given"
    by_key = Trader(VenueClient(counter.url, settlement=known), KeySigner(key_of(3)),
                    investor=other.investor)  # fmt: skip
    with pytest.raises(Invalid) as found:
        by_key.allow(SYMBOL, "buy")
    assert found.value.code == "permit-by-key"


def test_a_stranger_who_sends_an_old_permit_again_uses_nothing_up(counter: Counter) -> None:
    """What was signed stands in the chain for everybody to read."""
    new, ann = newcomer(counter), counter.trader(0)
    permit = signed(new, value=100_00)
    assert new.venue.permit(*permit)["allowed"] == "10000"
    ann.sell(SYMBOL, "5", "10")
    new.buy(SYMBOL, "5", "10")
    until(lambda: new.venue.fills()[0]["status"] == "settled")
    stranger = VenueClient(counter.url)
    for _ in range(permitting.A_DAY_MAX + 1):
        with pytest.raises(Problem, match="permit-nonce"):
            stranger.permit(*permit)
    assert new.allow(SYMBOL, "buy", 200_00)["allowed"] == "20000"


class Slow:
    """Sends permits as a test lets it."""

    def __init__(self) -> None:
        self.errands = permitting.Errands()
        self.sent: list[object] = []

    def send(self, signed_: object) -> None:
        self.sent.append(signed_)

    def leave(self, count: int) -> list[Future[None]]:
        return [self.errands.leave(cast("permitting.Signed", number)) for number in range(count)]


def test_permits_do_not_keep_trades_from_being_settled() -> None:
    """Forty of them kept a venue from ending for two minutes."""
    slow, woken = Slow(), list[int]()
    slow.errands.wake = lambda: woken.append(1)
    answers = slow.leave(10)
    slow.errands.run(slow.send, lambda: None)
    assert len(slow.sent) == permitting.AT_ONCE
    assert len(woken) == 11, "the rest has its turn soon"
    assert [each.done() for each in answers] == [True] * 4 + [False] * 6
    slow.errands.end()
    for each in (*answers[4:], *slow.leave(1)):
        with pytest.raises(Unavailable, match="ended"):
            each.result(0)


@pytest.mark.parametrize("error", [Unavailable("node", "no", cure="wait"), ValueError("odd")])
def test_who_waits_is_told_when_the_chain_does_not_answer(error: Exception) -> None:
    slow = Slow()
    first, second = slow.leave(2)

    def fail(_: object) -> None:
        raise error

    with pytest.raises(type(error)):
        slow.errands.run(fail, lambda: None)
    with pytest.raises(Unavailable):
        first.result(0)
    assert not second.done()
    gone = slow.leave(1)[0]
    gone.cancel()
    slow.errands.run(slow.send, lambda: None)
    assert second.result(0) is None
    assert slow.sent == [1]
