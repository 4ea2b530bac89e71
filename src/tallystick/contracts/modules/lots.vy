# pragma version 0.4.3
"""
@title Locked lots
@license Apache-2.0
@notice Which of an investor's units are still locked, and until when.
@dev    Three forms, by what the home word says:
        - unlocked: the unlock time has passed; nothing else is looked at;
        - whole: the unlock time is ahead and the list is empty; all he holds is locked until then;
        - list: entries head+1 .. last of `locks`, in order of unlock time, each with the running
          sum of locked units up to and including itself, modulo 2**112. Entry `head` closes off
          what has been unlocked or taken away, so that taking the earliest lots rewrites one entry.
          Once nothing is locked a new list starts at entry 0 again, over the old one.
        The unlock time of the word is always that of the last entry. Reading a list costs the
        logarithm of its length; a holder with nothing locked pays nothing.
"""

from . import position
from . import state

uses: state

SHIFT_MAX: constant(uint256) = 64
TAKEN_MAX: constant(uint256) = 32
SCALED_MAX: constant(uint256) = 256
INDEX: constant(uint256) = 65535
TIME_AT: constant(uint256) = 112


@internal
@pure
def _with_list(word: uint256, unlock_at: uint256, head: uint256, last: uint256) -> uint256:
    return (
        (word & ~position.LOCKS)
        | (unlock_at << position.UNLOCK_AT)
        | (head << position.HEAD_AT)
        | (last << position.LAST_AT)
    )


@internal
@view
def _boundary(home: address, head: uint256, last: uint256) -> uint256:
    """
    @notice Index of the last entry that no longer locks anything. Entry `last` still does.
    """
    low: uint256 = head
    high: uint256 = last
    for i: uint256 in range(16):
        if high <= low + 1:
            break
        middle: uint256 = (low + high) // 2
        if state.locks[home][middle] >> TIME_AT <= block.timestamp:
            low = middle
        else:
            high = middle
    return low


@internal
@view
def _locked(home: address, word: uint256, total: uint256) -> uint256:
    """
    @notice Units that the investor cannot sell yet.
    @param home  his home wallet
    @param word  the position word of that wallet
    @param total units in all his wallets
    """
    if (word & position.UNLOCK) >> position.UNLOCK_AT <= block.timestamp:
        return 0
    head: uint256 = word >> position.HEAD_AT & INDEX
    last: uint256 = word >> position.LAST_AT & INDEX
    if head == last:
        return total
    low: uint256 = self._boundary(home, head, last)
    return unsafe_sub(state.locks[home][last], state.locks[home][low]) & position.UNITS


@internal
def _add_unlocked(home: address, word: uint256, total: uint256) -> uint256:
    """
    @notice The home word of an investor who is about to receive unlocked units.
    @param total units in all his wallets before
    """
    unlock_at: uint256 = (word & position.UNLOCK) >> position.UNLOCK_AT
    if unlock_at == 0:
        return word
    if unlock_at <= block.timestamp or total == 0:
        return word & ~position.LOCKS
    last: uint256 = word >> position.LAST_AT & INDEX
    if word >> position.HEAD_AT & INDEX != last:
        return word
    return self._append(home, word, total, unlock_at)


@internal
def _append(home: address, word: uint256, units: uint256, unlock_at: uint256) -> uint256:
    last: uint256 = word >> position.LAST_AT & INDEX
    assert last < INDEX, "too-many-lots"
    sum: uint256 = (state.locks[home][last] + units) & position.UNITS
    state.locks[home][last + 1] = (unlock_at << TIME_AT) | sum
    return self._with_list(word, unlock_at, word >> position.HEAD_AT & INDEX, last + 1)


@internal
def _add_locked(
    home: address, word: uint256, total: uint256, units: uint256, unlock_at: uint256
) -> uint256:
    """
    @notice The home word of an investor who is about to receive units locked until `unlock_at`.
    @param total units in all his wallets before
    """
    until: uint256 = (word & position.UNLOCK) >> position.UNLOCK_AT
    head: uint256 = word >> position.HEAD_AT & INDEX
    last: uint256 = word >> position.LAST_AT & INDEX
    if until <= block.timestamp or total == 0:
        empty_list: uint256 = self._with_list(word, unlock_at, 0, 0)
        if total == 0:
            return empty_list
        return self._append(home, empty_list, units, unlock_at)
    result: uint256 = word
    if head == last:
        if unlock_at == until:
            return word
        result = self._append(home, word, total, until)
    return self._insert(home, result, units, unlock_at)


@internal
def _insert(home: address, word: uint256, units: uint256, unlock_at: uint256) -> uint256:
    """
    @notice Put units into a list that is not empty, in order of unlock time.
    """
    head: uint256 = word >> position.HEAD_AT & INDEX
    last: uint256 = word >> position.LAST_AT & INDEX
    entry: uint256 = state.locks[home][last]
    if entry >> TIME_AT == unlock_at:
        state.locks[home][last] = self._more(entry, units)
        return word
    if entry >> TIME_AT < unlock_at:
        return self._append(home, word, units, unlock_at)
    assert last < INDEX, "too-many-lots"
    i: uint256 = last
    for step: uint256 in range(SHIFT_MAX):
        state.locks[home][i + 1] = self._more(entry, units)
        i -= 1
        entry = state.locks[home][i]
        if i == head or entry >> TIME_AT <= unlock_at:
            break
    assert i == head or entry >> TIME_AT <= unlock_at, "too-many-lots"
    state.locks[home][i + 1] = (unlock_at << TIME_AT) | ((entry + units) & position.UNITS)
    return self._with_list(word, (word & position.UNLOCK) >> position.UNLOCK_AT, head, last + 1)


@internal
@pure
def _more(entry: uint256, units: uint256) -> uint256:
    """
    @notice An entry whose sum is larger by some units.
    """
    return (entry & ~position.UNITS) | ((entry + units) & position.UNITS)


struct Taken:
    units: uint256
    unlock_at: uint256


@internal
def _take(
    home: address, word: uint256, total: uint256, units: uint256
) -> (uint256, DynArray[Taken, TAKEN_MAX]):
    """
    @notice Take units from an investor who does not sell them himself: unlocked ones first, then
            the lots that unlock earliest. Returns his new home word and the locked lots taken.
    @param total units in all his wallets before
    """
    taken: DynArray[Taken, TAKEN_MAX] = []
    locked: uint256 = self._locked(home, word, total)
    if locked + units <= total:
        return word, taken
    left: uint256 = locked + units - total
    until: uint256 = (word & position.UNLOCK) >> position.UNLOCK_AT
    head: uint256 = word >> position.HEAD_AT & INDEX
    last: uint256 = word >> position.LAST_AT & INDEX
    if head == last:
        taken.append(Taken(units=left, unlock_at=until))
        return word, taken
    low: uint256 = self._boundary(home, head, last)
    sum: uint256 = state.locks[home][low] & position.UNITS
    for step: uint256 in range(TAKEN_MAX):
        entry: uint256 = state.locks[home][low + 1]
        part: uint256 = min(left, unsafe_sub(entry, sum) & position.UNITS)
        if part > 0:
            taken.append(Taken(units=part, unlock_at=entry >> TIME_AT))
        left -= part
        sum = (sum + part) & position.UNITS
        if sum == entry & position.UNITS:
            low += 1
        if left == 0 or low == last:
            break
    assert left == 0, "too-many-lots"
    if low == last:
        return word & ~position.LOCKS, taken
    lowest: uint256 = state.locks[home][low]
    state.locks[home][low] = (lowest & ~position.UNITS) | sum
    return self._with_list(word, until, low, last), taken


@internal
@view
def _scaled(
    home: address, word: uint256, total: uint256, numerator: uint256, denominator: uint256
) -> DynArray[Taken, SCALED_MAX]:
    """
    @notice The lots still locked of an investor whose units are exchanged at a ratio, in new units: of
            all his units in their order, unlocked ones first, each sum is rounded down.
    @param total units in all his wallets before
    """
    result: DynArray[Taken, SCALED_MAX] = []
    locked: uint256 = self._locked(home, word, total)
    if locked == 0:
        return result
    sum: uint256 = total - locked
    before: uint256 = sum * numerator // denominator
    last: uint256 = word >> position.LAST_AT & INDEX
    low: uint256 = word >> position.HEAD_AT & INDEX
    if low == last:
        units: uint256 = total * numerator // denominator
        if units != 0:
            result.append(
                Taken(units=units, unlock_at=(word & position.UNLOCK) >> position.UNLOCK_AT)
            )
        return result
    low = self._boundary(home, low, last)
    assert last - low <= SCALED_MAX, "too-many-lots"
    for i: uint256 in range(last - low, bound=SCALED_MAX):
        entry: uint256 = state.locks[home][low + i + 1]
        sum += unsafe_sub(entry, state.locks[home][low + i]) & position.UNITS
        after: uint256 = sum * numerator // denominator
        if after != before:
            result.append(Taken(units=after - before, unlock_at=entry >> TIME_AT))
        before = after
    return result
