"""What rules mean together: contradictory, shadowed and unreachable ones, found beforehand.

A rule set is contradictory if, under it, no unit can ever pass from one investor to another,
whoever they are, however long they wait and whatever the officer approves: units come into being by
issues and move by resales. A parameter is shadowed if leaving it out would change no verdict, and
unreachable if what it limits cannot come to be. Bound modules are not looked into.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tallystick.core.countries import ALPHA2, UNITED_STATES
from tallystick.core.units import BASIS_POINTS, UNITS_MAX
from tallystick.securities.claims import Tier
from tallystick.securities.proposal import RuleSet
from tallystick.securities.tally import UNLIMITED

EVERYWHERE = frozenset(ALPHA2[1:])


class Flaw(StrEnum):
    """What is wrong with rules together."""

    CONTRADICTORY = "contradictory"
    SHADOWED = "shadowed"
    UNREACHABLE = "unreachable"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters that do not go together, why, and what would mend it."""

    flaw: Flaw
    parameters: tuple[str, ...]
    why: str
    cure: str


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Limits over all classes that hold as well; None where the class has not joined them."""

    investors_max: int | None = None
    retail_max: int | None = None


NO_SCOPE = Scope()


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """Movements that a rule set lets pass: issues to holders, then the first sells out to another.

    All are institutional buyers resident in `country`, verified and screened without end, and act
    after every lock has ended, with the officer's approval.
    """

    country: str
    issues: tuple[int, ...]


class _Sizes(msgspec.Struct, frozen=True):
    """Quantities that rules leave: smallest holding, largest, most units, most holders."""

    smallest: int
    largest: int
    cap: int
    holders: int

    def extra(self) -> int:
        """Most holders beside one who has the smallest holding."""
        return min(self.holders - 1, (self.cap - self.smallest) // self.smallest)

    def supply(self) -> int:
        """Most units in existence beside which one investor has only the smallest holding."""
        return self.smallest + min(self.extra() * self.largest, self.cap - self.smallest)


def analyse(rules: RuleSet, scope: Scope = NO_SCOPE) -> list[Finding]:
    """Everything that does not go together, contradictions first."""
    contradictions = _contradictions(rules, scope)
    return contradictions or [*_shadowed(rules, scope), *_unreachable(rules, scope)]


def witness(rules: RuleSet, scope: Scope = NO_SCOPE) -> Witness | None:
    """Movements that pass under a rule set; None if it is contradictory."""
    if _contradictions(rules, scope):
        return None
    sizes, share = _sizes(rules, scope), rules.max_share_bps
    wanted = 0 if share is None else -(-sizes.smallest * BASIS_POINTS // share)
    rest = max(0, -(-(wanted - sizes.smallest) // _lot(rules)) * _lot(rules))
    others = -(-rest // sizes.largest)
    rest = max(rest, others * sizes.smallest)
    issues = [sizes.smallest]
    for left in range(others, 0, -1):
        part = min(sizes.largest, rest - (left - 1) * sizes.smallest)
        issues.append(part)
        rest -= part
    return Witness(country=_best_country(rules), issues=tuple(issues))


def _best_country(rules: RuleSet) -> str:
    """A country whose residents acquire with the fewest limits; the first by its code."""
    return min(
        admitted_countries(rules),
        key=lambda code: (rules.limits_country(code), code in UNITED_STATES, code),
    )


def _lot(rules: RuleSet) -> int:
    return rules.lot_size or 1


def admitted_countries(rules: RuleSet) -> frozenset[str]:
    """Countries whose residents may acquire."""
    allowed = EVERYWHERE if rules.countries_allowed is None else rules.countries_allowed
    return frozenset(code for code in allowed if rules.admits_country(code))


def _sizes(rules: RuleSet, scope: Scope) -> _Sizes:
    lot, least = _lot(rules), rules.minimum_holding or 1
    cap = UNITS_MAX if rules.supply_cap is None else rules.supply_cap
    most = cap if rules.max_balance is None else min(cap, rules.max_balance)
    limits = [UNLIMITED, *(limit for _, limit in _holder_limits(rules, scope))]
    return _Sizes(-(-least // lot) * lot, most // lot * lot, cap // lot * lot, min(limits))


def _holder_limits(rules: RuleSet, scope: Scope) -> list[tuple[str, int]]:
    """Limits that count every holder, whoever he is."""
    found = [
        ("investors_max", rules.investors_max),
        ("investors_max of the issuer", scope.investors_max),
    ]
    if all(rules.limits_country(code) for code in admitted_countries(rules)):
        found.append(("country_max", rules.country_max))
    return [(name, limit) for name, limit in found if limit is not None]


def _contradictions(rules: RuleSet, scope: Scope) -> list[Finding]:
    found: list[Finding] = []

    def add(*parameters: str, why: str, cure: str) -> None:
        flaw = Flaw.CONTRADICTORY
        found.append(Finding(flaw=flaw, parameters=parameters, why=why, cure=cure))

    if not admitted_countries(rules):
        add("countries_allowed", "countries_denied", why="no country is left whose residents may "
            "acquire", cure="Allow one, or deny fewer.")  # fmt: skip
        return found
    for name, limit in _holder_limits(rules, scope):
        if limit == 0:
            add(name, why="nobody may hold units", cure="Raise the limit, or leave it out.")
    sizes = _sizes(rules, scope)
    named = [name for name in ("lot_size", "minimum_holding") if getattr(rules, name) is not None]
    if rules.max_balance is not None and sizes.smallest > rules.max_balance:
        add(*named, "max_balance", why="the smallest holding that is allowed is larger than the "
            "largest", cure="Raise the largest holding, or lower the others.")  # fmt: skip
    if sizes.smallest > sizes.cap:
        add(*named, "authorised", why="the smallest holding that is allowed is more than may exist",
            cure="Raise what is authorised, or lower the others.")  # fmt: skip
    if found or rules.max_share_bps is None:
        return found
    if sizes.supply() * rules.max_share_bps // BASIS_POINTS < sizes.smallest:
        limiting = [
            name
            for name in ("investors_max", "country_max", "max_balance", "supply_cap", *named)
            if getattr(rules, name) is not None
        ]
        add("max_share_bps", *limiting, why="even the smallest holding is a larger share of the "
            "most units that can exist than one investor may buy",
            cure="Raise the share, or what is authorised, or the number of holders.")  # fmt: skip
    return found


def _shadowed(rules: RuleSet, scope: Scope) -> list[Finding]:
    accredited_only = rules.investor_tier >= Tier.ACCREDITED
    countries = admitted_countries(rules)
    limited_here = any(rules.limits_country(code) for code in countries)
    sells_to_us = bool(countries & UNITED_STATES)
    cap = rules.supply_cap
    checks: tuple[tuple[bool, str, str], ...] = (
        (rules.retail_max is not None and accredited_only, "retail_max",
         "only accredited investors acquire, so that nobody new counts in tier 0"),
        (_at_least(rules.retail_max, rules.investors_max), "retail_max",
         "no more investors hold the class in all"),
        (rules.purchasers_limited and accredited_only, "purchasers_limited",
         "only accredited investors acquire, who are not counted"),
        (rules.countries_allowed is not None and rules.countries_denied is not None,
         "countries_denied", "countries that are not allowed are denied anyway"),
        (rules.flow_back_until is not None and not sells_to_us, "flow_back_until",
         "residents of the United States acquire nothing anyway"),
        (rules.flow_back_until is not None and rules.investor_tier is Tier.INSTITUTIONAL_BUYER,
         "flow_back_until", "only institutional buyers acquire, who are exempt"),
        (rules.country_max is not None and not limited_here, "country_max",
         "its residents acquire nothing anyway"),
        (_at_least(rules.country_max, rules.investors_max), "country_max",
         "no more investors hold the class in all"),
        (_at_least(rules.investors_max, scope.investors_max), "investors_max",
         "no more investors hold any class of the issuer"),
        (_at_least(rules.max_balance, cap), "max_balance", "no more units may exist"),
        (rules.max_share_bps == BASIS_POINTS, "max_share_bps", "nobody holds more than all"),
        (rules.affiliate_volume_bps == BASIS_POINTS and rules.affiliate_window_days == 0,
         "affiliate_volume_bps", "nobody sells more than all, and nothing is added up"),
        (rules.lot_size == 1, "lot_size", "every quantity is a multiple of one unit"),
        (rules.minimum_holding == 1, "minimum_holding", "every holding has one unit"),
        (0 < rules.locked_sale_tier <= rules.investor_tier, "locked_sale_tier",
         "only such investors acquire anyway"),
    )  # fmt: skip
    return [
        Finding(flaw=Flaw.SHADOWED, parameters=(name,), why=why, cure="Leave it out.")
        for holds, name, why in checks
        if holds
    ]


def _at_least(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one >= other


def _unreachable(rules: RuleSet, scope: Scope) -> list[Finding]:
    found: list[Finding] = []
    sizes, cap = _sizes(rules, scope), rules.supply_cap

    def add(*parameters: str, why: str, cure: str) -> None:
        found.append(Finding(flaw=Flaw.UNREACHABLE, parameters=parameters, why=why, cure=cure))

    holders = sizes.cap // sizes.smallest
    if rules.investors_max is not None and rules.investors_max > holders:
        add("investors_max", "authorised", why=f"{holders} holders of the smallest holding have "
            "all that may exist", cure="Lower the limit, or raise what is authorised.")  # fmt: skip
    if cap is not None and sizes.holders * sizes.largest < cap // _lot(rules) * _lot(rules):
        add("authorised", "max_balance", why="the most holders with the most units each have less "
            "than is authorised", cure="Authorise less, or raise the others.")  # fmt: skip
    if rules.investors_min is not None and rules.investors_min > min(holders, sizes.holders):
        add("investors_min", why="so many can never hold it",
            cure="Lower it, or raise the limits.")  # fmt: skip
    return found
