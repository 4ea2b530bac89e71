"""Every reason for which a council refuses an act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tallystick.core.wallets import NOBODY
from tallystick.securities.councils.policies import Member, Policy, Setting
from tests.support.chamber import (
    ANN,
    BOB,
    COUNCIL,
    DOCUMENT,
    LIMIT,
    MEMBERS,
    STRICT,
    Chamber,
    selector,
)
from tests.support.evm import CASH, REGISTRY, Evm, Outcome, Reverted
from tests.support.world import AGENT, OFFICER, OWNER, STRANGER, wallet

HOUR, DAY = 3_600, 86_400
EVERYBODY = [each.wallet for each in MEMBERS]
FORCED = 2


def founding(members: Any = MEMBERS, settings: Any = (Setting(policy=STRICT),)) -> Outcome:
    """A council made of this; why it is refused."""
    return creating(Chamber.creation(members, settings))


def unlike() -> Outcome:
    """Like a setting that is not there."""
    kept = [Setting(policy=STRICT).members]
    members = [each.members for each in MEMBERS]
    return creating(COUNCIL.creation(members, kept, [(selector("mint"), 1)], []))


def creating(creation: str) -> Outcome:
    try:
        Evm().deploy(creation)
    except Reverted as error:
        return Outcome(False, b"", str(error), 0, [])
    return Outcome(True, b"", "", 0, [])


def policy(**changes: Any) -> Outcome:
    plain = {"signatures": 1, "groups": ()}
    return founding(settings=[Setting(policy=Policy(**{**plain, **changes}))])


def raw_policy(at: int, value: int) -> Outcome:
    """A policy that cannot be written in Python."""
    members = list(Policy(signatures=1).members)
    members[at] = value
    creation = COUNCIL.creation([each.members for each in MEMBERS],
                                [(NOBODY, bytes(4), tuple(members))], [], [])  # fmt: skip
    try:
        Evm().deploy(creation)
    except Reverted as error:
        return Outcome(False, b"", str(error), 0, [])
    return Outcome(True, b"", "", 0, [])


def pay(made: Chamber, units: int) -> Outcome:
    return made.act("transfer", STRANGER, units, at=made.cash, of=CASH)


def documentless(made: Chamber) -> Outcome:
    return made.proposed(made.call("setName", "Other", code=1))


def lapsed(made: Chamber) -> Outcome:
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT, OFFICER)
    made.evm.advance(90 * DAY)
    return made.execute(call)


def executed_twice(made: Chamber) -> Outcome:
    call = made.payment(1)
    made.approved(call, AGENT)
    assert made.execute(call).ok
    return made.by(OFFICER, "approve", call.members)


def too_early(made: Chamber) -> Outcome:
    call = made.call("setName", "Other", code=1, document=DOCUMENT)
    return made.approved(call, AGENT, OFFICER, OWNER).execute(call)


def twice(made: Chamber) -> Outcome:
    made.approved(made.payment(1), AGENT)
    return made.proposed(made.payment(1))


def refused(made: Chamber) -> Outcome:
    call = made.payment(1)
    made.approved(call, AGENT)
    return made.by(OFFICER, "revoke", call.members)


REASONS: dict[str, Callable[[], Outcome]] = {
    "above-the-limit": lambda: pay(Chamber(), LIMIT + 1),
    "default-policy-needed": lambda: founding(settings=()),
    "setting-unknown": unlike,
    "delay-not-over": lambda: too_early(Chamber()),
    "delay-too-long": lambda: policy(delay_s=90 * DAY + 1),
    "executed-already": lambda: executed_twice(Chamber()),
    "group-unknown": lambda: raw_policy(1, 2**32),
    "limit-incomplete": lambda: policy(amount_at=1),
    "not-a-member": lambda: Chamber().act("mint", ANN, 1, by=STRANGER),
    "not-approved": lambda: refused(Chamber()),
    "not-the-council": lambda: Chamber().by(OWNER, "change", [], [], []),
    "place-out-of-range": lambda: policy(amount_at=9, small_signatures=1),
    "policy-out-of-reach": lambda: policy(signatures=6),
    "proposal-lapsed": lambda: lapsed(Chamber()),
    "proposal-unknown": lambda: Chamber().execute(Chamber().payment(1)),
    "proposed-already": lambda: twice(Chamber()),
    "signatures-needed": lambda: Chamber().act("burn", ANN, 1),
    "too-many-members": lambda: crowded(Chamber()),
    "too-many-policies": lambda: too_many(Chamber()),
    "too-many-signatures": lambda: policy(signatures=33),
}  # fmt: skip


def crowded(made: Chamber) -> Outcome:
    call = made.change(members=[
        Member(wallet=wallet(at), groups=("agent",)) for at in range(100, 128)])  # fmt: skip
    return made.approved(call, AGENT, OFFICER).execute(call)


def too_many(made: Chamber) -> Outcome:
    """One policy more than there may be, in two changes."""
    for start in (0, 64):
        call = made.change(settings=[
            Setting(policy=STRICT, selector=(0xAB000000 + start + at).to_bytes(4, "big"))
            for at in range(64)])  # fmt: skip
        made.approved(call, AGENT, OFFICER)
        outcome = made.execute(call)
    return outcome


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


ELSEWHERE: dict[str, Callable[[], Outcome]] = {
    "call-data-too-short": lambda: Chamber().by(AGENT, "act", ANN, b"abc"),
    "no-code": lambda: Chamber().act("mint", ANN, 1, at=ANN),
    "reason-code-out-of-range": lambda: Chamber().proposed(Chamber().payment(1, code=65_536)),
    "reason-without-document": lambda: documentless(Chamber()),
    "signature-expired": lambda: by_signature(deadline=1),
    "signature-invalid": lambda: by_signature(number=4),
    "empty-address": lambda: founding([Member(wallet=NOBODY, groups=("agent",))]),
}


def by_signature(**changes: Any) -> Outcome:
    made = Chamber()
    call = made.payment(1)
    assert made.proposed(call).ok
    return made.signed(call, **changes)


@pytest.mark.parametrize("reason", sorted(ELSEWHERE))
def test_a_reason_that_others_give_too(reason: str) -> None:
    outcome = ELSEWHERE[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


def test_a_short_payment_call_moves_nothing() -> None:
    made = Chamber()
    data = selector("transfer", CASH) + bytes(32)
    assert made.by(AGENT, "act", made.cash, data).reason == "call-data-too-short"
    assert made.view("limitOf", made.cash) == (LIMIT, 0)
    assert REGISTRY.views
