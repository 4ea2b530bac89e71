# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Counting of holders
@license Apache-2.0
@notice Keeps the counters of a security true while claims change and expire, and joins them to the
        limits over all classes of the issuer.
"""

from . import counters
from . import movement
from . import position
from . import record
from . import roles
from . import state
from ..interfaces import IRegistry

uses: counters
uses: movement
uses: roles
uses: state


@external
@view
@reentrant
def holderCounts() -> (uint256, uint256, uint256, uint256):
    """
    @notice Investors counted in tiers 0 (neither accredited nor better) to 3.
    """
    tally: uint256 = state.tally
    return (
        tally & counters.COUNT,
        (tally >> 24) & counters.COUNT,
        (tally >> 48) & counters.COUNT,
        (tally >> 72) & counters.COUNT,
    )


@external
@view
@reentrant
def tallyWord() -> uint256:
    """
    @notice The packed counters, see `counters`.
    """
    return state.tally


@external
def refresh(wallet: address):
    """
    @notice Count an investor by the claims he has today. The registry calls it, for all securities
            at once; anybody may ask it to.
    """
    config: uint256 = state.config
    assert msg.sender == convert(config & movement.ADDRESS, address), "not-the-registry"
    h: movement.Holding = movement._of(wallet, config)
    today: uint256 = record._today()
    tally: uint256 = state.tally
    if h.total != 0:
        before: uint256 = (h.home_word & position.TIER) >> position.TIER_AT
        expiry: uint256 = (h.home_word & position.EXPIRY) >> position.EXPIRY_AT
        tally = counters._left(tally, before, expiry, 1)
        tier: uint256 = 0
        tier, expiry = record._tier_of(h.record, record._due())
        tally, expiry = counters._entered(tally, tier, expiry, 1)
        country: uint256 = (h.record >> record.COUNTRY_AT) & 255
        word: uint256 = (
            (h.home_word & ~(position.TIER | position.EXPIRY | position.COUNTRY))
            | (tier << position.TIER_AT)
            | (expiry << position.EXPIRY_AT)
            | (country << position.COUNTRY_AT)
        )
        if config & state.RULE_COUNTRY_HOLDERS != 0:
            limited: uint256 = (state.limits >> state.COUNTRY_LIMITED_AT) & 255
            tally -= (
                movement._counts_of_country(tally, h.home_word, limited) << counters.OF_COUNTRY_AT
            )
            word &= ~position.GENERATION
            word |= ((tally >> counters.GENERATION_AT) & 255) << position.GENERATION_AT
            tally += counters._is_of(country, limited) << counters.OF_COUNTRY_AT
        if word != h.home_word:
            state.positions[h.home] = word
        if tier != before:
            log state.TierChanged(
                investor=h.home, tier_before=before, tier_after=tier
            )
    tally = counters._advanced(tally, today)
    if tally != state.tally:
        state.tally = tally
    if config & state.RULE_MAX_SHARE != 0:
        state._refresh_largest(config, state.supply & state.UNITS_MAX)


@external
def joinIssuerLimits():
    """
    @notice Count holders with the issuer too, whose limits over all classes then apply. While
            earlier holders are not all enrolled, those limits admit nobody new.
    """
    roles._only_officer()
    config: uint256 = state.config
    assert config & state.FLAG_ISSUER_LIMITS == 0, "joined-already"
    investors: uint256 = counters._total(state.tally)
    config |= state.FLAG_ISSUER_LIMITS
    if investors != 0:
        config |= state.FLAG_ENROLLING
        extcall IRegistry(convert(config & movement.ADDRESS, address)).enrolmentBegan()
    state.config = config
    log state.IssuerLimitsJoined(investors_to_enrol=investors)


@external
def enrol(wallets: DynArray[address, 128]):
    """
    @notice Count holders with the issuer who came before. Anybody may call it, in any order; those
            who are counted already are passed over. The last one ends the enrolment.
    """
    config: uint256 = state.config
    assert config & state.FLAG_ENROLLING != 0, "nothing-to-enrol"
    registry: address = convert(config & movement.ADDRESS, address)
    for wallet: address in wallets:
        h: movement.Holding = movement._of(wallet, config)
        if h.total == 0 or h.home_word & position.ENROLLED != 0:
            continue
        state.positions[h.home] = h.home_word | position.ENROLLED
        state.tally += 1 << counters.ENROLLED_AT
        extcall IRegistry(registry).moved(empty(address), h.home)
        log state.InvestorEnrolled(investor=h.home)
    tally: uint256 = state.tally
    if (tally >> counters.ENROLLED_AT) & counters.COUNT == counters._total(tally):
        state.config = config & ~state.FLAG_ENROLLING
        extcall IRegistry(registry).enrolmentEnded()
        log state.EnrolmentEnded(investors=counters._total(tally))
