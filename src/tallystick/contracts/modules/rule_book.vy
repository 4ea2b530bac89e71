# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Settings of the rules
@license Apache-2.0
"""

from . import counters
from . import roles
from . import state

uses: roles
uses: state

ROUND_MAX: constant(uint256) = 2**12 - 1
EXEMPTION_MAX: constant(uint256) = 65535
COUNTRY_INDEX_MAX: constant(uint256) = 255


struct Rules:
    # bits as in `state`, shifted down by RULES_AT
    rules: uint256
    # units; looked at if the rule is on
    max_balance: uint256
    # basis points of the units in existence
    max_share_bps: uint256
    # UTC seconds before which nobody sells
    lock_up_until: uint256
    # seconds for which newly issued units are locked
    holding_period: uint256
    # UTC seconds before which no US person buys from a holder, institutional buyers excepted
    flow_back_until: uint256
    # units, as a number of 7 bits times ten to the power in the 5 bits above it
    lot_size: uint256
    minimum_holding: uint256
    # units; 2**112 - 1 for none
    supply_cap: uint256
    # bit i: country index i; looked at if the rule is on
    countries_allowed: uint256
    countries_denied: uint256
    # investors; `counters.UNLIMITED` for no limit
    investors_max: uint256
    retail_investors_max: uint256
    # country index, or 255 for the United States with their territories
    country_limited: uint256
    country_investors_max: uint256
    # basis points of the units in existence that an affiliate sells within so many days
    affiliate_volume_bps: uint256
    affiliate_window_days: uint256
    # exemption under which units are issued from now on, see the table in the docs; 0 for none
    exemption: uint256
    # investors; fewer refuse nothing, and are warned of
    investors_min: uint256


@external
@view
@reentrant
def rulesInForce() -> Rules:
    """
    @notice The rules in force and their parameters.
    """
    tally: uint256 = state.tally
    limits: uint256 = state.limits
    ceilings: uint256 = state.ceilings
    return Rules(
        rules=(state.config & state.RULES) >> state.RULES_AT,
        max_balance=ceilings & state.UNITS_MAX,
        max_share_bps=(ceilings >> state.SHARE_AT) & state.SHARE,
        lock_up_until=(limits >> state.LOCK_UP_AT) & state.DATE,
        holding_period=(limits >> state.HOLDING_AT) & state.PERIOD,
        flow_back_until=(limits >> state.FLOW_BACK_AT) & state.DATE,
        lot_size=(limits >> state.LOT_AT) & ROUND_MAX,
        minimum_holding=limits >> state.LEAST_AT,
        supply_cap=(state.supply >> state.SUPPLY_CAP_AT) & state.UNITS_MAX,
        countries_allowed=state.countries,
        countries_denied=~state.countries,
        investors_max=self._limit((tally >> counters.ALL_MAX_AT) & counters.COUNT),
        retail_investors_max=self._limit((tally >> counters.RETAIL_MAX_AT) & counters.COUNT),
        country_limited=(limits >> state.COUNTRY_LIMITED_AT) & COUNTRY_INDEX_MAX,
        country_investors_max=self._limit(tally >> counters.COUNTRY_MAX_AT),
        affiliate_volume_bps=(ceilings >> state.VOLUME_AT) & state.SHARE,
        affiliate_window_days=(ceilings >> state.WINDOW_AT) & state.WINDOW,
        exemption=(ceilings >> state.EXEMPTION_AT) & EXEMPTION_MAX,
        investors_min=ceilings >> state.INVESTORS_MIN_AT,
    )


@internal
@pure
def _limit(stored: uint256) -> uint256:
    """
    @notice A limit of investors as `Rules` states it.
    """
    return counters.UNLIMITED if stored == 0 else stored - 1


@external
def setRules(rules: Rules):
    """
    @notice Set all rules at once, in the open.
    """
    roles._only_officer()
    self._set(rules)


@internal
def _set(rules: Rules):
    assert rules.rules < 2**24, "rule-unknown"
    bits: uint256 = rules.rules << state.RULES_AT
    assert bits & ~state.RULES_KNOWN == 0, "rule-unknown"
    assert rules.max_balance <= state.UNITS_MAX, "amount-too-large"
    assert rules.supply_cap <= state.UNITS_MAX, "amount-too-large"
    assert rules.max_share_bps <= state.BASIS_POINTS, "share-too-large"
    assert rules.affiliate_volume_bps <= state.BASIS_POINTS, "share-too-large"
    assert rules.affiliate_window_days <= state.WINDOW, "time-too-large"
    assert rules.lock_up_until <= state.DATE, "time-too-large"
    assert rules.holding_period <= state.PERIOD, "time-too-large"
    assert rules.flow_back_until <= state.DATE, "time-too-large"
    assert rules.investors_min <= counters.COUNT, "limit-too-large"
    assert rules.exemption <= EXEMPTION_MAX, "exemption-unknown"
    assert rules.lot_size <= ROUND_MAX and rules.minimum_holding <= ROUND_MAX, "amount-too-large"
    if bits & state.RULE_LOT_SIZE != 0:
        assert rules.lot_size & 127 != 0, "lot-size-zero"
    limited: uint256 = 0
    country_max: uint256 = counters.UNLIMITED
    if bits & state.RULE_COUNTRY_HOLDERS != 0:
        limited = rules.country_limited
        country_max = rules.country_investors_max
        assert limited != 0 and limited <= COUNTRY_INDEX_MAX, "country-unknown"
        assert country_max != counters.UNLIMITED, "limit-too-large"
    state.tally = counters._with_country_limit(
        counters._with_limits(state.tally, rules.investors_max, rules.retail_investors_max),
        country_max,
        limited != (state.limits >> state.COUNTRY_LIMITED_AT) & COUNTRY_INDEX_MAX,
    )
    config: uint256 = (state.config & ~state.RULES) | bits
    state.config = config
    supply: uint256 = state.supply
    ceilings: uint256 = (
        rules.max_balance
        | (rules.max_share_bps << state.SHARE_AT)
        | (rules.affiliate_volume_bps << state.VOLUME_AT)
        | (rules.affiliate_window_days << state.WINDOW_AT)
        | (rules.exemption << state.EXEMPTION_AT)
        | (rules.investors_min << state.INVESTORS_MIN_AT)
    )
    state.ceilings = ceilings
    state.limits = (
        state._largest(ceilings, config, supply & state.UNITS_MAX)
        | (rules.lock_up_until << state.LOCK_UP_AT)
        | (rules.holding_period << state.HOLDING_AT)
        | (rules.flow_back_until << state.FLOW_BACK_AT)
        | (limited << state.COUNTRY_LIMITED_AT)
        | (rules.lot_size << state.LOT_AT)
        | (rules.minimum_holding << state.LEAST_AT)
    )
    state.supply = (
        supply & ~(state.UNITS_MAX << state.SUPPLY_CAP_AT)
    ) | (rules.supply_cap << state.SUPPLY_CAP_AT)
    # An investor without a stated country fits no rule about countries.
    countries: uint256 = max_value(uint256) - 1
    if bits & state.RULE_COUNTRY_DENY != 0:
        countries &= ~rules.countries_denied
    if bits & state.RULE_COUNTRY_ALLOW != 0:
        if bits & state.RULE_COUNTRY_DENY != 0:
            denied: uint256 = rules.countries_allowed & rules.countries_denied
            assert denied == 0, "country-allowed-and-denied"
        countries &= rules.countries_allowed
    state.countries = countries
    log state.RulesSet(
        rules=rules.rules,
        max_balance=rules.max_balance,
        max_share_bps=rules.max_share_bps,
        lock_up_until=rules.lock_up_until,
        holding_period=rules.holding_period,
        flow_back_until=rules.flow_back_until,
        lot_size=rules.lot_size,
        minimum_holding=rules.minimum_holding,
        supply_cap=rules.supply_cap,
        countries_allowed=rules.countries_allowed,
        countries_denied=rules.countries_denied,
        investors_max=rules.investors_max,
        retail_investors_max=rules.retail_investors_max,
        country_limited=rules.country_limited,
        country_investors_max=rules.country_investors_max,
        affiliate_volume_bps=rules.affiliate_volume_bps,
        affiliate_window_days=rules.affiliate_window_days,
        exemption=rules.exemption,
        investors_min=rules.investors_min,
    )
