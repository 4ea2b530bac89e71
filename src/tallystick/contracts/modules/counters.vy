# pragma version 0.4.3
"""
@title Counters of investors
@license Apache-2.0
@notice Counts investors by tier and holds the limits on them: a security counts its own holders,
        the registry those who hold any class of the issuer. Tally word, lowest bits first:
          0..27   investors in tier 0 (neither accredited nor better)
         28..55   in tier 1 (accredited)
         56..83   in tier 2 (qualified purchaser)
         84..111  in tier 3 (institutional buyer)
        112..139  most investors in all
        140..167  most investors in tier 0
        168..195  investors of tiers 1 to 3 whose expiry is tracked
        196..223  in a security: holders counted with the issuer too;
                  in the registry: securities whose holders are not all counted yet
        224..239  a day before which no tracked claim expires (0: none is tracked)
        240       limit on all is on
        241       limit on tier 0 is on
@dev    A claim that expires sends no transaction. While tier 0 is limited, the expiry day behind
        everybody counted in a better tier is tracked. From the first such day on nobody new enters
        tier 0 until those concerned are refreshed, which anybody may do. It fails closed, and it
        never hinders a seller.
"""

from . import record

WIDTH: constant(uint256) = 28
COUNT: constant(uint256) = 2**28 - 1
ALL_MAX_AT: constant(uint256) = 112
RETAIL_MAX_AT: constant(uint256) = 140
TRACKED_AT: constant(uint256) = 168
ENROLLED_AT: constant(uint256) = 196
EARLIEST_AT: constant(uint256) = 224
EARLIEST: constant(uint256) = 65535 << 224
ALL_LIMITED: constant(uint256) = 1 << 240
RETAIL_LIMITED: constant(uint256) = 1 << 241
LIMITS: constant(uint256) = (COUNT << 112) | (COUNT << 140) | ALL_LIMITED | RETAIL_LIMITED

UNLIMITED: constant(uint256) = COUNT
NOBODY: constant(uint256) = 255
DAYS_SCANNED_MAX: constant(uint256) = 1024

WITHIN: constant(uint256) = 0
TOO_MANY: constant(uint256) = 1
TOO_MANY_RETAIL: constant(uint256) = 2
STALE: constant(uint256) = 3

# week -> seven counts of 32 bits, one per day, of tracked claims that expire on that day
expiring: HashMap[uint256, uint256]


@internal
@pure
def _above_retail(tally: uint256) -> uint256:
    """
    @notice Investors counted in a tier above 0.
    """
    return ((tally >> 28) & COUNT) + ((tally >> 56) & COUNT) + ((tally >> 84) & COUNT)


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
def _verdict(tally: uint256, leaving: uint256, entering: uint256, today: uint256) -> uint256:
    """
    @notice Whether one investor may enter while another leaves.
    @param leaving  tier from which the seller disappears, or NOBODY
    @param entering tier in which the buyer appears
    """
    if tally & ALL_LIMITED != 0:
        after: uint256 = self._total(tally)
        if leaving == NOBODY:
            after += 1
        if after > (tally >> ALL_MAX_AT) & COUNT:
            return TOO_MANY
    if entering == 0 and tally & RETAIL_LIMITED != 0:
        after: uint256 = tally & COUNT
        if leaving != 0:
            after += 1
        if after > (tally >> RETAIL_MAX_AT) & COUNT:
            return TOO_MANY_RETAIL
        if self._is_stale(tally, today):
            return STALE
    return WITHIN


@internal
def _entered(tally: uint256, tier: uint256, expiry: uint256) -> (uint256, uint256):
    """
    @notice Count an investor in.
    @return the new tally and the expiry day now tracked for him, or 0
    """
    result: uint256 = tally + (1 << (tier * WIDTH))
    if tier == 0 or tally & RETAIL_LIMITED == 0:
        return result, 0
    result += 1 << TRACKED_AT
    if expiry != record.FOREVER:
        self.expiring[expiry // 7] += 1 << ((expiry % 7) * 32)
        earliest: uint256 = (tally & EARLIEST) >> EARLIEST_AT
        if earliest == 0 or expiry < earliest:
            result = (result & ~EARLIEST) | (expiry << EARLIEST_AT)
    return result, expiry


@internal
def _left(tally: uint256, tier: uint256, tracked: uint256) -> uint256:
    """
    @notice Count an investor out of the tier in which he was counted.
    @param tracked the expiry day tracked for him, or 0
    """
    result: uint256 = tally - (1 << (tier * WIDTH))
    if tracked == 0:
        return result
    if tracked != record.FOREVER:
        self.expiring[tracked // 7] -= 1 << ((tracked % 7) * 32)
    return result - (1 << TRACKED_AT)


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
    result: uint256 = tally & ~LIMITS
    if all_max != UNLIMITED:
        result |= (all_max << ALL_MAX_AT) | ALL_LIMITED
    if retail_max != UNLIMITED:
        result |= (retail_max << RETAIL_MAX_AT) | RETAIL_LIMITED
    return result
