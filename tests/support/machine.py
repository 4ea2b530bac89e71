"""A Hypothesis state machine that lives the life of two classes of one issuer on both sides."""

from __future__ import annotations

import itertools
import random

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tallystick.core.times import show_date
from tallystick.core.wallets import Wallet
from tallystick.gateways.presets import presets
from tallystick.securities.claims import Claim, Claims, Tier
from tallystick.securities.codes import Code
from tallystick.securities.composition import compose
from tallystick.securities.exchanges import Ratio
from tallystick.securities.presets import resolve
from tallystick.securities.proposal import DECLARED, Movement, RuleSet
from tallystick.securities.rule_terms import rules_of
from tests.support import recount
from tests.support.evm import GENESIS_S
from tests.support.folding import Folding
from tests.support.world import STRANGER, World, wallet

WALLETS = [wallet(number) for number in range(9)]
COUNTRIES = ["", "DE", "US", "FR"]
TODAY = GENESIS_S // 86_400

wallets = st.sampled_from(WALLETS)
classes = st.integers(0, 1)
amounts = st.one_of(st.sampled_from([0, 1, 2, 5, 10]), st.integers(0, 40))
expiries = st.sampled_from([0, TODAY - 1, TODAY + 1, TODAY + 2, TODAY + 3, TODAY + 9, 65_535])
claims_of = st.builds(
    lambda verified, accredited, qualified, buyer, screened, affiliate: Claims((verified,
    accredited, qualified, buyer, screened, affiliate, 0, 0)), st.sampled_from([TODAY + 4,
    TODAY + 400, 65_535, 65_535]), expiries | st.just(0), st.sampled_from([0, 0, 0, TODAY + 2]),
    st.sampled_from([0, 0, TODAY + 3]), st.sampled_from([0, TODAY + 2, 65_535, 65_535]),
    st.sampled_from([0, 0, 0, TODAY + 2, 65_535]),
)  # fmt: skip
owners_of = st.sampled_from([1, 1, 1, 1, 0, 2, 3])
watched_of = st.sampled_from([False, False, False, True])
declared_kinds = st.sampled_from(sorted(DECLARED))
country_sets = st.none() | st.sets(st.sampled_from(["DE", "US", "FR"]), min_size=1).map(frozenset)


# Parameters that are on or off together. A few at a time leave movements that pass.
TOGETHER = (
    ("countries_allowed", "countries_denied"), ("max_balance",), ("supply_cap",), ("lot_size",),
    ("lock_up", "lock_up_until", "holding_period_s", "locked_sale_tier"), ("investor_tier",),
    ("screening",), ("flow_back_until",), ("minimum_holding",), ("investors_max",), ("retail_max",),
    ("max_share_bps",), ("approval",), ("affiliate_volume_bps", "affiliate_window_days"),
    ("purchasers_limited",), ("country_limited", "country_max"), ("venues_only",), ("exemption",),
    ("verified_holder",),
)  # fmt: skip


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """A few rules at a time, so that something passes."""
    whole = draw(full_rule_sets())
    kept = draw(st.sets(st.sampled_from(TOGETHER), max_size=4))
    names = [name for group in kept for name in group]
    return RuleSet(**{name: getattr(whole, name) for name in names})


@st.composite
def full_rule_sets(draw: st.DrawFn) -> RuleSet:
    """Every rule on or off by itself."""
    allowed = draw(country_sets)
    denied = draw(country_sets)
    if allowed is not None and denied is not None:
        denied -= allowed
    limited = draw(st.sampled_from(["", "", "US", "DE", "FR"]))
    return RuleSet(
        verified_holder=draw(st.sampled_from([True, True, False])),
        countries_allowed=allowed,
        countries_denied=denied,
        max_balance=draw(st.none() | st.integers(5, 60)),
        lock_up=draw(st.booleans()),
        lock_up_until=draw(st.sampled_from([0, 0, GENESIS_S + 86_400])),
        holding_period_s=draw(st.sampled_from([0, 3600, 86_400, 200_000])),
        investor_tier=draw(st.sampled_from([Tier.RETAIL, Tier.RETAIL, Tier.RETAIL, *Tier])),
        screening=draw(st.sampled_from([False, False, True])),
        flow_back_until=draw(st.sampled_from([None, GENESIS_S + 86_400, GENESIS_S + 400_000])),
        lot_size=draw(st.sampled_from([None, None, 1, 2, 5])),
        minimum_holding=draw(st.sampled_from([None, None, 2, 4, 10])),
        supply_cap=draw(st.none() | st.integers(40, 200)),
        investors_max=draw(st.none() | st.integers(1, 4)),
        retail_max=draw(st.sampled_from([None, 0, 1, 2, 3, 3])),
        max_share_bps=draw(st.sampled_from([None, None, 3_000, 6_000, 10_000])),
        approval=draw(st.sampled_from([False, False, False, True])),
        affiliate_volume_bps=draw(st.sampled_from([None, 1_000, 3_000])),
        affiliate_window_days=draw(st.sampled_from([0, 1, 2, 5])),
        purchasers_limited=draw(st.booleans()),
        country_limited=limited,
        country_max=draw(st.integers(0, 3)) if limited else None,
        locked_sale_tier=draw(st.sampled_from([Tier.RETAIL, Tier.RETAIL, *Tier])),
        venues_only=draw(st.sampled_from([False, False, True])),
        exemption=draw(st.sampled_from(["", "reg-d-506b", "other"])),
    )


def _preset_rules() -> list[RuleSet]:
    """Rules of every preset with every choice of its options, and of all of them together."""
    found: list[RuleSet] = []
    for name, preset in presets().items():
        choices = [
            [(option, word) for word in stated.choices or (show_date(GENESIS_S),)]
            for option, stated in preset.options.items()
        ]
        for chosen in itertools.product(*choices):
            resolved = resolve(preset, dict(chosen), as_of=show_date(GENESIS_S))
            found.append(rules_of(name, resolved))
    return [*found, compose(*found)]


preset_sets = st.sampled_from(_preset_rules())
PROBES_A_STEP = 2
ratios = st.builds(Ratio, st.sampled_from([1, 1, 2, 3, 7]), st.sampled_from([1, 1, 2, 3, 10]))
LOTS_EXCHANGED_MAX = 20
SUPPLY_MAX = 10**6

parts = st.lists(st.tuples(wallets, amounts), min_size=1, max_size=4)


class TwinMachine(RuleBasedStateMachine):
    """Every step is done on chain and on the model, and everything visible is compared."""

    # Steps that were made and compared, by all machines.
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = World(classes=2)
        self.joined = [False, False]
        self.choice = random.Random(0)
        self.folding = Folding(self.world)

    @initialize(claims=st.lists(claims_of, min_size=6, max_size=6),
                countries=st.lists(st.sampled_from(COUNTRIES), min_size=6, max_size=6),
                rules=rule_sets(), strict=st.booleans(), joined=st.booleans(),
                window=st.sampled_from([None, (1, 2), (2, 5), (3, 90)]),
                held=st.lists(st.sampled_from([0, 0, 4, 12]), min_size=6, max_size=6))  # fmt: skip
    def begin(self, claims: list[Claims], countries: list[str], rules: RuleSet, strict: bool,
              joined: bool, window: tuple[int, int] | None, held: list[int]
              ) -> None:  # fmt: skip
        """Start with people who hold something, so that few steps are spent on strangers."""
        for home, country, some in zip(WALLETS, countries, claims, strict=False):
            self.world.admit(home, country=country or "DE", claims=some)
        self.world.link(WALLETS[0], WALLETS[6])
        if window is not None:
            self.world.set_purchaser_limit(*window)
        for at in range(2):
            if joined:
                self.joined[at] = True
                self.world.join_issuer_limits(at)
            if strict:
                self.world.set_rules(rules, at)
            for home, units in zip(WALLETS, held, strict=False):
                self._mint(home, units, at)

    def _mint(self, receiver: Wallet, amount: int, at: int) -> None:
        admission = recount.Admission(self.world, receiver, at)
        if self.world.mint(receiver, amount, at) is Code.ALLOWED and amount:
            admission.check()

    def _transfer(self, sender: Wallet, receiver: Wallet, amount: int, at: int) -> Code:
        admission = recount.Admission(self.world, receiver, at)
        code = self.world.transfer(sender, receiver, amount, at)
        if code is Code.ALLOWED and amount:
            admission.check()
        return code

    @rule(home=wallets, country=st.sampled_from(COUNTRIES), claims=claims_of, owners=owners_of,
          watched=watched_of)  # fmt: skip
    def admit(self, home: Wallet, country: str, claims: Claims, owners: int, watched: bool
              ) -> None:  # fmt: skip
        self.world.admit(home, country=country, claims=claims, owners=owners, watched=watched)

    @rule(home=wallets, further=wallets)
    def link(self, home: Wallet, further: Wallet) -> None:
        self.world.link(home, further)

    @rule(whose=wallets, country=st.sampled_from(COUNTRIES), claims=claims_of, owners=owners_of,
          watched=watched_of)  # fmt: skip
    def state_anew(self, whose: Wallet, country: str, claims: Claims, owners: int, watched: bool
                   ) -> None:  # fmt: skip
        self.world.state(whose, country=country, claims=claims, owners=owners, watched=watched)

    @rule(whose=wallets, claim=st.sampled_from(Claim), expiry=expiries)
    def set_claim(self, whose: Wallet, claim: Claim, expiry: int) -> None:
        self.world.set_claim(whose, claim, expiry)

    @rule(whose=wallets)
    def remove(self, whose: Wallet) -> None:
        self.world.remove(whose)

    @rule(days=st.sampled_from([0, 1, 1, 2, 8]))
    def refresh_everybody(self, days: int) -> None:
        """After some days on which claims may have expired, count everybody anew."""
        self.world.advance(days * 86_400)
        for home in list(self.world.registry.investors):
            self.world.refresh(home)
        recount.check_claims(self.world)

    @rule(whose=wallets)
    def refresh(self, whose: Wallet) -> None:
        self.world.refresh(whose)

    @rule(seconds=st.sampled_from([1, 1800, 3600, 86_400, 200_000]))
    def let_time_pass(self, seconds: int) -> None:
        self.world.advance(seconds)

    @rule(rules=rule_sets() | preset_sets, at=classes)
    def set_rules(self, rules: RuleSet, at: int) -> None:
        self.world.set_rules(rules, at)

    @rule(investors_max=st.none() | st.integers(1, 4), retail_max=st.none() | st.integers(0, 2))
    def set_issuer_limits(self, investors_max: int | None, retail_max: int | None) -> None:
        self.world.set_issuer_limits(investors_max, retail_max)

    @rule(limit=st.sampled_from([None, 0, 1, 2]), days=st.sampled_from([1, 2, 5, 90]))
    def set_purchaser_limit(self, limit: int | None, days: int) -> None:
        self.world.set_purchaser_limit(limit, days)

    @rule(at=classes)
    def join_issuer_limits(self, at: int) -> None:
        assume(not self.joined[at])
        self.joined[at] = True
        self.world.join_issuer_limits(at)

    @precondition(lambda self: any(model.enrolling for model in self.world.models))
    @rule(some=st.lists(wallets, max_size=4), everybody=st.booleans())
    def enrol(self, some: list[Wallet], everybody: bool) -> None:
        for at, model in enumerate(self.world.models):
            if model.enrolling:
                self.world.enrol(WALLETS if everybody else some, at)

    @rule(receiver=wallets, amount=amounts, at=classes)
    def mint(self, receiver: Wallet, amount: int, at: int) -> None:
        self._mint(receiver, amount, at)

    @rule(receiver=wallets, amount=amounts, at=classes, age_s=st.sampled_from([0, 1000, 90_000]))
    def mint_earlier_lot(self, receiver: Wallet, amount: int, at: int, age_s: int) -> None:
        self.world.mint(receiver, amount, at, acquired_at=self.world.now - age_s)

    @rule(given=parts, at=classes)
    def mint_several(self, given: list[tuple[Wallet, int]], at: int) -> None:
        self.world.batch_mint(given, at)

    @rule(sender=wallets, receiver=wallets, amount=amounts, at=classes)
    def transfer(self, sender: Wallet, receiver: Wallet, amount: int, at: int) -> None:
        self._transfer(sender, receiver, amount, at)

    @rule(sender=wallets, receiver=wallets, amount=amounts, at=classes)
    def transfer_from(self, sender: Wallet, receiver: Wallet, amount: int, at: int) -> None:
        self.world.transfer_from(STRANGER, sender, receiver, amount, at)

    @rule(sender=wallets, given=parts, at=classes)
    def transfer_several(self, sender: Wallet, given: list[tuple[Wallet, int]], at: int) -> None:
        self.world.batch_transfer(sender, given, at)

    @rule(sender=wallets, receiver=wallets, at=classes)
    def sell_out(self, sender: Wallet, receiver: Wallet, at: int) -> None:
        amount = self.world.models[at].balances.get(sender, 0)
        self._transfer(sender, receiver, amount, at)

    @rule(at=classes, data=st.data())
    def sell_to_a_holder(self, at: int, data: st.DataObject) -> None:
        """No limit on holders, and nothing stale, ever stands between a seller and a holder."""
        model = self.world.models[at]
        held = [own for own in WALLETS if model.balances.get(own)]
        assume(len(held) > 1)
        sender, receiver = data.draw(st.permutations(held))[:2]
        amount = data.draw(st.integers(1, model.balances[sender]))
        assume(not model.party(receiver).inherited)
        assert self._transfer(sender, receiver, amount, at) not in recount.LIMIT_CODES

    @rule(in_s=st.sampled_from([0, 0, 10, 2000, 90_000]), at=classes)
    def set_record_date(self, in_s: int, at: int) -> None:
        self.world.set_record_date(in_s, at)

    @rule(at=classes)
    def withdraw_record_date(self, at: int) -> None:
        self.world.withdraw_record_date(at)

    @rule(receiver=wallets, at=classes, older=st.integers(60, 70), first=st.booleans())
    def mint_many_lots(self, receiver: Wallet, at: int, older: int, first: bool) -> None:
        """Many lots, in order or each before all the others, so that there may be too many."""
        ages_s = list(range(older))
        self.world.mint_single_units(receiver, ages_s if first else ages_s[::-1], at)

    @rule(sender=wallets, receiver=wallets, amount=amounts, at=classes)
    def force(self, sender: Wallet, receiver: Wallet, amount: int, at: int) -> None:
        self.world.force(sender, receiver, amount, at)

    @rule(kind=declared_kinds, sender=wallets, receiver=wallets, amount=amounts, at=classes)
    def declare(self, kind: Movement, sender: Wallet, receiver: Wallet, amount: int, at: int
                ) -> None:  # fmt: skip
        self.world.declare(kind, sender, receiver, amount, at)

    @rule(kind=declared_kinds, sender=wallets, receiver=wallets, at=classes)
    def declare_all(self, kind: Movement, sender: Wallet, receiver: Wallet, at: int) -> None:
        """Everything that somebody holds goes by gift, pledge, private sale, death or divorce."""
        amount = self.world.models[at].balances.get(sender, 0)
        self.world.declare(kind, sender, receiver, amount, at)

    @rule(at=classes, more=st.sampled_from([1, 2, 5]), data=st.data())
    def inherit_and_buy(self, at: int, more: int, data: st.DataObject) -> None:
        """Somebody has his first units by death or divorce, and acquires more otherwise."""
        model = self.world.models[at]
        givers = [own for own in WALLETS if model.balances.get(own)]
        heirs = [own for own in self.world.registry.homes if not model.party(own).total]
        assume(givers and heirs)
        giver, heir = data.draw(st.sampled_from(givers)), data.draw(st.sampled_from(heirs))
        self.world.declare(Movement.INHERITANCE, giver, heir, 1, at)
        self._transfer(giver, heir, more, at)
        self._mint(heir, more, at)

    @rule(at=classes, sender=wallets, receiver=wallets)
    def sell_through_a_stranger(self, at: int, sender: Wallet, receiver: Wallet) -> None:
        """Units that were just issued, under no other rule than that on venues."""
        self.world.set_rules(RuleSet(venues_only=True), at)
        self._mint(sender, 1, at)
        self.world.transfer_from(STRANGER, sender, receiver, 1, at)

    @rule(at=classes, tier=st.sampled_from([*Tier][1:]), giver=wallets, taker=wallets)
    def sell_privately_what_is_locked(self, at: int, tier: Tier, giver: Wallet, taker: Wallet
                                      ) -> None:  # fmt: skip
        """Units that were just issued, under no other rule than that on such sales."""
        rules = RuleSet(lock_up=True, holding_period_s=86_400, locked_sale_tier=tier)
        self.world.set_rules(rules, at)
        self._mint(giver, 2, at)
        self.world.declare(Movement.PRIVATE_SALE, giver, taker, 2, at)

    @rule(at=classes, limit=st.integers(1, 2), days=st.sampled_from([1, 2, 90]),
          buyers=st.lists(wallets, min_size=2, max_size=3))  # fmt: skip
    def offer_to_few(self, at: int, limit: int, days: int, buyers: list[Wallet]) -> None:
        """An offering under no other rule than the limit on purchasers who are not accredited."""
        self.world.set_rules(RuleSet(purchasers_limited=True), at)
        self.world.set_purchaser_limit(limit, days)
        for buyer in buyers:
            self._mint(buyer, 1, at)

    @rule(sender=wallets | st.none(), receiver=wallets, amount=amounts, at=classes,
          in_s=st.sampled_from([1, 3600, 400_000]), used=st.booleans())  # fmt: skip
    def approve(self, sender: Wallet | None, receiver: Wallet, amount: int, at: int, in_s: int,
                used: bool) -> None:  # fmt: skip
        """Approve a movement, and mostly make it at once."""
        self.world.approve(sender, receiver, amount, in_s, at)
        if used and sender is None:
            self._mint(receiver, amount, at)
        elif used and sender is not None:
            self._transfer(sender, receiver, amount, at)

    @precondition(lambda self: any(model.approvals for model in self.world.models))
    @rule(data=st.data())
    def withdraw_approval(self, data: st.DataObject) -> None:
        at = next(at for at, model in enumerate(self.world.models) if model.approvals)
        known = sorted(self.world.models[at].approvals, key=str)
        sender, receiver, amount = data.draw(st.sampled_from(known))
        self.world.withdraw_approval(sender, receiver, amount, at)

    @rule(at=classes)
    def change_venue(self, at: int) -> None:
        self.world.set_venue(STRANGER, STRANGER not in self.world.models[at].venues, at)

    @rule(whose=wallets, units=st.integers(1, 12), lift=st.booleans(), at=classes)
    def change_legend(self, whose: Wallet, units: int, lift: bool, at: int) -> None:
        party = self.world.models[at].party(whose)
        room = party.legend_units if lift else party.total - party.legend_units
        assume(room > 0)
        self.world.place_legend(whose, -min(units, room) if lift else min(units, room), at)

    @rule(owner=wallets, units=st.integers(0, 12), at=classes)
    def hold(self, owner: Wallet, units: int, at: int) -> None:
        """Who holds is a venue for that long, and stays one if he was."""
        was_venue = STRANGER in self.world.models[at].venues
        if not was_venue and units % 2:
            self.world.set_venue(STRANGER, True, at)
        self.world.hold(owner, units, at)
        if not was_venue and units % 2:
            self.world.set_venue(STRANGER, False, at)

    @rule(owner=wallets, units=st.integers(0, 12), at=classes)
    def let_go(self, owner: Wallet, units: int, at: int) -> None:
        self.world.let_go(owner, units, at)

    @rule(whose=wallets, stopped=st.booleans(), at=classes)
    def stop_order(self, whose: Wallet, stopped: bool, at: int) -> None:
        self.world.stop(whose, stopped, at)

    @rule(holder=wallets, amount=amounts, at=classes)
    def burn(self, holder: Wallet, amount: int, at: int) -> None:
        self.world.burn(holder, amount, at)

    @rule(holder=wallets, amount=amounts, at=classes)
    def give_back(self, holder: Wallet, amount: int, at: int) -> None:
        self.world.give_back(holder, amount, at)

    @rule(whose=wallets, frozen=st.booleans(), at=classes)
    def freeze(self, whose: Wallet, frozen: bool, at: int) -> None:
        self.world.freeze(whose, frozen, at)

    @rule(whose=wallets, units=amounts, at=classes)
    def freeze_units(self, whose: Wallet, units: int, at: int) -> None:
        self.world.set_frozen_units(whose, units, at)

    @rule(ratio=ratios, at=classes, shuffled=st.booleans(), page=st.integers(1, 4))
    def split(self, ratio: Ratio, at: int, shuffled: bool, page: int) -> None:
        """Exchange all units for others of the same security, whatever they are bound by."""
        model = self.world.models[at]
        assume(not model.exchanging and not self.world.past[at].ahead)
        assume(all(len(one.lots.locked) <= LOTS_EXCHANGED_MAX for one in model.holders.values()))
        assume(model.supply * ratio.numerator < SUPPLY_MAX * ratio.denominator)
        order = (lambda wallets: wallets[::-1]) if shuffled else sorted
        self.world.exchange_all(ratio, at, page=page, order=order)

    @precondition(lambda self: not any(model.exchanging for model in self.world.models))
    @rule(ratio=ratios, at=classes, seldom=st.integers(0, 9))
    def merge(self, ratio: Ratio, at: int, seldom: int) -> None:
        """Exchange all units for those of the other security, and so end the first."""
        assume(seldom == 0 and not self.world.past[at].ahead)
        for model in self.world.models:
            held = model.holders.values()
            assume(all(len(one.lots.locked) <= LOTS_EXCHANGED_MAX for one in held))
            assume(model.supply * ratio.numerator < SUPPLY_MAX * ratio.denominator)
        lost = self.world.registry.replaced
        assume(not any(units and own in lost for own, units in
                       self.world.models[at].balances.items()))  # fmt: skip
        self.world.exchange_all(ratio, at, to=1 - at)

    @rule(at=classes)
    def toggle_pause(self, at: int) -> None:
        assume(not self.world.models[at].exchanging)
        self.world.pause(not self.world.models[at].paused, at)

    @rule(at=classes)
    def bind_or_release_module(self, at: int) -> None:
        self.world.bind_module(at)

    @rule(lost=wallets, replacement=wallets, at=classes)
    def recover(self, lost: Wallet, replacement: Wallet, at: int) -> None:
        registry = self.world.registry
        assume(lost in registry.homes and lost != replacement)
        self.world.recover(lost, replacement, at)

    @rule(amount=st.sampled_from([2**112, 2**255, 2**256 - 1]), sender=wallets, receiver=wallets)
    def ask_for_absurd_amounts(self, amount: int, sender: Wallet, receiver: Wallet) -> None:
        self.world.transfer(sender, receiver, amount)
        self.world.mint(receiver, amount)

    @invariant()
    def storage_agrees(self) -> None:
        TwinMachine.steps += 1
        self.world.compare_storage(WALLETS)
        recount.check_stored(self.world)

    @invariant()
    def logs_tell_the_same(self) -> None:
        self.folding.check()

    @invariant()
    def foretold_alike(self) -> None:
        """Ask about movements that nobody makes, mostly of those who hold something."""
        for at, model in enumerate(self.world.models):
            held = [own for own in WALLETS if model.balances.get(own)] or WALLETS
            for _ in range(PROBES_A_STEP):
                sender = self.choice.choice(held)
                amount = self.choice.choice([1, 2, 5, model.balances.get(sender, 0)])
                self.world.probe(sender, self.choice.choice(WALLETS), amount, at)

    def teardown(self) -> None:
        self.world.compare(WALLETS)
