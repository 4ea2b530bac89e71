"""Exchanges of units for others: all that is bound to them goes over, twin against chain."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.claims import Claims
from tallystick.securities.codes import Code
from tallystick.securities.exchanges import Ratio
from tallystick.securities.proposal import Movement, RuleSet
from tests.support.evm import TOKEN, Outcome
from tests.support.folding import Folding
from tests.support.world import AGENT, DOCUMENT, OFFICER, OWNER, STRANGER, World, wallet

VERIFIED = Claims((65_535, 0, 0, 0, 0, 65_535, 0, 0))
ANN, BOB, CYD, DAN, HER_SECOND = (wallet(number) for number in range(1, 6))
DAY = 86_400
LOCKED = RuleSet(lock_up=True, holding_period_s=10 * DAY, affiliate_volume_bps=10_000,
                 affiliate_window_days=5)  # fmt: skip
SPLIT = Ratio(3, 2)


def world(rules: RuleSet = RuleSet(), *, limits: bool = True) -> World:
    """Two classes that count with the issuer; Ann has two wallets; some units of the first."""
    made = World(rules, classes=2, issuer_limits=limits)
    for home in (ANN, BOB, CYD, DAN):
        made.admit(home, claims=VERIFIED)
    made.link(ANN, HER_SECOND)
    for one, units in ((ANN, 5), (HER_SECOND, 7), (BOB, 9), (CYD, 1)):
        made.mint(one, units)
    return made


def token(made: World, caller: str, name: str, *args: object, at: int = 0) -> Outcome:
    return made.evm.act(caller, TOKEN, made.tokens[at], name, *args)


def agrees(made: World) -> None:
    made.compare([ANN, BOB, CYD, DAN, HER_SECOND])
    Folding(made).check()


def test_a_split_gives_each_what_his_total_is_worth() -> None:
    """3 for 2: Ann's 12 in two wallets are 18, not 7 and 10; a half of a unit is left to others."""
    made = world()
    made.exchange_all(SPLIT)
    assert made.model.balances == {ANN: 7, HER_SECOND: 11, BOB: 13, CYD: 1}
    told = [log for _, logs in made.evm.logged for log in logs
            if log[1][0] == _topic("Exchanged")]  # fmt: skip
    remainders = {Wallet("0x" + topics[1][-40:]): int(data[-64:], 16) for _, topics, data in told}
    assert remainders == {ANN: 0, BOB: 1, CYD: 1}
    assert made.evm.view(TOKEN, made.token, "epoch") == 1
    assert made.transfer(BOB, DAN, 3) == 0
    agrees(made)


def _topic(name: str) -> str:
    return next(event.topic for event in TOKEN.events.values() if event.name == name)


def test_a_reverse_split_ends_who_had_less_than_one_unit() -> None:
    made = world()
    made.exchange_all(Ratio(1, 10))
    assert made.model.balances == {ANN: 0, HER_SECOND: 1, BOB: 0, CYD: 0}
    assert made.model.tally.total == 1
    assert made.registry.tally.total == 1
    agrees(made)


@pytest.mark.parametrize("ratio", [SPLIT, Ratio(2, 1), Ratio(2, 3)])
@pytest.mark.parametrize("to", [None, 1])
def test_locks_freezes_legends_and_volumes_go_over(ratio: Ratio, to: int | None) -> None:
    made = world(LOCKED)
    made.mint(BOB, 11, acquired_at=made.now - 3 * DAY)
    made.mint(BOB, 6, acquired_at=made.now - 30 * DAY)
    made.set_frozen_units(BOB, 5)
    made.place_legend(CYD, 1)
    made.freeze(CYD, True)
    made.advance(8 * DAY)
    assert made.transfer(BOB, DAN, 3) == 0
    before = made.model.party(BOB)
    made.exchange_all(ratio, to=to)
    after = made.models[to or 0].party(BOB)
    assert after.frozen_units == ratio.up(5)
    assert after.legend_units == 0
    free = before.total - before.lots.locked_units(made.now)
    assert after.total - after.lots.locked_units(made.now) == ratio.down(free)
    today = made.now // DAY
    assert after.sold(today, 5) == (max(3, ratio.up(3)) if to is None else ratio.up(3))
    cyd = made.models[to or 0].party(CYD)
    assert (cyd.frozen, cyd.legend_units) == ((True, ratio.up(1)) if to is None or
                                              ratio.down(1) else (False, 0))  # fmt: skip
    agrees(made)


def test_where_units_come_from_goes_over_to_the_unit() -> None:
    made = world(LOCKED)
    made.mint(BOB, 11, acquired_at=made.now - 3 * DAY)
    made.exchange_all(SPLIT)
    [first, second] = made.model.parcels[BOB].held
    assert (first.units, second.units) == (16, 14)
    assert first.since < second.since
    agrees(made)


def test_a_merger_makes_one_class_of_two_and_counts_nobody_twice() -> None:
    """A holder of both is one; an heir stays one; a limit does not stand in the way."""
    made = world()
    made.mint(BOB, 4, at=1)
    made.declare(Movement.INHERITANCE, BOB, DAN, 2)
    made.set_issuer_limits(3, None)
    made.exchange_all(Ratio(1, 2), to=1)
    assert made.models[1].balances == {BOB: 7, ANN: 2, HER_SECOND: 4, DAN: 1}
    assert made.model.supply == 0
    assert made.model.tally.total == 0
    assert made.registry.tally.total == 2
    assert made.evm.view(TOKEN, made.token, "successor") == made.tokens[1]
    assert token(made, AGENT, "unpause").reason == "exchange-under-way"
    assert token(made, AGENT, "mint", BOB, 1).reason == "paused"
    agrees(made)


def test_units_in_a_lost_wallet_are_recovered_before_a_merger() -> None:
    """In the other security a lost home wallet stands for the sum of all (found by chance)."""
    made = world()
    made.mint(BOB, 4, at=1)
    assert made.recover(BOB, wallet(9), at=1) == ""
    made.begin_exchange(SPLIT, to=1)
    assert made.exchange([ANN], to=1) == ""
    assert made.exchange([BOB], to=1) == "wallet-retired"
    made.compare([ANN, BOB, CYD, DAN, HER_SECOND])


def test_what_was_held_at_a_record_date_stays_what_it_was() -> None:
    made = world()
    made.set_record_date(0)
    made.exchange_all(SPLIT)
    view = made.evm.view
    assert view(TOKEN, made.token, "balanceOfAt", BOB, 1) == 9
    assert view(TOKEN, made.token, "totalSupplyAt", 1) == 22
    agrees(made)


def test_nothing_moves_while_units_are_exchanged() -> None:
    made = world()
    made.begin_exchange(SPLIT)
    assert made.exchange([ANN]) == ""
    for caller, name, args, reason in (
        (ANN, "transfer", (BOB, 1), "paused"), (AGENT, "mint", (BOB, 1), "paused"),
        (AGENT, "forcedTransfer", (ANN, BOB, 1), "exchange-under-way"),
        (AGENT, "burn", (ANN, 1), "exchange-under-way"),
        (AGENT, "setRecordDate", (0,), "exchange-under-way"),
        (AGENT, "declaredTransfer", (6, ANN, BOB, 1), "paused"),
        (AGENT, "unpause", (), "exchange-under-way"), (AGENT, "endExchange", (), "units-left"),
    ):  # fmt: skip
        assert token(made, caller, name, *args).reason == reason
    assert made.exchange([BOB, CYD]) == ""
    made.end_exchange()
    assert made.transfer(ANN, BOB, 1) == 0
    agrees(made)


def test_what_would_be_refused_anyway_is_refused_for_its_own_reason() -> None:
    """Both sides look at the receiver and the units before the exchange (found by chance)."""
    made = world()
    made.begin_exchange(SPLIT)
    assert made.force(ANN, wallet(9), 1) is Code.RECEIVER_UNKNOWN
    assert made.burn(ANN, 1_000) is Code.INSUFFICIENT_BALANCE
    assert made.force(ANN, BOB, 1) is None
    assert made.burn(ANN, 1) is None


def test_nobody_is_exchanged_twice_or_in_part() -> None:
    made = world()
    made.begin_exchange(SPLIT)
    for wallets, reason in (
        ([ANN], "wallets-missing"), ([HER_SECOND], "wallets-missing"),
        ([BOB, ANN, HER_SECOND, BOB], "exchanged-already"), ([ANN, ANN], "wallet-without-units"),
        ([ANN, DAN], "wallets-missing"), ([DAN], "wallet-without-units"),
    ):  # fmt: skip
        assert token(made, AGENT, "exchange", wallets).reason == reason
    assert token(made, AGENT, "exchange", [HER_SECOND, ANN, BOB]).ok
    for wallets in ([ANN, HER_SECOND], [BOB]):
        assert token(made, AGENT, "exchange", wallets).reason == "exchanged-already"


def test_investors_go_in_any_order_and_nobody_is_left_behind() -> None:
    """One who was passed over is exchanged later (found by review)."""
    made = world()
    made.begin_exchange(SPLIT)
    assert made.exchange([CYD]) == ""
    assert made.exchange([BOB, ANN]) == ""
    made.end_exchange()
    agrees(made)


def test_a_wallet_that_is_lost_meanwhile_is_recovered_and_exchanged() -> None:
    """Be it that it was retired through another security (found by review)."""
    made = world()
    made.mint(BOB, 4, at=1)
    made.begin_exchange(SPLIT, to=1)
    assert made.recover(BOB, wallet(9), at=1) == ""
    assert made.exchange([BOB], to=1) == "wallet-retired"
    assert made.recover(BOB, wallet(9)) == ""
    assert made.exchange([ANN, BOB, CYD], to=1) == ""
    made.end_exchange(to=1)
    made.compare([ANN, BOB, CYD, DAN, HER_SECOND, wallet(9)])


def test_many_wallets_are_brought_together_while_units_are_exchanged() -> None:
    """More than one transaction takes; forced, within the investor alone (found by review)."""
    made = world()
    more = [wallet(100 + at) for at in range(17)]
    for own in more:
        made.link(DAN, own)
        made.mint(own, 1)
    made.begin_exchange(SPLIT)
    assert not made.evm.act(AGENT, TOKEN, made.token, "exchange", more).ok
    assert made.force(more[0], BOB, 1) is None
    assert made.force(more[0], more[1], 1) is Code.ALLOWED
    assert made.exchange([ANN, BOB, CYD, DAN]) == ""
    made.end_exchange()
    agrees(made)


def test_an_exchange_that_nobody_went_through_is_withdrawn() -> None:
    made = world()
    made.begin_exchange(SPLIT)
    made.withdraw_exchange()
    assert made.transfer(ANN, BOB, 1) == 0
    made.exchange_all(SPLIT)
    agrees(made)


def test_an_exchange_for_another_security_ends_half_way() -> None:
    """Who went over stays there, the others keep what they have."""
    made = world()
    made.begin_exchange(SPLIT, to=1)
    assert made.exchange([BOB], to=1) == ""
    made.withdraw_exchange()
    assert made.evm.view(TOKEN, made.token, "successor") == NOBODY
    assert made.transfer(ANN, CYD, 1) == 0
    made.exchange_all(SPLIT, to=1)
    assert made.model.supply == 0
    agrees(made)


def test_no_record_date_lies_within_an_exchange() -> None:
    """Old and new units would be counted together (found by review)."""
    made = world()
    made.set_record_date(10)
    assert announce(made).ok
    assert token(made, AGENT, "beginExchange").reason == "record-date-ahead"
    made.advance(10)
    assert token(made, AGENT, "beginExchange").ok
    assert token(made, AGENT, "setRecordDate", made.now + 100).reason == "exchange-under-way"


def test_units_go_over_to_no_security_that_is_exchanged_itself() -> None:
    """They would be doubled, or lost with it (found by review)."""
    made = world()
    made.mint(BOB, 4, at=1)
    made.begin_exchange(SPLIT, to=1)
    assert token(made, OFFICER, "announceExchange", made.tokens[1], 2, 1, 0, 1, DOCUMENT, at=1).ok
    assert token(made, AGENT, "beginExchange", at=1).ok
    assert token(made, AGENT, "exchange", [BOB]).reason == "exchange-under-way"


def test_a_security_that_went_over_stays_as_it_is() -> None:
    """It could be announced anew and so revived (found by review)."""
    made = world().exchange_all(SPLIT, to=1)
    assert announce(made).reason == "exchange-under-way"
    assert token(made, AGENT, "mint", BOB, 1).reason == "paused"


def test_an_order_signed_before_is_void_after() -> None:
    """A signature is for units as they were: the version of its domain is the epoch."""
    signer = Account.from_key(b"\x05" * 32)
    holder = Wallet(signer.address.lower())
    made = world()
    made.admit(holder, claims=VERIFIED)
    made.mint(holder, 10)

    def signed(version: str, nonce: bytes) -> tuple[object, ...]:
        kinds = {"from": "address", "to": "address", "value": "uint256", "validAfter": "uint256",
                 "validBefore": "uint256", "nonce": "bytes32"}  # fmt: skip
        made_of = Account.sign_typed_data(
            signer.key,
            domain_data={"name": "Tallystick", "version": version, "chainId": 1,
                         "verifyingContract": made.token},
            message_types={"TransferWithAuthorization": [
                {"name": name, "type": kind} for name, kind in kinds.items()]},
            message_data={"from": holder, "to": BOB, "value": 4, "validAfter": 0,
                          "validBefore": 2**40, "nonce": nonce},
        )  # fmt: skip
        r, s = made_of.r.to_bytes(32, "big"), made_of.s.to_bytes(32, "big")
        return (holder, BOB, 4, 0, 2**40, nonce, made_of.v, r, s)

    call = "transferWithAuthorization"
    before = signed("1", b"\x01" * 32)
    with made.evm.anchor():
        assert token(made, STRANGER, call, *before).ok
    made.exchange_all(Ratio(2, 1))
    assert token(made, STRANGER, call, *before).reason == "signature-invalid"
    assert token(made, STRANGER, call, *signed("2", b"\x02" * 32)).ok
    assert made.evm.view(TOKEN, made.token, "eip712Domain")[2] == "2"


@given(
    held=st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any),
    numerator=st.integers(1, 2**32 - 1),
    denominator=st.integers(1, 2**32 - 1),
)
@settings(max_examples=40)
def test_new_units_and_what_is_left_of_units_are_all_there(
    held: list[int], numerator: int, denominator: int
) -> None:
    """Units and remainders together are the old units at the ratio, exactly."""
    ratio = Ratio(numerator, denominator)
    made = World()
    for number, units in enumerate(held):
        made.admit(wallet(number), claims=VERIFIED)
        made.mint(wallet(number), units)
    before = made.model.supply
    made.exchange_all(ratio, page=5)
    left = sum(units * numerator % denominator for units in held)
    assert made.model.supply * denominator + left == before * numerator
    made.compare([wallet(number) for number in range(len(held))])


def test_a_split_of_three_for_two_over_10_000_random_holders() -> None:
    drawn = random.Random(20_261_123)
    held = [drawn.randrange(1, 10**6) for _ in range(10_000)]
    after = [SPLIT.down(units) for units in held]
    halves = sum(units * 3 % 2 for units in held)
    assert 2 * sum(after) + halves == 3 * sum(held)


# --- each reason once


def begun(act: Callable[[World], Outcome]) -> Callable[[], Outcome]:
    def do() -> Outcome:
        made = world()
        made.begin_exchange(SPLIT)
        return act(made)

    return do


def announce(made: World, **changes: object) -> Outcome:
    args = {"to": made.token, "numerator": 3, "denominator": 2, "not_before": 0, "code": 1,
            "document": DOCUMENT, **changes}  # fmt: skip
    return token(made, OFFICER, "announceExchange", *args.values())


def many_lots() -> Outcome:
    made = world(LOCKED)
    for start in range(0, 264, 33):
        ages = [made.now - 264 + age for age in range(start, start + 33)]
        assert token(made, AGENT, "batchMintLots", [DAN] * 33, [1] * 33, ages).ok
    made.begin_exchange(SPLIT)
    return token(made, AGENT, "exchange", [DAN])


REASONS: dict[str, Callable[[], Outcome]] = {
    "exchange-announced-already": lambda: (made := world(), announce(made), announce(made))[2],
    "ratio-out-of-range": lambda: announce(world(), numerator=0),
    "no-exchange": lambda: token(world(), AGENT, "beginExchange"),
    "exchange-under-way": begun(lambda w: token(w, AGENT, "beginExchange")),
    "exchange-ahead": lambda: (made := world(), announce(made, not_before=2**31),
                               token(made, AGENT, "beginExchange"))[2],
    "exchanged-already": begun(
        lambda w: token(w, AGENT, "exchange", [BOB, ANN, HER_SECOND, BOB])),
    "wallet-without-units": begun(lambda w: token(w, AGENT, "exchange", [DAN])),
    "wallets-missing": begun(lambda w: token(w, AGENT, "exchange", [ANN])),
    "units-left": begun(lambda w: token(w, AGENT, "endExchange")),
    "exchange-ended": lambda: token(world().exchange_all(SPLIT, to=1), AGENT, "endExchange"),
    "not-a-predecessor": lambda: token(
        world(), STRANGER, "takeOver", (ANN, [], [], [], False, 0, 0, 0, False)),
}  # fmt: skip


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


def merge_into_what_is_closed() -> Outcome:
    made = world()
    assert announce(made, to=made.tokens[1]).ok
    assert token(made, AGENT, "beginExchange").ok
    return token(made, AGENT, "exchange", [ANN, HER_SECOND])


OTHERS: list[tuple[str, Callable[[], Outcome]]] = [
    ("ratio-out-of-range", lambda: announce(world(), numerator=2**32)),
    ("ratio-out-of-range", lambda: announce(world(), denominator=0)),
    ("ratio-out-of-range", lambda: announce(world(), denominator=2**32)),
    ("time-too-large", lambda: announce(world(), not_before=2**40)),
    ("reason-code-out-of-range", lambda: announce(world(), code=0)),
    ("reason-without-document", lambda: announce(world(), document=bytes(32))),
    ("not-a-bound-token", lambda: announce(world(), to=STRANGER)),
    ("not-a-bound-token", lambda: token(world(), OFFICER, "setPredecessor", STRANGER, True)),
    ("no-exchange", lambda: token(world(), OFFICER, "withdrawExchange")),
    ("no-exchange", lambda: token(world(), AGENT, "exchange", [ANN])),
    ("no-exchange", lambda: token(world(), AGENT, "endExchange")),
    ("exchange-under-way", begun(lambda w: (
        token(w, AGENT, "exchange", [BOB]), token(w, OFFICER, "withdrawExchange"))[1])),
    ("exchange-under-way", lambda: announce(world().exchange_all(SPLIT, to=1))),
    ("not-a-predecessor", merge_into_what_is_closed),
    ("too-many-lots", many_lots),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "act"), OTHERS, ids=[reason for reason, _ in OTHERS])
def test_another_way_to_the_same_reason(reason: str, act: Callable[[], Outcome]) -> None:
    outcome = act()
    assert (outcome.ok, outcome.reason) == (False, reason)


def test_an_exchange_is_taken_back_before_it_begins() -> None:
    made = world()
    assert announce(made).ok
    assert made.evm.view(TOKEN, made.token, "exchangeOf")[:4] == (made.token, 3, 2, 0)
    assert token(made, OFFICER, "withdrawExchange").ok
    assert token(made, AGENT, "beginExchange").reason == "no-exchange"
    assert made.evm.view(TOKEN, made.token, "exchangeOf") == ("0x" + "00" * 20, 0, 0, 0, 0)
    assert not made.evm.view(TOKEN, made.token, "isPredecessor", OWNER)
