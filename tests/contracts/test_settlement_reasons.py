"""Every reason for which settlement refuses a call, and what nobody can do by whatever call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tallystick.core.typed_data import Domain
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
    SignedOrder,
    malleated,
)
from tests.support.payouts import HOSTILE
from tests.support.world import OWNER, STRANGER, wallet


def pair(floor: Floor, **changes: object) -> Match:
    """A trade that settles, but for what is changed."""
    return floor.match(floor.order(0, buys=True), floor.order(1), **changes)


def busted_of(outcome: Outcome) -> dict[str, Any]:
    """What the chain says of the one trade that was busted."""
    event = next(each for each in SETTLEMENT.events.values() if each.name == "Busted")
    [log] = [each for each in outcome.logs if each[1][0] == event.topic]
    return event.decode(log[1], log[2])


def answer_of(outcome: Outcome) -> bytes:
    """What a token answered for which a trade was busted."""
    answer: bytes = busted_of(outcome)["answer"]
    return answer


def refusing(floor: Floor) -> Outcome:
    """What money leads to that says it moved nothing: the call within is refused."""
    assert floor.evm.act(OWNER, HOSTILE, floor.hostile, "behave", 1).ok
    match = floor.match(floor.order(0, buys=True, cash=floor.hostile),
                        floor.order(1, cash=floor.hostile))  # fmt: skip
    answer = answer_of(floor.settle([match]))
    return Outcome(False, answer, revert_reason("0x" + answer.hex()), 0, [])


HOLD = Instructions(hold=True)
REASONS: dict[str, Callable[[Floor], Outcome]] = {
    "amount-too-large": lambda f: f.grant(f.session(0, 0, amount=2**128), by=f.investors[0]),
    "expiry-too-far": lambda f: f.grant(f.session(0, 0, expiry=2**40), by=f.investors[0]),
    "nonce-too-large": lambda f: f.void(0, nonces=[2**64]),
    "held-already": lambda f: [f.hold(f.order(1, instructions=HOLD)) for _ in range(2)][1],
    "market-unfit": lambda f: f.hold(f.order(1, instructions=HOLD, units_per_lot=0)),
    "no-hold-asked": lambda f: f.hold(f.order(1)),
    "nothing-held": lambda f: f.release(f.order(1)),
    "nothing-to-hold": lambda f: f.hold(f.order(1, instructions=HOLD, lots=0)),
    "still-held": lambda f: [f.hold(f.order(1, instructions=HOLD)),
                             f.release(f.order(1), by=STRANGER)][1],
    "not-for-others": lambda f: f.call("deliver", *[NOBODY] * 4, 1, 1, 1, FEES),
    "not-moved": refusing,
    "not-yours": lambda f: f.call("cancel", f.investors[0], f.investors[0], 9, [], by=STRANGER),
    "serial-too-high": lambda f: f.grant(f.session(0, 0, serial=2**64), by=f.investors[0]),
    "session-fee-too-high": lambda f: f.grant(
        f.session(0, 0, fee_bps=2**16), by=f.investors[0]),
    "session-key-invalid": lambda f: f.grant(
        msgspec.structs.replace(f.session(0, 0), key=f.investors[0]), by=f.investors[0]),
    "session-superseded": lambda f: [
        f.grant(f.session(0, 0), by=f.investors[0]) for _ in range(2)][1],
    "units-not-for-each": lambda f: f.grant(f.session(0, 0, units=()), by=f.investors[0]),
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
    (5, Reason.NOT_SIGNED), (7, Reason.NOT_SIGNED),
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
        me = floor.investors[0]
        assert floor.view("filledLots", me, me, 1) == 5


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


@pytest.mark.parametrize(("change", "reason"), [
    ({"lots": 0}, Reason.OF_NOTHING), ({"price": 0}, Reason.OF_NOTHING),
    ({"units_per_lot": 0}, Reason.MARKET_UNFIT), ({"units_per_lot": 2**128}, Reason.MARKET_UNFIT),
    ({"cash": wallet(66)}, Reason.MARKET_UNFIT), ({"security": wallet(66)}, Reason.MARKET_UNFIT),
])  # fmt: skip
def test_a_trade_of_nothing_moves_nothing(
    floor: Floor, change: dict[str, Any], reason: Reason
) -> None:
    """Neither does one of what is no market; the other trades of the batch settle."""
    signed = {name: value for name, value in change.items() if name != "lots"}
    buy = floor.order(0, buys=True, nonce=8, **signed)
    bad = floor.match(buy, floor.order(1, nonce=8, **signed), number=2, **change)
    with floor.evm.anchor():
        assert floor.outcomes(floor.settle([bad, pair(floor)])) == {2: reason, 1: ""}


def test_a_security_that_does_not_say_its_epoch_is_no_market(floor: Floor) -> None:
    """What a unit of it is could have been changed without anybody seeing it."""
    match = floor.match(floor.order(0, buys=True, security=floor.contract_wallet),
                        floor.order(1, security=floor.contract_wallet))  # fmt: skip
    assert outcome_of(floor, match) == Reason.MARKET_UNFIT


def test_a_fee_is_never_more_than_what_the_seller_is_paid(floor: Floor) -> None:
    sell = floor.order(1, fee_bps=20_000)
    for fee, reason in ((100, ""), (101, Reason.FEE_TOO_HIGH)):
        match = floor.match(floor.order(0, buys=True), sell, fees=(0, fee))
        assert outcome_of(floor, match) == reason


def test_an_order_ends_with_its_second(floor: Floor) -> None:
    for late_s, reason in ((0, ""), (1, Reason.EXPIRED)):
        match = floor.match(floor.order(0, buys=True), floor.order(1, expiry=floor.now - late_s))
        assert outcome_of(floor, match) == reason


def test_an_order_is_for_one_chain(floor: Floor) -> None:
    order = floor.order(1)
    elsewhere = floor.sign(floor.people[1], order.terms.digest(Domain(2, floor.domain.contract)))
    match = floor.match(floor.order(0, buys=True), type(order)(order.terms, elsewhere))
    assert outcome_of(floor, match) == Reason.NOT_SIGNED


def test_orders_of_neighbouring_numbers_are_counted_apart(floor: Floor) -> None:
    with floor.evm.anchor():
        me, numbers = floor.investors[1], (4, 5, 6, 7, 2**64 - 4, 2**64 - 1)
        for at, nonce in enumerate(numbers):
            sell = floor.order(1, nonce=nonce, lots=at + 1)
            buy = floor.order(0, buys=True, nonce=nonce, lots=at + 1)
            match = floor.match(buy, sell, lots=at + 1, number=at + 1)
            assert floor.outcomes(floor.settle([match])) == {at + 1: ""}
        assert [floor.view("filledLots", me, me, each) for each in numbers] == [1, 2, 3, 4, 5, 6]
        assert floor.void(1, nonces=[5, 2**64 - 4]).ok
        left = [floor.view("filledLots", me, me, each) for each in numbers]
        assert left == [1, 2**64 - 1, 3, 4, 2**64 - 1, 6]


def test_a_bust_tells_whose_order_stood(floor: Floor) -> None:
    good, late = floor.order(0, buys=True), floor.order(1, expiry=floor.now - 1)
    early, fine = floor.order(0, buys=True, expiry=floor.now - 1), floor.order(1)
    found = []
    for match in (floor.match(good, late), floor.match(early, fine), floor.match(early, late),
                  floor.match(good, fine, lots=0)):  # fmt: skip
        with floor.evm.anchor():
            found.append(busted_of(floor.settle([match]))["stood"])
    assert found == [1, 2, 0, 0]
    with floor.evm.anchor():
        floor.allow(floor.investors[0], floor.cash, 0)
        assert busted_of(floor.settle([floor.match(good, fine)]))["stood"] == 3


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


def test_what_contracts_burn_to_confirm_is_not_missing_where_tokens_move(floor: Floor) -> None:
    """Both sides are wallets that burn all they are left; the money needs all it is left."""
    owner = floor.people[1]
    second = floor.evm.deploy(CONTRACT_WALLET.creation(owner.address))
    seen = set()
    with floor.evm.anchor():
        for at in (floor.contract_wallet, second):
            assert floor.evm.act(OWNER, CONTRACT_WALLET, at, "behave", 6).ok
        session = msgspec.structs.replace(floor.session(1, 0), key=second, cash=floor.hostile)
        assert floor.grant(session, by=floor.investors[1]).ok
        terms = floor.order(1, cash=floor.hostile, signer=second).terms
        sell = SignedOrder(terms, floor.sign(owner, terms.digest(floor.domain)))
        match = floor.match(floor.order(3, buys=True, cash=floor.hostile), sell)
        assert floor.evm.act(OWNER, HOSTILE, floor.hostile, "behave", 13).ok
        for gas in range(900_000, 1_500_000, 5_000):
            with floor.evm.anchor():
                outcome = floor.settle([match], gas=gas)
                seen.add((outcome.ok, "" if not outcome.ok else floor.outcomes(outcome)[1]))
    assert seen == {(False, ""), (True, "")}


def _own(floor: Floor) -> Cancellation:
    return Cancellation(investor=floor.investors[0], signer=floor.investors[0], nonces=(9,))


def test_money_that_calls_back_finds_the_door_shut(floor: Floor) -> None:
    with floor.evm.anchor():
        for name, data in (
            ("settle", SETTLEMENT.function("settle").encode([], [], [], FEES)),
            ("cancel", SETTLEMENT.function("cancel").encode(
                floor.hostile, floor.hostile, 0, [9])),
            ("cancelFor", SETTLEMENT.function("cancelFor").encode(
                *floor.voided(_own(floor)), floor.sign(
                    floor.people[0], _own(floor).digest(floor.domain)))),
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
    assert changing == {"settle", "deliver", "deliverHeld", "hold", "release", "cancel",
                        "cancelFor", "grantSession"}  # fmt: skip


def test_settlement_and_venue_have_no_role_in_a_token(floor: Floor) -> None:
    for token in floor.world.tokens:
        for who in (floor.settlement, VENUE):
            for role in ("isAgent", "isOfficer"):
                assert not floor.evm.view(TOKEN, token, role, who)
            assert floor.evm.view(TOKEN, token, "owner") != who


# --- twins


def test_what_is_signed_is_what_wallets_hash(floor: Floor) -> None:
    """The typed data that a wallet is given hashes to the digest that we sign."""
    from eth_account.messages import encode_typed_data  # noqa: PLC0415
    from eth_utils.crypto import keccak  # noqa: PLC0415

    instructions = Instructions(
        duration=Duration.FILL_OR_KILL, self_trade=SelfTrade.DECREMENT, hold=True
    )
    order = floor.order(0, key=1, instructions=instructions).terms
    cancellation = Cancellation(investor=floor.investors[0], signer=order.signer, lowest_nonce=3,
                                nonces=(5, 7))  # fmt: skip
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
