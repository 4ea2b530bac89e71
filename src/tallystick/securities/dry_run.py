"""What a rule set would mean for the register and open orders as they are, before it is set."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable

import msgspec

from tallystick.core.times import DAY_S
from tallystick.core.units import BASIS_POINTS, UNITS_MAX
from tallystick.core.wallets import Wallet
from tallystick.securities.analysis import NO_SCOPE, Finding, Scope, admitted_countries, analyse
from tallystick.securities.claims import Claim, Tier
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, Party, RuleSet
from tallystick.securities.rules import investor_tier
from tallystick.securities.security import Security
from tallystick.securities.tally import Tally
from tallystick.securities.verdict import Refusal

# Holders between two reports of progress.
REPORT_EVERY = 1_000
Report = Callable[[int, int], None]


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that is asked for, or an order: one to sell has no receiver, one to buy no sender.

    `key` is the name by which its owner knows it.
    """

    key: str
    sender: Wallet | None
    receiver: Wallet | None
    units: int


class Failing(msgspec.Struct, frozen=True, kw_only=True):
    """Something pending that the rules would refuse, and why."""

    key: str
    refusals: tuple[Refusal, ...]


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A holder who would not be admitted under the rules, and why. He keeps what he holds."""

    home: Wallet
    code: Code
    limit: int | None = None
    now: int | None = None


class PassedLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on the whole security that is passed already: nobody new enters."""

    code: Code
    limit: int
    now: int


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """Holders in breach; limits that are passed already; who cannot sell; what would fail.

    `locked_in` could not sell a single unit at that time, `trapped` never, to anybody, whoever he
    be, as long as holdings stay as they are. `findings` are what rules mean together. `missing` is
    how many holders there are too few.
    """

    holders: int
    breaches: tuple[Breach, ...]
    limits_passed: tuple[PassedLimit, ...]
    locked_in: tuple[Wallet, ...]
    trapped: tuple[Wallet, ...]
    failing: tuple[Failing, ...]
    findings: tuple[Finding, ...]
    missing: int = 0


class _Count(msgspec.Struct):
    """Holders, counted by the claims and countries that they have at the time."""

    holders: int = 0
    by_tier: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0, 0])
    of_country: int = 0


def dry_run(
    security: Security, rules: RuleSet, *, now_s: int, pending: Iterable[Pending] = (),
    scope: Scope = NO_SCOPE, report: Report | None = None,
) -> DryRun:  # fmt: skip
    """Evaluate a rule set against the real register at a time, changing nothing."""
    parties: list[Party] = []
    homes = list(security.holders)
    for at, home in enumerate(homes):
        if report is not None and at % REPORT_EVERY == 0:
            report(at, len(homes))
        party = security.party(home)
        if party.total:
            parties.append(party)
    count = _count(parties, rules, now_s // DAY_S)
    trial = _trial(security, rules, count)
    exits = _Exits(trial, parties, scope, now_s)
    found = DryRun(
        holders=len(parties),
        breaches=tuple(breach for party in parties for breach in _breaches(rules, party, now_s)),
        limits_passed=tuple(_limits_passed(security, rules, count)),
        locked_in=tuple(party.home for party in parties if _is_locked_in(rules, party, now_s)),
        trapped=tuple(party.home for party in parties if not exits.exist(party)),
        failing=tuple(_failing(trial, pending, now_s)),
        findings=tuple(analyse(rules, scope)),
        missing=max(0, (rules.investors_min or 0) - len(parties)),
    )
    if report is not None:
        report(len(homes), len(homes))
    return found


def _count(parties: list[Party], rules: RuleSet, day: int) -> _Count:
    count = _Count(holders=len(parties))
    for party in parties:
        count.by_tier[party.claims.tier(day)[0]] += 1
        count.of_country += rules.limits_country(party.country)
    return count


def _trial(security: Security, rules: RuleSet, count: _Count) -> Security:
    """The security under the rules, with everybody counted anew; nothing is shared that changes."""
    tally = Tally(
        counts=list(count.by_tier),
        investors_max=rules.investors_max,
        retail_max=rules.retail_max,
        tracked=sum(count.by_tier[1:]),
        of_country=count.of_country,
        country_max=rules.country_max,
        generation=security.tally.generation,
    )
    return msgspec.structs.replace(security, rules=rules, tally=tally)


def _breaches(rules: RuleSet, party: Party, now_s: int) -> list[Breach]:
    home, day = party.home, now_s // DAY_S
    found: list[Breach] = []
    if rules.verified_holder and not party.claims.holds(Claim.VERIFIED, day):
        expiry = party.claims.expiry_days[Claim.VERIFIED]
        found.append(Breach(home=home, code=Code.RECEIVER_UNVERIFIED, limit=expiry, now=day))
    if not rules.admits_country(party.country):
        found.append(Breach(home=home, code=Code.COUNTRY_NOT_ALLOWED))
    tier = party.claims.tier(day)[0]
    if tier < rules.investor_tier:
        code = investor_tier.TIERS[rules.investor_tier][0]
        found.append(Breach(home=home, code=code, limit=rules.investor_tier, now=tier))
    if rules.screening and not party.claims.holds(Claim.SCREENED, day):
        expiry = party.claims.expiry_days[Claim.SCREENED]
        found.append(Breach(home=home, code=Code.NOT_SCREENED, limit=expiry, now=day))
    if rules.minimum_holding is not None and party.total < rules.minimum_holding:
        least = rules.minimum_holding
        found.append(Breach(home=home, code=Code.BELOW_MINIMUM, limit=least, now=party.total))
    if rules.max_balance is not None and party.total > rules.max_balance:
        most = rules.max_balance
        found.append(Breach(home=home, code=Code.MAX_BALANCE, limit=most, now=party.total))
    return found


def _limits_passed(security: Security, rules: RuleSet, count: _Count) -> list[PassedLimit]:
    """Limits on the whole security, counted by the claims of that time."""
    limits = (
        (Code.HOLDER_LIMIT, rules.investors_max, count.holders),
        (Code.RETAIL_LIMIT, rules.retail_max, count.by_tier[Tier.RETAIL]),
        (Code.COUNTRY_LIMIT, rules.country_max, count.of_country),
        (Code.SUPPLY_CAP, rules.supply_cap, security.supply),
    )
    return [
        PassedLimit(code=code, limit=limit, now=now)
        for code, limit, now in limits
        if limit is not None and now > limit
    ]


def _is_locked_in(rules: RuleSet, party: Party, now_s: int) -> bool:
    kept = max(party.frozen_units, party.legend_units, party.lots.locked_units(now_s))
    return party.frozen or kept >= party.total or (rules.lock_up and rules.lock_up_until > now_s)


def _failing(trial: Security, pending: Iterable[Pending], now_s: int) -> Iterable[Failing]:
    for each in pending:
        verdict = trial.judge(Movement.RESALE, each.sender, each.receiver, each.units, now_s=now_s)
        if not verdict.allowed:
            yield Failing(key=each.key, refusals=verdict.refusals)


class _Exits:
    """Whether holders can ever sell, to a holder there is or to the best buyer there could be."""

    def __init__(self, trial: Security, parties: list[Party], scope: Scope, now_s: int) -> None:
        rules, tally = trial.rules, trial.tally
        self._day = now_s // DAY_S
        self._lot = rules.lot_size or 1
        self._least = rules.minimum_holding or 1
        self._most = _most(rules.max_balance, rules.max_share_bps, trial.supply)
        self._affiliate_most = _most(None, rules.affiliate_volume_bps, trial.supply)
        self._countries = admitted_countries(rules)
        self._totals = sorted(each.total for each in parties if each.country in self._countries)
        limits = [(tally.total, rules.investors_max)]
        if trial.registry.tally.total <= tally.total:
            # Nobody holds another class alone, who could buy without being new to the issuer.
            limits.append((trial.registry.tally.total, scope.investors_max))
        room = [limit - count for count, limit in limits if limit is not None]
        self._room = min(room, default=1) if self._countries else -1
        self._country_room = 1
        if all(rules.limits_country(code) for code in self._countries):
            self._country_room = (rules.country_max or 0) - tally.of_country
        self._rules = rules

    def exist(self, party: Party) -> bool:
        """Whether an investor could sell something, once his locks have ended."""
        most = self._most
        sale = UNITS_MAX
        if party.claims.holds(Claim.AFFILIATE, self._day):
            sale = self._affiliate_most
        return self._all_sells(party, min(sale, UNITS_MAX), most) or self._part_sells(
            party, sale, most
        )

    def _all_sells(self, party: Party, sale: int, most: int) -> bool:
        total = party.total
        if total > sale:
            return False
        freed = self._rules.limits_country(party.country)
        if min(self._room, self._country_room + freed - 1) >= 0 and self._least <= total <= most:
            return True
        return self._buyer_with(party, self._least - total, most - total)

    def _part_sells(self, party: Party, sale: int, most: int) -> bool:
        lot, least = self._lot, self._least
        largest = min(party.total - least, sale) // lot * lot
        if largest < lot:
            return False
        if min(self._room, self._country_room) >= 1 and -(-least // lot) * lot <= min(
            largest, most
        ):
            return True
        if most - least >= lot - 1:
            return self._buyer_with(party, least - largest, most - lot)
        parts = range(lot, largest + 1, lot)
        return any(self._buyer_with(party, least - part, most - part) for part in parts)

    def _buyer_with(self, seller: Party, least: int, most: int) -> bool:
        """Whether another holder, whose country is admitted, holds an amount within bounds."""
        low = bisect.bisect_left(self._totals, max(1, least))
        high = bisect.bisect_right(self._totals, most)
        is_one = max(1, least) <= seller.total <= most and seller.country in self._countries
        return high - low > is_one


def _most(limit: int | None, share_bps: int | None, supply: int) -> int:
    most = UNITS_MAX if limit is None else limit
    return most if share_bps is None else min(most, supply * share_bps // BASIS_POINTS)
