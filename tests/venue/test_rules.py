"""What the venue believes of an issuer's rules is what the model says, at any block."""

from __future__ import annotations

import copy
import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tallystick.app.venue.rules import NO_VENUE, PAUSED, BookRules, packed_book
from tallystick.core.wallets import Wallet
from tallystick.markets.venue.eligibility import Answer, Sale
from tallystick.markets.venue.entries import BlockAdded, LogRow
from tallystick.securities.claims import Claims
from tallystick.securities.proposal import Movement, RuleSet
from tests.support.evm import TOKEN
from tests.support.folding import Folding
from tests.support.world import AGENT, World, wallet

VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
PEOPLE = [wallet(number) for number in range(1, 7)]
SETTLEMENT = wallet(99)
RULES = RuleSet(investors_max=4, lock_up=True, holding_period_s=500, max_balance=400, lot_size=5)


class Watch:
    """A world, and rules that are told its logs, a block for each act."""

    def __init__(self, rules: RuleSet = RULES) -> None:
        self.world = World(rules)
        self.rules = BookRules(self.world.registry_address, SETTLEMENT)
        self.blocks: list[BlockAdded] = []
        for who in PEOPLE[:5]:
            self.world.admit(who, claims=VERIFIED)
        self.world.mint(PEOPLE[0], 300)
        self.world.mint(PEOPLE[1], 100)
        self.tell()

    def tell(self) -> None:
        """Tell of what was logged since."""
        for now_s, logs in self.world.evm.logged[len(self.blocks) :]:
            rows = tuple(LogRow(address, tuple(topics), data) for address, topics, data in logs)
            number = len(self.blocks)
            self.blocks.append(BlockAdded(number, str(number), now_s, logs=rows))
            self.rules.fold(self.blocks[-1])

    def probes(self) -> list[Answer]:
        """What is against many sales."""
        return [
            self.rules.judge(self.sale(giver, taker, units), now_s=self.world.now)
            for giver in PEOPLE for taker in PEOPLE if giver != taker for units in (5, 60, 101, 300)
        ]  # fmt: skip

    def sale(self, giver: Wallet | None, taker: Wallet | None, units: int) -> Sale:
        return Sale(security=self.world.token, seller=giver, buyer=taker, units=units)

    def compare(self) -> None:
        """The same refusals as those of the model."""
        told = iter(self.probes())
        for giver in PEOPLE:
            for taker in PEOPLE:
                if giver == taker:
                    continue
                for units in (5, 60, 101, 300):
                    verdict = self.world.model.judge(
                        Movement.RESALE, giver, taker, units, now_s=self.world.now,
                        spender=SETTLEMENT,
                    )  # fmt: skip
                    codes = [each.code.label for each in verdict.refusals]
                    assert [each.code for each in next(told).refusals] == codes

    def step(self, chosen: random.Random) -> None:
        world, (one, other) = self.world, chosen.sample(PEOPLE, 2)
        acts = (
            lambda: world.transfer(one, other, chosen.choice([5, 50, 100])),
            lambda: world.mint(one, chosen.choice([5, 100])),
            lambda: world.advance(chosen.choice([1, 300, 600])),
            lambda: world.freeze(one, chosen.random() < 0.5),
            lambda: world.set_frozen_units(one, chosen.choice([0, 50])),
            lambda: world.set_venue(SETTLEMENT, SETTLEMENT not in world.model.venues),
        )
        chosen.choice(acts)()
        self.tell()


@given(st.integers(min_value=0))
def test_the_venue_judges_as_the_chain_does_and_forgets_what_is_rolled_back(seed: int) -> None:
    chosen, watch = random.Random(seed), Watch()
    watch.compare()
    seen: dict[int, list[Answer]] = {}
    now = watch.world.now
    for _ in range(12):
        watch.step(chosen)
        watch.compare()
    latest, head = watch.probes(), len(watch.blocks) - 1
    for number in sorted(chosen.sample(range(head), 3), reverse=True):
        watch.rules.set(number, b"")
        fresh = BookRules(watch.world.registry_address, SETTLEMENT)
        for block in watch.blocks[: number + 1]:
            fresh.fold(block)
        seen[number] = watch.probes()
        watch.rules, kept = fresh, watch.rules
        assert watch.probes() == seen[number]
        watch.rules = kept
        again = BookRules(watch.world.registry_address, SETTLEMENT)
        again.set(number, watch.rules.packed())
        watch.rules = again
        assert watch.probes() == seen[number]
        for block in watch.blocks[number + 1 :]:
            watch.rules.fold(block)
        assert watch.probes() == latest
    assert now <= watch.world.now


def test_promised_sales_count_and_trials_do_not() -> None:
    watch = Watch()
    watch.world.advance(600)
    rules, now_s = watch.rules, watch.world.now
    model = copy.deepcopy(watch.world.model)
    first = watch.sale(PEOPLE[0], PEOPLE[2], 50)
    trial = rules.trial()
    assert trial.promise(first, now_s=now_s)
    assert trial.promise(watch.sale(PEOPLE[0], PEOPLE[3], 50), now_s=now_s)
    fifth = watch.sale(PEOPLE[0], PEOPLE[4], 50)
    assert [each.code for each in trial.judge(fifth, now_s=now_s).refusals] == ["holder-limit"]
    assert rules.judge(fifth, now_s=now_s) == Answer()
    assert rules.promise(first, now_s=now_s)
    assert rules.promise(watch.sale(PEOPLE[0], PEOPLE[3], 50), now_s=now_s)
    assert [each.code for each in rules.judge(fifth, now_s=now_s).refusals] == ["holder-limit"]
    assert not rules.trial().promise(watch.sale(PEOPLE[5], PEOPLE[4], 50), now_s=now_s)
    model.move(Movement.RESALE, PEOPLE[0], PEOPLE[2], 50, now_s=now_s)
    answer = rules.judge(watch.sale(PEOPLE[2], PEOPLE[1], 60), now_s=now_s)
    assert [each.code for each in answer.refusals] == ["insufficient-balance"]
    assert answer.most == 50
    # A block takes promises back; whoever made them makes them again.
    watch.world.freeze(PEOPLE[1], True)
    watch.tell()
    assert rules.judge(fifth, now_s=now_s) == Answer()


def test_one_side_alone_is_judged_for_what_is_his() -> None:
    watch = Watch()
    now_s = watch.world.now
    locked = watch.rules.judge(watch.sale(PEOPLE[0], None, 5), now_s=now_s)
    assert [each.code for each in locked.refusals] == ["lot-locked"]
    assert watch.rules.judge(watch.sale(None, PEOPLE[2], 5), now_s=now_s) == Answer()
    unknown = watch.rules.judge(watch.sale(None, PEOPLE[5], 5), now_s=now_s)
    assert [each.code for each in unknown.refusals] == ["receiver-unknown"]


def test_what_the_issuer_pauses_or_takes_from_venues_is_halted() -> None:
    watch = Watch(RuleSet(venues_only=True))
    token = watch.world.token
    assert watch.rules.halt_code(token) == NO_VENUE
    watch.world.set_venue(SETTLEMENT, True)
    watch.tell()
    assert watch.rules.halt_code(token) == ""
    assert watch.world.evm.act(AGENT, TOKEN, token, "pause").ok
    watch.tell()
    assert watch.rules.halt_code(token) == PAUSED
    assert watch.rules.halt_code(wallet(66)) == ""
    assert {PAUSED, NO_VENUE} == watch.rules.HALT_CODES


def test_a_book_of_the_indexer_is_taken_up_and_left_as_it_is() -> None:
    watch = Watch()
    folding = Folding(watch.world)
    folding.check()
    folding.book.block = len(watch.blocks) - 1
    rules = BookRules(watch.world.registry_address, SETTLEMENT)
    rules.set(folding.book.block, packed_book(folding.book))
    expected = watch.probes()
    watch.rules = rules
    assert watch.probes() == expected
    folding.check()
    assert rules.home(PEOPLE[0]) == PEOPLE[0]
    assert rules.epoch(watch.world.token) == 0
    assert len(msgspec.json.encode(rules.packed())) > 100
