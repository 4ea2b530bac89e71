"""Dual control: who may do what alone, what needs several, and that there is no way around it."""

from __future__ import annotations

from typing import Any

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
from tests.support.evm import CASH, TOKEN, compile_vyper
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
