"""The venue over HTTP, as people with wallets of their own use it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import urllib3

from tallystick.api.feed import Feed
from tallystick.api.venue import VenueApi
from tallystick.app.venue.logins import Caller
from tallystick.client import KeySigner, Problem, Trader, VenueClient
from tallystick.client import instructions_of as instructions
from tallystick.core.errors import Invalid, Refused, Unavailable
from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Cancellation
from tests.support.counter import (
    SYMBOL,
    Counter,
    Listening,
    key_of,
    refusals,
    until,
)


def test_orders_meet_and_are_settled_on_the_chain(counter: Counter) -> None:
    ann, cyd = counter.trader(0), counter.trader(2)
    sold = ann.sell(SYMBOL, "30", "10.50", client_id="a-1")
    assert (sold["status"], sold["left"], sold["client_id"]) == ("open", "30", "a-1")
    bought = cyd.buy(SYMBOL, "20", "11")
    assert (bought["status"], bought["filled"], bought["left"]) == ("filled", "20", "0")
    assert bought["trades"] == [{"trade": 1, "quantity": "20", "price": "10.50", "fee": "0.21"}]
    until(lambda: counter.held(2) == 20)
    assert counter.held(0) == 980
    assert counter.held(2, money=True) == 100_000_00 - 210_00 - 21
    until(lambda: ann.venue.order(sold["order"])["trades"][0]["status"] == "settled")
    mine = ann.venue.order(sold["order"])
    assert (mine["filled"], mine["left"], mine["status"]) == ("20", "10", "open")
    assert [step["what"] for step in mine["steps"]] == ["accepted", "traded"]
    assert ann.venue.book(SYMBOL)["asks"] == [["10.50", "10", 1]]
    [trade] = ann.venue.trades(SYMBOL)
    assert "buy" not in trade
    assert (trade["quantity"], trade["price"], trade["taker"]) == ("20", "10.50", "buy")


def test_the_same_order_once_more_is_answered_as_it_stands(counter: Counter) -> None:
    ann = counter.trader(0)
    terms = ann.terms(SYMBOL, "sell", "5", "10")
    signature = ann.signer.sign_digest(terms.digest(ann.venue.identity().domain))
    first = ann.venue.place(terms, signature, client_id="x")
    counter.trader(2).buy(SYMBOL, "5", "10")
    again = ann.venue.place(terms, signature, client_id="x")
    assert (again["order"], again["repeated"], again["status"]) == (first["order"], True, "filled")
    with pytest.raises(Problem) as found:
        ann.venue.place(terms, signature, client_id="y")
    assert refusals(found.value) == {"nonce-used"}


def test_an_order_that_is_refused_is_told_all_that_is_against_it(counter: Counter) -> None:
    """A newcomer who buys more than the rules let him hold, and than he has money for."""
    cyd = counter.trader(2)
    with pytest.raises(Problem) as found:
        cyd.buy(SYMBOL, "20000", "10")
    assert refusals(found.value) == {"uncovered", "max-balance"}
    assert (found.value.status, found.value.exit_code) == (422, 6)
    assert all(each["cure"] for each in found.value.refusals)
    figures = {each["code"]: (each["limit"], each["now"]) for each in found.value.refusals}
    assert figures == {"uncovered": ("100,000.00 USD", "200,200.00 USD"),
                       "max-balance": ("1,500", "20,000")}  # fmt: skip
    with pytest.raises(Problem) as late:
        cyd.buy(SYMBOL, "5", "10", good_for_s=5)
    [told] = late.value.refusals
    assert (told["code"], told["limit"][-1], told["now"][:2]) == ("expires-too-soon", "Z", "20")
    assert cyd.venue.orders() == []


def test_nobody_signs_for_another(counter: Counter) -> None:
    ann = counter.trader(0)
    terms = ann.terms(SYMBOL, "sell", "5", "10")
    domain = ann.venue.identity().domain
    for signature in (KeySigner(key_of(1)).sign_digest(terms.digest(domain)), bytes(64), b"\x01"):
        with pytest.raises(Problem) as found:
            ann.venue.place(terms, signature)
        assert found.value.code == "signature-of-another"
    assert ann.venue.orders() == []


def test_nothing_of_strangers_is_written_down(counter: Counter) -> None:
    stranger = Trader(VenueClient(counter.url), KeySigner(bytes([77]) * 32))
    place = counter.operator.status()["place"]
    with pytest.raises(Problem, match="investor-unknown"):
        stranger.buy(SYMBOL, "5", "10")
    assert counter.operator.status()["place"] == place


def test_nobody_sees_or_cancels_orders_of_another(counter: Counter) -> None:
    ann, bob = counter.trader(0), counter.trader(1)
    number = ann.sell(SYMBOL, "5", "12")["order"]
    stranger = VenueClient(counter.url)
    for who in (bob.venue, stranger):
        for call in (who.order, who.cancel):
            with pytest.raises(Problem) as found:
                call(number)
            assert found.value.code == "order-unknown"
    with pytest.raises(Problem) as found:
        bob.venue.orders(investor=ann.investor)
    assert found.value.code == "not-logged-in"
    assert found.value.status == 401
    with pytest.raises(Problem, match="login-unknown"):
        VenueClient(counter.url, token=ann.venue.token[:-2] + "AA").orders()
    with pytest.raises(Problem, match="operator-only"):
        bob.venue.halt(SYMBOL, "mine")
    assert bob.venue.orders() == []
    assert [each["order"] for each in ann.venue.orders(open=True)] == [number]


def test_orders_are_cancelled_reduced_and_replaced(counter: Counter) -> None:
    ann = counter.trader(0)
    first, second = (ann.sell(SYMBOL, "9", price)["order"] for price in ("12", "13"))
    assert ann.venue.reduce(first, "4")["left"] == "4"
    for quantity, code in (("4", "quantity-not-less"), ("5", "quantity-not-less"),
                           ("0", "quantity-zero"), ("-1", "quantity-negative"),
                           ("1.5", "quantity-too-fine")):  # fmt: skip
        with pytest.raises(Problem, match=code):
            ann.venue.reduce(first, quantity)
    third = ann.sell(SYMBOL, "7", "12.50", replaces=second)
    assert ann.venue.order(second)["code"] == "replaced"
    assert ann.venue.cancel(first)["code"] == "cancelled"
    with pytest.raises(Problem, match="order-not-open"):
        ann.venue.cancel(first)
    assert ann.venue.book(SYMBOL)["asks"] == [["12.50", "7", 1]]
    assert [each["order"] for each in ann.venue.cancel_all(symbol=SYMBOL)] == [third["order"]]
    assert ann.venue.book(SYMBOL)["asks"] == []


def test_what_somebody_gets_wrong_is_told_as_it_is(counter: Counter) -> None:
    ann, desk = counter.trader(0), counter.desk
    for price, code in (("0", "price-zero"), ("0.00", "price-zero"), ("-1", "quantity-negative")):
        with pytest.raises(Invalid) as found:
            ann.sell(SYMBOL, "5", price)
        assert found.value.code == code
    told = desk.run("market", "show", "acme")
    assert told.exception.cure == "Write ACME/USD: capitals tell symbols apart."
    number = ann.sell(SYMBOL, "5", "12")["order"]
    assert f"{number}  ACME/USD  P-0  sell" in " ".join(
        desk.must("order", "list").output.split()).replace(" ", "  ")  # fmt: skip


def test_what_the_venue_cancels_it_says_by_its_signature(counter: Counter) -> None:
    ann = counter.trader(0)
    terms = ann.terms(SYMBOL, "sell", "9", "12")
    domain = ann.venue.identity().domain
    digest = terms.digest(domain)
    number = ann.venue.place(terms, ann.signer.sign_digest(digest))["order"]
    told = ann.venue.cancel(number)
    receipt = ann.venue.receipt_of(told)
    assert (receipt.order, receipt.most) == (digest, 0)
    with pytest.raises(Refused, match="receipt-not-signed"):
        ann.venue.receipt_of({"receipt": {**told["receipt"], "most": "1"}})


def test_kinds_of_orders_come_through(counter: Counter) -> None:
    ann, cyd = counter.trader(0), counter.trader(2)
    ann.sell(SYMBOL, "10", "10.10")
    market = cyd.buy(SYMBOL, "25", "10.20", instructions=instructions(kind="market"))
    assert (market["status"], market["code"]) == ("cancelled", "not-traded-at-once")
    assert market["filled"] == "10"
    whole = instructions(time_in_force="fill-or-kill")
    ann.sell(SYMBOL, "10", "10.10")
    assert cyd.buy(SYMBOL, "11", "10.20", instructions=whole)["code"] == "not-fillable"
    post = instructions(post_only=True)
    assert cyd.buy(SYMBOL, "1", "10.20", instructions=post)["code"] == "would-take"
    assert cyd.venue.order(1 + 1)["kind"] == "market"


def test_orders_leave_when_their_connection_ends(counter: Counter) -> None:
    ann = counter.trader(0)
    with pytest.raises(Problem, match="not-connected"):
        ann.sell(SYMBOL, "5", "12", cancel_on_disconnect=True)
    listening = Listening(ann.venue)
    until(lambda: _connected(ann))
    stays = ann.sell(SYMBOL, "5", "12")["order"]
    leaves = ann.sell(SYMBOL, "5", "12", cancel_on_disconnect=True)["order"]
    listening.await_kinds("accepted")
    listening.end()
    until(lambda: ann.venue.order(leaves)["code"] == "disconnected")
    assert ann.venue.order(stays)["status"] == "open"


def test_orders_leave_whose_connection_ends_while_it_is_told_something(counter: Counter) -> None:
    """A stream that was closed between two events was still counted, and its orders stayed."""

    async def cut_off() -> list[str]:
        api = VenueApi(counter.house)
        feed = Feed(asyncio.get_running_loop(), counter.house.gate.state)
        who = Wallet("0x" + "12" * 20)
        caller = Caller(who, who, until_s=counter.house.gate.now_s() + 60)
        stream = api._connected(feed, caller)
        assert await anext(stream) == b": connected\n\n"
        assert feed.connected(caller.login)
        await stream.aclose()
        return [login for login in (caller.login,) if feed.connected(login)]

    place = counter.operator.status()["place"]
    assert asyncio.run(cut_off()) == []
    until(lambda: counter.operator.status()["place"] == place + 1)


def test_a_thread_that_fails_ends_the_venue(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It went on without settlement, and nobody was told."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(counter.house.floor, "settle", lambda: int("what is no number"))

    def failed() -> bool:
        try:
            counter.house.require_well()
        except Unavailable as error:
            return error.code == "venue-failed"
        return False

    until(failed)


def _connected(trader: Trader) -> bool:
    try:
        number = trader.sell(SYMBOL, "1", "19", cancel_on_disconnect=True)["order"]
    except Problem:
        return False
    trader.venue.cancel(number)
    return True


def test_both_sides_are_told_as_it_happens(counter: Counter) -> None:
    ann, cyd, bob = counter.trader(0), counter.trader(2), counter.trader(1)
    hers, his = Listening(ann.venue), Listening(bob.venue)
    until(lambda: _connected(ann) and _connected(bob))
    ann.sell(SYMBOL, "5", "10")
    cyd.buy(SYMBOL, "5", "10")
    hers.await_kinds("accepted", "traded", "left", "trade-settled")
    assert not {"traded", "trade-settled"} & {each["type"] for each in his.told}
    accepted = [each for each in hers.told if each["type"] == "accepted"][-1]
    order = accepted["order"]
    mine = {each["type"]: each for each in hers.told if each["order"] == order}
    assert {(each["side"], each["symbol"]) for each in mine.values()} == {("sell", SYMBOL)}
    assert (accepted["quantity"], accepted["price"], accepted["status"]) == ("5", "10.00", "open")
    # Each is told his own fee, and nothing of the other side.
    traded = {name: value for name, value in mine["traded"].items() if name not in {"place", "at"}}
    assert traded == {"type": "traded", "trade": 1, "quantity": "5", "price": "10.00",
                      "fee": "0.02", "took": False, "order": order, "symbol": SYMBOL,
                      "side": "sell"}  # fmt: skip
    assert mine["trade-settled"]["trade"] == 1
    with pytest.raises(Problem):
        ann.sell(SYMBOL, "5000", "10")
    hers.await_kinds("refused")
    [refused] = [each for each in hers.told if each["type"] == "refused"]
    assert refused["refusals"][0]["now"] == "5,000 ACME"


def test_a_cancel_on_the_chain_reaches_the_venue(counter: Counter) -> None:
    ann = counter.trader(0)
    number = ann.sell(SYMBOL, "5", "10")["order"]
    void = Cancellation(investor=ann.investor, signer=ann.investor, lowest_nonce=99)
    signature = ann.signer.sign_digest(void.digest(ann.venue.identity().domain))
    counter.send_settlement("cancelFor", void.investor, void.signer, 99, [], signature)
    until(lambda: ann.venue.order(number)["code"] == "cancelled-on-chain")
    assert ann.venue.next_nonce(ann.investor, Wallet(ann.signer.wallet)) == 99


def test_what_was_acknowledged_is_there_after_a_restart(counter: Counter) -> None:
    ann, cyd = counter.trader(0), counter.trader(2)
    number = ann.sell(SYMBOL, "30", "10.50")["order"]
    cyd.buy(SYMBOL, "20", "11")
    token = ann.venue.token
    counter.close()
    again = Counter(counter.desk)
    try:
        venue = VenueClient(again.url, token=token)
        assert venue.order(number)["left"] == "10"
        until(lambda: again.held(2) == 20)
        venue.cancel(number)
    finally:
        again.close()


@pytest.mark.parametrize(("body", "code"), [
    (b"", "body-malformed"), (b"[]", "body-malformed"), (b"{" * 5_000, "body-malformed"),
    (b"\xff\xfe", "body-malformed"), (b" " * 20_000, "body-too-large"),
    (b'{"order": {}, "signature": "0x"}', "body-malformed"),
])  # fmt: skip
def test_what_is_no_order_is_told_so(counter: Counter, body: bytes, code: str) -> None:
    response = urllib3.request("POST", f"{counter.url}/v1/orders", body=body)
    assert (response.status, response.json()["code"]) == (400, code)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("name", "value", "code"), [
    ("lots", -1, "number-malformed"), ("lots", "1e3", "number-malformed"),
    ("lots", True, "body-malformed"), ("price", 0, "order-senseless"),
    ("lots", 2**64, "order-senseless"), ("nonce", "9" * 60, "order-senseless"),
    ("investor", "0x12", "wallet-malformed"),
    ("venue", "0x" + "11" * 20, "order-for-another-venue"),
    ("instructions", 3, "order-malformed"), ("security", "0x" + "11" * 20, "market-unknown"),
])  # fmt: skip
def test_members_that_cannot_be_are_told_so(
    counter: Counter, name: str, value: Any, code: str
) -> None:
    ann = counter.trader(0)
    message = ann.terms(SYMBOL, "sell", "5", "10").typed(ann.venue.identity().domain)["message"]
    message[name] = value
    signature = counter.signed(0, message)
    with pytest.raises(Problem) as found:
        ann.venue.place(message, signature)
    assert code in {found.value.code, *refusals(found.value)}
    assert ann.venue.orders() == []


def test_who_cancels_is_told_of_his_own_order_alone(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the entry time passes, and orders of others expire; one of those was told as his."""
    ann, bob = counter.trader(0), counter.trader(1)
    numbers = [ann.sell(SYMBOL, "9", price)["order"] for price in ("12", "13")]
    bob.sell(SYMBOL, "7", "14", good_for_s=3_600)
    clock = counter.house.premises.clock
    monkeypatch.setattr(clock, "shift_s", 3_600 + 60)
    reduced = ann.venue.reduce(numbers[0], "4")
    assert (reduced["order"], reduced["left"], reduced["code"]) == (numbers[0], "4", "cancelled")
    assert ann.venue.receipt_of(reduced).most == 4
    assert ann.venue.cancel(numbers[1])["order"] == numbers[1]
    assert bob.venue.orders()[0]["code"] == "expired"


def test_numbers_beyond_all_bounds_are_told_so(counter: Counter) -> None:
    ann = counter.trader(0)
    for number in (2**63, 10**20):
        for call in (ann.venue.order, ann.venue.cancel):
            with pytest.raises(Problem, match="order-unknown"):
                call(number)
    known = ann.sell(SYMBOL, "9", "12")["order"]
    with pytest.raises(Problem, match="quantity-too-large"):
        ann.venue.reduce(known, "9" * 5_000)


def test_a_client_takes_no_option_that_it_does_not_know(counter: Counter) -> None:
    """`post_only=True` was dropped in silence, and the order was traded at once."""
    ann, cyd = counter.trader(0), counter.trader(2)
    ann.sell(SYMBOL, "5", "12")
    waiting = cyd.buy(SYMBOL, "1", "12", post_only=True)
    assert (waiting["status"], waiting["code"]) == ("cancelled", "would-take")
    assert cyd.buy(SYMBOL, 1, "11", time_in_force="immediate")["code"] == "not-traded-at-once"
    assert cyd.buy(SYMBOL, 1, "12", kind="market")["status"] == "filled"
    for how, code in (
        ({"colour": "red"}, "option-unknown"), ({"kind": "stop"}, "instruction-unknown"),
        ({"time_in_force": "day"}, "instruction-unknown"),
        ({"self_trade": "no"}, "instruction-unknown"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as found:
            cyd.buy(SYMBOL, "1", "12", **how)
        assert found.value.code == code
        assert found.value.cure
    for quantity, price in ((1.0, "12"), ("1", 12.5), (None, "12"), (True, "12")):
        with pytest.raises(Invalid, match="just that number"):
            cyd.buy(SYMBOL, quantity, price)  # type: ignore[arg-type]
    with pytest.raises(Problem, match="body-malformed"):
        cyd.venue._call("POST", "/v1/orders", {"order": {}, "signature": "0x", "post_only": True})
    for key in ("0x12", "zz", b"\x01" * 31):
        with pytest.raises(Invalid, match="no private key"):
            KeySigner(key)
