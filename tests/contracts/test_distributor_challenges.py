"""What is wrong with a distribution is shown to the chain, or stopped, and its money comes back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.wallets import NOBODY, Wallet
from tests.support.declaring import ANN, BOB, CYD, DAY, RIGHT, challenged, declared, payout, sides
from tests.support.evm import TOKEN, Outcome
from tests.support.payouts import DOCUMENT, Payout
from tests.support.world import AGENT, OFFICER, STRANGER, wallet


def stopped(made: Payout, outcome: Outcome) -> None:
    assert outcome.ok, outcome.reason
    assert made.view("stateOf", made.distribution.id)[0] == 3
    assert made.cash_of(made.distributor) == 0
    made.world.advance(DAY)
    assert made.claim(0).reason == "not-published"


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
