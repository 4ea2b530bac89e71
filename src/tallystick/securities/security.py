"""The state of one security, and what changes it. Twin of the token.

The same state is what the register is folded into from chain logs, what the rules are evaluated on
before anybody pays for a transaction, and what the contracts are tested against.
"""

from __future__ import annotations

from typing import TypeGuard

import msgspec

from tallystick.core.errors import Refused
from tallystick.core.times import DAY_S, FOREVER_DAY, TIME_MAX
from tallystick.core.units import UNITS_MAX
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claim, Claims, Tier
from tallystick.securities.lots import Lot, Lots
from tallystick.securities.proposal import (
    SALES,
    Answers,
    Movement,
    Party,
    Proposal,
    RuleSet,
)
from tallystick.securities.purchases import PurchaseVerdict
from tallystick.securities.registry import Registry
from tallystick.securities.rules import approval, evaluate, flow_back
from tallystick.securities.tally import LimitVerdict, Tally
from tallystick.securities.verdict import Verdict

NO_ANSWERS = Answers()
# Movements that take what is frozen as well.
TAKING = frozenset({Movement.FORCED, Movement.REDEMPTION})


class Holder(msgspec.Struct):
    """What a security keeps of an investor besides the units in his wallets.

    `generation` is the number of the country limit under which he was looked at; `inherited` says
    that he has units by death or divorce of another and none otherwise; `sales` are the units he
    sold as an affiliate, by UTC day.
    """

    frozen: bool = False
    frozen_units: int = 0
    lots: Lots = msgspec.field(default_factory=Lots)
    tier_counted: Tier | None = None
    country_counted: str = ""
    tracked_day: int = 0
    enrolled: bool = False
    generation: int = 0
    inherited: bool = False
    legend_units: int = 0
    sales: dict[int, int] = msgspec.field(default_factory=dict)


# The giver (nobody for an issue), the receiver and the units of a movement that was approved.
Approved = tuple[Wallet | None, Wallet, int]


class Security(msgspec.Struct, kw_only=True):
    """One security of an issuer, as of some time."""

    registry: Registry
    rules: RuleSet = RuleSet()
    balances: dict[Wallet, int] = msgspec.field(default_factory=dict)
    holders: dict[Wallet, Holder] = msgspec.field(default_factory=dict)
    tally: Tally = msgspec.field(default_factory=Tally)
    supply: int = 0
    paused: bool = False
    joined_issuer_limits: bool = False
    enrolled: int = 0
    enrolling: bool = False
    venues: set[Wallet] = msgspec.field(default_factory=set)
    # The time until which a movement is approved.
    approvals: dict[Approved, int] = msgspec.field(default_factory=dict)

    def set_rules(self, rules: RuleSet) -> None:
        """Set all rules at once."""
        is_new = rules.country_limited != self.rules.country_limited
        self.tally.limit_country(rules.country_max, is_new=is_new or self.rules.country_max is None)
        self.rules = rules
        self.tally.investors_max = rules.investors_max
        self.tally.retail_max = rules.retail_max

    def total(self, wallet: Wallet) -> int:
        """Units in all wallets of the investor behind a wallet."""
        home = self.registry.home(wallet)
        investor = self.registry.investors.get(home)
        if investor is None:
            return self.balances.get(home, 0)
        return sum(self.balances.get(own, 0) for own in investor.wallets)

    def party(self, wallet: Wallet) -> Party:
        """One side of a movement."""
        registry = self.registry
        home = registry.home(wallet)
        investor = registry.investors.get(home)
        holder = self.holders.get(home) or Holder()
        own = self.holders.get(wallet)
        return Party(
            wallet=wallet,
            home=home,
            registered=investor is not None,
            retired=wallet in registry.replaced,
            frozen=holder.frozen or (own is not None and own.frozen),
            country=investor.country if investor else "",
            claims=investor.claims if investor else Claims(),
            units=self.balances.get(wallet, 0),
            total=self.total(wallet),
            frozen_units=holder.frozen_units,
            lots=holder.lots,
            tier_counted=holder.tier_counted,
            legend_units=holder.legend_units,
            sales=tuple(holder.sales.items()),
            watched=investor.watched if investor else False,
            inherited=holder.inherited,
            of_country_counted=self._counts_of_country(holder),
        )

    def _counts_of_country(self, holder: Holder) -> bool:
        """Whether a holder is counted, or presumed, under the limit of a country."""
        if holder.generation != self.tally.generation:
            return True
        return self.rules.limits_country(holder.country_counted)

    def _with_live_claim(self, wallet: Wallet, answers: Answers) -> Party:
        """A receiver; verified as his live claims say, if his identity is live."""
        party = self.party(wallet)
        investor = self.registry.investors.get(party.home)
        if investor is None or not investor.live:
            return party
        claims = party.claims.stated(Claim.VERIFIED, FOREVER_DAY if answers.live_verified else 0)
        return msgspec.structs.replace(party, claims=claims)

    def propose(
        self, kind: Movement, sender: Wallet | None, receiver: Wallet | None, amount: int, *,
        now_s: int, answers: Answers = NO_ANSWERS, spender: Wallet | None = None,
    ) -> Proposal:  # fmt: skip
        """A movement with everything that the rules look at."""
        sending = None if sender is None else self.party(sender)
        receiving = None if receiver is None else self._with_live_claim(receiver, answers)
        return Proposal(
            kind=kind,
            sender=sending,
            receiver=receiving,
            amount=min(amount, UNITS_MAX + 1),
            now_s=now_s,
            rules=self.rules,
            tally=self.tally,
            supply=self.supply,
            paused=self.paused,
            module_refuses=answers.module_refuses,
            issuer_verdict=self._issuer_verdict(sending, receiving, amount, now_s),
            issuer_tally=self.registry.tally,
            purchase=self._purchase_verdict(kind, receiving, amount, now_s),
            spender=spender,
            spender_is_venue=spender in self.venues,
            approved_until=self._approved_until(sender, receiver, amount),
        )

    def _approved_until(self, sender: Wallet | None, receiver: Wallet | None, amount: int) -> int:
        if receiver is None:
            return 0
        return self.approvals.get((sender, receiver, amount), 0)

    def _purchase_verdict(
        self, kind: Movement, receiver: Party | None, amount: int, now_s: int
    ) -> PurchaseVerdict | None:
        if receiver is None or not self._is_purchase(kind, receiver, amount, now_s):
            return None
        return self.registry.purchase_verdict(receiver.home, now_s // DAY_S)

    def _is_purchase(self, kind: Movement, receiver: Party, amount: int, now_s: int) -> bool:
        """Whether units are issued to a purchaser who counts, not being accredited."""
        if kind is not Movement.ISSUE or not self.rules.purchasers_limited or amount == 0:
            return False
        return receiver.claims.tier(now_s // DAY_S)[0] is Tier.RETAIL

    def _issuer_verdict(
        self, sender: Party | None, receiver: Party | None, amount: int, now_s: int
    ) -> LimitVerdict:
        if not self.joined_issuer_limits or receiver is None:
            return LimitVerdict.WITHIN
        leaver = None
        if sender is not None and sender.total == amount:
            holder = self.holders.get(sender.home)
            leaver = sender.home if holder is not None and holder.enrolled else None
        return self.registry.limit_verdict(leaver, receiver.home, now_s=now_s)

    def judge(
        self, kind: Movement, sender: Wallet | None, receiver: Wallet | None, amount: int, *,
        now_s: int, answers: Answers = NO_ANSWERS, spender: Wallet | None = None,
    ) -> Verdict:  # fmt: skip
        """Every refusal of a movement; what others say of it must be asked of them before."""
        proposal = self.propose(
            kind, sender, receiver, amount, now_s=now_s, answers=answers, spender=spender
        )
        return Verdict(tuple(evaluate(proposal)), now_s)

    def move(
        self, kind: Movement, sender: Wallet | None, receiver: Wallet | None, amount: int, *,
        now_s: int, acquired_at: int | None = None, thawed: bool = False,
    ) -> None:  # fmt: skip
        """Carry out a movement that has been judged; `acquired_at` is for issues.

        `thawed` says that the frozen units it takes are noted as frozen no more, which the chain
        logs first. Raises `Refused` if the sender does not hold so much, as the chain would.
        """
        if sender is not None and self.balances.get(sender, 0) < amount:
            raise Refused(
                "insufficient-balance",
                "The sender does not hold so many units",
                cure="Name a smaller quantity.",
            )
        self._use_approval(kind, sender, receiver, amount, now_s)
        if sender == receiver or amount == 0:
            return
        homes = [
            None if wallet is None else self.registry.home(wallet) for wallet in (sender, receiver)
        ]
        if homes[0] != homes[1]:
            lots = self._lots_after(kind, homes[0], homes[1], amount, now_s, acquired_at)
            if homes[0] is not None and kind in TAKING and not thawed:
                self._unfreeze_taken(homes[0], amount)
            self._count_movement(kind, homes[0], homes[1], amount, now_s)
            if kind is Movement.RESALE and self._sells_as_affiliate(homes[0], now_s):
                sales = self.holders[homes[0]].sales
                sales[now_s // DAY_S] = sales.get(now_s // DAY_S, 0) + amount
            for home, held in lots.items():
                self.holders.setdefault(home, Holder()).lots = held
        if sender is None:
            self.supply += amount
        else:
            self.balances[sender] -= amount
        if receiver is None:
            self.supply -= amount
        else:
            self.balances[receiver] = self.balances.get(receiver, 0) + amount

    def _use_approval(
        self, kind: Movement, sender: Wallet | None, receiver: Wallet | None, amount: int,
        now_s: int,
    ) -> None:  # fmt: skip
        """Use up the approval of a movement that would be refused without it."""
        if receiver is None or (sender, receiver, amount) not in self.approvals:
            return
        proposal = self.propose(kind, sender, receiver, amount, now_s=now_s)
        if approval.needs(proposal) or flow_back.applies(proposal):
            del self.approvals[sender, receiver, amount]

    def _sells_as_affiliate(self, home: Wallet | None, now_s: int) -> TypeGuard[Wallet]:
        if home is None or home not in self.registry.investors:
            return False
        claims = self.registry.investors[home].claims
        return claims.holds(Claim.AFFILIATE, now_s // DAY_S)

    def _count_movement(
        self, kind: Movement, giver: Wallet | None, taker: Wallet | None, amount: int, now_s: int
    ) -> None:
        """Count an investor out who gives up his last units, and one in who had none."""
        leaves = giver is not None and self.total(giver) == amount
        enters = taker is not None and self.total(taker) == 0
        heir_of = giver if kind is Movement.INHERITANCE and enters else None
        self._recount(giver if leaves else None, taker if enters else None, now_s, heir_of)
        holder = self.holders.get(taker) if taker is not None else None
        heeded = kind not in {Movement.INHERITANCE, Movement.FORCED}
        if taker is not None and holder is not None and holder.inherited and heeded:
            holder.inherited = False
            self.registry.acquired(taker, now_s=now_s)
        if taker is not None and self._is_purchase(kind, self.party(taker), amount, now_s):
            owners = self.registry.investors[taker].owners
            self.registry.purchases.note(taker, owners, now_s // DAY_S)

    def _lots_after(
        self, kind: Movement, giver: Wallet | None, taker: Wallet | None, amount: int,
        now_s: int, acquired_at: int | None,
    ) -> dict[Wallet, Lots]:  # fmt: skip
        """The lots of those whom a movement concerns, as they will be.

        What is acquired from the issuer or an affiliate is locked anew; what is declared or forced
        goes on with its lock (17 CFR 230.144(d)).
        """
        after: dict[Wallet, Lots] = {}
        taken: tuple[Lot, ...] = ()
        if giver is not None and kind is not Movement.RESALE:
            held = self._lots(giver)
            free = self.total(giver) - held.locked_units(now_s)
            after[giver], taken = held.minus(max(0, amount - free), now_s)
        anew = kind is Movement.ISSUE or (kind in SALES and self._sells_as_affiliate(giver, now_s))
        if anew and self.rules.lock_up:
            acquired = now_s if acquired_at is None else acquired_at
            unlock_at = min(acquired + self.rules.holding_period_s, TIME_MAX)
            if unlock_at > now_s:
                taken = (Lot(unlock_at, amount),)
        if taker is not None:
            for lot in taken:
                held = after.get(taker, self._lots(taker))
                after[taker] = held.plus(lot.units, lot.unlock_at, now_s)
        return after

    def _lots(self, home: Wallet) -> Lots:
        holder = self.holders.get(home)
        return Lots() if holder is None else holder.lots

    def _unfreeze_taken(self, giver: Wallet, amount: int) -> None:
        holder = self.holders.setdefault(giver, Holder())
        free = max(0, self.total(giver) - holder.frozen_units)
        if holder.frozen_units and amount > free:
            holder.frozen_units -= amount - free

    def _recount(
        self, leaver: Wallet | None, joiner: Wallet | None, now_s: int, heir_of: Wallet | None
    ) -> None:
        gone = joined = None
        if leaver is not None:
            holder = self.holders[leaver]
            assert holder.tier_counted is not None  # noqa: S101 - he held units, so he is counted
            self.tally.leave(holder.tier_counted, holder.tracked_day)
            if self.rules.country_max is not None:
                self.tally.of_country -= self._counts_of_country(holder)
            if holder.enrolled:
                self.enrolled -= 1
                gone = leaver
            holder.tier_counted, holder.tracked_day, holder.enrolled = None, 0, False
            holder.country_counted, holder.generation, holder.inherited = "", 0, False
        if joiner is not None:
            holder = self.holders.setdefault(joiner, Holder())
            investor = self.registry.investors[joiner]
            tier, expiry_day = investor.claims.tier(now_s // DAY_S)
            holder.tier_counted = tier
            holder.country_counted = investor.country
            holder.tracked_day = self.tally.enter(tier, expiry_day)
            self._count_of_country(holder)
            if self.joined_issuer_limits:
                self.enrolled += 1
                holder.enrolled = True
                joined = joiner
                holder.inherited = heir_of is not None
        if joined is not None and heir_of is not None:
            self.registry.inherited(heir_of, joined, leaves=gone is not None, now_s=now_s)
        elif gone is not None or joined is not None:
            self.registry.moved(gone, joined, now_s=now_s)

    def _count_of_country(self, holder: Holder) -> None:
        """Count a holder under the limit of a country who was not counted under it."""
        if self.rules.country_max is not None:
            holder.generation = self.tally.generation
            self.tally.of_country += self.rules.limits_country(holder.country_counted)

    def replace(self, lost: Wallet, replacement: Wallet) -> None:
        """Move what a lost wallet holds to another one of the same investor."""
        units = self.balances.get(lost, 0)
        self.balances[lost] = 0
        self.balances[replacement] = self.balances.get(replacement, 0) + units

    def refresh(self, wallet: Wallet, *, now_s: int) -> None:
        """Count the investor behind a wallet by the claims he has today."""
        home = self.registry.home(wallet)
        holder = self.holders.get(home)
        day = now_s // DAY_S
        if holder is not None and holder.tier_counted is not None:
            self.tally.leave(holder.tier_counted, holder.tracked_day)
            if self.rules.country_max is not None:
                self.tally.of_country -= self._counts_of_country(holder)
            investor = self.registry.investors[home]
            tier, expiry_day = investor.claims.tier(day)
            holder.tier_counted = tier
            holder.country_counted = investor.country
            holder.tracked_day = self.tally.enter(tier, expiry_day)
            self._count_of_country(holder)
        self.tally.advance(day)

    def freeze(self, wallet: Wallet, *, frozen: bool) -> None:
        """Freeze the investor behind a wallet, or thaw him."""
        self.holders.setdefault(self.registry.home(wallet), Holder()).frozen = frozen
        if not frozen and wallet in self.holders:
            self.holders[wallet].frozen = False

    def set_frozen_units(self, wallet: Wallet, units: int) -> None:
        """Set the units that the investor behind a wallet must keep."""
        self.holders.setdefault(self.registry.home(wallet), Holder()).frozen_units = units

    def place_legend(self, wallet: Wallet, units: int) -> None:
        """Place a legend on units of an investor; fewer than none lift it from so many."""
        holder = self.holders.setdefault(self.registry.home(wallet), Holder())
        holder.legend_units += units

    def approve(
        self, sender: Wallet | None, receiver: Wallet, amount: int, *, until_s: int
    ) -> None:
        """Approve one movement until a time; 0 takes it back."""
        if until_s:
            self.approvals[sender, receiver, amount] = until_s
        else:
            self.approvals.pop((sender, receiver, amount), None)

    def set_venue(self, venue: Wallet, *, allowed: bool) -> None:
        """Let somebody carry out transfers for others while only venues may, or no longer."""
        (self.venues.add if allowed else self.venues.discard)(venue)

    def join_issuer_limits(self) -> None:
        """Count holders with the issuer too; earlier ones must be enrolled."""
        self.joined_issuer_limits = True
        if self.tally.total:
            self.enrolling = True
            self.registry.enrolling += 1

    def enrol(self, wallet: Wallet, *, now_s: int) -> None:
        """Count an earlier holder with the issuer."""
        home = self.registry.home(wallet)
        holder = self.holders.get(home)
        if holder is None or holder.tier_counted is None or holder.enrolled:
            return
        holder.enrolled = True
        self.enrolled += 1
        self.registry.moved(None, home, now_s=now_s)

    def end_enrolment(self) -> None:
        """End the enrolment once every holder is enrolled."""
        if self.enrolling and self.enrolled == self.tally.total:
            self.enrolling = False
            self.registry.enrolling -= 1
