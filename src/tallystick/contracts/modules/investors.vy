# pragma version 0.4.3
"""
@title Investors, their wallets, and the limits over all classes of an issuer
@license Apache-2.0
@notice Who a wallet belongs to, what is recorded of him, and how many investors hold any class.
@dev    Limits of the issuer live here and not in a contract of their own: the record of an investor
        is warm at that moment, so that a change of the counters costs a third of what it would.
"""

from . import counters
from . import record

initializes: counters

records: HashMap[address, uint256]
tally: uint256


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
    if joining & record.CLASSES != 0:
        return counters.WITHIN
    leaving: uint256 = counters.NOBODY
    if leaver != empty(address):
        word: uint256 = self.records[leaver]
        if (word & record.CLASSES) >> record.CLASSES_AT == 1:
            leaving = (word & record.TIER) >> record.TIER_AT
    tally: uint256 = self.tally
    today: uint256 = record._today()
    verdict: uint256 = counters._verdict(
        tally, leaving, record._tier_of(joining, record._due())[0], today
    )
    if verdict != counters.WITHIN or tally & (counters.ALL_LIMITED | counters.RETAIL_LIMITED) == 0:
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
    )
    return result, word & ~(record.TIER | record.EXPIRY)


@internal
def _counted_in(tally: uint256, word: uint256) -> (uint256, uint256):
    """
    @notice Tally and record after an investor is counted by the claims he has today.
    """
    tier: uint256 = 0
    expiry: uint256 = 0
    tier, expiry = record._tier_of(word, record._due())
    result: uint256 = 0
    result, expiry = counters._entered(tally, tier, expiry)
    return result, word | (tier << record.TIER_AT) | (expiry << record.EXPIRY_AT)


@internal
def _moved(leaver: address, joiner: address):
    """
    @notice An investor gave up his last unit of a class, another acquired his first.
    """
    tally: uint256 = self.tally
    before: uint256 = tally
    if leaver != empty(address):
        word: uint256 = self.records[leaver] - (1 << record.CLASSES_AT)
        if word & record.CLASSES == 0:
            tally, word = self._counted_out(tally, word)
        self.records[leaver] = word
    if joiner != empty(address):
        word: uint256 = self.records[joiner]
        if word & record.CLASSES == 0:
            tally, word = self._counted_in(tally, word)
        self.records[joiner] = word + (1 << record.CLASSES_AT)
    if tally != before:
        self.tally = tally


@internal
def _refresh(home: address):
    """
    @notice Count an investor by the claims he has today.
    """
    word: uint256 = self.records[home]
    tally: uint256 = self.tally
    if word & record.CLASSES != 0:
        counted: uint256 = word
        tally, word = self._counted_out(tally, word)
        tally, word = self._counted_in(tally, word)
        if word != counted:
            self.records[home] = word
    tally = counters._advanced(tally, record._today())
    if tally != self.tally:
        self.tally = tally
