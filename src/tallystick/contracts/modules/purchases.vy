# pragma version 0.4.3
"""
@title Purchasers of an issuer's offerings
@license Apache-2.0
@notice Counts purchasers who were neither accredited nor better when they bought from the issuer, over
        all classes, within a window of days: 17 CFR 230.506(b)(2)(i) allows 35 in any 90 days. A
        purchaser counts once, by the last day on which he bought; a resale is no purchase.
@dev    Window word: most of them, plus one 0..23 (0: no limit) | days 24..31 | those counted 32..63
        | first day counted 64..79 | last day on which somebody bought 80..95
"""

from . import record

DAYS_AT: constant(uint256) = 24
COUNT_AT: constant(uint256) = 32
FIRST_AT: constant(uint256) = 64
LAST_AT: constant(uint256) = 80
COUNT: constant(uint256) = 2**24 - 1
DAY: constant(uint256) = 65535
DAYS_MAX: constant(uint256) = 255
UNLIMITED: constant(uint256) = COUNT

window: uint256
# week -> seven counts of 32 bits, one per day, of those who bought last on that day
bought: HashMap[uint256, uint256]
# home wallet -> owners counted for him << 16 | the day on which he bought last
purchases: HashMap[address, uint256]


@internal
@view
def _on(day: uint256) -> uint256:
    return (self.bought[day // 7] >> ((day % 7) * 32)) & (2**32 - 1)


@internal
@view
def _counted() -> (uint256, uint256):
    """
    @notice Purchasers within the window that ends today, and its first day.
    """
    word: uint256 = self.window
    today: uint256 = record._today()
    first: uint256 = today + 1 - min((word >> DAYS_AT) & DAYS_MAX, today)
    count: uint256 = (word >> COUNT_AT) & (2**32 - 1)
    if (word >> LAST_AT) & DAY < first:
        return 0, first
    day: uint256 = (word >> FIRST_AT) & DAY
    # The first day counted is at most a window before the last, which is not before `first`.
    for i: uint256 in range(256):
        if day >= first:
            break
        count -= self._on(day)
        day += 1
    return count, first


@internal
@view
def _may_purchase(home: address, owners: uint256) -> bool:
    """
    @notice Whether an investor may buy who counts as so many owners.
    """
    limit: uint256 = self.window & COUNT
    if limit == 0 or owners == 0:
        return True
    count: uint256 = 0
    first: uint256 = 0
    count, first = self._counted()
    before: uint256 = self.purchases[home]
    if before & DAY >= first:
        count -= before >> 16
    return count + owners < limit


@internal
def _purchased(home: address, owners: uint256):
    """
    @notice Note that an investor bought today, who counts as so many owners.
    """
    word: uint256 = self.window
    if word == 0 or owners == 0:
        return
    count: uint256 = 0
    first: uint256 = 0
    count, first = self._counted()
    before: uint256 = self.purchases[home]
    day: uint256 = before & DAY
    if before != 0:
        self.bought[day // 7] -= (before >> 16) << ((day % 7) * 32)
        if day >= first:
            count -= before >> 16
    today: uint256 = record._today()
    self.bought[today // 7] += owners << ((today % 7) * 32)
    self.purchases[home] = (owners << 16) | today
    self.window = (
        (word & (2**32 - 1))
        | ((count + owners) << COUNT_AT)
        | (first << FIRST_AT)
        | (today << LAST_AT)
    )


@internal
def _set_limit(limit: uint256, days: uint256):
    """
    @notice Limit the purchasers within so many days; UNLIMITED only counts them.
    """
    assert limit <= UNLIMITED, "limit-too-large"
    assert days != 0 and days <= DAYS_MAX, "window-out-of-range"
    word: uint256 = self.window
    today: uint256 = record._today()
    first: uint256 = today + 1 - min(days, today)
    count: uint256 = 0
    for i: uint256 in range(DAYS_MAX):
        if first + i > today:
            break
        count += self._on(first + i)
    self.window = (
        (0 if limit == UNLIMITED else limit + 1)
        | (days << DAYS_AT)
        | (count << COUNT_AT)
        | (first << FIRST_AT)
        | (word & (DAY << LAST_AT))
    )
