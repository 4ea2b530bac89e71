# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Exchange of units for others
@license Apache-2.0
@notice One mechanism for whatever replaces units by others at a ratio: a split, a reverse split, a
        stock dividend (for units of the same security), a conversion, a merger, a new version of a
        token (for units of another one of the same issuer). The officer announces it with its reason
        and from when it may begin; while it goes on nothing else moves. Investor by investor all his
        units are exchanged at once: locks, frozen units, legends and what he sold as an affiliate go
        over at the ratio; as whom he counts stays.
        What was signed for units before is void: the version of the EIP-712 domain is the epoch.
@dev    Of an investor's wallets, in the order given, wallet i gets floor(S_i * n / d) -
        floor(S_(i-1) * n / d) units, S being the running sum; so his rounding is that of his total.
        The rest of his total, as a fraction of a unit, is told in the log, to be paid in cash.
        No record date lies within an exchange: none is ahead when it begins, and none can be set.
"""

from . import callbacks
from . import lots
from . import movement
from . import position
from . import record
from . import roles
from . import state
from . import volumes
from ..interfaces import IRegistry

uses: callbacks
uses: lots
uses: movement
uses: roles
uses: state
uses: volumes

WALLETS_MAX: constant(uint256) = 16
RATIO_MAX: constant(uint256) = 2**32 - 1
CODE_MAX: constant(uint256) = 65535
DENOMINATOR_AT: constant(uint256) = 32
NOT_BEFORE_AT: constant(uint256) = 64

# All that an investor hands over, in new units.
struct Handed:
    home: address
    wallets: DynArray[address, WALLETS_MAX]
    units: DynArray[uint256, WALLETS_MAX]
    locked: DynArray[lots.Taken, lots.SCALED_MAX]
    frozen: bool
    frozen_units: uint256
    legend_units: uint256
    sold: uint256
    inherited: bool

struct Group:
    home: address
    home_word: uint256
    total: uint256
    seen: uint256
    wallets: DynArray[address, WALLETS_MAX]
    before: DynArray[uint256, WALLETS_MAX]
    units: DynArray[uint256, WALLETS_MAX]

interface Successor:
    def takeOver(t: Handed): nonpayable


# --- announce


@external
def announceExchange(
    to: address,
    numerator: uint256,
    denominator: uint256,
    not_before: uint256,
    code: uint256,
    document: bytes32,
):
    """
    @notice Announce that all units will be exchanged: for `denominator` of them `numerator` new ones.
    @param to         this security itself, or another one of the same issuer that is open to it
    @param not_before UTC seconds
    """
    roles._only_officer()
    assert state.config & state.FLAG_EXCHANGING == 0, "exchange-under-way"
    assert state.exchange == 0, "exchange-announced-already"
    assert numerator != 0 and numerator <= RATIO_MAX, "ratio-out-of-range"
    assert denominator != 0 and denominator <= RATIO_MAX, "ratio-out-of-range"
    assert not_before < 2**40, "time-too-large"
    assert code != 0 and code <= CODE_MAX, "reason-code-out-of-range"
    assert document != empty(bytes32), "reason-without-document"
    if to != self:
        assert staticcall IRegistry(self._registry()).isBound(to), "not-a-bound-token"
    state.exchange = (
        numerator | (denominator << DENOMINATOR_AT) | (not_before << NOT_BEFORE_AT)
    )
    state.exchange_to = to
    log state.ExchangeAnnounced(
        to=to,
        numerator=numerator,
        denominator=denominator,
        not_before=not_before,
        code=code,
        document=document,
    )


@external
def withdrawExchange():
    """
    @notice Take back an exchange. One that has begun only while nobody was exchanged; or for units of
            another security, where those who were stay so and the others keep what they have.
    """
    roles._only_officer()
    assert state.exchange != 0, "no-exchange"
    if state.config & state.FLAG_EXCHANGING != 0:
        if state.exchange_to == self:
            assert state.exchange_left == state.exchange_units, "exchange-under-way"
        state.successor = empty(address)
        state.config &= ~(state.FLAG_PAUSED | state.FLAG_EXCHANGING)
        log state.Unpaused(_userAddress=msg.sender)
    state.exchange = 0
    log state.ExchangeWithdrawn()


@external
def setPredecessor(token: address, allowed: bool):
    """
    @notice Let the units of another security of the issuer be exchanged for those of this one.
    """
    roles._only_officer()
    assert staticcall IRegistry(self._registry()).isBound(token), "not-a-bound-token"
    state.predecessors[token] = allowed
    log state.PredecessorSet(token=token, allowed=allowed)


# --- carry out


@external
def beginExchange():
    """
    @notice Begin an exchange that was announced: from now on nothing else moves.
    """
    roles._only_agent()
    config: uint256 = state._config()
    assert state.exchange != 0, "no-exchange"
    assert config & state.FLAG_EXCHANGING == 0, "exchange-under-way"
    assert block.timestamp >= state.exchange >> NOT_BEFORE_AT, "exchange-ahead"
    assert config >> state.NEXT_AT == 0, "record-date-ahead"
    if config & state.FLAG_PAUSED == 0:
        log state.Paused(_userAddress=msg.sender)
    state.config = config | state.FLAG_PAUSED | state.FLAG_EXCHANGING
    state.epoch += 1
    state.exchange_left = state.supply & state.UNITS_MAX
    state.exchange_units = state.exchange_left
    if state.exchange_to != self:
        state.successor = state.exchange_to
    log state.ExchangeBegan(epoch=state.epoch, units=state.exchange_left)


@external
def exchange(wallets: DynArray[address, 64]):
    """
    @notice Exchange all units of some investors.
    @param wallets all wallets with units of each of them, one investor after the other
    """
    roles._only_agent()
    assert state.config & state.FLAG_EXCHANGING != 0, "no-exchange"
    g: Group = empty(Group)
    for wallet: address in wallets:
        h: movement.Holding = movement._of(wallet, state.config)
        if h.home != g.home:
            self._exchange(g)
            g = empty(Group)
            g.home = h.home
            g.home_word = h.home_word
            g.total = h.total
        if state.exchange_to != self:
            # Where his home wallet was lost in the other security, units could not be told apart.
            assert h.record & record.RETIRED == 0, "wallet-retired"
        own: uint256 = position._own(h.word)
        assert own != 0 and wallet not in g.wallets, "wallet-without-units"
        g.wallets.append(wallet)
        g.before.append(own)
        g.units.append(self._scaled(g.seen + own) - self._scaled(g.seen))
        g.seen += own
    self._exchange(g)


@external
def endExchange():
    """
    @notice End an exchange once all units are exchanged. A security whose units went over to another
            one stays as it is for good.
    """
    roles._only_agent()
    assert state.config & state.FLAG_EXCHANGING != 0, "no-exchange"
    assert state.exchange_left == 0, "units-left"
    assert state.exchange != 0, "exchange-ended"
    state.exchange = 0
    log state.ExchangeEnded(epoch=state.epoch)
    if state.exchange_to == self:
        state.config &= ~(state.FLAG_PAUSED | state.FLAG_EXCHANGING)
        log state.Unpaused(_userAddress=msg.sender)


@external
def takeOver(t: Handed):
    """
    @notice Take over what an investor of a predecessor hands over; rules and limits do not stand in
            the way.
    """
    assert state.predecessors[msg.sender], "not-a-predecessor"
    assert state.config & state.FLAG_EXCHANGING == 0, "exchange-under-way"
    self._take_over(t, False)


@external
@view
@reentrant
def exchangeOf() -> (address, uint256, uint256, uint256, uint256):
    """
    @notice The exchange announced or under way: for units of which security, how many new ones for how
            many, not before when, and how many units are left. Zeros if there is none.
    """
    terms: uint256 = state.exchange
    to: address = empty(address)
    if terms != 0:
        to = state.exchange_to
    return (
        to,
        terms & RATIO_MAX,
        (terms >> DENOMINATOR_AT) & RATIO_MAX,
        terms >> NOT_BEFORE_AT,
        state.exchange_left,
    )


@external
@view
@reentrant
def isPredecessor(token: address) -> bool:
    return state.predecessors[token]


# --- inside


@internal
@view
def _registry() -> address:
    return convert(state.config & movement.ADDRESS, address)


@internal
@view
def _scaled(units: uint256) -> uint256:
    """
    @notice New units for so many, rounded down.
    """
    terms: uint256 = state.exchange
    return units * (terms & RATIO_MAX) // ((terms >> DENOMINATOR_AT) & RATIO_MAX)


@internal
@view
def _scaled_up(units: uint256) -> uint256:
    denominator: uint256 = (state.exchange >> DENOMINATOR_AT) & RATIO_MAX
    return (units * (state.exchange & RATIO_MAX) + denominator - 1) // denominator


@internal
def _exchange(g: Group):
    """
    @notice Exchange all that an investor holds.
    """
    if g.home == empty(address):
        return
    assert g.seen == g.total, "wallets-missing"
    assert not state.exchanged[state.epoch][g.home], "exchanged-already"
    after: uint256 = self._scaled(g.total)
    assert after <= state.UNITS_MAX, "amount-too-large"
    terms: uint256 = state.exchange
    log state.Exchanged(
        investor=g.home,
        to=state.exchange_to,
        before=g.total,
        after=after,
        remainder=g.total * (terms & RATIO_MAX) % ((terms >> DENOMINATOR_AT) & RATIO_MAX),
    )
    t: Handed = empty(Handed)
    t.home = g.home
    t.wallets = g.wallets
    t.units = g.units
    t.locked = lots._scaled(g.home, g.home_word, g.total, terms & RATIO_MAX, (terms >> DENOMINATOR_AT) & RATIO_MAX)
    t.frozen = g.home_word & position.FROZEN != 0
    t.frozen_units = self._scaled_up(state.frozen_units[g.home])
    t.legend_units = self._scaled_up(state.legend_units[g.home])
    t.inherited = g.home_word & position.INHERITED != 0
    days: uint256 = (state.ceilings >> state.WINDOW_AT) & state.WINDOW
    sold: uint256 = volumes._sold(g.home, days)
    t.sold = self._scaled_up(sold)
    state.exchanged[state.epoch][g.home] = True
    state.exchange_left -= g.total
    if state.exchange_to == self:
        self._hand_over(g, after != 0)
        state.frozen_units[g.home] = 0
        state.legend_units[g.home] = 0
        # What was sold before counts in new units; a reverse split leaves it as it was.
        t.sold = t.sold - sold if t.sold > sold else 0
        self._take_over(t, after != 0)
    else:
        if after != 0:
            extcall Successor(state.exchange_to).takeOver(t)
        self._hand_over(g, False)


@internal
def _hand_over(g: Group, stays: bool):
    """
    @notice Take all units from an investor.
    @param stays whether he gets units of this security for them, and stays counted as he was
    """
    config: uint256 = state.config
    date: uint256 = (config & state.RECORD) >> state.RECORD_AT
    word: uint256 = state.positions[g.home]
    if not stays:
        m: movement.Movement = empty(movement.Movement)
        m.config = config
        m.sender_home = g.home
        m.sender_home_word = word
        ignored: uint256 = 0
        verdict: uint256 = 0
        word, ignored, verdict = movement._recount(m, True, False, False)
    word &= ~position.LOCKS
    self._add_to_supply(g.total, False, date)
    for i: uint256 in range(len(g.wallets), bound=WALLETS_MAX):
        wallet: address = g.wallets[i]
        movement._put(
            wallet, g.home, state.positions[wallet], state.positions[g.home], word, 0, date
        )
        word = state.positions[g.home]
        log state.Transfer(sender=wallet, receiver=empty(address), value=g.before[i])
        if config & state.FLAG_EXTERNAL != 0:
            callbacks._tell(wallet, empty(address), g.before[i])


@internal
def _take_over(t: Handed, stays: bool):
    """
    @notice Give units to an investor, locked as those were that he had for them.
    @param stays whether he is counted already
    """
    config: uint256 = state._config()
    date: uint256 = (config & state.RECORD) >> state.RECORD_AT
    h: movement.Holding = movement._of(t.home, config)
    amount: uint256 = 0
    for units: uint256 in t.units:
        amount += units
    word: uint256 = h.home_word
    if h.total == 0 and not stays and amount != 0:
        m: movement.Movement = empty(movement.Movement)
        m.config = config
        m.sender_home = t.home
        m.receiver_home = t.home
        m.receiver_home_word = word
        m.receiver_record = h.record
        ignored: uint256 = 0
        verdict: uint256 = 0
        ignored, word, verdict = movement._recount(m, False, True, t.inherited)
    if t.frozen:
        word |= position.FROZEN
    if t.frozen_units != 0 or t.legend_units != 0:
        word |= position.PARTLY_FROZEN
        state.frozen_units[t.home] += t.frozen_units
        state.legend_units[t.home] += t.legend_units
    if t.sold != 0:
        volumes._note(t.home, t.sold)
    word = self._locked_anew(t, word, h.total, amount)
    if word != h.home_word:
        state.positions[t.home] = word
    self._add_to_supply(amount, True, date)
    for i: uint256 in range(len(t.wallets), bound=WALLETS_MAX):
        if t.units[i] == 0:
            continue
        wallet: address = t.wallets[i]
        word = state.positions[t.home]
        before: uint256 = state.positions[wallet]
        movement._put(
            wallet, t.home, before, word, word, position._own(before) + t.units[i], date
        )
        log state.Transfer(sender=empty(address), receiver=wallet, value=t.units[i])
        if config & state.FLAG_EXTERNAL != 0:
            callbacks._tell(empty(address), wallet, t.units[i])


@internal
def _locked_anew(t: Handed, word: uint256, total: uint256, amount: uint256) -> uint256:
    """
    @notice The home word of an investor after the units that he gets, some of them locked.
    """
    result: uint256 = word
    unlocked: uint256 = amount
    for lot: lots.Taken in t.locked:
        unlocked -= lot.units
    running: uint256 = total
    if unlocked != 0:
        result = lots._add_unlocked(t.home, result, running)
        running += unlocked
    for lot: lots.Taken in t.locked:
        result = lots._add_locked(t.home, result, running, lot.units, lot.unlock_at)
        running += lot.units
    return result


@internal
def _add_to_supply(units: uint256, more: bool, date: uint256):
    supply: uint256 = state.supply
    if (supply & state.SUPPLY_SEEN) >> state.SUPPLY_SEEN_AT != date:
        supply = movement._supply_noted(supply, date)
    if more:
        assert (supply & state.UNITS_MAX) + units <= state.UNITS_MAX, "amount-too-large"
        state.supply = supply + units
        if state.config & state.FLAG_SETTLED == 0:
            state.config |= state.FLAG_SETTLED
    else:
        state.supply = supply - units
    if state.config & state.RULE_MAX_SHARE != 0:
        state._refresh_largest(state.config, state.supply & state.UNITS_MAX)
