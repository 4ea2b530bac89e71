"""A council under random histories, against a model that keeps all that happened."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.wallets import Wallet
from tallystick.securities.councils.policies import Member, Policy, Setting
from tests.support.chamber import (
    COUNCIL,
    MEMBERS,
    STRICT,
    Chamber,
    selector,
)
from tests.support.evm import Outcome
from tests.support.world import OWNER

HOUR, DAY = 3_600, 86_400
EVERYBODY = [each.wallet for each in MEMBERS]
FORCED = 2


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
