# pragma version 0.4.3
"""
@title Investors, their wallets, and the limits over all classes of an issuer
@license Apache-2.0
@notice Who a wallet belongs to, what is recorded of him, and how many investors hold any class.
        Who has units by death or divorce of another counts as that other (Investment Company Act
        3(c)(1)(B)): he is an heir, and the other keeps his place among those counted until no heir
        is left, be it that he holds nothing himself. An heir who acquires otherwise is counted.
@dev    Limits of the issuer live here and not in a contract of their own: the record of an investor
        is warm at that moment, so that a change of the counters costs a third of what it would.
"""

from . import counters
from . import purchases
from . import record

initializes: counters
initializes: purchases

# Bits of whoever is counted, or counted as another.
KNOWN: constant(uint256) = record.CLASSES | record.INHERITED | record.HAS_HEIRS

records: HashMap[address, uint256]
tally: uint256
# heir -> as whom he is counted
stands_for: HashMap[address, address]
# holder -> how many are counted as him
heirs: HashMap[address, uint256]


@internal
@view
def _resolve(wallet: address) -> (uint256, address):
    """
    @notice The record of the investor behind a wallet and his home wallet. The RETIRED flag is
            that of the wallet asked for. An unregistered wallet is its own home with record 0.
    """
    word: uint256 = self.records[wallet]
    if word & record.LINKED == 0:
        return word, wallet
    home: address = convert(word & (2**160 - 1), address)
    return (self.records[home] & ~record.RETIRED) | (word & record.RETIRED), home


@internal
@view
def _limit_verdict(leaver: address, joiner: address) -> uint256:
    """
    @notice Whether an investor may acquire his first unit of a class while another gives up his
            last one, by the limits over all classes.
    """
    joining: uint256 = self.records[joiner]
    if joining & record.INHERITED == 0:
        if joining & (record.CLASSES | record.HAS_HEIRS) != 0:
            return counters.WITHIN
    return self._verdict(
        self.tally, leaver, record._tier_of(joining, record._due())[0], record._owners(joining)
    )


@internal
@view
def _verdict(tally: uint256, leaver: address, tier: uint256, owners: uint256) -> uint256:
    """
    @notice What the limits over all classes say of somebody new in a tier, as so many owners, while
            another leaves.
    """
    if tally & (counters.ALL_MAX | counters.RETAIL_MAX) == 0 or owners == 0:
        return counters.WITHIN
    leaving: uint256 = 0
    leavers: uint256 = 0
    if leaver != empty(address):
        word: uint256 = self.records[leaver]
        if word & (record.CLASSES | record.HAS_HEIRS) == 1 << record.CLASSES_AT:
            leaving = (word & record.TIER) >> record.TIER_AT
            leavers = (word & record.OWNERS_COUNTED) >> record.OWNERS_COUNTED_AT
    verdict: uint256 = counters._verdict(tally, leaving, leavers, tier, owners, record._today())
    if verdict != counters.WITHIN:
        return verdict
    return counters.STALE if (tally >> counters.ENROLLED_AT) & counters.COUNT != 0 else verdict


@internal
def _counted_out(tally: uint256, word: uint256) -> (uint256, uint256):
    """
    @notice Tally and record after an investor is no longer counted.
    """
    result: uint256 = counters._left(
        tally,
        (word & record.TIER) >> record.TIER_AT,
        (word & record.EXPIRY) >> record.EXPIRY_AT,
        (word & record.OWNERS_COUNTED) >> record.OWNERS_COUNTED_AT,
    )
    return result, word & ~(record.TIER | record.EXPIRY | record.OWNERS_COUNTED)


@internal
def _counted_in(tally: uint256, word: uint256) -> (uint256, uint256):
    """
    @notice Tally and record after an investor is counted by the claims he has today.
    """
    tier: uint256 = 0
    expiry: uint256 = 0
    tier, expiry = record._tier_of(word, record._due())
    owners: uint256 = record._owners(word)
    result: uint256 = 0
    result, expiry = counters._entered(tally, tier, expiry, owners)
    return result, (
        word
        | (tier << record.TIER_AT)
        | (expiry << record.EXPIRY_AT)
        | (owners << record.OWNERS_COUNTED_AT)
    )


@internal
def _moved(leaver: address, joiner: address) -> uint256:
    """
    @notice An investor gave up his last unit of a class, another acquired his first.
    @return what the limits said of it beforehand
    """
    verdict: uint256 = counters.WITHIN
    tally: uint256 = self.tally
    before: uint256 = tally
    word: uint256 = self.records[joiner]
    is_new: bool = joiner != empty(address) and word & KNOWN == 0
    tier: uint256 = 0
    expiry: uint256 = 0
    if is_new:
        tier, expiry = record._tier_of(word, record._due())
        verdict = self._verdict(tally, leaver, tier, record._owners(word))
    elif word & record.INHERITED != 0:
        verdict = self._limit_verdict(leaver, joiner)
    if leaver != empty(address):
        tally = self._leave(tally, leaver)
    if is_new:
        owners: uint256 = record._owners(word)
        tally, expiry = counters._entered(tally, tier, expiry, owners)
        self.records[joiner] = (
            word
            | (tier << record.TIER_AT)
            | (expiry << record.EXPIRY_AT)
            | (owners << record.OWNERS_COUNTED_AT)
        ) + (1 << record.CLASSES_AT)
    elif joiner != empty(address):
        tally = self._enter(tally, joiner)
    if tally != before:
        self.tally = tally
    return verdict


@internal
def _inherited(giver: address, leaves: bool, heir: address):
    """
    @notice An investor acquired his first unit of a class by death or divorce of another.
    @param leaves whether the other gave up his last unit of it
    """
    tally: uint256 = self.tally
    root: address = giver
    if self.records[giver] & record.INHERITED != 0:
        root = self.stands_for[giver]
    word: uint256 = self.records[heir]
    is_new: bool = word & (record.CLASSES | record.HAS_HEIRS) == 0
    if is_new and self.records[giver] & record.CLASSES != 0:
        self.records[heir] = (word | record.INHERITED) + (1 << record.CLASSES_AT)
        self.stands_for[heir] = root
        self.heirs[root] += 1
        self.records[root] |= record.HAS_HEIRS
    elif word & record.INHERITED != 0 and self.stands_for[heir] == root:
        self.records[heir] = word + (1 << record.CLASSES_AT)
    else:
        tally = self._enter(tally, heir)
    if leaves:
        tally = self._leave(tally, giver)
    if tally != self.tally:
        self.tally = tally


@internal
def _enter(tally: uint256, home: address) -> uint256:
    """
    @notice The tally after an investor acquired his first unit of a class.
    """
    result: uint256 = tally
    word: uint256 = self.records[home]
    if word & record.INHERITED != 0:
        result, word = self._counted_for_himself(result, home, word)
    elif word & (record.CLASSES | record.HAS_HEIRS) == 0:
        result, word = self._counted_in(result, word)
    self.records[home] = word + (1 << record.CLASSES_AT)
    return result


@internal
def _leave(tally: uint256, home: address) -> uint256:
    """
    @notice The tally after an investor gave up his last unit of a class.
    """
    result: uint256 = tally
    word: uint256 = self.records[home] - (1 << record.CLASSES_AT)
    if word & record.CLASSES == 0:
        if word & record.INHERITED != 0:
            result = self._no_longer_heir(result, home)
            word &= ~record.INHERITED
        elif word & record.HAS_HEIRS == 0:
            result, word = self._counted_out(result, word)
    self.records[home] = word
    return result


@internal
def _no_longer_heir(tally: uint256, home: address) -> uint256:
    """
    @notice The tally after an heir no longer counts as another, who is let go with the last of them.
    """
    root: address = self.stands_for[home]
    self.stands_for[home] = empty(address)
    self.heirs[root] -= 1
    if self.heirs[root] != 0:
        return tally
    result: uint256 = tally
    word: uint256 = self.records[root] & ~record.HAS_HEIRS
    if word & record.CLASSES == 0:
        result, word = self._counted_out(result, word)
    self.records[root] = word
    return result


@internal
def _counted_for_himself(
    tally: uint256, home: address, word: uint256
) -> (uint256, uint256):
    """
    @notice Tally and record after an heir is counted like everybody.
    """
    result: uint256 = self._no_longer_heir(tally, home)
    heir: uint256 = word & ~record.INHERITED
    result, heir = self._counted_in(result, heir)
    return result, heir


@internal
def _acquired(home: address):
    """
    @notice An heir acquired more units otherwise: from now on he is counted.
    """
    word: uint256 = self.records[home]
    if word & record.INHERITED == 0:
        return
    tally: uint256 = 0
    tally, word = self._counted_for_himself(self.tally, home, word)
    self.records[home] = word
    self.tally = tally


@internal
def _refresh(home: address):
    """
    @notice Count an investor by the claims he has today.
    """
    word: uint256 = self.records[home]
    tally: uint256 = self.tally
    if word & (record.CLASSES | record.HAS_HEIRS) != 0 and word & record.INHERITED == 0:
        counted: uint256 = word
        tally, word = self._counted_out(tally, word)
        tally, word = self._counted_in(tally, word)
        if word != counted:
            self.records[home] = word
    tally = counters._advanced(tally, record._today())
    if tally != self.tally:
        self.tally = tally
