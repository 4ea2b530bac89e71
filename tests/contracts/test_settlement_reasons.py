"""Every reason for which settlement refuses a call, and what nobody can do by whatever call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tallystick.core.wallets import NOBODY
from tallystick.gateways.chain.contracts import revert_reason
from tallystick.markets.order_book import SelfTrade
from tallystick.markets.signed_orders import (
    Cancellation,
    Duration,
    Instructions,
    OrderTerms,
)
from tallystick.markets.standing import Reason
from tests.support.evm import TOKEN, Outcome
from tests.support.floor import (
    CONTRACT_WALLET,
    FEES,
    RICH,
    SETTLEMENT,
    VENUE,
    Floor,
    Match,
    malleated,
)
from tests.support.payouts import HOSTILE
from tests.support.world import OWNER, STRANGER, wallet


def pair(floor: Floor, **changes: object) -> Match:
    """A trade that settles, but for what is changed."""
    return floor.match(floor.order(0, buys=True), floor.order(1), **changes)


def answer_of(outcome: Outcome) -> bytes:
    """What a token answered for which a trade was busted."""
    event = next(each for each in SETTLEMENT.events.values() if each.name == "Busted")
    [log] = [each for each in outcome.logs if each[1][0] == event.topic]
    answer: bytes = event.decode(log[1], log[2])["answer"]
    return answer


def refusing(floor: Floor) -> Outcome:
    """What money leads to that says it moved nothing: the call within is refused."""
    assert floor.evm.act(OWNER, HOSTILE, floor.hostile, "behave", 1).ok
    match = floor.match(floor.order(0, buys=True, cash=floor.hostile),
                        floor.order(1, cash=floor.hostile))  # fmt: skip
    answer = answer_of(floor.settle([match]))
    return Outcome(False, answer, revert_reason("0x" + answer.hex()), 0, [])


REASONS: dict[str, Callable[[Floor], Outcome]] = {
    "expiry-too-far": lambda f: f.grant(f.session(0, 0, expiry=2**40), by=f.investors[0]),
    "lot-too-large": lambda f: f.settle([pair(f, units_per_lot=2**128)]),
    "market-without-code": lambda f: f.settle([pair(f, cash=wallet(66))]),
    "nonce-too-large": lambda f: f.call("cancel", 0, [2**64]),
    "not-for-others": lambda f: f.call("deliver", *[NOBODY] * 4, 1, 1, 1, FEES),
    "not-moved": refusing,
    "serial-too-high": lambda f: f.grant(f.session(0, 0, serial=2**64), by=f.investors[0]),
    "session-fee-too-high": lambda f: f.grant(
        f.session(0, 0, fee_bps=2**16), by=f.investors[0]),
    "session-key-invalid": lambda f: f.grant(
        msgspec.structs.replace(f.session(0, 0), key=f.investors[0]), by=f.investors[0]),
    "session-superseded": lambda f: [
        f.grant(f.session(0, 0), by=f.investors[0]) for _ in range(2)][1],
}  # fmt: skip


@pytest.fixture(scope="module")
def floor() -> Floor:
    return Floor()


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_of_settlement_is_given(floor: Floor, reason: str) -> None:
    with floor.evm.anchor():
        outcome = REASONS[reason](floor)
    assert (outcome.ok, outcome.reason) == (False, reason)


def outcome_of(floor: Floor, match: Match, **options: Any) -> str:
    """What becomes of one trade alone; nothing is left of it."""
    with floor.evm.anchor():
        outcome = floor.settle([match], **options)
    assert outcome.ok, outcome.reason
    return floor.outcomes(outcome)[match.number]


# --- what a signature is worth


def test_a_trade_settles_and_pays_both_fees(floor: Floor) -> None:
    with floor.evm.anchor():
        outcome = floor.settle([pair(floor, lots=2, fees=(2, 1))])
        assert floor.outcomes(outcome) == {1: ""}
        buyer, seller = floor.investors[:2]
        token = floor.world.tokens[0]
        assert floor.held(token, buyer) - RICH == RICH - floor.held(token, seller) == 20
        assert RICH - floor.held(floor.cash, buyer) == 202
        assert floor.held(floor.cash, seller) - RICH == 199
        assert floor.held(floor.cash, FEES) == 3


@pytest.mark.parametrize("change", [
    {"lots": 500}, {"price": 99}, {"fee_bps": 10_000}, {"expiry": 2**39}, {"nonce": 2},
    {"epoch": 1}, {"buys": True}, {"instructions": Instructions(post_only=True)},
])  # fmt: skip
def test_nothing_that_was_signed_can_be_changed(floor: Floor, change: dict[str, Any]) -> None:
    signed = floor.order(1)
    changed = floor.order(1, **change)
    forged = type(signed)(changed.terms, signed.signature)
    match = floor.match(floor.order(0, buys=True, price=200), forged)
    if change == {"buys": True}:
        match = floor.match(forged, floor.order(2))
    if change != {"epoch": 1}:
        assert outcome_of(floor, match) == Reason.NOT_SIGNED
    elif change == {"epoch": 1}:
        # The epoch is that of the security now, whatever is claimed.
        assert outcome_of(floor, floor.match(match.buy, changed)) == Reason.NOT_SIGNED


def test_an_order_is_for_one_venue(floor: Floor) -> None:
    assert outcome_of(floor, pair(floor), by=STRANGER) == Reason.NOT_SIGNED


def test_an_order_is_for_one_money_security_and_size_of_lot(floor: Floor) -> None:
    for change in ({"cash": floor.hostile}, {"security": floor.world.tokens[1]},
                   {"units_per_lot": 1}):  # fmt: skip
        assert outcome_of(floor, pair(floor, **change)) == Reason.NOT_SIGNED


def test_a_signature_has_one_form(floor: Floor) -> None:
    order = floor.order(1)
    other = type(order)(order.terms, malleated(order.signature))
    assert outcome_of(floor, floor.match(floor.order(0, buys=True), other)) == Reason.NOT_SIGNED


def test_nobody_signs_for_the_empty_address(floor: Floor) -> None:
    order = floor.order(1, investor=NOBODY, signer=NOBODY)
    for signature in (order.signature, bytes(64)):
        forged = type(order)(order.terms, signature)
        match = floor.match(floor.order(0, buys=True), forged)
        assert outcome_of(floor, match) == Reason.NOT_SIGNED


@pytest.mark.parametrize(("mode", "reason"), [
    (0, ""), (2, Reason.NOT_SIGNED), (3, Reason.NOT_SIGNED), (4, Reason.NOT_SIGNED),
    (5, Reason.NOT_SIGNED),
])  # fmt: skip
def test_a_contract_is_asked_for_its_signature(floor: Floor, mode: int, reason: str) -> None:
    """One that reverts, burns gas, says too little or changes something did not sign."""
    with floor.evm.anchor():
        assert floor.evm.act(OWNER, CONTRACT_WALLET, floor.contract_wallet, "behave", mode).ok
        assert outcome_of(floor, floor.match(floor.order(0, buys=True), floor.order(3))) == reason


# --- what a trade is worth


def test_a_trade_happens_once(floor: Floor) -> None:
    with floor.evm.anchor():
        first = pair(floor, lots=2)
        assert floor.outcomes(floor.settle([first])) == {1: ""}
        assert floor.outcomes(floor.settle([first])) == {1: Reason.START_DIFFERS}
        second = pair(floor, number=2, lots=3, starts=(2, 2))
        assert floor.settle([second, second]).ok
        assert floor.view("filledLots", floor.investors[0], 1) == 5


def test_a_busted_trade_never_settles_and_those_after_it_do(floor: Floor) -> None:
    """The lots of both orders are gone: what was busted cannot be brought back by anybody."""
    with floor.evm.anchor():
        floor.world.freeze(floor.investors[1], True)
        first = pair(floor, lots=2)
        assert floor.outcomes(floor.settle([first])) == {1: Reason.TOKENS_REFUSE}
        floor.world.freeze(floor.investors[1], False)
        assert floor.outcomes(floor.settle([first])) == {1: Reason.START_DIFFERS}
        assert floor.outcomes(floor.settle([pair(floor, number=2, starts=(2, 2))])) == {2: ""}
        floor.world.freeze(floor.investors[1], True)
        floor.world.freeze(floor.investors[1], False)


def test_one_trade_does_not_hold_up_another(floor: Floor) -> None:
    with floor.evm.anchor():
        floor.world.freeze(floor.investors[2], True)
        bad = floor.match(floor.order(0, buys=True, nonce=7), floor.order(2), number=2)
        outcome = floor.settle([bad, pair(floor)])
        assert floor.outcomes(outcome) == {2: Reason.TOKENS_REFUSE, 1: ""}
        floor.world.freeze(floor.investors[2], False)


def test_nothing_moves_by_halves(floor: Floor) -> None:
    """Money that is refused takes the units back; a fee that is refused takes back both."""
    with floor.evm.anchor():
        before = [floor.held(floor.world.tokens[0], who) for who in floor.investors]
        for allowed in (99, 100):
            floor.allow(floor.investors[0], floor.cash, allowed)
            match = pair(floor, number=allowed, fees=(1, 0), starts=(allowed - 99,) * 2)
            assert floor.outcomes(floor.settle([match])) == {allowed: Reason.TOKENS_REFUSE}
        assert before == [floor.held(floor.world.tokens[0], who) for who in floor.investors]
        assert floor.held(floor.cash, floor.investors[0]) == RICH


def test_a_bust_tells_what_the_token_answered(floor: Floor) -> None:
    with floor.evm.anchor():
        floor.allow(floor.investors[0], floor.cash, 0)
        assert b"insufficient-allowance" in answer_of(floor.settle([pair(floor)]))


def test_whoever_comes_with_too_little_gas_busts_nothing(floor: Floor) -> None:
    """At every amount of gas the batch is refused whole, or all its trades settle."""
    seen = set()
    with floor.evm.anchor():
        assert floor.evm.act(OWNER, HOSTILE, floor.hostile, "behave", 12).ok
        matches = [
            floor.match(floor.order(0, buys=True, nonce=number, cash=floor.hostile),
                        floor.order(1, nonce=number, cash=floor.hostile), number=number)
            for number in range(1, 6)
        ]  # fmt: skip
        for gas in range(1_000_000, 3_600_000, 20_000):
            with floor.evm.anchor():
                outcome = floor.settle(matches, gas=gas)
                busted = {reason for reason in floor.outcomes(outcome).values() if reason}
                seen.add((outcome.ok, len(floor.outcomes(outcome)), *busted))
    assert seen == {(False, 0), (True, 5)}


def test_a_contract_wallet_is_never_starved_into_not_having_signed(floor: Floor) -> None:
    match, seen = floor.match(floor.order(0, buys=True), floor.order(3)), set()
    for gas in range(900_000, 1_500_000, 10_000):
        with floor.evm.anchor():
            outcome = floor.settle([match], gas=gas)
            seen.add((outcome.ok, "" if not outcome.ok else floor.outcomes(outcome)[1]))
    assert seen == {(False, ""), (True, "")}


def test_money_that_calls_back_finds_the_door_shut(floor: Floor) -> None:
    with floor.evm.anchor():
        for name, data in (
            ("settle", floor.data([pair(floor, number=2)])),
            ("cancel", SETTLEMENT.function("cancel").encode(0, [9])),
            ("grantSession", SETTLEMENT.function("grantSession").encode(
                floor.session(0, 0, investor=floor.hostile).members, b"")),
            ("deliver", SETTLEMENT.function("deliver").encode(
                floor.world.tokens[0], floor.cash, floor.investors[1], floor.investors[0], 5, 0, 0,
                FEES)),
        ):  # fmt: skip
            assert floor.evm.act(OWNER, HOSTILE, floor.hostile, "behave", 5).ok
            assert floor.evm.act(OWNER, HOSTILE, floor.hostile, "plan", floor.settlement,
                                 bytes.fromhex(data[2:])).ok, name  # fmt: skip
            match = floor.match(floor.order(0, buys=True, cash=floor.hostile),
                                floor.order(1, cash=floor.hostile))  # fmt: skip
            with floor.evm.anchor():
                assert floor.outcomes(floor.settle([match])) == {1: ""}
                assert not floor.evm.view(HOSTILE, floor.hostile, "calledBack"), name


def test_the_contract_keeps_nothing_and_has_no_owner() -> None:
    assert not {"owner", "transferOwnership", "addAgent"} & set(SETTLEMENT.functions)
    changing = set(SETTLEMENT.functions) - SETTLEMENT.views
    assert changing == {"settle", "deliver", "cancel", "cancelFor", "grantSession"}


def test_settlement_and_venue_have_no_role_in_a_token(floor: Floor) -> None:
    for token in floor.world.tokens:
        for who in (floor.settlement, VENUE):
            for role in ("isAgent", "isOfficer"):
                assert not floor.evm.view(TOKEN, token, role, who)
            assert floor.evm.view(TOKEN, token, "owner") != who


# --- sessions and cancellations


def test_a_session_ends_when_its_investor_says_so(floor: Floor) -> None:
    with floor.evm.anchor():
        me = floor.investors[1]
        assert floor.grant(floor.session(1, 0), by=me).ok
        match = floor.match(floor.order(0, buys=True), floor.order(1, key=0))
        assert outcome_of(floor, match) == ""
        assert floor.grant(floor.session(1, 0, amount=0, serial=2), by=me).ok
        assert outcome_of(floor, match) == Reason.SESSION_USED_UP
        ended = floor.session(1, 0, securities=(), serial=3)
        assert floor.grant(ended, by=me).ok
        assert outcome_of(floor, match) == Reason.SESSION_OF_ANOTHER_MARKET


def test_a_session_ends_with_its_time(floor: Floor) -> None:
    with floor.evm.anchor():
        assert floor.grant(floor.session(1, 0, expiry=floor.now), by=floor.investors[1]).ok
        match = floor.match(floor.order(0, buys=True), floor.order(1, key=0))
        assert outcome_of(floor, match) == ""
        assert floor.grant(
            floor.session(1, 0, expiry=floor.now - 1, serial=2), by=floor.investors[1]
        ).ok
        assert outcome_of(floor, match) == Reason.SESSION_EXPIRED


def test_what_a_session_has_left_counts_settled_trades_alone(floor: Floor) -> None:
    with floor.evm.anchor():
        assert floor.grant(floor.session(1, 0, amount=250), by=floor.investors[1]).ok
        key, me = floor.session(1, 0).key, floor.investors[1]
        first = floor.match(floor.order(0, buys=True, lots=9), floor.order(1, key=0), fees=(0, 1))
        floor.allow(floor.investors[0], floor.cash, 0)
        assert floor.outcomes(floor.settle([first])) == {1: Reason.TOKENS_REFUSE}
        assert floor.view("sessionOf", me, key)[0] == 250
        floor.allow(floor.investors[0], floor.cash, 2**256 - 1)
        again = floor.match(first.buy, first.sell, number=2, fees=(0, 1), starts=(1, 1))
        assert floor.outcomes(floor.settle([again])) == {2: ""}
        assert floor.view("sessionOf", me, key)[0] == 149
        third = floor.match(first.buy, first.sell, number=3, lots=2, starts=(2, 2))
        assert floor.outcomes(floor.settle([third])) == {3: Reason.SESSION_USED_UP}


def test_a_key_signs_no_cancellation_and_no_session(floor: Floor) -> None:
    with floor.evm.anchor():
        assert floor.grant(floor.session(1, 0), by=floor.investors[1]).ok
        cancellation = Cancellation(investor=floor.investors[1], nonces=(1,))
        signature = floor.sign(floor.keys[0], cancellation.digest(floor.domain))
        assert floor.cancel(cancellation, signature).reason == "signature-invalid"
        more = floor.session(1, 1, serial=9)
        signature = floor.sign(floor.keys[0], more.digest(floor.domain))
        assert floor.grant(more, signature).reason == "signature-invalid"


def test_a_binding_cancel_binds_every_venue(floor: Floor) -> None:
    with floor.evm.anchor():
        assert floor.call("cancel", 0, [1], by=floor.investors[1]).ok
        assert outcome_of(floor, pair(floor)) == Reason.CANCELLED
        elsewhere = floor.match(floor.order(0, buys=True, venue=STRANGER),
                                floor.order(1, venue=STRANGER))  # fmt: skip
        assert outcome_of(floor, elsewhere, by=STRANGER) == Reason.CANCELLED
        assert floor.view("filledLots", floor.investors[1], 1) == 2**64 - 1
        assert floor.call("cancel", 9, [], by=floor.investors[0]).ok
        assert floor.view("lowestNonce", floor.investors[0]) == 9
        assert floor.view("filledLots", floor.investors[0], 8) == 2**64 - 1
        assert floor.view("filledLots", floor.investors[0], 9) == 0
        assert floor.call("cancel", 3, [], by=floor.investors[0]).ok
        assert floor.view("lowestNonce", floor.investors[0]) == 9


# --- twins


def test_what_is_signed_is_what_wallets_hash(floor: Floor) -> None:
    """The typed data that a wallet is given hashes to the digest that we sign."""
    from eth_account.messages import encode_typed_data  # noqa: PLC0415
    from eth_utils.crypto import keccak  # noqa: PLC0415

    instructions = Instructions(
        duration=Duration.FILL_OR_KILL, self_trade=SelfTrade.DECREMENT, hold=True
    )
    order = floor.order(0, key=1, instructions=instructions).terms
    cancellation = Cancellation(investor=floor.investors[0], lowest_nonce=3, nonces=(5, 7))
    for each in (order, floor.session(0, 1), cancellation):
        message = encode_typed_data(full_message=each.typed(floor.domain))
        hashed = keccak(b"\x19" + message.version + message.header + message.body)
        assert hashed == each.digest(floor.domain)
    assert floor.view("DOMAIN_SEPARATOR") == floor.domain.separator
    assert floor.view("eip712Domain")[1:5] == ("Tallystick", "1", 1, floor.settlement)


def test_instructions_are_numbers_of_their_own() -> None:
    numbers = {
        Instructions(duration, post, market, own, hold).number
        for duration in Duration for post in (False, True) for market in (False, True)
        for own in SelfTrade for hold in (False, True)
    }  # fmt: skip
    assert len(numbers) == 3 * 2 * 2 * 4 * 2
    assert max(numbers) < 2**16
    assert OrderTerms.__struct_fields__[-1] == "instructions"
