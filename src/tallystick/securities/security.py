"""The state of one security, and what changes it. Twin of the token.

The same state is what the register is folded into from chain logs, what the rules are evaluated on
before anybody pays for a transaction, and what the contracts are tested against.
"""

from __future__ import annotations

import msgspec

from tallystick.core.times import DAY_S, FOREVER_DAY
from tallystick.core.units import UNITS_MAX
from tallystick.core.wallets import Wallet
from tallystick.securities import movements
from tallystick.securities.claims import Claim, Claims, Tier
from tallystick.securities.exchanges import Terms
from tallystick.securities.holder import Holder
from tallystick.securities.parcels import Parcels
from tallystick.securities.proposal import (
    Answers,
    Movement,
    Party,
    Proposal,
    RuleSet,
)
from tallystick.securities.purchases import PurchaseVerdict
from tallystick.securities.registry import Investor, Registry
from tallystick.securities.rules import evaluate
from tallystick.securities.tally import LimitVerdict, Tally
from tallystick.securities.verdict import Verdict

NO_ANSWERS = Answers()
# Who holds nothing and never did; it is read and not changed.
_NONE = Holder()


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
    # Where the units of each investor come from.
    parcels: dict[Wallet, Parcels] = msgspec.field(default_factory=dict)
    # The time until which a movement is approved.
    approvals: dict[Approved, int] = msgspec.field(default_factory=dict)
    # Units of a wallet that are held for a spender.
    held: dict[Wallet, dict[Wallet, int]] = msgspec.field(default_factory=dict)
    # An exchange that was announced, and whether one goes on or has taken all units away.
    exchange: Terms | None = None
    exchanging: bool = False
    epoch: int = 0
    predecessors: set[Wallet] = msgspec.field(default_factory=set)

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
        return self._total(home, self.registry.investors.get(home))

    def _total(self, home: Wallet, investor: Investor | None) -> int:
        if investor is None or len(investor.wallets) == 1:
            return self.balances.get(home, 0)
        return sum(self.balances.get(own, 0) for own in investor.wallets)

    def unlocked(self, home: Wallet, now_s: int) -> int:
        """Units of an investor, over all wallets, that are in no holding period."""
        holder = self.holders.get(home)
        locked = 0 if holder is None else holder.lots.locked_units(now_s)
        return self.total(home) - locked

    def party(self, wallet: Wallet) -> Party:
        """One side of a movement."""
        registry = self.registry
        home = registry.home(wallet)
        investor = registry.investors.get(home)
        holder = self.holders.get(home, _NONE)
        own = holder if wallet == home else self.holders.get(wallet)
        return Party(
            wallet=wallet,
            home=home,
            registered=investor is not None,
            retired=wallet in registry.replaced,
            frozen=holder.frozen or (own is not None and own.frozen),
            country=investor.country if investor else "",
            claims=investor.claims if investor else Claims(),
            units=self.balances.get(wallet, 0),
            total=self._total(home, investor),
            frozen_units=holder.frozen_units,
            lots=holder.lots,
            tier_counted=holder.tier_counted,
            legend_units=holder.legend_units,
            sales=tuple(holder.sales.items()),
            watched=investor.watched if investor else False,
            live=investor.live if investor else False,
            inherited=holder.inherited,
            of_country_counted=self.counts_of_country(holder),
            held=sum(self.held[wallet].values()) if wallet in self.held else 0,
        )

    def counts_of_country(self, holder: Holder) -> bool:
        """Whether a holder is counted, or presumed, under the limit of a country."""
        if holder.generation != self.tally.generation:
            return True
        return self.rules.limits_country(holder.country_counted)

    def count_of_country(self, holder: Holder) -> None:
        """Count a holder under the limit of a country who was not counted under it."""
        if self.rules.country_max is not None:
            holder.generation = self.tally.generation
            self.tally.of_country += self.rules.limits_country(holder.country_counted)

    def _with_live_claim(self, wallet: Wallet, answers: Answers) -> Party:
        """A receiver; verified as his live claims say, if his identity is live."""
        party = self.party(wallet)
        if not party.live:
            return party
        claims = party.claims.stated(Claim.VERIFIED, FOREVER_DAY if answers.live_verified else 0)
        return msgspec.structs.replace(party, claims=claims)

    def propose(
        self, kind: Movement, sender: Wallet | None, receiver: Wallet | None, amount: int, *,
        now_s: int, answers: Answers = NO_ANSWERS, spender: Wallet | None = None,
        releases: bool = False,
    ) -> Proposal:  # fmt: skip
        """A movement with everything that the rules look at.

        A spender who `releases` lets go before whatever he holds of the sending wallet.
        """
        sending = None if sender is None else self.party(sender)
        if sending is not None and sending.held and releases and spender is not None:
            of_spender = self.held[sending.wallet].get(spender, 0)
            sending = msgspec.structs.replace(sending, held=sending.held - of_spender)
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
            exchanging=self.exchanging,
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
        if receiver is None or not self.is_purchase(kind, receiver, amount, now_s):
            return None
        return self.registry.purchase_verdict(receiver.home, now_s // DAY_S)

    def is_purchase(self, kind: Movement, receiver: Party, amount: int, now_s: int) -> bool:
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
        releases: bool = False,
    ) -> Verdict:  # fmt: skip
        """Every refusal of a movement; what others say of it must be asked of them before."""
        proposal = self.propose(
            kind,
            sender,
            receiver,
            amount,
            now_s=now_s,
            answers=answers,
            spender=spender,
            releases=releases,
        )
        return Verdict(tuple(evaluate(proposal)), now_s)

    def move(
        self, kind: Movement, sender: Wallet | None, receiver: Wallet | None, amount: int, *,
        now_s: int, acquired_at: int | None = None, lot_day: int | None = None,
        thawed: bool = False,
    ) -> None:  # fmt: skip
        """Carry out a movement that has been judged; `acquired_at` is for issues.

        `lot_day` is the UTC day of the lot that a seller names. `thawed` says that the frozen units
        it takes are noted as frozen no more, which the chain logs first. Raises `Refused` if the
        sender does not hold so much, as the chain would.
        """
        movements.move(
            self, kind, sender, receiver, amount, now_s=now_s, acquired_at=acquired_at,
            lot_day=lot_day, thawed=thawed,
        )  # fmt: skip

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
                self.tally.of_country -= self.counts_of_country(holder)
            investor = self.registry.investors[home]
            tier, expiry_day = investor.claims.tier(day)
            holder.tier_counted = tier
            holder.country_counted = investor.country
            holder.tracked_day = self.tally.enter(tier, expiry_day)
            self.count_of_country(holder)
        self.tally.advance(day)

    def freeze(self, wallet: Wallet, *, frozen: bool) -> None:
        """Freeze the investor behind a wallet, or thaw him."""
        self.holders.setdefault(self.registry.home(wallet), Holder()).frozen = frozen
        if not frozen and wallet in self.holders:
            self.holders[wallet].frozen = False

    def set_frozen_units(self, wallet: Wallet, units: int) -> None:
        """Set the units that the investor behind a wallet must keep."""
        self.holders.setdefault(self.registry.home(wallet), Holder()).frozen_units = units

    def place_legend(self, wallet: Wallet, units: int, code: int) -> None:
        """Place a legend on units of an investor; fewer than none lift it from so many.

        `code` is that of the reason for which it is placed, or lifted.
        """
        holder = self.holders.setdefault(self.registry.home(wallet), Holder())
        holder.place_legend(units, code)
        movements.keep_legends(self, self.registry.home(wallet))

    def hold(self, wallet: Wallet, spender: Wallet, units: int) -> None:
        """Hold units of a wallet for a spender; fewer than none let so many go."""
        mine = self.held.setdefault(wallet, {})
        mine[spender] = mine.get(spender, 0) + units
        if not mine[spender]:
            del mine[spender]
        if not mine:
            del self.held[wallet]

    def approve(
        self, sender: Wallet | None, receiver: Wallet, amount: int, *, until_s: int
    ) -> None:
        """Approve one movement until a time; 0 takes it back."""
        if until_s:
            self.approvals[sender, receiver, amount] = until_s
        else:
            self.approvals.pop((sender, receiver, amount), None)

    def announce_exchange(self, terms: Terms | None) -> None:
        """Announce that all units will be exchanged, or take it back, be it under way."""
        self.exchange = terms
        if terms is None and self.exchanging:
            self.paused = self.exchanging = False

    def begin_exchange(self) -> None:
        """Begin it: nothing else moves from now on."""
        self.paused = self.exchanging = True
        self.epoch += 1
        self.held = {}

    def end_exchange(self, *, in_place: bool) -> None:
        """End it; a security whose units went over to another one stays as it is."""
        self.exchange = None
        if in_place:
            self.paused = self.exchanging = False

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
