"""The venue over HTTP, as people with wallets of their own use it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
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
from tallystick.markets.venue import entries as said
from tests.support.counter import SYMBOL, Counter, Listening, key_of, market_of_four
from tests.support.desk import Desk, copy_of


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return market_of_four(tmp_path_factory.mktemp("counter") / "data")


@pytest.fixture
def counter(opened: Desk, tmp_path: Path) -> Iterator[Counter]:
    made = Counter(copy_of(opened, tmp_path))
    yield made
    made.close()


def until(holds: Any, timeout_s: float = 20.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refusals(problem: Problem) -> set[str]:
    return {each["code"] for each in problem.refusals}


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
        caller = Caller(Wallet("0x" + "12" * 20), Wallet("0x" + "12" * 20))
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


def test_a_market_is_halted_and_resumed_by_its_operator(counter: Counter) -> None:
    ann = counter.trader(0)
    assert counter.operator.halt(SYMBOL, "news")["halted"] == "news"
    with pytest.raises(Problem) as found:
        ann.sell(SYMBOL, "5", "10")
    assert refusals(found.value) == {"market-halted"}
    assert counter.operator.resume(SYMBOL)["phase"] == "call"
    assert ann.sell(SYMBOL, "5", "10")["status"] == "open"


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


def test_everybody_sees_what_he_has_and_what_of_it_is_free(counter: Counter) -> None:
    ann, cyd = counter.trader(0), counter.trader(2)
    ann.sell(SYMBOL, "30", "10.50")
    before = {each["symbol"]: each for each in ann.venue.positions()["positions"]}
    assert (before["ACME"]["held"], before["ACME"]["bound"], before["ACME"]["free"]) == (
        "1,000", "30", "970")  # fmt: skip
    assert (before["USD"]["held"], before["USD"]["free"]) == ("100,000.00", "100,000.00")
    cyd.buy(SYMBOL, "20", "11")

    def settled() -> bool:
        mine = {each["symbol"]: each for each in cyd.venue.positions()["positions"]}
        units, money = mine["ACME"], mine["USD"]
        # Units that were bought are there once, as held or as coming in.
        assert sorted((units["held"], units["incoming"])) == ["0", "20"]
        assert (money["held"], money["owed"]) in {
            ("100,000.00", "210.21"), ("99,789.79", "0.00")
        }  # fmt: skip
        assert money["free"] == "99,789.79"
        return bool(units["held"] == "20")

    until(settled)
    [traded] = cyd.venue.positions()["traded"]
    assert traded == {"symbol": SYMBOL, "trades": 1, "bought": "20", "sold": "0",
                      "paid": "210.21", "received": "0.00", "fees": "0.21"}  # fmt: skip
    until(lambda: {each["symbol"]: each["held"] for each in ann.venue.positions()["positions"]}
          == {"ACME": "980", "USD": "100,209.90"})  # fmt: skip
    # What is seen of the state is on the disk, and in the records with it.
    assert [(each["side"], each["status"]) for each in ann.venue.fills()] == [("sell", "settled")]
    assert cyd.venue.fills()[0]["side"] == "buy"


@pytest.mark.parametrize("ask", ["markets", "book", "positions"])
def test_nobody_looks_at_a_book_while_an_entry_is_applied(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    """Asking a book for its best price tidies it up, which took orders out that were being met."""
    inquiries, sequencer = counter.house.inquiries, counter.house.floor.sequencer
    inside, go, seen = threading.Event(), threading.Event(), threading.Event()
    apply = sequencer.venue.apply

    def slowly(journaled: Any) -> Any:
        inside.set()
        assert go.wait(20)
        return apply(journaled)

    asked: dict[str, tuple[Any, ...]] = {
        "markets": (), "book": (SYMBOL, 5), "positions": (Caller(operator=True), "0x" + "11" * 20),
    }  # fmt: skip

    def look() -> None:
        getattr(inquiries, ask)(*asked[ask])
        seen.set()

    monkeypatch.setattr(sequencer.venue, "apply", slowly)
    answer = sequencer.submit(said.Ticked())
    assert inside.wait(20)
    threading.Thread(target=look, daemon=True).start()
    assert not seen.wait(0.3)
    go.set()
    answer.result(20)
    assert seen.wait(20)


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


def test_who_writes_records_is_begun_again_if_it_ended(counter: Counter) -> None:
    ann = counter.trader(0)
    ann.sell(SYMBOL, "9", "12")
    writer = counter.house.recorder._process
    assert writer is not None
    writer.kill()
    writer.wait()
    ann.sell(SYMBOL, "9", "13")
    assert len(ann.venue.orders()) == 2
    assert counter.house.recorder._process is not writer


def test_what_the_venue_halts_for_itself_nobody_halts_for(counter: Counter) -> None:
    for code in ("", "security-paused", "venue-not-allowed", "dossier-stale", "epoch-passed"):
        with pytest.raises(Problem, match="halt-reserved"):
            counter.operator.halt(SYMBOL, code)
    assert counter.operator.markets()[0]["phase"] == "continuous"


HALL = """
kind = "property"

[[entries]]
kind = "parcel"
number = "12/4"
registry = "Springfield"
established = "2020-01-10"
until = "never"

[[entries]]
kind = "valuation"
amount = "EUR 900,000"
by = "A. Valuer"
established = "2020-02-01"
until = "{until}-01-31"
"""


def test_a_market_is_halted_as_long_as_the_dossier_of_its_asset_does_not_hold(
    opened: Desk, tmp_path: Path
) -> None:
    """No one need do anything for it, and the operator cannot let it go on before it is mended."""
    desk = copy_of(opened, tmp_path)
    desk.must("dossier", "set", "ACME", desk.file("old.toml", HALL.format(until="2021")))
    counter = Counter(desk)
    try:

        def phase() -> tuple[str, str]:
            [market] = counter.operator.markets()
            return market["phase"], market["halted"]

        assert phase() == ("halted", "dossier-stale")
        with pytest.raises(Problem) as found:
            counter.trader(0).sell(SYMBOL, "5", "12")
        assert refusals(found.value) == {"market-halted"}
        with pytest.raises(Problem, match="market-still-halted"):
            counter.operator.resume(SYMBOL)
        counter.operator.halt(SYMBOL, "by-hand")
        assert phase() == ("halted", "dossier-stale")
        desk.must("dossier", "set", "ACME", desk.file("new.toml", HALL.format(until="2090")))
        until(lambda: phase() == ("call", ""))
        until(lambda: phase()[0] == "call")
        counter.operator.halt(SYMBOL, "by-hand")
        desk.must("dossier", "set", "ACME", desk.file("newer.toml", HALL.format(until="2091")))
        assert phase() == ("halted", "by-hand")
        assert counter.operator.resume(SYMBOL)["phase"] == "call"
    finally:
        counter.close()


def test_nobody_sees_what_another_has(counter: Counter) -> None:
    ann, bob = counter.trader(0), counter.trader(1)
    place = counter.operator.status()["place"]
    for who, asked in ((bob.venue, ann.investor), (VenueClient(counter.url), ann.investor)):
        with pytest.raises(Problem, match="not-logged-in"):
            who.positions(asked)
    with pytest.raises(Problem, match="not-logged-in"):
        VenueClient(counter.url).positions()
    with pytest.raises(Problem, match="wallet-malformed"):
        counter.operator.positions()
    assert counter.operator.status()["place"] == place
    stranger = counter.operator.positions("0x" + "77" * 20)
    assert (stranger["positions"], stranger["traded"]) == ([], [])
    assert counter.operator.positions(ann.investor)["positions"][0]["held"] == "1,000"


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


def test_a_command_waits_until_the_venue_knows_what_it_did_before(opened: Desk, tmp_path: Path
                                                                  ) -> None:  # fmt: skip
    """The first order of somebody was refused, as the venue had not seen his permit yet."""
    desk = copy_of(opened, tmp_path)
    desk.must("holders", "import", desk.file(
        "new.csv", "reference,name,country,verified\nP-8,Kept,DE,never\n"))  # fmt: skip
    desk.must("mint", "ACME", "P-8", "100")
    counter = Counter(desk)
    try:
        before = desk.answer("order", "positions", "P-8")["positions"][0]
        assert (before["held"], before["free"], before["allowed_to_settle"]) == ("100", "0", False)
        assert "permits the rest" in desk.must("order", "positions", "P-8").output
        placed = desk.answer("order", "place", "sell", "ACME", "10", "15", "P-8")
        assert placed["status"] == "open"
    finally:
        counter.close()


def test_an_order_that_leaves_at_once_says_why(opened: Desk, tmp_path: Path) -> None:
    desk = copy_of(opened, tmp_path)
    desk.must("holders", "import", desk.file(
        "new.csv", "reference,name,country,verified\nP-8,Kept,DE,never\n"))  # fmt: skip
    desk.must("cash", "mint", "USD", "P-8", "1000")
    shown = desk.must("order", "place", "buy", "ACME", "1", "9", "P-8", "--time-in-force",
                      "immediate").output  # fmt: skip
    assert "not-traded-at-once" in shown
    assert "What could not be traded at once does not wait" in shown
    told = desk.must("order", "show", "1").output
    assert "accepted" in told
    assert "left not-traded-at-once" in told


def test_a_market_is_changed_in_what_is_said_alone(opened: Desk, tmp_path: Path) -> None:
    """Hours that were set took the fees back to nothing."""
    desk = copy_of(opened, tmp_path)
    change = ("market", "open", "ACME", "--cash", "USD", "--tick", "0.01", "--reference", "10")
    hours = ("--hours", "daily 08:00 continuous", "--hours", "daily 20:00 closed")
    set_ = desk.answer(*change, *hours, "--band-bps", "500")
    assert (set_["maker_bps"], set_["taker_bps"], set_["band_bps"], set_["call_s"]) == (
        5, 10, 500, 120)  # fmt: skip
    kept = desk.answer(*change, "--taker-bps", "0")
    assert (kept["maker_bps"], kept["taker_bps"], kept["band_bps"]) == (5, 0, 500)
    assert kept["hours"] == ["daily 08:00 continuous", "daily 20:00 closed"]
    assert desk.answer(*change, "--hours", "always")["hours"] == []
    assert desk.failing(*change, "--lot", "2") == "market-lot-differs"
    assert desk.answer(*change, "--lot", "1")["lot"] == "1"
    shown = desk.must("market", "show", "ACME").output
    assert "settlement contract 0x" in shown
