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

TIME_MAX: constant(uint256) = 2**40 - 1
ROUND_MAX: constant(uint256) = 2**12 - 1


struct Rules:
    # bits as in `state`, shifted down by RULES_AT
    rules: uint256
    # units; looked at if the rule is on
    max_balance: uint256
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


@external
@view
@reentrant
def rulesInForce() -> Rules:
    """
    @notice The rules in force and their parameters.
    """
    tally: uint256 = state.tally
    limits: uint256 = state.limits
    all_max: uint256 = counters.UNLIMITED
    if tally & counters.ALL_LIMITED != 0:
        all_max = (tally >> counters.ALL_MAX_AT) & counters.COUNT
    retail_max: uint256 = counters.UNLIMITED
    if tally & counters.RETAIL_LIMITED != 0:
        retail_max = (tally >> counters.RETAIL_MAX_AT) & counters.COUNT
    return Rules(
        rules=(state.config & state.RULES) >> state.RULES_AT,
        max_balance=limits & state.UNITS_MAX,
        lock_up_until=(limits >> 112) & TIME_MAX,
        holding_period=(limits >> 152) & TIME_MAX,
        flow_back_until=(limits >> 192) & TIME_MAX,
        lot_size=(limits >> 232) & ROUND_MAX,
        minimum_holding=limits >> 244,
        supply_cap=(state.supply >> state.SUPPLY_CAP_AT) & state.UNITS_MAX,
        countries_allowed=state.countries,
        countries_denied=state.countries_denied,
        investors_max=all_max,
        retail_investors_max=retail_max,
    )


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
    assert rules.lock_up_until <= TIME_MAX, "time-too-large"
    assert rules.holding_period <= TIME_MAX, "time-too-large"
    assert rules.flow_back_until <= TIME_MAX, "time-too-large"
    assert rules.lot_size <= ROUND_MAX and rules.minimum_holding <= ROUND_MAX, "amount-too-large"
    if bits & state.RULE_LOT_SIZE != 0:
        assert rules.lot_size & 127 != 0, "lot-size-zero"
    state.config = (state.config & ~state.RULES) | bits
    state.limits = (
        rules.max_balance
        | (rules.lock_up_until << 112)
        | (rules.holding_period << 152)
        | (rules.flow_back_until << 192)
        | (rules.lot_size << 232)
        | (rules.minimum_holding << 244)
    )
    supply: uint256 = state.supply
    state.supply = (
        supply & ~(state.UNITS_MAX << state.SUPPLY_CAP_AT)
    ) | (rules.supply_cap << state.SUPPLY_CAP_AT)
    # An investor without a stated country fits no rule about countries.
    countries: uint256 = max_value(uint256) - 1
    denied: uint256 = 0
    if bits & state.RULE_COUNTRY_DENY != 0:
        denied = rules.countries_denied
        countries &= ~denied
    if bits & state.RULE_COUNTRY_ALLOW != 0:
        assert rules.countries_allowed & denied == 0, "country-allowed-and-denied"
        countries &= rules.countries_allowed
    state.countries = countries
    state.countries_denied = denied
    state.tally = counters._with_limits(
        state.tally, rules.investors_max, rules.retail_investors_max
    )
    log state.RulesSet(
        rules=rules.rules,
        max_balance=rules.max_balance,
        lock_up_until=rules.lock_up_until,
        holding_period=rules.holding_period,
        flow_back_until=rules.flow_back_until,
        lot_size=rules.lot_size,
        minimum_holding=rules.minimum_holding,
        supply_cap=rules.supply_cap,
        countries_allowed=countries,
        countries_denied=denied,
        investors_max=rules.investors_max,
        retail_investors_max=rules.retail_investors_max,
    )
