"""Dual control: who may do what alone, what needs several, and that there is no way around it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.councils.policies import Limit, Member, Policy, Setting
from tests.support.chamber import (
    ANN,
    BOB,
    COUNCIL,
    DIRECTOR,
    DOCUMENT,
    FRIEND,
    LIMIT,
    MEMBERS,
    PAYMENT,
    SECOND_AGENT,
    STRICT,
    Chamber,
    selector,
)
from tests.support.evm import CASH, REGISTRY, TOKEN, Evm, Outcome, Reverted, compile_vyper
from tests.support.payouts import HOSTILE, HOSTILE_CASH
from tests.support.world import AGENT, COURT_ORDER, OFFICER, OWNER, STRANGER, wallet

HOUR, DAY = 3_600, 86_400
EVERYBODY = [each.wallet for each in MEMBERS]
FORCED = 2


def reasoned(made: Chamber, kind: int = FORCED, units: int = 10) -> Chamber:
    outcome = made.act("registerReason", kind, ANN, BOB, units, COURT_ORDER, DOCUMENT, by=OFFICER)
    assert outcome.ok, outcome.reason
    return made


def test_a_daily_act_takes_one_member_of_the_right_group() -> None:
    made = Chamber()
    assert made.act("mint", ANN, 5, by=AGENT).ok
    assert made.act("mint", ANN, 5, by=SECOND_AGENT).ok
    for other in (OFFICER, OWNER, DIRECTOR):
        assert made.act("mint", ANN, 5, by=other).reason == "signatures-needed"
    assert made.act("mint", ANN, 5, by=STRANGER).reason == "not-a-member"
    assert made.evm.view(TOKEN, made.token, "balanceOf", ANN) == 110


def test_what_a_contract_refuses_is_refused_for_its_reason() -> None:
    assert Chamber().act("mint", wallet(99), 5).reason == "receiver-unknown"


def test_nobody_forces_recovers_or_changes_rules_alone() -> None:
    """Every function with a role, by every member and by those who had the roles before."""
    made = reasoned(Chamber())
    rules = made.evm.view(TOKEN, made.token, "rulesInForce")
    acts: dict[str, tuple[Any, ...]] = {
        "forcedTransfer": (ANN, BOB, 10), "batchForcedTransfer": ([ANN], [BOB], [10]),
        "burn": (ANN, 10), "batchBurn": ([ANN], [10]), "recoveryAddress": (ANN, BOB, ANN),
        "setRules": (rules,), "setCompliance": (BOB,), "addModule": (BOB,),
        "announceExchange": (made.token, 2, 1, 0, 1, DOCUMENT), "addAgent": (AGENT,),
        "addOfficer": (OFFICER,), "transferOwnership": (OWNER,), "setIdentityRegistry": (BOB,),
        "transfer": (BOB, 1),
    }  # fmt: skip
    for name, args in acts.items():
        for who in EVERYBODY:
            if TOKEN.function(name).inputs and len(TOKEN.function(name).inputs) == len(args):
                assert made.act(name, *args, by=who).reason == "signatures-needed", name
                outcome = made.evm.act(who, TOKEN, made.token, name, *args)
                assert not outcome.ok, f"{name} directly"


def test_a_forced_transfer_takes_two_one_of_them_the_officer() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT, SECOND_AGENT)
    assert made.execute(call).reason == "signatures-needed"
    assert made.by(OFFICER, "approve", call.members).ok
    assert made.execute(call).ok
    assert made.evm.view(TOKEN, made.token, "balanceOf", BOB) == 10
    assert made.execute(call).reason == "executed-already"


def test_one_member_in_two_groups_is_still_one() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    assert made.proposed(call, by=DIRECTOR).ok
    assert made.by(DIRECTOR, "approve", call.members).ok
    assert made.execute(call, by=DIRECTOR).reason == "signatures-needed"


def test_it_waits_from_the_last_signature_that_was_needed() -> None:
    made = Chamber()
    call = made.call("setName", "Other", code=1, document=DOCUMENT)
    made.approved(call, AGENT, OFFICER)
    made.evm.advance(2 * HOUR)
    assert made.by(OWNER, "approve", call.members).ok
    assert made.execute(call).reason == "delay-not-over"
    made.evm.advance(HOUR - 1)
    assert made.execute(call).reason == "delay-not-over"
    made.evm.advance(1)
    assert made.execute(call).ok
    assert made.evm.view(TOKEN, made.token, "name") == "Other"


def test_whoever_revokes_makes_it_wait_anew() -> None:
    made = Chamber()
    call = made.call("setName", "Other", code=1, document=DOCUMENT)
    made.approved(call, AGENT, OFFICER, OWNER)
    made.evm.advance(HOUR - 1)
    assert made.by(OWNER, "revoke", call.members).ok
    assert made.by(OWNER, "approve", call.members).ok
    made.evm.advance(1)
    assert made.execute(call).reason == "delay-not-over"
    made.evm.advance(HOUR)
    assert made.execute(call).ok


def test_one_more_signature_than_needed_starts_no_delay() -> None:
    made = Chamber()
    call = made.call("setName", "Other", code=1, document=DOCUMENT)
    made.approved(call, AGENT, OFFICER, OWNER)
    made.evm.advance(HOUR)
    assert made.by(DIRECTOR, "approve", call.members).ok
    assert made.execute(call).ok


def test_agreement_is_to_the_very_call_its_reason_and_its_document() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT, OFFICER)
    others = [
        made.call("forcedTransfer", ANN, BOB, 11), made.call("forcedTransfer", BOB, ANN, 10),
        made.call("forcedTransfer", ANN, BOB, 10, salt=b"\x09" * 32),
        made.call("forcedTransfer", ANN, BOB, 10, code=2),
        made.call("forcedTransfer", ANN, BOB, 10, document=DOCUMENT),
        made.call("forcedTransfer", ANN, BOB, 10, at=BOB),
    ]  # fmt: skip
    for other in others:
        assert made.execute(other).reason == "proposal-unknown"
    assert len({made.view("idOf", each.members) for each in [call, *others]}) == 7
    assert all(made.view("idOf", each.members) == each.id for each in [call, *others])


def test_a_member_may_sign_and_another_submit_it() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    assert made.proposed(call).ok
    assert made.signed(call).ok
    assert made.execute(call).ok


def test_what_was_signed_before_a_change_of_mind_is_void() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    assert made.proposed(call).ok
    assert made.signed(call).ok
    assert made.by(DIRECTOR, "revoke", call.members).ok
    assert made.signed(call).reason == "signature-invalid"
    assert made.signed(call, number=1).ok


def test_a_signature_is_for_one_proposal_of_one_council() -> None:
    made, other = reasoned(Chamber()), reasoned(Chamber([*Chamber().usual(), Setting(
        policy=STRICT, selector=selector("unpause"))]))  # fmt: skip
    call = made.call("forcedTransfer", ANN, BOB, 10)
    again = made.call("forcedTransfer", ANN, BOB, 10, salt=b"\x09" * 32)
    assert made.proposed(call).ok
    assert made.proposed(again).ok
    typed = call.approval(other.council if other.council != made.council else BOB, 1, 0, 2**40)
    assert typed["domain"]["verifyingContract"] != made.council
    assert made.signed(call).ok
    assert made.view("proposalOf", again.id)[3] == (AGENT,)


def test_payments_within_the_limit_of_the_day_take_one() -> None:
    made = Chamber()
    assert made.act("transfer", STRANGER, 600, at=made.cash, of=CASH).ok
    assert made.act("transfer", STRANGER, 400, at=made.cash, of=CASH, by=SECOND_AGENT).ok
    assert made.act("transfer", STRANGER, 1, at=made.cash, of=CASH).reason == "above-the-limit"
    assert made.act("transfer", STRANGER, 1, at=made.cash, of=CASH, by=OFFICER
                    ).reason == "signatures-needed"  # fmt: skip
    assert made.view("limitOf", made.cash) == (LIMIT, 1_000)
    made.evm.advance(DAY)
    assert made.act("transfer", STRANGER, 1_000, at=made.cash, of=CASH).ok
    assert made.balance(STRANGER) == 2_000


def test_every_way_to_move_a_currency_counts_against_one_limit() -> None:
    made = Chamber()
    assert made.act("approve", STRANGER, 600, at=made.cash, of=CASH).ok
    assert made.act("transfer", STRANGER, 401, at=made.cash, of=CASH).reason == "above-the-limit"
    assert made.act("transfer", STRANGER, 400, at=made.cash, of=CASH).ok
    # A function whose argument names the currency.
    outcome = made.act("transferFrom", made.cash, STRANGER, 1, at=made.cash, of=CASH)
    assert outcome.reason == "above-the-limit"


def test_whom_any_amount_may_be_given_is_not_counted() -> None:
    made = Chamber()
    assert made.act("approve", FRIEND, 10**9, at=made.cash, of=CASH).ok
    assert made.view("limitOf", made.cash) == (LIMIT, 0)


def test_a_payment_above_the_limit_takes_two_and_uses_nothing_of_it() -> None:
    made = Chamber()
    call = made.payment(50_000)
    assert made.act("transfer", STRANGER, 50_000, at=made.cash, of=CASH).reason == "above-the-limit"
    made.approved(call, AGENT)
    assert made.execute(call).reason == "above-the-limit"
    assert made.by(OFFICER, "approve", call.members).ok
    assert made.execute(call).ok
    assert made.balance(STRANGER) == 50_000
    assert made.view("limitOf", made.cash) == (LIMIT, 0)


def test_a_small_payment_that_was_proposed_uses_the_limit_too() -> None:
    made = Chamber()
    call = made.payment(900)
    made.approved(call, AGENT)
    assert made.execute(call).ok
    assert made.act("transfer", STRANGER, 101, at=made.cash, of=CASH).reason == "above-the-limit"


def test_a_currency_without_a_limit_takes_two() -> None:
    made = Chamber()
    other = made.evm.deploy(CASH.creation("Euro", "EURX", 6, OWNER), OWNER)
    assert made.act("approve", FRIEND, 1, at=other, of=CASH).reason == "signatures-needed"
    anywhere = made.change(settings=[Setting(policy=PAYMENT, selector=selector("transfer", CASH))])
    assert made.approved(anywhere, OWNER, OFFICER).execute(anywhere).ok
    assert made.act("transfer", STRANGER, 1, at=other, of=CASH).reason == "above-the-limit"
    assert made.act("transfer", BOB, 1, at=made.token).reason == "above-the-limit"


def test_a_payment_that_answers_no_is_none() -> None:
    made = Chamber()
    hostile = made.evm.deploy(compile_vyper(HOSTILE_CASH))
    everywhere = made.change(settings=[Setting(policy=PAYMENT,
                             selector=selector("transfer", CASH))],
                             limits=[Limit(money=hostile, units=10)])  # fmt: skip
    assert made.approved(everywhere, OWNER, OFFICER).execute(everywhere).ok
    assert made.evm.act(OWNER, HOSTILE, hostile, "mint", made.council, 100).ok
    assert made.evm.act(OWNER, HOSTILE, hostile, "behave", 1).ok
    assert made.act("transfer", STRANGER, 1, at=hostile, of=CASH).reason == "cash-refused"


def test_members_and_policies_change_by_its_own_call_alone() -> None:
    made = Chamber()
    joins = made.change(members=[Member(wallet=BOB, groups=("agent",))])
    assert made.by(OWNER, "change", *made.sides(MEMBERS)).reason == "not-the-council"
    assert made.approved(joins, AGENT, DIRECTOR).execute(joins).ok
    assert made.act("mint", ANN, 1, by=BOB).ok
    leaves = made.change(members=[Member(wallet=BOB, groups=())])
    assert made.approved(leaves, AGENT, DIRECTOR).execute(leaves).ok
    assert made.act("mint", ANN, 1, by=BOB).reason == "not-a-member"
    assert {each[0] for each in made.view("members")} == set(EVERYBODY)


def test_who_left_counts_no_longer() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT, OFFICER)
    leaves = made.change(members=[Member(wallet=OFFICER, groups=())])
    assert made.approved(leaves, AGENT, DIRECTOR).execute(leaves).ok
    assert made.execute(call).reason == "signatures-needed"
    assert made.by(OFFICER, "execute", call.members).reason == "not-a-member"


def test_who_comes_back_agrees_anew() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT, OFFICER)
    for groups in ((), ("officer",)):
        turns = made.change(members=[Member(wallet=OFFICER, groups=groups)])
        assert made.approved(turns, AGENT, DIRECTOR).execute(turns).ok
    assert made.execute(call).reason == "signatures-needed"
    assert made.by(OFFICER, "approve", call.members).ok
    assert made.execute(call).ok


def test_a_policy_made_stricter_holds_for_what_was_proposed_before() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT, OFFICER)
    stricter = made.change(settings=[Setting(policy=Policy(signatures=3, delay_s=HOUR))])
    assert made.approved(stricter, AGENT, OFFICER).execute(stricter).ok
    assert made.execute(call).reason == "signatures-needed"
    made.evm.advance(HOUR)
    assert made.by(OWNER, "approve", call.members).ok
    assert made.execute(call).reason == "delay-not-over"
    made.evm.advance(HOUR)
    assert made.execute(call).ok


def test_a_policy_made_looser_takes_somebody_to_agree_anew() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT)
    looser = made.change(settings=[Setting(policy=Policy(signatures=1, groups=("agent",)),
                         selector=selector("forcedTransfer"))])  # fmt: skip
    assert made.approved(looser, AGENT, OFFICER).execute(looser).ok
    assert made.execute(call).reason == "signatures-needed"
    assert made.by(AGENT, "approve", call.members).ok
    assert made.execute(call).ok


def test_a_document_demanded_later_is_demanded_of_what_was_proposed_before() -> None:
    made = reasoned(Chamber())
    call = made.call("forcedTransfer", ANN, BOB, 10)
    made.approved(call, AGENT, OFFICER)
    stricter = made.change(settings=[Setting(policy=Policy(signatures=2, documented=True))])
    assert made.approved(stricter, AGENT, OFFICER).execute(stricter).ok
    assert made.execute(call).reason == "reason-without-document"


def test_policies_are_told_as_they_were_set() -> None:
    made = Chamber()
    told = {(each[0].lower(), each[1]): Policy.read(each[2]) for each in made.view("settings")}
    assert told == {(each.target, each.selector): each.policy for each in made.usual()}
    burn = selector("burn")
    assert Policy.read(made.view("policyFor", made.token, burn)) == STRICT
    assert Policy.read(made.view("policyFor", made.cash, selector("transfer", CASH))) == PAYMENT


def test_may_act_alone_says_what_act_does() -> None:
    made = Chamber()
    for who in (*EVERYBODY, STRANGER):
        for name, args, at in (("mint", (ANN, 1), made.token), ("burn", (ANN, 1), made.token),
                               ("setName", ("X",), made.token), ("pause", (), made.token),
                               ("transfer", (STRANGER, 999), made.cash),
                               ("transfer", (STRANGER, 1_001), made.cash),
                               ("approve", (FRIEND, 5_000), made.cash)):  # fmt: skip
            call = made.call(name, *args, at=at)
            with made.evm.anchor():
                outcome = made.by(who, "act", call.target, call.data)
            refused = outcome.reason in {"signatures-needed", "above-the-limit", "not-a-member"}
            assert made.view("mayActAlone", who, call.target, call.data) == (not refused)


def test_an_act_leaves_an_event() -> None:
    made = Chamber()
    topics = {each.topic for each in COUNCIL.events.values() if each.name == "Acted"}
    outcome = made.act("mint", ANN, 5)
    assert topics & {log[1][0] for log in outcome.logs if log[0] == made.council}


def test_a_call_back_finds_the_council_locked() -> None:
    """A contract that is called, and a member at that, cannot act in the course of it."""
    made = Chamber()
    hostile = made.evm.deploy(compile_vyper(HOSTILE_CASH))
    joins = made.change(members=[Member(wallet=hostile, groups=("agent",))],
                        settings=[Setting(policy=Policy(signatures=1), target=hostile,
                                          selector=selector("transfer", CASH))])  # fmt: skip
    assert made.approved(joins, OWNER, OFFICER).execute(joins).ok
    assert made.evm.act(OWNER, HOSTILE, hostile, "mint", made.council, 100).ok
    again = bytes.fromhex(COUNCIL.function("act").encode(
        made.token, bytes.fromhex(TOKEN.function("mint").encode(ANN, 5)[2:]))[2:])  # fmt: skip
    assert made.evm.act(OWNER, HOSTILE, hostile, "plan", made.council, again).ok
    assert made.evm.act(OWNER, HOSTILE, hostile, "behave", 5).ok
    before = made.evm.view(TOKEN, made.token, "totalSupply")
    made.act("transfer", STRANGER, 1, at=hostile, of=CASH)
    assert made.evm.view(TOKEN, made.token, "totalSupply") == before
    assert made.by(hostile, "act", made.token, bytes.fromhex(
        TOKEN.function("mint").encode(ANN, 5)[2:])).ok, "it could otherwise"  # fmt: skip


# --- every reason


def founding(members: Any = MEMBERS, settings: Any = (Setting(policy=STRICT),)) -> Outcome:
    """A council made of this; why it is refused."""
    creation = COUNCIL.creation(*Chamber.sides(members, settings))
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
                                [(NOBODY, bytes(4), tuple(members))], [])  # fmt: skip
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


# --- whatever they do


WHO = st.sampled_from(EVERYBODY)
STEPS = st.lists(st.one_of(
    st.tuples(st.just("approve"), WHO, st.integers(0, 2)),
    st.tuples(st.just("revoke"), WHO, st.integers(0, 2)),
    st.tuples(st.just("execute"), WHO, st.integers(0, 2)),
    st.tuples(st.just("wait"), st.integers(1, 90), st.just(0)),
    st.tuples(st.just("policy"), st.integers(1, 4), st.sampled_from(
        [(), ("officer",), ("agent",), ("agent", "officer"), ("director",)])),
    st.tuples(st.just("member"), WHO, st.sampled_from(
        [(), (), ("officer",), ("agent",), ("agent", "officer"), ("director",)])),
), max_size=40)  # fmt: skip


class Naive:
    """What has happened, in full; every question is answered by going through all of it."""

    def __init__(self) -> None:
        self.members: dict[str, set[str]] = {each.wallet: set(each.groups) for each in MEMBERS}
        self.policy: tuple[int, set[str], int] = (2, {"officer"}, 0)
        self.agree: list[set[str]] = [set(), set(), set()]
        self.executed = [False] * 3
        # Of each second in which something happened: who agreed to what, and who was a member.
        self.past: list[tuple[int, list[set[str]], dict[str, set[str]]]] = []

    def note(self, now: int) -> None:
        """Keep how things stand at the end of a second."""
        if self.past and self.past[-1][0] == now:
            self.past.pop()
        self.past.append((now, copy.deepcopy(self.agree), copy.deepcopy(self.members)))

    def enough(self, agreed: set[str], members: dict[str, set[str]]) -> bool:
        count, groups, _ = self.policy
        present = agreed & members.keys()
        return len(present) >= count and groups <= set().union(*(members[who] for who in present))

    def may_execute(self, at: int, now: int) -> bool:
        """Whether enough agreed all the time that the delay takes, and still do."""
        if self.executed[at] or not self.enough(self.agree[at], self.members):
            return False
        since = now - self.policy[2]
        before = [entry for entry in self.past if entry[0] <= since][-1:]
        return bool(before) and all(
            self.enough(agreed[at], members)
            for when, agreed, members in self.past if when >= before[0][0]
        )  # fmt: skip

    def attainable(self) -> bool:
        """Whether all together could still do anything."""
        return self.enough(set(self.members), self.members) and self.officers()

    def officers(self) -> bool:
        """Whether the policy for changes itself can still be fulfilled."""
        return len(self.members) > 1 and any("officer" in each for each in self.members.values())


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_nothing_happens_that_not_enough_agreed_to_all_the_while(steps: list[Any]) -> None:
    """Against a model that keeps all that happened. Who could act is never refused for ever."""
    alone = Setting(policy=Policy(signatures=1), selector=selector("acceptOwnership"))
    strict = Setting(policy=STRICT, selector=selector("setSymbol"))
    changes = Setting(policy=Policy(signatures=1), selector=selector("change", COUNCIL))
    made = Chamber([Setting(policy=STRICT), alone, strict, changes])
    model = Naive()
    calls = [made.call("setSymbol", f"S{at}") for at in range(3)]
    for at, call in enumerate(calls):
        assert made.proposed(call, by=OWNER).ok
        model.agree[at].add(OWNER)
    model.note(made.evm.now)
    for kind, what, more in steps:
        _step(made, model, calls, kind, what, more)
    _step_aside(made, model, calls)


def _step(made: Chamber, model: Naive, calls: list[Any], kind: str, what: Any, more: Any) -> None:
    if kind == "wait":
        made.evm.advance(60 * what)
        return
    if kind in {"approve", "revoke"}:
        if made.by(what, kind, calls[more].members).ok:
            turn = model.agree[more].add if kind == "approve" else model.agree[more].remove
            turn(what)
    elif kind == "execute":
        if made.by(what, "execute", calls[more].members).ok:
            assert what in model.members
            assert model.may_execute(more, made.evm.now), "carried out too early"
            model.executed[more] = True
    elif kind == "policy":
        _set_policy(made, model, what, more)
    else:
        _set_member(made, model, what, more)
    model.note(made.evm.now)


def _set_policy(made: Chamber, model: Naive, count: int, groups: tuple[str, ...]) -> None:
    policy = Policy(signatures=count, groups=groups, delay_s=count * HOUR // 4)
    changed = _changed(made, model, settings=[
        Setting(policy=policy, selector=selector("setSymbol"))])  # fmt: skip
    before, model.policy = model.policy, (count, set(groups), policy.delay_s)
    assert changed.ok == model.attainable()
    if not changed.ok:
        model.policy = before


def _set_member(made: Chamber, model: Naive, who: str, groups: tuple[str, ...]) -> None:
    changed = _changed(made, model, members=[Member(wallet=Wallet(who), groups=groups)])
    before = copy.deepcopy(model.members)
    model.members.pop(who, None)
    if groups:
        model.members[who] = set(groups)
    assert changed.ok == model.attainable()
    if not changed.ok:
        model.members = before
    elif not groups:
        for agreed in model.agree:
            agreed.discard(who)


def _changed(made: Chamber, model: Naive, **sides: Any) -> Outcome:
    return made.by(next(iter(model.members)), "act", made.council, made.change(**sides).data)


def _step_aside(made: Chamber, model: Naive, calls: list[Any]) -> None:
    """Whatever came before, all members together can still carry out what is left."""
    for at, call in enumerate(calls):
        if model.executed[at]:
            continue
        for who in model.members:
            assert made.by(who, "approve", call.members).ok
        made.evm.advance(model.policy[2])
        assert made.execute(call, by=next(iter(model.members))).ok
