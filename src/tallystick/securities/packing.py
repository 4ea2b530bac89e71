"""The words in which the chain keeps rules and records, as `record.vy` and `state.vy` say."""

from __future__ import annotations

from typing import NamedTuple

from tallystick.core.countries import codes_in, country_code, country_index, mask_of
from tallystick.core.errors import Invalid
from tallystick.core.units import UNITS_MAX
from tallystick.securities.claims import CLAIMS_COUNT, Claims, Tier
from tallystick.securities.proposal import RuleSet
from tallystick.securities.tally import UNLIMITED, Tally

VERIFIED_HOLDER = 1
COUNTRY_ALLOW = 2
COUNTRY_DENY = 4
MAX_BALANCE = 8
LOCK_UP = 16
ACCREDITED = 32
QUALIFIED = 64
INSTITUTIONAL = 128
INVESTOR_TIERS = (0, ACCREDITED, QUALIFIED, INSTITUTIONAL)
SCREENING = 256
FLOW_BACK = 512
LOT_SIZE = 1024
MINIMUM_HOLDING = 2048
MAX_SHARE = 4096
APPROVAL = 8192
AFFILIATE_VOLUME = 16_384
PURCHASERS = 32_768
COUNTRY_HOLDERS = 65_536
VENUES = 131_072
LOCKED_SALE_AT = 18
LOCKED_SALE = 3 << LOCKED_SALE_AT

# The index that stands for the United States with their territories where holders are limited.
UNITED_STATES_INDEX = 255
# Exemptions under which units are issued, by the number that the chain logs.
EXEMPTIONS = ("", "reg-d-506b", "reg-d-506c", "reg-d-504", "reg-s", "reg-a-tier-1", "reg-a-tier-2",
              "reg-cf", "section-4a2", "registered", "eu-prospectus", "eu-exempt", "swiss-exempt",
              "rule-701", "rule-144a", "other")  # fmt: skip
# Dates of rules have 32 bits on the chain.
DATE_MAX = 2**32 - 1
WINDOW_DAYS_MAX = 4095
OWNERS_MAX = 4094

ROUND_NUMBER_MAX = 127
NUMBER_BITS = 48
_COUNTRY_AT = 48
_CLAIMS_AT = 56
_CLAIM_BITS = 16
_RETIRED_AT = 226
_LIVE_AT = 227
_OWNERS_AT = 228
_NO_OWNER = 4095
_WATCHED_AT = 252
_CLAIM_MASK = 65_535


class PackedRules(NamedTuple):
    """The struct `Rules` of `rule_book.vy`, member by member."""

    rules: int
    max_balance: int
    max_share_bps: int
    lock_up_until: int
    holding_period: int
    flow_back_until: int
    lot_size: int
    minimum_holding: int
    supply_cap: int
    countries_allowed: int
    countries_denied: int
    investors_max: int
    retail_investors_max: int
    country_limited: int
    country_investors_max: int
    affiliate_volume_bps: int
    affiliate_window_days: int
    exemption: int
    investors_min: int


def pack_rules(rules: RuleSet) -> PackedRules:
    """Rules as the chain takes them."""
    bits = (
        VERIFIED_HOLDER * rules.verified_holder
        | COUNTRY_ALLOW * (rules.countries_allowed is not None)
        | COUNTRY_DENY * (rules.countries_denied is not None)
        | MAX_BALANCE * (rules.max_balance is not None)
        | LOCK_UP * rules.lock_up
        | INVESTOR_TIERS[rules.investor_tier]
        | SCREENING * rules.screening
        | FLOW_BACK * (rules.flow_back_until is not None)
        | LOT_SIZE * (rules.lot_size is not None)
        | MINIMUM_HOLDING * (rules.minimum_holding is not None)
        | MAX_SHARE * (rules.max_share_bps is not None)
        | APPROVAL * rules.approval
        | AFFILIATE_VOLUME * (rules.affiliate_volume_bps is not None)
        | PURCHASERS * rules.purchasers_limited
        | COUNTRY_HOLDERS * (rules.country_max is not None)
        | VENUES * rules.venues_only
        | rules.locked_sale_tier << LOCKED_SALE_AT
    )
    return PackedRules(
        rules=bits,
        max_balance=rules.max_balance or 0,
        max_share_bps=rules.max_share_bps or 0,
        lock_up_until=rules.lock_up_until,
        holding_period=rules.holding_period_s,
        flow_back_until=rules.flow_back_until or 0,
        lot_size=pack_round(rules.lot_size or 0),
        minimum_holding=pack_round(rules.minimum_holding or 0),
        supply_cap=UNITS_MAX if rules.supply_cap is None else rules.supply_cap,
        countries_allowed=mask_of(rules.countries_allowed or frozenset()),
        countries_denied=mask_of(rules.countries_denied or frozenset()),
        investors_max=UNLIMITED if rules.investors_max is None else rules.investors_max,
        retail_investors_max=UNLIMITED if rules.retail_max is None else rules.retail_max,
        country_limited=0 if rules.country_max is None else _limited_index(rules.country_limited),
        country_investors_max=UNLIMITED if rules.country_max is None else rules.country_max,
        affiliate_volume_bps=rules.affiliate_volume_bps or 0,
        affiliate_window_days=rules.affiliate_window_days,
        exemption=EXEMPTIONS.index(rules.exemption),
        investors_min=rules.investors_min or 0,
    )


def _limited_index(country: str) -> int:
    return UNITED_STATES_INDEX if country == "US" else country_index(country)


def _tier(bits: int) -> Tier:
    """The best tier that the bits ask for."""
    return Tier(max(tier for tier, bit in enumerate(INVESTOR_TIERS) if not bit or bits & bit))


def pack_round(units: int, *, where: str = "") -> int:
    """Units as a number of 7 bits times ten to the power in the 5 bits above it.

    Raises `Invalid` for a number that is not so round.
    """
    number, power = units, 0
    while number > ROUND_NUMBER_MAX and number % 10 == 0:
        number, power = number // 10, power + 1
    if number > ROUND_NUMBER_MAX:
        raise Invalid(
            "quantity-not-round", "The quantity has too many digits for a rule of whole lots",
            where=where, cure=f"Choose 1 to {ROUND_NUMBER_MAX}, with as many zeros behind it.",
        )  # fmt: skip
    return power << 7 | number


def unpack_round(form: int) -> int:
    """The units that `pack_round` packed."""
    return int((form & ROUND_NUMBER_MAX) * 10 ** (form >> 7))


def unpack_rules(packed: PackedRules) -> RuleSet:
    """Rules as the chain gives them."""

    def limit(value: int, none: int) -> int | None:
        return None if value == none else value

    bits = packed.rules
    allowed = codes_in(packed.countries_allowed) if bits & COUNTRY_ALLOW else None
    return RuleSet(
        verified_holder=bool(bits & VERIFIED_HOLDER),
        countries_allowed=allowed,
        countries_denied=codes_in(packed.countries_denied) if bits & COUNTRY_DENY else None,
        max_balance=packed.max_balance if bits & MAX_BALANCE else None,
        lock_up=bool(bits & LOCK_UP),
        lock_up_until=packed.lock_up_until,
        holding_period_s=packed.holding_period,
        investor_tier=_tier(bits),
        screening=bool(bits & SCREENING),
        flow_back_until=packed.flow_back_until if bits & FLOW_BACK else None,
        lot_size=unpack_round(packed.lot_size) if bits & LOT_SIZE else None,
        minimum_holding=unpack_round(packed.minimum_holding) if bits & MINIMUM_HOLDING else None,
        supply_cap=limit(packed.supply_cap, UNITS_MAX),
        investors_max=limit(packed.investors_max, UNLIMITED),
        retail_max=limit(packed.retail_investors_max, UNLIMITED),
        max_share_bps=packed.max_share_bps if bits & MAX_SHARE else None,
        approval=bool(bits & APPROVAL),
        affiliate_volume_bps=packed.affiliate_volume_bps if bits & AFFILIATE_VOLUME else None,
        affiliate_window_days=packed.affiliate_window_days,
        purchasers_limited=bool(bits & PURCHASERS),
        country_limited=_limited_country(packed.country_limited) if bits & COUNTRY_HOLDERS else "",
        country_max=packed.country_investors_max if bits & COUNTRY_HOLDERS else None,
        venues_only=bool(bits & VENUES),
        locked_sale_tier=Tier((bits & LOCKED_SALE) >> LOCKED_SALE_AT),
        exemption=_exemption(packed.exemption),
        investors_min=packed.investors_min or None,
    )


def _limited_country(index: int) -> str:
    return "US" if index == UNITED_STATES_INDEX else country_code(index)


def _exemption(number: int) -> str:
    """An exemption by its number; one that is not in the table was stated by another program."""
    return EXEMPTIONS[number] if number < len(EXEMPTIONS) else "other"


def pack_tally(tally: Tally, enrolled: int) -> int:
    """Counters and limits as the chain keeps them; `enrolled` is what `counters.vy` says of it."""
    word = sum(count << 24 * tier for tier, count in enumerate(tally.counts))
    word |= tally.tracked << 144 | enrolled << 168 | tally.earliest_day << 192
    word |= tally.of_country << 208 | tally.generation << 232
    limits = ((tally.investors_max, 96), (tally.retail_max, 120), (tally.country_max, 240))
    for limit, at in limits:
        if limit is not None:
            word |= (limit + 1) << at
    return word


class Counted(NamedTuple):
    """What a position word says of the investor whose home wallet it is of; see `position.vy`."""

    tier: int
    tracked_day: int
    enrolled: bool
    unlocked_at: int


def unpack_position(word: int, now_s: int) -> Counted:
    """How an investor is counted, and when all he holds is unlocked; 0 if it is."""
    unlocked_at = word >> 136 & (2**40 - 1)
    return Counted(
        tier=word >> 176 & 255,
        tracked_day=word >> 192 & 65_535,
        enrolled=bool(word >> 242 & 1),
        unlocked_at=unlocked_at if unlocked_at > now_s else 0,
    )


def pack_record(
    *, number: int, country: str, claims: Claims, owners: int = 1, watched: bool = False
) -> int:
    """What an agent states of an investor, as the registry takes it."""
    word = number | (country_index(country) if country else 0) << _COUNTRY_AT
    for claim, expiry_day in enumerate(claims.expiry_days):
        word |= expiry_day << (_CLAIMS_AT + claim * _CLAIM_BITS)
    return word | pack_owners(owners) << _OWNERS_AT | watched << _WATCHED_AT


def pack_owners(owners: int) -> int:
    """As how many owners an investor counts, as the registry takes it: 0 is one, 4095 none.

    Raises `Invalid` for more than the chain can say.
    """
    if not 0 <= owners <= OWNERS_MAX:
        raise Invalid("owners-out-of-range", "So many owners cannot be stated of one investor",
                      where="owners", cure=f"State 0 to {OWNERS_MAX}.")  # fmt: skip
    return {0: _NO_OWNER, 1: 0}.get(owners, owners)


def unpack_owners(word: int) -> tuple[int, bool]:
    """As how many owners a record counts, and whether its investor is watched."""
    stated = word >> _OWNERS_AT & _NO_OWNER
    return {0: 1, _NO_OWNER: 0}.get(stated, stated), bool(word >> _WATCHED_AT & 1)


def is_retired(word: int) -> bool:
    """Whether a record is of a wallet that was reported lost."""
    return bool(word >> _RETIRED_AT & 1)


def is_live(word: int) -> bool:
    """Whether a record is of an investor with an ONCHAINID contract."""
    return bool(word >> _LIVE_AT & 1)


def unpack_record(word: int) -> tuple[int, str, Claims]:
    """Number, country and claims in a record of the registry."""
    days = tuple(
        word >> (_CLAIMS_AT + claim * _CLAIM_BITS) & _CLAIM_MASK for claim in range(CLAIMS_COUNT)
    )
    number = word & (2**NUMBER_BITS - 1)
    return number, country_code(word >> _COUNTRY_AT & 255), Claims(days)
