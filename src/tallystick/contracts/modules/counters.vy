# pragma version 0.4.3
"""
@title Counters of investors
@license Apache-2.0
@notice Counts investors by tier and holds the limits on them: a security counts its own holders,
        the registry those who hold any class of the issuer. Tally word, lowest bits first:
          0..23   investors in tier 0 (neither accredited nor better)
         24..47   in tier 1 (accredited)
         48..71   in tier 2 (qualified purchaser)
         72..95   in tier 3 (institutional buyer)
         96..119  most investors in all, plus one (0: no limit)
        120..143  most investors in tier 0, plus one (0: no limit)
        144..167  investors of tiers 1 to 3 whose expiry is tracked
        168..191  in a security: holders counted with the issuer too;
                  in the registry: securities whose holders are not all counted yet
        192..207  a day before which no tracked claim expires (0: none is tracked)
        208..231  holders of the country that is limited (securities only), and those not looked at
                  since it was
        232..239  number of the country limit in force
        240..255  most of them, plus one (0: no limit)
        In a registry one investor may count as several owners, or none, see `record`.
@dev    A claim that expires sends no transaction. While tier 0 is limited, the expiry day behind
        everybody counted in a better tier is tracked. From the first such day on nobody new enters
        tier 0 until those concerned are refreshed, which anybody may do. It fails closed, and it
        never hinders a seller.
        When another country is limited, every holder is presumed to reside there until he is
        refreshed: that too fails closed.
"""

from . import countries
from . import record

WIDTH: constant(uint256) = 24
COUNT: constant(uint256) = 2**24 - 1
ALL_MAX_AT: constant(uint256) = 96
RETAIL_MAX_AT: constant(uint256) = 120
TRACKED_AT: constant(uint256) = 144
ENROLLED_AT: constant(uint256) = 168
EARLIEST_AT: constant(uint256) = 192
EARLIEST: constant(uint256) = 65535 << 192
OF_COUNTRY_AT: constant(uint256) = 208
GENERATION_AT: constant(uint256) = 232
COUNTRY_MAX_AT: constant(uint256) = 240
COUNTRY_MAX: constant(uint256) = 65534
ALL_MAX: constant(uint256) = COUNT << 96
RETAIL_MAX: constant(uint256) = COUNT << 120

UNLIMITED: constant(uint256) = COUNT
DAYS_SCANNED_MAX: constant(uint256) = 1024

WITHIN: constant(uint256) = 0
TOO_MANY: constant(uint256) = 1
TOO_MANY_RETAIL: constant(uint256) = 2
STALE: constant(uint256) = 3

# Stands for the United States with their territories among countries limited.
UNITED_STATES: constant(uint256) = 255

# week -> seven counts of 32 bits, one per day, of tracked claims that expire on that day
expiring: HashMap[uint256, uint256]


@internal
@pure
def _above_retail(tally: uint256) -> uint256:
    """
    @notice Investors counted in a tier above 0.
    """
    return ((tally >> 24) & COUNT) + ((tally >> 48) & COUNT) + ((tally >> 72) & COUNT)


@internal
@pure
def _total(tally: uint256) -> uint256:
    return (tally & COUNT) + self._above_retail(tally)


@internal
@pure
def _is_stale(tally: uint256, today: uint256) -> bool:
    """
    @notice Whether somebody counted in a better tier may have fallen to tier 0 unseen.
    """
    if (tally >> TRACKED_AT) & COUNT != self._above_retail(tally):
        return True
    earliest: uint256 = (tally & EARLIEST) >> EARLIEST_AT
    return earliest != 0 and today >= earliest


@internal
@pure
def _verdict(
    tally: uint256,
    leaving: uint256,
    leavers: uint256,
    entering: uint256,
    joiners: uint256,
    today: uint256,
) -> uint256:
    """
    @notice Whether somebody may enter while another leaves.
    @param leaving  tier from which the seller disappears, `leavers` of them; 0 if he stays
    @param entering tier in which the buyer appears, as so many
    """
    if joiners == 0:
        return WITHIN
    if tally & ALL_MAX != 0:
        if self._total(tally) + joiners - leavers >= (tally >> ALL_MAX_AT) & COUNT:
            return TOO_MANY
    if entering == 0 and tally & RETAIL_MAX != 0:
        after: uint256 = (tally & COUNT) + joiners
        if leaving == 0:
            after -= leavers
        if after >= (tally >> RETAIL_MAX_AT) & COUNT:
            return TOO_MANY_RETAIL
        if self._is_stale(tally, today):
            return STALE
    return WITHIN


@internal
def _entered(
    tally: uint256, tier: uint256, expiry: uint256, joiners: uint256
) -> (uint256, uint256):
    """
    @notice Count an investor in, as so many.
    @return the new tally and the expiry day now tracked for him, or 0
    """
    assert (tally >> (tier * WIDTH)) & COUNT <= COUNT - joiners, "too-many-investors"
    result: uint256 = tally + (joiners << (tier * WIDTH))
    if tier == 0 or tally & RETAIL_MAX == 0:
        return result, 0
    result += joiners << TRACKED_AT
    if expiry != record.FOREVER:
        self.expiring[expiry // 7] += joiners << ((expiry % 7) * 32)
        earliest: uint256 = (tally & EARLIEST) >> EARLIEST_AT
        if earliest == 0 or expiry < earliest:
            result = (result & ~EARLIEST) | (expiry << EARLIEST_AT)
    return result, expiry


@internal
def _left(tally: uint256, tier: uint256, tracked: uint256, leavers: uint256) -> uint256:
    """
    @notice Count an investor out of the tier in which he was counted, as so many.
    @param tracked the expiry day tracked for him, or 0
    """
    result: uint256 = tally - (leavers << (tier * WIDTH))
    if tracked == 0:
        return result
    if tracked != record.FOREVER:
        self.expiring[tracked // 7] -= leavers << ((tracked % 7) * 32)
    return result - (leavers << TRACKED_AT)


@internal
@pure
def _is_of(country: uint256, limited: uint256) -> uint256:
    """
    @notice 1 if a country index falls under a limit on holders of a country, or else 0.
    """
    if limited == UNITED_STATES:
        return (countries.UNITED_STATES >> country) & 1
    return 1 if country == limited else 0


@internal
@pure
def _counted_of(tally: uint256, generation: uint256, country: uint256, limited: uint256) -> uint256:
    """
    @notice As how many a holder counts under the limit on a country: one who has not been looked at
            since it was set is presumed to fall under it.
    @param generation number of the limit under which he was looked at last
    """
    if generation != (tally >> GENERATION_AT) & 255:
        return 1
    return self._is_of(country, limited)


@internal
@view
def _advanced(tally: uint256, today: uint256) -> uint256:
    """
    @notice The tally with its earliest day moved to the next on which something tracked expires.
    @dev    At most DAYS_SCANNED_MAX days a call; it goes on from there at the next.
    """
    day: uint256 = (tally & EARLIEST) >> EARLIEST_AT
    if day == 0 or day > today:
        return tally
    if (tally >> TRACKED_AT) & COUNT == 0:
        return tally & ~EARLIEST
    week: uint256 = max_value(uint256)
    counts: uint256 = 0
    for i: uint256 in range(DAYS_SCANNED_MAX):
        if day // 7 != week:
            week = day // 7
            counts = self.expiring[week]
        if (counts >> ((day % 7) * 32)) & (2**32 - 1) != 0 or day == record.FOREVER:
            break
        day += 1
    if day == record.FOREVER:
        day = 0
    return (tally & ~EARLIEST) | (day << EARLIEST_AT)


@internal
@pure
def _with_limits(tally: uint256, all_max: uint256, retail_max: uint256) -> uint256:
    """
    @notice The tally with new limits; UNLIMITED switches one off.
    """
    assert all_max <= COUNT and retail_max <= COUNT, "limit-too-large"
    result: uint256 = tally & ~(ALL_MAX | RETAIL_MAX)
    if all_max != UNLIMITED:
        result |= (all_max + 1) << ALL_MAX_AT
    if retail_max != UNLIMITED:
        result |= (retail_max + 1) << RETAIL_MAX_AT
    return result


@internal
@pure
def _with_country_limit(tally: uint256, limit: uint256, is_new: bool) -> uint256:
    """
    @notice The tally with a limit on holders of one country; UNLIMITED switches it off.
    @param is_new whether it is another country than before, or none was limited
    """
    result: uint256 = tally & (2**240 - 1)
    if limit == UNLIMITED:
        return result & ~(COUNT << OF_COUNTRY_AT)
    assert limit <= COUNTRY_MAX, "limit-too-large"
    if is_new:
        generation: uint256 = (tally >> GENERATION_AT) & 255
        assert generation != 255, "country-limits-used-up"
        result &= 2**208 - 1
        result |= ((generation + 1) << GENERATION_AT) | (self._total(tally) << OF_COUNTRY_AT)
    return result | ((limit + 1) << COUNTRY_MAX_AT)
