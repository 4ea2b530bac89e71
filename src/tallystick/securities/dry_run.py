"""What a rule set would mean for the register as it is, before it is switched on."""

from __future__ import annotations

import msgspec

from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import RuleSet
from tallystick.securities.rules import investor_tier
from tallystick.securities.security import Security


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
    """Holders in breach; limits that are passed already; who is locked in.

    `locked_in` are holders who could not sell a single unit to anybody at that time.
    """

    holders: int
    breaches: tuple[Breach, ...]
    limits_passed: tuple[PassedLimit, ...]
    locked_in: tuple[Wallet, ...]


def dry_run(security: Security, rules: RuleSet, *, now_s: int) -> DryRun:
    """Evaluate a rule set against the real register at a time, changing nothing."""
    homes = [home for home in security.holders if security.total(home)]
    breaches = [breach for home in homes for breach in _breaches(security, rules, home, now_s)]
    return DryRun(
        holders=len(homes),
        breaches=tuple(breaches),
        limits_passed=tuple(_limits_passed(security, rules, homes, now_s)),
        locked_in=tuple(home for home in homes if _is_locked_in(security, rules, home, now_s)),
    )


def _breaches(security: Security, rules: RuleSet, home: Wallet, now_s: int) -> list[Breach]:
    party = security.party(home)
    found: list[Breach] = []
    day = now_s // DAY_S
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
        found.append(
            Breach(home=home, code=Code.MAX_BALANCE, limit=rules.max_balance, now=party.total)
        )
    return found


def _limits_passed(
    security: Security, rules: RuleSet, homes: list[Wallet], now_s: int
) -> list[PassedLimit]:
    """Limits on the whole security, counted by the claims of that time."""
    found: list[PassedLimit] = []
    if rules.investors_max is not None and len(homes) > rules.investors_max:
        found.append(PassedLimit(code=Code.HOLDER_LIMIT, limit=rules.investors_max, now=len(homes)))
    retail = sum(not security.party(home).claims.tier(now_s // DAY_S)[0] for home in homes)
    if rules.retail_max is not None and retail > rules.retail_max:
        found.append(PassedLimit(code=Code.RETAIL_LIMIT, limit=rules.retail_max, now=retail))
    if rules.supply_cap is not None and security.supply > rules.supply_cap:
        found.append(PassedLimit(code=Code.SUPPLY_CAP, limit=rules.supply_cap, now=security.supply))
    return found


def _is_locked_in(security: Security, rules: RuleSet, home: Wallet, now_s: int) -> bool:
    party = security.party(home)
    kept = max(party.frozen_units, party.lots.locked_units(now_s))
    return party.frozen or kept >= party.total or (rules.lock_up and rules.lock_up_until > now_s)
