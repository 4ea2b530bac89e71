"""Votes on chain: weights of the record date, whatever is sold after; a recount gives the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.securities.ballots.meetings import Count, Meeting, Voting
from tallystick.securities.ballots.polls import Item
from tallystick.securities.claims import Claims
from tests.support.evm import TOKEN, Outcome
from tests.support.world import AGENT, DOCUMENT, OFFICER, STRANGER, World, wallet

BALLOT = contract("Ballot")
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
ANN, BOB, CYD, DAN = (wallet(number) for number in range(1, 5))
SIGNER = Account.from_key(b"\x05" * 32)
HER = Wallet(SIGNER.address.lower())
RESOLUTION = Item()
ELECTION = Item(options=4, seats=2)
CUMULATIVE = Item(options=4, seats=2, cumulative=True)
HOUR = 3_600


class Assembly:
    """A world in which holders of two classes meet."""

    def __init__(self, items: Sequence[Item] = (RESOLUTION, ELECTION), *, quorum_bps: int = 5_000,
                 treasury: tuple[Wallet, ...] = (), called: bool = True) -> None:  # fmt: skip
        self.world = World(classes=2)
        self.evm = self.world.evm
        for home in (ANN, BOB, CYD, HER):
            self.world.admit(home, claims=VERIFIED)
        for home, units in ((ANN, 50), (BOB, 30), (HER, 20)):
            self.world.mint(home, units)
        self.world.mint(BOB, 10, at=1)
        self.ballot = deploy_service("Ballot", lambda _name, data: self.evm.deploy(data))
        for at in range(2):
            self.world.set_record_date(0, at)
        now = self.world.now
        self.meeting = Meeting(
            registry=self.world.registry_address, opens_at=now + HOUR, closes_at=now + 2 * HOUR,
            quorum_bps=quorum_bps, items=tuple(items), treasury=treasury, document=DOCUMENT,
            classes=tuple(
                Voting(token=self.world.tokens[at], votes=votes, record_date=1,
                       record_at=self.evm.view(TOKEN, self.world.tokens[at], "recordDateAt", 1))
                for at, votes in ((0, 1), (1, 10))
            ),
        )  # fmt: skip
        if called:
            assert self.call("callMeeting", self.meeting.members, by=AGENT).ok
            self.world.advance(HOUR)

    def call(self, name: str, *args: Any, by: str = STRANGER) -> Outcome:
        return self.evm.act(by, BALLOT, self.ballot, name, *args)

    def view(self, name: str, *args: Any) -> Any:
        return self.evm.view(BALLOT, self.ballot, name, self.meeting.id, *args)

    def vote(self, owner: str, amounts: Sequence[int], *, item: int = 0, of: int = 0,
             previous: Sequence[int] = (), by: str | None = None) -> Outcome:  # fmt: skip
        ballot = (self.meeting.id, item, of, owner, list(amounts), list(previous))
        return self.call("cast", ballot, by=by or owner)

    def close(self) -> Assembly:
        self.world.advance(HOUR)
        return self

    def count(self) -> Count:
        """A recount from the logs alone."""
        found = Count()
        for _, logs in self.evm.logged:
            for address, topics, data in logs:
                event = BALLOT.events.get(topics[0])
                if address == self.ballot and event is not None:
                    found.apply(event.name, event.decode(topics, data))
        return found


def test_the_id_of_a_meeting_is_the_hash_of_all_of_it() -> None:
    made = Assembly(called=False, treasury=(CYD, DAN))
    outcome = made.call("callMeeting", made.meeting.members, by=AGENT)
    assert outcome.output == made.meeting.id


def test_the_issuers_wallets_have_no_vote_and_are_left_out_once() -> None:
    """Named three times, they were left out three times, and a part of the votes met the quorum."""
    made = Assembly(treasury=(HER,), quorum_bps=7_000)
    assert made.view("tally", 0, 0)[1] == 80
    assert made.vote(ANN, (50, 0, 0)).ok
    assert made.vote(HER, (20, 0, 0)).reason == "more-than-his-votes"


def test_a_record_date_that_was_set_anew_gives_no_votes() -> None:
    """Withdrawn while it was ahead, its number went to another one (found by review)."""
    made = Assembly(called=False)
    token, agent = made.world.token, AGENT
    at = made.world.now + 1_000
    assert made.evm.act(agent, TOKEN, token, "setRecordDate", at).ok
    first, second = made.meeting.classes
    made.meeting = replace(
        made.meeting, classes=(replace(first, record_date=2, record_at=at), second)
    )
    assert made.call("callMeeting", made.meeting.members, by=agent).ok
    assert made.evm.act(agent, TOKEN, token, "withdrawRecordDate").ok
    assert made.evm.act(agent, TOKEN, token, "setRecordDate", at - 500).ok
    made.world.advance(HOUR)
    assert made.vote(ANN, (50, 0, 0)).reason == "record-date-differs"


def test_votes_are_those_of_the_record_date_whatever_is_sold_after() -> None:
    made = Assembly()
    assert made.evm.act(ANN, TOKEN, made.world.token, "transfer", CYD, 50).ok
    assert made.vote(CYD, (1, 0, 0)).reason == "more-than-his-votes"
    assert made.vote(ANN, (50, 0, 0)).ok
    assert made.view("votesOf", 0, ANN) == 50
    assert made.view("tally", 0, 0) == ((50, 0, 0), 100)
    assert made.view("tally", 0, 1) == ((0, 0, 0), 100)


def test_a_resolution_passes_with_its_majority_and_quorum() -> None:
    made = Assembly()
    assert made.vote(ANN, (50, 0, 0)).ok
    assert made.vote(BOB, (0, 100, 0), of=1).ok
    assert made.vote(HER, (0, 0, 20)).ok
    assert made.evm.act(STRANGER, BALLOT, made.ballot, "resultOf", made.meeting.id, 0).reason == (
        "meeting-open"
    )
    made.close()
    assert made.view("resultOf", 0) == (True, False, 0, False)
    assert made.vote(BOB, (30, 0, 0)).reason == "meeting-closed"


def test_too_few_votes_decide_nothing() -> None:
    made = Assembly()
    assert made.vote(ANN, (50, 0, 0)).ok
    made.close()
    assert made.view("resultOf", 0) == (False, False, 0, False)


@pytest.mark.parametrize(
    ("item", "passes"),
    [(Item(), True), (Item(numerator=2, denominator=3), False),
     (Item(numerator=8, denominator=13), False),
     (Item(numerator=8, denominator=13, at_least=True), True), (Item(basis=1), False),
     (Item(by_class=True), False)],
    ids=["simple", "two thirds", "more than 8/13", "at least 8/13", "of all", "each class"],
)  # fmt: skip
def test_majorities(item: Item, passes: bool) -> None:
    """80 for and 50 against of 200; the second class is evenly divided."""
    made = Assembly((item,), quorum_bps=0)
    assert made.vote(ANN, (50, 0, 0)).ok
    assert made.vote(BOB, (30, 0, 0)).ok
    assert made.vote(BOB, (0, 50, 50), of=1).ok
    made.close()
    assert made.view("resultOf", 0)[1] is passes


def test_a_nominee_divides_his_votes_and_changes_them() -> None:
    made = Assembly()
    assert made.vote(ANN, (20, 25, 5)).ok
    assert made.vote(ANN, (0, 0, 50), previous=(20, 25, 4)).reason == "previous-vote-differs"
    assert made.vote(ANN, (0, 0, 50)).reason == "previous-vote-differs"
    assert made.vote(ANN, (10, 0, 0), previous=(20, 25, 5)).ok
    assert made.view("tally", 0, 0)[0] == (10, 0, 0)
    assert made.view("castOf", ANN, 0, 0) == 2


def test_elections_straight_and_cumulative() -> None:
    made = Assembly((ELECTION, CUMULATIVE), quorum_bps=0)
    assert made.vote(ANN, (51, 0, 0, 0)).reason == "more-than-his-votes"
    assert made.vote(ANN, (50, 50, 0, 0)).ok
    assert made.vote(BOB, (0, 30, 30, 0)).ok
    assert made.vote(ANN, (100, 0, 0, 0), item=1).ok
    assert made.vote(BOB, (0, 30, 0, 30), item=1).ok
    assert made.vote(BOB, (0, 0, 0, 200), item=1, of=1).ok
    made.close()
    assert made.view("resultOf", 0) == (True, False, 0b0011, False)
    assert made.view("resultOf", 1) == (True, False, 0b1001, False)


def test_candidates_with_equal_votes_for_the_last_seat_are_not_elected() -> None:
    made = Assembly((ELECTION,), quorum_bps=0)
    assert made.vote(ANN, (50, 0, 0, 0)).ok
    assert made.vote(HER, (0, 20, 20, 0)).ok
    made.close()
    assert made.view("resultOf", 0) == (True, False, 0b0001, True)


def test_the_issuer_has_no_vote_and_counts_for_no_quorum() -> None:
    made = Assembly(treasury=(BOB,))
    assert made.vote(BOB, (1, 0, 0)).reason == "more-than-his-votes"
    assert made.view("tally", 0, 0)[1] == 70
    assert made.view("tally", 0, 1)[1] == 0


# --- proxies and signatures


def test_a_proxy_votes_for_one_and_is_revoked() -> None:
    made = Assembly()
    assert made.vote(ANN, (50, 0, 0), by=DAN).reason == "neither-holder-nor-proxy"
    assert made.call("appoint", made.meeting.id, ANN, DAN, by=DAN).reason == "not-the-holder"
    assert made.call("appoint", made.meeting.id, ANN, DAN, by=ANN).ok
    assert made.vote(ANN, (50, 0, 0), by=DAN).ok
    assert made.call("appoint", made.meeting.id, ANN, NOBODY, by=ANN).ok
    assert made.vote(ANN, (0, 50, 0), previous=(50, 0, 0), by=DAN).reason == (
        "neither-holder-nor-proxy"
    )
    assert made.vote(ANN, (0, 50, 0), previous=(50, 0, 0)).ok


def test_a_proxy_cannot_pass_votes_on_so_that_there_are_no_circles() -> None:
    made = Assembly()
    for owner, proxy in ((ANN, BOB), (BOB, CYD), (CYD, ANN)):
        assert made.call("appoint", made.meeting.id, owner, proxy, by=owner).ok
    assert made.vote(ANN, (50, 0, 0), by=CYD).reason == "neither-holder-nor-proxy"
    assert made.vote(ANN, (50, 0, 0), by=BOB).ok
    assert made.vote(BOB, (30, 0, 0), by=CYD).ok
    assert sum(made.view("tally", 0, 0)[0]) == 80


def test_a_recovered_wallet_votes_for_the_lost_one() -> None:
    made = Assembly()
    assert made.world.recover(ANN, DAN) == ""
    assert made.vote(ANN, (50, 0, 0)).reason == "neither-holder-nor-proxy"
    assert made.vote(ANN, (50, 0, 0), by=DAN).ok
    assert made.vote(BOB, (30, 0, 0), by=DAN).reason == "neither-holder-nor-proxy"


def signed(made: Assembly, kind: str, members: dict[str, tuple[str, Any]], *, key: Any = SIGNER,
           deadline: int = 2**40, signer: str = HER) -> tuple[Any, ...]:  # fmt: skip
    members = {**members, "deadline": ("uint256", deadline)}
    found = Account.sign_typed_data(
        key.key,
        domain_data={"name": "Tallystick", "version": "1", "chainId": 1,
                     "verifyingContract": made.ballot},
        message_types={kind: [{"name": name, "type": of} for name, (of, _) in members.items()]},
        message_data={name: value for name, (_, value) in members.items()},
    )  # fmt: skip
    r, s = found.r.to_bytes(32, "big"), found.s.to_bytes(32, "big")
    return (signer, deadline, found.v, r, s)


def signed_vote(made: Assembly, amounts: Sequence[int], previous: Sequence[int] = (),
                number: int = 0, owner: str = HER, **changes: Any) -> Outcome:  # fmt: skip
    signature = signed(made, "Vote", {
        "meeting": ("bytes32", made.meeting.id), "item": ("uint256", 0),
        "shareClass": ("uint256", 0), "owner": ("address", owner),
        "amounts": ("uint256[]", list(amounts)), "number": ("uint256", number),
    }, **changes)  # fmt: skip
    ballot = (made.meeting.id, 0, 0, owner, list(amounts), list(previous))
    return made.call("castSigned", ballot, signature)


def test_votes_are_signed_and_submitted_by_anybody() -> None:
    made = Assembly()
    assert signed_vote(made, (20, 0, 0)).ok
    assert signed_vote(made, (0, 20, 0), (20, 0, 0), number=1).ok
    # The first signature cannot be submitted again, though that vote was cast once.
    assert signed_vote(made, (20, 0, 0), (0, 20, 0)).reason == "signature-invalid"
    other = Account.from_key(b"\x06" * 32)
    assert signed_vote(made, (1, 0, 0), (0, 20, 0), 2, key=other).reason == "signature-invalid"
    assert signed_vote(made, (1, 0, 0), (0, 20, 0), 2, deadline=5).reason == "signature-expired"
    assert signed_vote(made, (1, 0, 0), owner=ANN).reason == "neither-holder-nor-proxy"


def test_a_proxy_is_appointed_by_signature() -> None:
    made = Assembly()

    def appoint(number: int) -> Outcome:
        signature = signed(made, "Proxy", {
            "meeting": ("bytes32", made.meeting.id), "owner": ("address", HER),
            "proxy": ("address", DAN), "number": ("uint256", number)})  # fmt: skip
        return made.call("appointSigned", made.meeting.id, HER, DAN, signature)

    assert appoint(0).ok
    assert made.view("proxyOf", HER) == (DAN, 1)
    assert appoint(0).reason == "signature-invalid"
    assert made.call("appoint", made.meeting.id, HER, NOBODY, by=HER).ok
    assert appoint(1).reason == "signature-invalid"


# --- whatever is done, the recount is the chain's


@given(seed=st.integers(0, 2**32), quorum=st.sampled_from([0, 3_000, 7_000]))
def test_the_recount_is_the_chains_and_nobody_votes_twice(seed: int, quorum: int) -> None:
    drawn = random.Random(seed)
    items = [drawn.choice((RESOLUTION, Item(by_class=True), Item(basis=1, at_least=True),
                           Item(numerator=2, denominator=3), ELECTION, CUMULATIVE))
             for _ in range(2)]  # fmt: skip
    made = Assembly(items, quorum_bps=quorum)
    people = [ANN, BOB, CYD, HER]
    last: dict[tuple[int, int, Wallet], list[int]] = {}
    for _ in range(12):
        owner, at, of = drawn.choice(people), drawn.randrange(2), drawn.randrange(2)
        if drawn.random() < 0.2:
            made.call("appoint", made.meeting.id, owner, drawn.choice([*people, NOBODY]), by=owner)
            continue
        amounts = [drawn.choice([0, 0, 10, 20, 30, 50, 100]) for _ in range(items[at].options)]
        by = drawn.choice([owner, owner, drawn.choice(people)])
        outcome = made.vote(owner, amounts, item=at, of=of, by=by,
                            previous=last.get((at, of, owner), ()))  # fmt: skip
        weight = made.view("votesOf", of, owner)
        proxy = made.view("proxyOf", owner)[0]
        assert outcome.ok == (items[at].allows(amounts, weight) and by in (owner, proxy))
        if outcome.ok:
            last[at, of, owner] = amounts
    count = made.count()
    made.close()
    for at, item in enumerate(items):
        every = []
        for of in range(2):
            votes, all_votes = made.view("tally", at, of)
            every.append(all_votes)
            assert list(votes) == count.tally(at, of, item.options)
            assert sum(votes) <= all_votes * max(item.seats, 1)
        result = count.result(made.meeting, at, every)
        bits = sum(1 << candidate for candidate in result.elected)
        assert made.view("resultOf", at) == (result.has_quorum, result.passed, bits, result.tied)


# --- each reason once


def calling(**changes: Any) -> Outcome:
    made = Assembly(called=False)
    names = made.meeting.__struct_fields__
    members = dict(zip(names, made.meeting.members, strict=True))
    altered = {name: value(members[name]) if callable(value) else value
               for name, value in changes.items()}  # fmt: skip
    return made.call("callMeeting", tuple((members | altered).values()), by=AGENT)


def with_item(**changes: Any) -> Outcome:
    return calling(items=[Item(**changes).members])


REASONS: dict[str, Callable[[], Outcome]] = {
    "meeting-called-already": lambda: (made := Assembly()).call(
        "callMeeting", made.meeting.members, by=AGENT),
    "meeting-without-time": lambda: calling(closes_at=5),
    "meeting-without-items": lambda: calling(items=[]),
    "votes-out-of-range": lambda: calling(
        classes=lambda all_of: [(all_of[0][0], 0, *all_of[0][2:])]),
    "class-twice": lambda: calling(classes=lambda all_of: [all_of[0], all_of[0]]),
    "item-malformed": lambda: with_item(options=2),
    "meeting-unknown": lambda: Assembly(called=False).vote(ANN, (1, 0, 0)),
    "meeting-open": lambda: (made := Assembly()).call(
        "cancelMeeting", made.meeting.id, DOCUMENT, by=AGENT),
    "meeting-not-open": lambda: early(Assembly(called=False)).vote(ANN, (1, 0, 0)),
    "meeting-closed": lambda: Assembly().close().vote(ANN, (1, 0, 0)),
    "item-unknown": lambda: Assembly().vote(ANN, (1, 0, 0), item=2),
    "class-unknown": lambda: Assembly().vote(ANN, (1, 0, 0), of=2),
    "more-than-his-votes": lambda: Assembly().vote(ANN, (51, 0, 0)),
    "previous-vote-differs": lambda: Assembly().vote(ANN, (1, 0, 0), previous=(1, 0, 0)),
    "neither-holder-nor-proxy": lambda: Assembly().vote(ANN, (1, 0, 0), by=BOB),
}  # fmt: skip


def early(made: Assembly) -> Assembly:
    assert made.call("callMeeting", made.meeting.members, by=AGENT).ok
    return made


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


OTHERS: list[tuple[str, Callable[[], Outcome]]] = [
    ("not-agent", lambda: (made := Assembly(called=False)).call(
        "callMeeting", made.meeting.members, by=OFFICER)),
    ("not-agent", lambda: (made := early(Assembly(called=False))).call(
        "cancelMeeting", made.meeting.id, DOCUMENT, by=STRANGER)),
    ("reason-without-document", lambda: (made := early(Assembly(called=False))).call(
        "cancelMeeting", made.meeting.id, bytes(32), by=AGENT)),
    ("meeting-without-time", lambda: calling(opens_at=lambda at: at + HOUR)),
    ("meeting-without-items", lambda: calling(classes=[])),
    ("time-too-large", lambda: calling(closes_at=2**40)),
    ("share-too-large", lambda: calling(quorum_bps=10_001)),
    ("votes-out-of-range", lambda: calling(
        classes=lambda all_of: [(all_of[0][0], 2**64, *all_of[0][2:])])),
    ("registry-differs", lambda: calling(registry=STRANGER)),
    ("treasury-out-of-order", lambda: calling(treasury=[HER, HER])),
    ("record-date-differs", lambda: calling(
        classes=lambda all_of: [(*all_of[0][:3], all_of[0][3] - 1)])),
    ("item-malformed", lambda: with_item(cumulative=True)),
    ("record-date-unknown", lambda: calling(
        classes=lambda all_of: [(all_of[0][0], 1, 2, all_of[0][3])])),
    ("item-malformed", lambda: with_item(denominator=0, numerator=0)),
    ("item-malformed", lambda: with_item(numerator=3)),
    ("item-malformed", lambda: with_item(denominator=2**16)),
    ("item-malformed", lambda: with_item(basis=2)),
    ("item-malformed", lambda: with_item(options=1, seats=1)),
    ("item-malformed", lambda: with_item(options=2, seats=3)),
    ("item-malformed", lambda: with_item(options=17, seats=3)),
    ("lengths-differ", lambda: Assembly().vote(ANN, (1, 0))),
    ("previous-vote-differs", lambda: (made := Assembly(), made.vote(ANN, (1, 0, 0)),
                                       made.vote(ANN, (2, 0, 0), previous=(1, 0)))[2]),
    ("same-wallet", lambda: (made := Assembly()).call(
        "appoint", made.meeting.id, ANN, ANN, by=ANN)),
    ("meeting-unknown", lambda: (made := Assembly(called=False)).call(
        "appoint", made.meeting.id, ANN, BOB, by=ANN)),
    ("meeting-unknown", lambda: (made := Assembly(called=False)).call(
        "cancelMeeting", made.meeting.id, DOCUMENT, by=AGENT)),
    ("meeting-closed", lambda: (made := Assembly().close()).call(
        "appoint", made.meeting.id, ANN, BOB, by=ANN)),
    ("item-unknown", lambda: (made := Assembly().close()).call(
        "resultOf", made.meeting.id, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "act"), OTHERS, ids=[reason for reason, _ in OTHERS])
def test_another_way_to_the_same_reason(reason: str, act: Callable[[], Outcome]) -> None:
    outcome = act()
    assert (outcome.ok, outcome.reason) == (False, reason)


def test_a_cancelled_meeting_takes_no_votes() -> None:
    made = early(Assembly(called=False))
    assert made.call("cancelMeeting", made.meeting.id, DOCUMENT, by=AGENT).ok
    made.world.advance(HOUR)
    assert made.vote(ANN, (1, 0, 0)).reason == "meeting-unknown"
    assert made.call("callMeeting", made.meeting.members, by=AGENT).reason == (
        "meeting-called-already"
    )
    assert made.view("meetingOf")[2] == 1
    assert made.count().cancelled
