# pragma version 0.4.3
"""
@title A movement of units between two parties
@license Apache-2.0
@notice Reads all that a movement concerns, once; the rules judge it; the rest of this module writes it.
@dev    What is kept of an investor stands in the word of his home wallet, the first he was admitted
        with. Units in further wallets are summed in `linked_units`, read for such investors only.
"""

from . import counters
from . import lots
from . import position
from . import record
from . import state
from . import volumes
from ..interfaces import IRegistry

uses: counters
uses: state
uses: lots
uses: volumes

ISSUE: constant(uint256) = 0
RESALE: constant(uint256) = 1
FORCED: constant(uint256) = 2
REDEMPTION: constant(uint256) = 3
# 4 stands for a recovery. Those below are declared by the transfer agent, with evidence.
PRIVATE_SALE: constant(uint256) = 5
GIFT: constant(uint256) = 6
# By death or divorce.
INHERITANCE: constant(uint256) = 7
PLEDGE: constant(uint256) = 8

AFFILIATE_AT: constant(uint256) = record.CLAIMS_AT + 16 * record.AFFILIATE

ADDRESS: constant(uint256) = 2**160 - 1


struct Movement:
    config: uint256
    amount: uint256
    sender: address
    receiver: address
    sender_home: address
    receiver_home: address
    sender_record: uint256
    receiver_record: uint256
    sender_word: uint256
    receiver_word: uint256
    sender_home_word: uint256
    receiver_home_word: uint256
    sender_total: uint256
    receiver_total: uint256


struct Holding:
    wallet: address
    home: address
    record: uint256
    word: uint256
    home_word: uint256
    total: uint256


@internal
@view
def _of(wallet: address, config: uint256) -> Holding:
    """
    @notice What is known of a wallet and of the investor behind it. His live identity is not asked.
    """
    h: Holding = empty(Holding)
    h.wallet = wallet
    h.record, h.home = staticcall IRegistry(convert(config & ADDRESS, address)).statedRecordOf(
        wallet
    )
    h.word = state.positions[wallet]
    h.home_word = state.positions[h.home]
    h.total = h.home_word & position.UNITS
    if h.record & record.LINKS != 0 and h.home_word & position.SUM == 0:
        h.total += state.linked_units[h.home]
    return h


@internal
@view
def _between(sender: address, receiver: address, amount: uint256, config: uint256) -> Movement:
    """
    @notice A movement between two wallets. An amount beyond all bounds is cut to one that no
            balance and no cap can hold, so that the rules can add to it.
    """
    m: Movement = empty(Movement)
    m.config = config
    m.amount = min(amount, state.UNITS_MAX + 1)
    m.sender = sender
    m.receiver = receiver
    m.sender_record, m.sender_home, m.receiver_record, m.receiver_home = staticcall IRegistry(
        convert(config & ADDRESS, address)
    ).resolve(sender, receiver)
    word: uint256 = state.positions[sender]
    m.sender_word = word
    if sender != m.sender_home:
        word = state.positions[m.sender_home]
    m.sender_home_word = word
    m.sender_total = word & position.UNITS
    if m.sender_record & record.LINKS != 0:
        if word & position.SUM == 0:
            m.sender_total += state.linked_units[m.sender_home]
        elif sender == m.sender_home:
            m.sender_word = word & ~position.UNITS
    word = state.positions[receiver]
    m.receiver_word = word
    if receiver != m.receiver_home:
        word = state.positions[m.receiver_home]
    m.receiver_home_word = word
    m.receiver_total = word & position.UNITS
    if m.receiver_record & record.LINKS != 0:
        if word & position.SUM == 0:
            m.receiver_total += state.linked_units[m.receiver_home]
        elif receiver == m.receiver_home:
            m.receiver_word = word & ~position.UNITS
    return m


@internal
@view
def _to(receiver: address, amount: uint256, config: uint256) -> Movement:
    """
    @notice A movement from nobody.
    """
    m: Movement = empty(Movement)
    m.config = config
    m.amount = min(amount, state.UNITS_MAX + 1)
    m.receiver = receiver
    m.receiver_record, m.receiver_home = staticcall IRegistry(
        convert(config & ADDRESS, address)
    ).recordOf(receiver)
    word: uint256 = state.positions[receiver]
    m.receiver_word = word
    if receiver != m.receiver_home:
        word = state.positions[m.receiver_home]
    m.receiver_home_word = word
    m.receiver_total = word & position.UNITS
    if m.receiver_record & record.LINKS != 0:
        if word & position.SUM == 0:
            m.receiver_total += state.linked_units[m.receiver_home]
        elif receiver == m.receiver_home:
            m.receiver_word = word & ~position.UNITS
    return m


@internal
def _noted(wallet: address, word: uint256, date: uint256) -> uint256:
    """
    @notice The word of a wallet whose units are about to change, its balance at the last record
            date having been written down.
    """
    units: uint256 = word & position.UNITS
    seen: uint256 = (word & position.SEEN) >> position.SEEN_AT
    if units != 0 or seen != 0:
        state.history[wallet][date] = (seen << 112) | units
    return (word & ~position.SEEN) | (date << position.SEEN_AT)


@internal
def _supply_noted(word: uint256, date: uint256) -> uint256:
    seen: uint256 = (word & state.SUPPLY_SEEN) >> state.SUPPLY_SEEN_AT
    state.supply_history[date] = (seen << 112) | (word & state.UNITS_MAX)
    return (word & ~state.SUPPLY_SEEN) | (date << state.SUPPLY_SEEN_AT)


@internal
def _recount(
    m: Movement, leaves: bool, enters: bool, inherits: bool
) -> (uint256, uint256, uint256):
    """
    @notice Count an investor out and another in, here and, if so set, with the issuer.
    @param inherits whether the other is counted with the issuer as the one whom he takes after
    @return the home words of both, counted anew, and the issuer's verdict (`counters`)
    """
    tally: uint256 = state.tally
    sender_word: uint256 = m.sender_home_word
    receiver_word: uint256 = m.receiver_home_word
    leaver: address = empty(address)
    joiner: address = empty(address)
    limited: uint256 = 0
    if m.config & state.RULE_COUNTRY_HOLDERS != 0:
        limited = (state.limits >> state.COUNTRY_LIMITED_AT) & 255
    if leaves:
        tally = counters._left(
            tally,
            (sender_word & position.TIER) >> position.TIER_AT,
            (sender_word & position.EXPIRY) >> position.EXPIRY_AT,
            1,
        )
        if limited != 0:
            tally -= self._counts_of_country(tally, sender_word, limited) << counters.OF_COUNTRY_AT
        if sender_word & position.ENROLLED != 0:
            tally -= 1 << counters.ENROLLED_AT
            leaver = m.sender_home
        sender_word &= ~position.COUNTED
    if enters:
        tier: uint256 = 0
        expiry: uint256 = 0
        tier, expiry = record._tier_of(m.receiver_record, record._due())
        tally, expiry = counters._entered(tally, tier, expiry, 1)
        country: uint256 = (m.receiver_record >> record.COUNTRY_AT) & 255
        receiver_word |= (
            (tier << position.TIER_AT)
            | (country << position.COUNTRY_AT)
            | (expiry << position.EXPIRY_AT)
        )
        if limited != 0:
            receiver_word |= ((tally >> counters.GENERATION_AT) & 255) << position.GENERATION_AT
            tally += counters._is_of(country, limited) << counters.OF_COUNTRY_AT
        if m.config & state.FLAG_ISSUER_LIMITS != 0:
            tally += 1 << counters.ENROLLED_AT
            receiver_word |= position.ENROLLED
            joiner = m.receiver_home
            if inherits:
                receiver_word |= position.INHERITED
    state.tally = tally
    if leaver == empty(address) and joiner == empty(address):
        return sender_word, receiver_word, counters.WITHIN
    registry: address = convert(m.config & ADDRESS, address)
    if inherits and joiner != empty(address):
        extcall IRegistry(registry).inherited(m.sender_home, leaver != empty(address), joiner)
        return sender_word, receiver_word, counters.WITHIN
    verdict: uint256 = extcall IRegistry(registry).moved(leaver, joiner)
    return sender_word, receiver_word, verdict


@internal
@pure
def _counts_of_country(tally: uint256, home_word: uint256, limited: uint256) -> uint256:
    """
    @notice As how many a holder is counted under the limit on a country.
    """
    return counters._counted_of(
        tally,
        (home_word & position.GENERATION) >> position.GENERATION_AT,
        (home_word & position.COUNTRY) >> position.COUNTRY_AT,
        limited,
    )


@internal
def _no_heir(m: Movement, word: uint256) -> (uint256, uint256):
    """
    @notice Count an heir for himself with the issuer, who acquires more otherwise.
    @param word his home word
    @return the new word and the issuer's verdict
    """
    if m.amount == 0:
        return word, counters.WITHIN
    verdict: uint256 = extcall IRegistry(convert(m.config & ADDRESS, address)).acquired(
        m.receiver_home
    )
    return word & ~position.INHERITED, verdict


@internal
@pure
def _unlock_at(limits: uint256, acquired_at: uint256) -> uint256:
    """
    @notice When units are unlocked that are acquired from the issuer or an affiliate, with the rule
            on. Times have 40 bits: a period without end stops at the last of them.
    """
    return min(acquired_at + ((limits >> state.HOLDING_AT) & state.PERIOD), 2**40 - 1)


@internal
@view
def _unlocked_anew(m: Movement) -> uint256:
    """
    @notice When units are unlocked that the sender sells now: later than now only if he is an
            affiliate and a rule keeps what is acquired of one.
    """
    if m.config & state.RULE_LOCK_UP == 0:
        return 0
    if not record._holds(m.sender_record, record.AFFILIATE, record._due()):
        return 0
    return self._unlock_at(state.limits, block.timestamp)


@internal
def _put(
    wallet: address,
    home: address,
    old: uint256,
    home_old: uint256,
    home_new: uint256,
    units: uint256,
    date: uint256,
):
    """
    @notice Set the units of a wallet, and what its home word says of the investor.
    @param old      position word of the wallet before
    @param home_old position word of its home wallet before; `home_new` is as it shall be
    """
    word: uint256 = home_new
    if home != wallet:
        word = old
        before: uint256 = old & position.UNITS
        if home_old & position.SUM == 0:
            state.linked_units[home] = state.linked_units[home] + units - before
            if home_new != home_old:
                state.positions[home] = home_new
        else:
            # The sum may have changed since, by the other side of a move between his wallets.
            sum: uint256 = state.positions[home] & position.UNITS
            state.positions[home] = (home_new & ~position.UNITS) | (sum + units - before)
    if (word & position.SEEN) >> position.SEEN_AT != date:
        word = self._noted(wallet, word, date)
    state.positions[wallet] = (word & ~position.UNITS) | units


@internal
def _sell(m: Movement) -> uint256:
    """
    @notice Carry out a resale: unlocked units from one investor to another, or between his wallets.
    @return the verdict of the issuer's limits
    """
    verdict: uint256 = counters.WITHIN
    if m.sender == m.receiver:
        return verdict
    sender_word: uint256 = m.sender_home_word
    receiver_word: uint256 = m.receiver_home_word
    if m.sender_home != m.receiver_home and m.amount != 0:
        leaves: bool = m.amount == m.sender_total
        enters: bool = m.receiver_total == 0
        if leaves or enters:
            sender_word, receiver_word, verdict = self._recount(m, leaves, enters, False)
        if (receiver_word & (position.INHERITED | position.UNLOCK)) | (
            m.sender_record & (record.FOREVER << AFFILIATE_AT)
        ) != 0:
            if receiver_word & position.INHERITED != 0:
                receiver_word, verdict = self._no_heir(m, receiver_word)
            receiver_word = self._acquired(m, receiver_word)
    date: uint256 = (m.config & state.RECORD) >> state.RECORD_AT
    self._put(
        m.sender, m.sender_home, m.sender_word, m.sender_home_word, sender_word,
        (m.sender_word & position.UNITS) - m.amount, date,
    )
    self._put(
        m.receiver, m.receiver_home, m.receiver_word, m.receiver_home_word, receiver_word,
        (m.receiver_word & position.UNITS) + m.amount, date,
    )
    return verdict


@internal
def _acquired(m: Movement, word: uint256) -> uint256:
    """
    @notice The home word of the receiver of a resale. An affiliate's sale starts the holding period
            anew and is noted.
    """
    if record._holds(m.sender_record, record.AFFILIATE, record._due()):
        volumes._note(m.sender_home, m.amount)
    unlock_at: uint256 = self._unlocked_anew(m)
    if unlock_at > block.timestamp:
        return lots._add_locked(m.receiver_home, word, m.receiver_total, m.amount, unlock_at)
    return lots._add_unlocked(m.receiver_home, word, m.receiver_total)


@internal
def _add_taken(
    m: Movement, word: uint256, taken: DynArray[lots.Taken, lots.TAKEN_MAX]
) -> uint256:
    """
    @notice The receiver's home word after units that another did not give freely, of which those
            in `taken` stay locked.
    """
    result: uint256 = word
    unlocked: uint256 = m.amount
    for lot: lots.Taken in taken:
        unlocked -= lot.units
    total: uint256 = m.receiver_total
    if unlocked != 0:
        result = lots._add_unlocked(m.receiver_home, result, total)
        total += unlocked
    for lot: lots.Taken in taken:
        result = lots._add_locked(m.receiver_home, result, total, lot.units, lot.unlock_at)
        total += lot.units
    return result


@internal
def _hand_over(m: Movement, kind: uint256) -> uint256:
    """
    @notice Carry out a forced or declared movement: units go with their locks, and those of an
            affiliate who sells privately are locked anew.
    @return the verdict of the issuer's limits, which a forced movement does not heed
    """
    verdict: uint256 = counters.WITHIN
    if m.sender == m.receiver or m.amount == 0:
        return verdict
    sender_word: uint256 = m.sender_home_word
    receiver_word: uint256 = m.receiver_home_word
    if m.sender_home != m.receiver_home:
        leaves: bool = m.amount == m.sender_total
        enters: bool = m.receiver_total == 0
        if leaves or enters:
            sender_word, receiver_word, verdict = self._recount(
                m, leaves, enters, kind == INHERITANCE
            )
        if receiver_word & position.INHERITED != 0 and kind != INHERITANCE and kind != FORCED:
            receiver_word, verdict = self._no_heir(m, receiver_word)
        taken: DynArray[lots.Taken, lots.TAKEN_MAX] = []
        sender_word, taken = lots._take(m.sender_home, sender_word, m.sender_total, m.amount)
        if kind == PRIVATE_SALE:
            unlock_at: uint256 = self._unlocked_anew(m)
            if unlock_at > block.timestamp:
                taken = [lots.Taken(units=m.amount, unlock_at=unlock_at)]
        receiver_word = self._add_taken(m, receiver_word, taken)
    date: uint256 = (m.config & state.RECORD) >> state.RECORD_AT
    self._put(
        m.sender, m.sender_home, m.sender_word, m.sender_home_word, sender_word,
        (m.sender_word & position.UNITS) - m.amount, date,
    )
    self._put(
        m.receiver, m.receiver_home, m.receiver_word, m.receiver_home_word, receiver_word,
        (m.receiver_word & position.UNITS) + m.amount, date,
    )
    return verdict


@internal
def _issue(m: Movement, acquired_at: uint256) -> uint256:
    """
    @notice Carry out an issue of new units.
    @param acquired_at time from which the holding period of the units runs
    @return the verdict of the issuer's limits
    """
    verdict: uint256 = counters.WITHIN
    word: uint256 = m.receiver_home_word
    if m.amount != 0:
        if m.receiver_total == 0:
            sender_word: uint256 = 0
            sender_word, word, verdict = self._recount(m, False, True, False)
        elif word & position.INHERITED != 0:
            word, verdict = self._no_heir(m, word)
        unlock_at: uint256 = 0
        if m.config & state.RULE_LOCK_UP != 0:
            unlock_at = self._unlock_at(state.limits, acquired_at)
        if unlock_at > block.timestamp:
            word = lots._add_locked(m.receiver_home, word, m.receiver_total, m.amount, unlock_at)
        elif word & position.UNLOCK != 0:
            word = lots._add_unlocked(m.receiver_home, word, m.receiver_total)
    date: uint256 = (m.config & state.RECORD) >> state.RECORD_AT
    supply: uint256 = state.supply
    if (supply & state.SUPPLY_SEEN) >> state.SUPPLY_SEEN_AT != date:
        supply = self._supply_noted(supply, date)
    if m.config & state.FLAG_SETTLED == 0:
        state.config |= state.FLAG_SETTLED
    state.supply = supply + m.amount
    self._put(
        m.receiver, m.receiver_home, m.receiver_word, m.receiver_home_word, word,
        (m.receiver_word & position.UNITS) + m.amount, date,
    )
    return verdict


@internal
def _redeem(m: Movement):
    """
    @notice Carry out the destruction of units of the sender: unlocked ones first.
    """
    if m.amount == 0:
        return
    word: uint256 = m.sender_home_word
    if m.amount == m.sender_total:
        receiver_word: uint256 = 0
        verdict: uint256 = 0
        word, receiver_word, verdict = self._recount(m, True, False, False)
    word = lots._take(m.sender_home, word, m.sender_total, m.amount)[0]
    date: uint256 = (m.config & state.RECORD) >> state.RECORD_AT
    supply: uint256 = state.supply
    if (supply & state.SUPPLY_SEEN) >> state.SUPPLY_SEEN_AT != date:
        supply = self._supply_noted(supply, date)
    state.supply = supply - m.amount
    if m.config & state.RULE_MAX_SHARE != 0:
        state._refresh_largest(m.config, (supply & state.UNITS_MAX) - m.amount)
    self._put(
        m.sender, m.sender_home, m.sender_word, m.sender_home_word, word,
        (m.sender_word & position.UNITS) - m.amount, date,
    )
