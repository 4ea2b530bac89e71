"""Every reason for which a distribution refuses an act, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tallystick.core.wallets import NOBODY
from tests.support.declaring import (
    ANN,
    BOB,
    CYD,
    DAY,
    RIGHT,
    challenged,
    declared,
    elsewhere_paid,
    instructed,
    payout,
    sides,
    with_her,
)
from tests.support.evm import TOKEN, Outcome
from tests.support.payouts import DISTRIBUTOR, DOCUMENT, HOSTILE, Payout
from tests.support.world import AGENT, OFFICER, OWNER, STRANGER


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
    "treasury-out-of-order": lambda: planned(1_000, treasury=(NOBODY,)).declare(),
    "expires-too-early": lambda: planned(1_000, challenge_s=DAY, expires_in_s=DAY).declare(),
    "not-a-holder": waiting(lambda m: m.call("demand", *sides(m), by=STRANGER)),
    "demanded-already": waiting(lambda m: (
        m.call("demand", *sides(m), by=BOB), m.call("demand", *sides(m), by=BOB))[1]),
    "not-demanded": waiting(lambda m: m.call("answer", m.distribution.members, m.leaf(0))),
    "answer-not-due": waiting(lambda m: (
        m.call("demand", *sides(m), by=BOB),
        m.call("stopUnanswered", m.distribution.members, BOB))[1]),
    "nothing-owed-to-payer": wrong(lambda m: m.call("collect", m.distribution.members)),
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
