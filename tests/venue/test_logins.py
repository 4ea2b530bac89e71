"""Who logs in sees and cancels what is his; a key what it signed, as long as it has a session."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tallystick.app.venue import gate as module
from tallystick.app.venue.logins import GOOD_S, SKEW_S
from tallystick.client import KeySigner, Problem, Trader, VenueClient
from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Login
from tests.support.counter import SYMBOL, Counter, Listening, key_of, until

KEY, OTHER_KEY = bytes([200]) * 32, bytes([201]) * 32
ELSEWHERE = Wallet("0x" + "ee" * 20)


def refused(code: str, act: Any, *args: Any, **named: Any) -> None:
    with pytest.raises(Problem) as found:
        act(*args, **named)
    assert found.value.code == code


@pytest.mark.parametrize("changes", [
    {"venue": ELSEWHERE}, {"securities": (), "units": ()}, {"expiry": 0},
])  # fmt: skip
def test_a_key_without_a_session_here_does_not_log_in(
    counter: Counter, changes: dict[str, Any]
) -> None:
    """One for another venue, of nothing at all, was good for a day, and saw everything."""
    key = counter.key(0, KEY)
    refused("session-missing", key.log_in)
    if changes.get("expiry") != 0:
        counter.grant(0, KEY, **changes)
        refused("session-missing", key.log_in)


def test_the_login_of_a_key_ends_with_its_session(counter: Counter) -> None:
    counter.grant(0, KEY)
    key = counter.key(0, KEY)
    key.log_in()
    listening = Listening(key.venue)
    key.sell(SYMBOL, "5", "12")
    listening.await_kinds("accepted")
    counter.grant(0, KEY, securities=(), units=(), serial=2)
    refused("session-missing", key.venue.orders)
    refused("session-missing", key.log_in)
    listening._thread.join(20)
    assert not listening._thread.is_alive()


def test_a_session_that_expires_ends_the_login(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = counter.house.gate.now_s()
    counter.grant(0, KEY, expiry=now_s + 3_600)
    key = counter.key(0, KEY)
    key.log_in()
    assert key.venue.orders() == []
    monkeypatch.setattr(module.Gate, "now_s", lambda _: now_s + 3_601)
    refused("session-missing", key.venue.orders)


def test_a_login_is_signed_now_and_lasts_a_day(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = counter.trader(0)
    identity, now_s = ann.venue.identity(), counter.house.gate.now_s()

    def signed(at_s: int) -> dict[str, Any]:
        login = Login(investor=ann.investor, signer=ann.investor, venue=identity.venue,
                      issued_at=at_s)  # fmt: skip
        signature = ann.signer.sign_digest(login.digest(identity.domain))
        return {"investor": ann.investor, "signer": ann.investor, "issuedAt": at_s,
                "signature": "0x" + signature.hex()}  # fmt: skip

    for at_s in (now_s - SKEW_S - 60, now_s + SKEW_S + 60):
        refused("login-out-of-time", ann.venue._call, "POST", "/v1/login", signed(at_s))
    ann.venue._call("POST", "/v1/login", signed(now_s))
    monkeypatch.setattr(module.Gate, "now_s", lambda _: now_s + GOOD_S + 60)
    refused("login-expired", ann.venue.orders)


def test_strangers_do_not_log_in_and_nobody_is_asked_for_them(counter: Counter) -> None:
    stranger = Trader(VenueClient(counter.url), KeySigner(OTHER_KEY))
    refused("investor-unknown", stranger.log_in)


def test_a_key_sees_and_cancels_what_it_signed_and_nothing_else(counter: Counter) -> None:
    ann = counter.trader(0)
    counter.grant(0, KEY)
    key = counter.key(0, KEY)
    key.log_in()
    told, told_key = Listening(ann.venue), Listening(key.venue)
    hers = ann.sell(SYMBOL, "5", "12")["order"]
    its = key.sell(SYMBOL, "7", "13")["order"]
    told.await_kinds("accepted")
    until(lambda: len(told.told) == 2)
    told_key.await_kinds("accepted")
    assert [each["order"] for each in told.told] == [hers, its]
    assert [each["order"] for each in told_key.told] == [its]
    assert [each["order"] for each in key.venue.orders()] == [its]
    assert [each["order"] for each in ann.venue.orders()] == [its, hers]
    for act in (key.venue.order, key.venue.cancel):
        refused("order-unknown", act, hers)
    refused("order-unknown", key.venue.reduce, hers, "1")
    refused("not-logged-in", key.sell, SYMBOL, "1", "12", replaces=hers)
    refused("not-logged-in", key.venue.next_nonce, ann.investor, ann.investor)
    assert [each["order"] for each in key.venue.cancel_all()] == [its]
    assert [each["order"] for each in ann.venue.orders(open=True)] == [hers]
    assert key.venue.order(its)["status"] == "cancelled"
    counter.trader(2).buy(SYMBOL, "1", "12")
    assert len(ann.venue.fills()) == 1
    assert key.venue.fills() == []
    [shares, money] = key.venue.positions()["positions"]
    assert (shares["symbol"], money["symbol"]) == ("ACME", "USD")
    for listening in (told, told_key):
        listening.end()


def test_who_submits_an_order_of_another_cancels_nothing_of_his(counter: Counter) -> None:
    """What an order replaces is not signed with it, and anybody may submit it."""
    ann = counter.trader(0)
    number = ann.sell(SYMBOL, "5", "12")["order"]
    terms = ann.terms(SYMBOL, "sell", "1", "40")
    signature = ann.signer.sign_digest(terms.digest(ann.venue.identity().domain))
    stranger = VenueClient(counter.url)
    refused("not-logged-in", stranger.place, terms, signature, replaces=number)
    assert ann.venue.order(number)["status"] == "open"
    assert stranger.place(terms, signature)["status"] == "open"
    assert ann.venue.order(number)["status"] == "open"


def test_nobody_asks_for_the_next_number_of_another(counter: Counter) -> None:
    """It rises with each order, and told whose an order in the book was."""
    ann, bob = counter.trader(0), counter.trader(1)
    for venue in (VenueClient(counter.url), bob.venue):
        refused("not-logged-in", venue.next_nonce, ann.investor, ann.investor)
        refused("not-logged-in", venue.draft, symbol=SYMBOL, investor=ann.investor, side="sell",
                quantity="1", price="10")  # fmt: skip
        drafted = venue.draft(symbol=SYMBOL, investor=ann.investor, side="sell", quantity="1",
                              price="10", nonce="7")  # fmt: skip
        assert drafted["summary"]["nonce"] == "7"
    assert ann.venue.next_nonce(ann.investor, ann.investor) == 0
    assert counter.operator.next_nonce(ann.investor, ann.investor) == 0


def test_a_retry_by_name_is_no_second_order(counter: Counter) -> None:
    """A client that heard nothing signed anew, and bought twice once the first was filled."""
    ann, cyd = counter.trader(0), counter.trader(2)
    ann.sell(SYMBOL, "20", "10")
    first = cyd.buy(SYMBOL, "5", "10", client_id="x")
    again = cyd.buy(SYMBOL, "5", "10", client_id="x")
    assert (again["order"], again["repeated"], again["status"]) == (first["order"], True, "filled")
    refused("client-id-used", cyd.buy, SYMBOL, "6", "10", client_id="x")
    old = cyd.buy(SYMBOL, "5", "9", client_id="y")["order"]
    new = cyd.buy(SYMBOL, "5", "9.50", client_id="z", replaces=old)["order"]
    again = cyd.buy(SYMBOL, "5", "9.50", client_id="z", replaces=old)
    assert (again["order"], again["repeated"]) == (new, True)
    assert [each["order"] for each in cyd.venue.orders(open=True)] == [new]


def test_an_order_of_a_number_that_another_had_is_not_that_one(counter: Counter) -> None:
    ann = counter.trader(0)
    first = ann.terms(SYMBOL, "sell", "1", "12")
    domain = ann.venue.identity().domain
    ann.venue.place(first, ann.signer.sign_digest(first.digest(domain)))
    ann._nonce = first.nonce
    other = ann.terms(SYMBOL, "sell", "1", "12", good_for_s=7_200)
    assert other.nonce == first.nonce
    refused("nonce-used", ann.venue.place, other, ann.signer.sign_digest(other.digest(domain)))


def test_those_who_cancel_wait_for_none_who_ask_the_chain(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signatures that a contract would have to confirm took all hands there were."""
    ann = counter.trader(0)
    number = ann.sell(SYMBOL, "5", "12")["order"]
    terms = ann.terms(SYMBOL, "sell", "1", "40")
    go = threading.Event()

    def slowly(*_: Any) -> bool:
        assert go.wait(30)
        return False

    monkeypatch.setattr(module.Gate, "_confirmed", slowly)

    def ask() -> None:
        refused("signature-of-another", VenueClient(counter.url).place, terms, bytes(64))

    asking = [threading.Thread(target=ask) for _ in range(60)]
    for each in asking:
        each.start()
    assert ann.venue.cancel(number)["order"] == number
    again = Trader(VenueClient(counter.url), KeySigner(key_of(0)))
    again.log_in()
    go.set()
    for each in asking:
        each.join(30)
