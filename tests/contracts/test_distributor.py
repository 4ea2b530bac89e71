"""Distributions on chain: exact to the unit, once, whoever refuses, whoever lies."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.claims import Claims
from tallystick.securities.distribution.entitlements import entitlements
from tests.support.evm import REGISTRY, TOKEN, Outcome
from tests.support.payouts import DISTRIBUTOR, DOCUMENT, HOSTILE, Payout
from tests.support.world import AGENT, OFFICER, OWNER, STRANGER, World, wallet

ANN, BOB, CYD, DAN = (wallet(number) for number in range(1, 5))
DAY = 86_400
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))


def payout(units: tuple[int, ...] = (50, 30, 20), *, hostile: bool = False) -> Payout:
    world = World()
    for at, each in enumerate(units, start=1):
        world.admit(wallet(at), claims=VERIFIED)
        if each:
            world.mint(wallet(at), each)
    return Payout(world, hostile=hostile)


def declared(**changes: Any) -> Payout:
    made = payout()
    made.plan(1_001, **changes)
    assert made.declare().ok
    return made


# --- exact sums


@given(
    amount=st.integers(1, 2**111),
    units=st.lists(st.integers(1, 2**100), min_size=1, max_size=60),
    seed=st.integers(0, 2**32),
)
def test_any_order_any_page_pays_the_amount_to_the_unit(
    amount: int, units: list[int], seed: int
) -> None:
    """Claimed, pushed in pages of any size, twice, in any order: each gets what he is owed."""
    drawn = random.Random(seed)
    made = payout(())
    lines = [(wallet(at), each) for at, each in enumerate(units, start=1)]
    withheld = [drawn.randrange(owed + 1) if drawn.random() < 0.5 else 0
                for owed in entitlements(amount, units)]  # fmt: skip
    made.plan(amount, lines, withheld=withheld if drawn.random() < 0.5 else ())
    assert made.declare().ok
    payer_before = made.cash_of(AGENT)
    for _ in range(3):
        size = 2 ** drawn.randrange(8)
        pages = range(-(-len(lines) // size))
        for at in drawn.sample(pages, len(pages) // 2):
            assert made.push(at, min(size, 128)).ok or size > 128
        index = drawn.randrange(len(lines))
        if not made.paid()[index]:
            assert made.claim_for(index, lines[index][0], by=lines[index][0]).ok
        else:
            assert made.claim_for(index, lines[index][0]).reason == "paid-already"
    for at in range(-(-len(lines) // 128)):
        assert made.push(at, 128).ok
    kept = made.withheld or [0] * len(lines)
    got = [made.cash_of(one) for one, _ in lines]
    assert [net + each for net, each in zip(got, kept, strict=True)] == made.owed
    assert made.cash_of(AGENT) - payer_before == sum(kept)
    assert made.cash_of(made.distributor) == 0
    for owed, (_, each) in zip(made.owed, lines, strict=True):
        assert owed in {amount * each // sum(units), -(-amount * each // sum(units))}


def test_the_money_of_two_distributions_is_kept_apart() -> None:
    made = declared()
    first, lines = made.distribution, made.lines
    made.plan(500, number=2)
    assert made.declare().ok
    for index in range(3):
        assert made.claim(index).ok
    made.distribution, made.owed = first, entitlements(1_001, [each for _, each in lines])
    assert made.cash_of(made.distributor) == 1_001
    for index in range(3):
        assert made.claim(index).ok
    assert made.cash_of(made.distributor) == 0


def test_a_holder_of_the_record_date_is_paid_whatever_he_sold_since() -> None:
    made = payout()
    made.plan(1_000, record_date=1, record_at=made.world.now + 10)
    blank = made.distribution.__class__(
        **{name: getattr(made.distribution, name) for name in (
            "reference", "registry", "cash", "payer", "amount", "expires_at")})  # fmt: skip
    assert made.call("announceWithRecordDate", made.announcement.members, blank.members).ok
    root = made.distribution
    args = (made.announcement.members, blank.members, root.root, root.total, root.holders,
            root.withholding)  # fmt: skip
    assert made.call("publish", *args).reason == "record-date-ahead"
    made.world.advance(10)
    assert made.evm.act(ANN, TOKEN, made.world.token, "transfer", BOB, 50).ok
    assert made.call("publish", *args).ok
    assert made.view("stateOf", blank.id)[0] == 0
    for index, one in enumerate((ANN, BOB, CYD)):
        assert made.claim(index).ok
        assert made.cash_of(one) == (500, 300, 200)[index]


# --- who cannot be paid


def test_whom_the_cash_refuses_delays_nobody_and_is_paid_later() -> None:
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.declare().ok
    assert made.evm.act(OWNER, HOSTILE, made.cash, "block_", BOB, True).ok
    assert made.push(0, 4).ok
    assert (made.cash_of(ANN), made.cash_of(BOB), made.cash_of(CYD)) == (500, 0, 200)
    assert made.paid() == [True, False, True]
    assert made.claim(1).reason == "cash-refused"
    assert made.evm.act(OWNER, HOSTILE, made.cash, "block_", BOB, False).ok
    assert made.claim(1).ok
    assert made.cash_of(BOB) == 300
    assert made.push(0, 4).ok
    assert made.cash_of(made.distributor) == 0


@pytest.mark.parametrize("mode", [7, 8, 9])
def test_cash_that_lies_pays_nobody_twice(mode: int) -> None:
    """It moves money and denies it, or the other way round: the page is as if never sent."""
    made = payout(hostile=True)
    assert made.plan(1_000).declare().ok
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", mode).ok
    assert made.push(0, 4).reason == "cash-not-whole"
    assert not any(made.paid())
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", 4).ok
    assert made.push(0, 4).ok
    assert [made.cash_of(one) for one in (ANN, BOB, CYD)] == made.owed


@pytest.mark.parametrize("mode", [1, 2, 6])
def test_cash_that_refuses_loses_nobodys_money(mode: int) -> None:
    """Answers false, reverts, burns all gas: all can be paid afterwards."""
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.declare().ok
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", mode).ok
    assert made.push(0, 4).ok
    assert not any(made.paid())
    assert made.claim(0).reason == "cash-refused"
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", 4).ok
    assert made.push(0, 4).ok
    assert [made.cash_of(one) for one in (ANN, BOB, CYD)] == made.owed


def test_cash_that_calls_back_pays_nobody_twice() -> None:
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.declare().ok
    messages = [
        DISTRIBUTOR.function("claim").encode(
            made.distribution.members, 0, 50, made.steps(0)),
        DISTRIBUTOR.function("push").encode(made.distribution.members, made.page(0, 4)),
        DISTRIBUTOR.function("expire").encode(made.distribution.members),
    ]  # fmt: skip
    for message in messages:
        with made.evm.anchor():
            raw = bytes.fromhex(message[2:])
            assert made.evm.act(OWNER, HOSTILE, made.cash, "plan", made.distributor, raw).ok
            assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", 5).ok
            assert made.push(0, 4).ok
            assert not made.evm.view(HOSTILE, made.cash, "calledBack")
            assert [made.cash_of(one) for one in (ANN, BOB, CYD)] == made.owed


@pytest.mark.parametrize(("mode", "reason"), [(1, "cash-refused"), (3, "cash-not-whole"),
                                              (8, "cash-not-whole")])  # fmt: skip
def test_cash_that_does_not_arrive_whole_declares_nothing(mode: int, reason: str) -> None:
    made = payout(hostile=True)
    made.plan(1_000)
    assert made.evm.act(OWNER, HOSTILE, made.cash, "behave", mode).ok
    assert made.declare().reason == reason
    assert made.view("stateOf", made.distribution.id)[0] == 0


def test_a_recovered_wallet_receives_what_the_lost_one_was_owed() -> None:
    made = declared()
    assert made.world.recover(BOB, DAN) == ""
    assert made.claim(1).reason == "wallet-retired"
    assert made.push(0, 4).ok
    assert made.paid() == [True, False, True]
    assert made.claim_for(1, STRANGER, by=STRANGER).reason == "not-the-holder"
    assert made.claim_for(1, BOB).reason == "wallet-retired"
    assert made.claim_for(1, DAN, by=STRANGER).reason == "neither-receiver-nor-payer"
    with made.evm.anchor():
        assert made.claim_for(1, DAN, by=DAN).ok
        assert made.cash_of(DAN) == made.owed[1]
    assert made.claim_for(1, DAN).ok
    assert made.cash_of(DAN) == made.owed[1]
    assert made.cash_of(made.distributor) == 0


# --- paid otherwise, by the holder's own instruction

SIGNER = Account.from_key(b"\x05" * 32)
HER = Wallet(SIGNER.address.lower())
BANK, REINVEST = 1, 2


def instructed(made: Payout, *, means: int = BANK, until: int = 2**40, nonce: int = 0,
               registry: str = "", key: Any = SIGNER) -> tuple[Any, ...]:  # fmt: skip
    """An instruction, signed."""
    members = {"wallet": "address", "registry": "address", "means": "uint256",
               "validUntil": "uint256", "nonce": "uint256"}  # fmt: skip
    signed = Account.sign_typed_data(
        key.key,
        domain_data={"name": "Tallystick", "version": "1", "chainId": 1,
                     "verifyingContract": made.distributor},
        message_types={"PaymentInstruction": [
            {"name": name, "type": kind} for name, kind in members.items()]},
        message_data={"wallet": HER, "registry": registry or made.world.registry_address,
                      "means": means, "validUntil": until, "nonce": nonce},
    )  # fmt: skip
    r, s = signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")
    return (means, until, signed.v, r, s)


def with_her(**changes: Any) -> tuple[Payout, int]:
    """A distribution in which she is owed a half, and her place in the list."""
    made = payout((30, 20))
    made.world.admit(HER, claims=VERIFIED)
    made.world.mint(HER, 50)
    assert made.plan(1_000, **changes).declare().ok
    return made, [one for one, _ in made.lines].index(HER)


def elsewhere_paid(made: Payout, at: int, taken: int, signed: Any, by: str = AGENT) -> Outcome:
    return made.call("payElsewhere", made.distribution.members, made.leaf(at), made.kept(at), taken,
                     signed, by=by)  # fmt: skip


def test_a_holder_is_paid_by_bank_or_reinvests_as_she_signed() -> None:
    made, at = with_her()
    payer = made.cash_of(AGENT)
    assert elsewhere_paid(made, at, 480, instructed(made, means=REINVEST)).ok
    assert (made.cash_of(HER), made.cash_of(AGENT) - payer) == (20, 480)
    assert elsewhere_paid(made, at, 0, instructed(made)).reason == "paid-already"
    assert made.push(0, 4).ok
    assert made.cash_of(made.distributor) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"key": Account.from_key(b"\x06" * 32)}, "signature-invalid"),
     ({"until": 5}, "instruction-expired"), ({"nonce": 1}, "signature-invalid"),
     ({"registry": STRANGER}, "signature-invalid")],
)  # fmt: skip
def test_nobody_takes_what_she_did_not_sign_away(changes: dict[str, Any], reason: str) -> None:
    made, at = with_her()
    assert elsewhere_paid(made, at, 500, instructed(made, **changes)).reason == reason
    signed = instructed(made)
    assert elsewhere_paid(made, at, 500, (REINVEST, *signed[1:])).reason == "signature-invalid"
    assert elsewhere_paid(made, at, 501, signed).reason == "taken-more-than-owed"
    assert elsewhere_paid(made, at, 500, signed, by=STRANGER).reason == "not-payer"
    assert made.call("withdrawInstructions", by=HER).ok
    assert elsewhere_paid(made, at, 500, signed).reason == "signature-invalid"
    assert made.view("nonces", HER) == 1
    assert made.push(0, 4).ok
    assert made.cash_of(HER) == 500


def test_a_lost_wallet_gives_no_instructions() -> None:
    made, at = with_her()
    assert made.world.recover(HER, wallet(9)) == ""
    assert elsewhere_paid(made, at, 500, instructed(made)).reason == "wallet-retired"


def test_what_is_withheld_is_not_paid_elsewhere() -> None:
    made, at = with_her(withheld=[10, 20, 30])
    payer, owed, kept = made.cash_of(AGENT), made.owed[at], made.withheld[at]
    assert elsewhere_paid(made, at, owed - kept + 1, instructed(made)).reason == (
        "taken-more-than-owed"
    )
    assert elsewhere_paid(made, at, owed - kept, instructed(made)).ok
    assert made.cash_of(AGENT) - payer == owed


def test_too_little_gas_pays_nobody_and_takes_no_claim_away() -> None:
    """Whoever sends a page with too little gas does not make payees be passed over."""
    made = declared()
    data = DISTRIBUTOR.function("push").encode(made.distribution.members, made.page(0, 4))
    outcome = made.evm.send(AGENT, made.distributor, data, gas=250_000)
    assert outcome.reason == "too-little-gas"
    assert not any(made.paid())


# --- what is wrong is stopped


def challenged(lines: list[tuple[Wallet, int]], **changes: Any) -> Payout:
    """A distribution at a record date of the chain whose list is as given."""
    made = payout()
    assert made.evm.act(AGENT, TOKEN, made.world.token, "setRecordDate", 0).ok
    made.plan(1_000, lines, record_date=1, challenge_s=DAY, **changes)
    assert made.declare().ok
    return made


RIGHT = [(ANN, 50), (BOB, 30), (CYD, 20)]


def stopped(made: Payout, outcome: Outcome) -> None:
    assert outcome.ok, outcome.reason
    assert made.view("stateOf", made.distribution.id)[0] == 3
    assert made.cash_of(made.distributor) == 0
    made.world.advance(DAY)
    assert made.claim(0).reason == "not-published"


def sides(made: Payout) -> tuple[Any, Any]:
    return made.announcement.members, made.distribution.members


@pytest.mark.parametrize("units", [0, 29, 31, 80])
def test_wrong_units_are_shown_by_anybody(units: int) -> None:
    made = challenged([(ANN, 80 - units), (BOB, units), (CYD, 20)])
    stopped(made, made.call("challenge", *sides(made), made.leaf(1), by=STRANGER))


def test_a_holder_who_held_nothing_is_shown() -> None:
    made = challenged([(ANN, 43), *RIGHT[1:], (STRANGER, 7)])
    stopped(made, made.call("challenge", *sides(made), made.leaf(3), by=STRANGER))


def test_the_issuer_on_the_list_is_shown() -> None:
    made = challenged([(ANN, 20), (BOB, 30), (CYD, 20)], treasury=(BOB,))
    stopped(made, made.call("challenge", *sides(made), made.leaf(1), by=STRANGER))


@pytest.mark.parametrize(
    ("lines", "left"),
    [([(ANN, 80), (CYD, 20)], 0), ([(BOB, 30), (ANN, 50), (CYD, 20)], 0),
     ([(ANN, 50), (ANN, 30), (CYD, 20)], 0), ([(ANN, 50), (BOB, 50)], None),
     ([(BOB, 80), (CYD, 20)], None), ([(ANN, 50), (BOB, 30), (NOBODY, 0), (CYD, 20)], 2),
     ([(ANN, 50), (BOB, 30), (BOB, 20)], 1), ([(BOB, 100)], None)],
    ids=["missing between", "out of order", "twice", "missing last", "missing first", "a gap",
         "twice at the end", "one alone"],
)  # fmt: skip
def test_who_is_missing_or_out_of_order_is_shown(
    lines: list[tuple[Wallet, int]], left: int | None
) -> None:
    made = challenged(lines)
    listed = {one for one, _ in lines}
    missing = next((one for one, _ in RIGHT if one not in listed), STRANGER)
    if left is not None:
        pair = (made.leaf(left), made.leaf(left + 1))
        stopped(made, made.call("challengeOrder", *sides(made), *pair, missing, by=STRANGER))
        return
    place = 0 if int(missing, 16) < int(lines[0][0], 16) else len(lines) - 1
    stopped(made, made.call("challengeEnd", *sides(made), made.leaf(place), missing, by=STRANGER))


def test_a_list_that_does_not_add_up_is_not_published() -> None:
    made = payout()
    assert made.evm.act(AGENT, TOKEN, made.world.token, "setRecordDate", 0).ok
    for lines in ([(ANN, 50), (BOB, 30)], [(ANN, 50), (BOB, 31), (CYD, 20)]):
        made.plan(1_000, lines, record_date=1)
        assert made.declare().reason == "total-differs"
    made.plan(1_000, RIGHT, record_date=1, treasury=(BOB,))
    assert made.declare().reason == "total-differs"
    made.plan(1_000, record_date=1, treasury=(BOB,))
    assert made.declare().ok


@given(data=st.data())
@settings(max_examples=60)
def test_a_right_list_cannot_be_shown_wrong(data: st.DataObject) -> None:
    """Whoever is named, whichever places are shown, in trees of any size."""
    held = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=9).filter(any))
    made = payout(tuple(held))
    assert made.evm.act(AGENT, TOKEN, made.world.token, "setRecordDate", 0).ok
    treasury = (wallet(1),) if any(held[1:]) else ()
    made.plan(1_000, record_date=1, challenge_s=DAY, treasury=treasury)
    assert made.declare().ok
    places = 2 ** len(made.tree.proof(0))
    named = data.draw(st.sampled_from([NOBODY, *(wallet(at) for at in range(11)), STRANGER]))
    index = data.draw(st.integers(0, places - 1))
    leaf = made.leaf(index)
    assert not made.call("challenge", *sides(made), leaf, by=STRANGER).ok
    assert not made.call("challengeEnd", *sides(made), leaf, named, by=STRANGER).ok
    other = made.leaf(data.draw(st.integers(0, places - 1)))
    after = made.leaf(index + 1) if index + 1 < places else other
    for pair in ((leaf, after), (leaf, other), (other, leaf)):
        assert not made.call("challengeOrder", *sides(made), *pair, named, by=STRANGER).ok
    assert made.view("stateOf", made.distribution.id)[0] == 2


def test_officer_and_agent_stop_what_the_chain_cannot_see_is_wrong() -> None:
    for who in (OFFICER, AGENT):
        made = declared(challenge_s=DAY)
        stopped(made, made.call("stop", *sides(made), 1, DOCUMENT, by=who))


def test_what_is_announced_without_a_list_can_be_stopped() -> None:
    made = payout()
    made.plan(1_000, challenge_s=DAY)
    blank = type(made.distribution)(**{
        name: getattr(made.distribution, name)
        for name in ("reference", "registry", "cash", "payer", "amount", "expires_at")
    })  # fmt: skip
    assert made.call("announce", made.announcement.members, blank.members).ok
    assert made.call("stop", made.announcement.members, blank.members, 1, DOCUMENT).ok
    assert made.cash_of(made.distributor) == 0


def test_what_nobody_claims_goes_back_after_it_expired() -> None:
    made = declared(expires_in_s=DAY)
    assert made.claim(1).ok
    made.world.advance(DAY)
    assert made.claim(0).ok
    assert made.call("expire", made.distribution.members, by=STRANGER).ok
    assert made.cash_of(made.distributor) == 0
    assert made.cash_of(AGENT) == 2**111 - made.owed[0] - made.owed[1]
    assert made.claim(2).reason == "not-published"


def test_a_distribution_is_worth_nothing_with_one_member_changed() -> None:
    """Whatever is claimed to be in it, its money goes by what was declared."""
    made = declared()
    members = list(made.distribution.members)
    for at, value in enumerate(members):
        other: Any = value + 1 if isinstance(value, int) else (
            STRANGER if isinstance(value, str) else b"\x09" * 32
        )  # fmt: skip
        changed = (*members[:at], other, *members[at + 1 :])
        outcome = made.call("claim", changed, 0, 50, made.steps(0), by=ANN)
        assert not outcome.ok, at


# --- each reason once


def wrong(change: Callable[[Payout], Outcome]) -> Callable[[], Outcome]:
    return lambda: change(declared(challenge_s=0))


def waiting(change: Callable[[Payout], Outcome]) -> Callable[[], Outcome]:
    return lambda: change(challenged(RIGHT))


def planned(amount: int = 1_000, **changes: Any) -> Payout:
    made = payout()
    made.plan(amount, **changes)
    return made


def announced(made: Payout, **changes: Any) -> Outcome:
    members = {name: getattr(made.distribution, name)
               for name in made.distribution.__struct_fields__} | changes  # fmt: skip
    return made.call("announce", made.announcement.members, tuple(members.values()))


def elsewhere(made: Payout) -> Outcome:
    made.announcement = made.announcement.__class__(
        **{name: getattr(made.announcement, name)
           for name in made.announcement.__struct_fields__} | {"security": STRANGER})  # fmt: skip
    return announced(made, reference=made.announcement.reference)


def pushed(made: Payout, **changes: Any) -> Outcome:
    names = ("start", "wallets", "units", "proof", "withheld", "salts", "withholding_proof")
    page = dict(zip(names, made.page(0, 4), strict=True)) | changes
    return made.call("push", made.distribution.members, tuple(page.values()))


def proven(made: Payout, index: int, units: int) -> Outcome:
    return made.call("claim", made.distribution.members, index, units, made.steps(0), by=ANN)


def publishing(**changes: Any) -> Outcome:
    made = planned(1_000)
    names = ("root", "total", "holders", "withholding")
    blank = type(made.distribution)(**{
        name: getattr(made.distribution, name)
        for name in ("reference", "registry", "cash", "payer", "amount", "expires_at")
    })  # fmt: skip
    assert made.call("announce", made.announcement.members, blank.members).ok
    args = {name: getattr(made.distribution, name) for name in names} | changes
    return made.call("publish", made.announcement.members, blank.members, *args.values())


def set_date(made: Payout) -> Outcome:
    return made.call("announceWithRecordDate", *sides(made))


def withheld_claim(kept: tuple[int, bytes, list[bytes]] | None = None, **changes: Any) -> Outcome:
    made = planned(1_000, withheld=[1, 2, 3], **changes)
    assert made.declare().ok
    return made.call("claimFor", made.distribution.members, made.leaf(0), kept or made.kept(0), ANN)


def too_late(made: Payout) -> Outcome:
    made.world.advance(DAY)
    return made.call("challenge", *sides(made), made.leaf(0))


REASONS: dict[str, Callable[[], Outcome]] = {
    "not-payer": wrong(lambda m: m.push(0, 4, by=STRANGER)),
    "neither-receiver-nor-payer": wrong(lambda m: m.claim_for(0, ANN, by=STRANGER)),
    "neither-officer-nor-agent": wrong(
        lambda m: m.call("stop", *sides(m), 1, DOCUMENT, by=STRANGER)),
    "announced-already": wrong(lambda m: m.declare()),
    "not-announced": lambda: (made := declared()).call(
        "publish", *sides(made), b"\x01" * 32, 5, 1, bytes(32)),
    "announcement-differs": wrong(
        lambda m: m.call("stop", (*m.announcement.members[:-1], DOCUMENT),
                         m.distribution.members, 1, DOCUMENT)),
    "amount-out-of-range": lambda: announced(planned(), amount=2**112),
    "list-without-root": lambda: announced(planned(), root=bytes(32)),
    "total-out-of-range": lambda: announced(planned(), total=2**112),
    "too-many-holders": lambda: announced(planned(), holders=2**19 + 1),
    "record-date-differs": lambda: set_date(planned(record_date=7, record_at=2**31)),
    "record-date-passed": lambda: set_date(planned(record_date=1)),
    "cash-without-code": lambda: announced(planned(), cash=STRANGER),
    "cash-refused": lambda: (
        (made := payout(hostile=True)).plan(1_000),
        made.evm.act(OWNER, HOSTILE, made.cash, "behave", 1),
        made.declare())[2],
    "cash-not-whole": lambda: (
        (made := payout(hostile=True)).plan(1_000),
        made.evm.act(OWNER, HOSTILE, made.cash, "behave", 3),
        made.declare())[2],
    "too-little-gas": lambda: (made := declared()).evm.send(
        AGENT, made.distributor,
        DISTRIBUTOR.function("push").encode(made.distribution.members, made.page(0, 4)),
        gas=250_000),
    "withholding-proof-missing": lambda: (
        (made := planned(1_000, withheld=[1, 2, 3])).declare(), made.claim(0))[1],
    "withholding-proof-wrong": lambda: withheld_claim((2, bytes(32), [bytes(32)] * 2)),
    "withheld-more-than-owed": lambda: (
        (made := planned(10, withheld=[9, 2, 3])).declare(), made.claim_for(0, ANN))[1],
    "nothing-is-withheld": wrong(
        lambda m: m.call("claimFor", m.distribution.members, m.leaf(0), (1, bytes(32), []), ANN)),
    "place-beyond-the-list": wrong(lambda m: proven(m, 3, 0)),
    "proof-wrong": wrong(lambda m: proven(m, 0, 51)),
    "paid-already": wrong(lambda m: (m.claim(0), m.claim(0))[1]),
    "page-not-aligned": wrong(lambda m: pushed(m, start=1)),
    "not-published": lambda: planned().claim(0),
    "not-open-yet": waiting(lambda m: m.claim(0)),
    "open-already": wrong(lambda m: m.call("stop", *sides(m), 1, DOCUMENT)),
    "not-expired": wrong(lambda m: m.call("expire", m.distribution.members)),
    "not-the-holder": wrong(lambda m: m.claim_for(0, BOB)),
    "list-not-shown-wrong": waiting(lambda m: m.call("challenge", *sides(m), m.leaf(0))),
    "total-differs": lambda: (
        (made := payout()).evm.act(AGENT, TOKEN, made.world.token, "setRecordDate", 0),
        made.plan(1_000, [(ANN, 5)], record_date=1),
        made.declare())[2],
    "no-record-date": lambda: (made := declared(challenge_s=DAY)).call(
        "challenge", *sides(made), made.leaf(0)),
    "not-neighbours": waiting(
        lambda m: m.call("challengeOrder", *sides(m), m.leaf(0), m.leaf(2), BOB)),
    "not-between": waiting(
        lambda m: m.call("challengeOrder", *sides(m), m.leaf(0), m.leaf(1), CYD)),
    "not-at-an-end": waiting(
        lambda m: m.call("challengeEnd", *sides(m), m.leaf(1), ANN)),
    "instruction-expired": lambda: elsewhere_paid(
        *(pair := with_her()), 5, instructed(pair[0], until=5)),
    "taken-more-than-owed": lambda: elsewhere_paid(
        *(pair := with_her()), 501, instructed(pair[0])),
    "not-a-recorder": lambda: (made := payout()).evm.act(
        OWNER, TOKEN, made.world.token, "removeRecorder", STRANGER),
}  # fmt: skip


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


OTHERS: list[tuple[str, Callable[[], Outcome]]] = [
    ("not-agent", lambda: planned().declare(by=OFFICER)),
    ("not-payer", lambda: announced(planned(), payer=STRANGER)),
    ("not-a-bound-token", lambda: elsewhere(planned())),
    ("record-date-ahead", lambda: announced(planned(record_at=2**31))),
    ("time-too-large", lambda: announced(planned(record_at=2**40))),
    ("amount-out-of-range", lambda: announced(planned(), amount=0)),
    ("total-out-of-range", lambda: announced(planned(), total=0)),
    ("too-many-holders", lambda: announced(planned(), holders=0)),
    ("list-without-root", lambda: publishing(root=bytes(32))),
    ("list-without-root", lambda: announced(
        planned(), root=bytes(32), total=0, holders=0, withholding=DOCUMENT)),
    ("reason-without-document", wrong(lambda m: m.call("stop", *sides(m), 1, bytes(32)))),
    ("reason-code-out-of-range", wrong(lambda m: m.call("stop", *sides(m), 0, DOCUMENT))),
    ("not-between", waiting(
        lambda m: m.call("challengeOrder", *sides(m), m.leaf(0), m.leaf(1), ANN))),
    ("not-between", waiting(
        lambda m: m.call("challengeOrder", *sides(m), m.leaf(2), m.leaf(3), CYD))),
    ("list-not-shown-wrong", waiting(
        lambda m: m.call("challengeOrder", *sides(m), m.leaf(2), m.leaf(3), STRANGER))),
    ("not-at-an-end", waiting(lambda m: m.call("challengeEnd", *sides(m), m.leaf(3), BOB))),
    ("not-between", lambda: (made := challenged([(ANN, 100)])).call(
        "challengeEnd", *sides(made), made.leaf(0), ANN)),
    ("open-already", lambda: too_late(challenged(RIGHT))),
    ("withholding-proof-wrong", lambda: withheld_claim((1, bytes(32), []))),
    ("lengths-differ", wrong(lambda m: pushed(m, units=[50, 30]))),
    ("lengths-differ", wrong(lambda m: pushed(m, wallets=[], units=[]))),
    ("proof-wrong", wrong(lambda m: pushed(m, units=[30, 50, 20]))),
    ("proof-wrong", wrong(lambda m: pushed(m, units=[2**113, 50, 20]))),
    ("place-beyond-the-list", wrong(
        lambda m: pushed(m, wallets=[ANN, BOB, CYD, NOBODY], units=[50, 30, 20, 0]))),
    ("nothing-is-withheld", wrong(lambda m: pushed(m, withheld=[1, 1, 1]))),
    ("not-agent", lambda: (made := payout()).evm.act(
        STRANGER, TOKEN, made.world.token, "setRecordDate", 0)),
    ("insufficient-allowance", lambda: (
        (made := planned()).money(AGENT, "approve", made.distributor, 5), made.declare())[1]),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "act"), OTHERS, ids=[reason for reason, _ in OTHERS])
def test_another_way_to_the_same_reason(reason: str, act: Callable[[], Outcome]) -> None:
    outcome = act()
    assert (outcome.ok, outcome.reason) == (False, reason)


def test_a_page_with_wrong_withholding_pays_nobody() -> None:
    made = planned(1_000, withheld=[1, 2, 3])
    assert made.declare().ok
    for change in ({"withheld": [0, 0, 0]}, {"salts": [bytes(32)] * 3},
                   {"withholding_proof": [bytes(32)]}):  # fmt: skip
        assert pushed(made, **change).reason == "withholding-proof-wrong"
    assert pushed(made, withheld=[1, 2]).reason == "lengths-differ"
    assert pushed(made).ok


def test_a_recorder_may_set_record_dates_and_nothing_else() -> None:
    made = payout()
    assert made.evm.act(made.distributor, TOKEN, made.world.token, "setRecordDate", 0).ok
    for name, args in (("withdrawRecordDate", ()), ("mint", (ANN, 5)), ("pause", ())):
        outcome = made.evm.act(made.distributor, TOKEN, made.world.token, name, *args)
        assert outcome.reason == "not-agent"
    assert made.evm.view(TOKEN, made.world.token, "isRecorder", made.distributor)
    assert made.evm.act(OWNER, TOKEN, made.world.token, "removeRecorder", made.distributor).ok
    outcome = made.evm.act(made.distributor, TOKEN, made.world.token, "setRecordDate", 0)
    assert outcome.reason == "not-agent"


def test_who_was_reported_lost_is_told_for_many_wallets_at_once() -> None:
    made = payout()
    assert made.world.recover(BOB, DAN) == ""
    view = (REGISTRY, made.world.registry_address, "retiredAmong")
    assert made.evm.view(*view, [ANN, BOB, CYD, DAN]) == 0b0010
    assert made.evm.view(*view, [BOB] * 128) == 2**128 - 1
