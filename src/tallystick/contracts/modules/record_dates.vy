# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Record dates
@license Apache-2.0
@notice A record date costs nothing until a balance changes after it. What a wallet held at record
        date n is what it held before the first block whose time is not before that of n; of one set
        for now, what it held at that place in its block.
"""

from . import position
from . import roles
from . import state

uses: roles
uses: state

CHANGES_READ_MAX: constant(uint256) = 4096


@external
def setRecordDate(at: uint256) -> uint256:
    """
    @notice Set a record date; returns its number.
    @param at UTC seconds, not before the last one set; 0 or a time that has passed means now
    """
    roles._only_recorder()
    config: uint256 = state._config()
    assert config & state.FLAG_EXCHANGING == 0, "exchange-under-way"
    settled: uint256 = (config & state.RECORD) >> state.RECORD_AT
    last: uint256 = state.record_dates[0]
    assert last < settled + state.RECORD_DATES_AHEAD_MAX, "too-many-record-dates-ahead"
    time: uint256 = max(at, block.timestamp)
    assert time < 2**40, "time-too-large"
    assert time >= state.record_dates[last] or last == 0, "record-date-out-of-order"
    date: uint256 = last + 1
    assert date < 2**24, "too-many-record-dates"
    state.record_dates[date] = time
    state.record_dates[0] = date
    log state.RecordDateSet(record_date=date, at=time)
    if last == settled:
        state.config = config | (time << state.NEXT_AT)
        state._config()
    return date


@external
def withdrawRecordDate() -> uint256:
    """
    @notice Take back the last record date set, while it is ahead; returns its number, which the
            next one gets.
    """
    roles._only_agent()
    config: uint256 = state._config()
    settled: uint256 = (config & state.RECORD) >> state.RECORD_AT
    date: uint256 = state.record_dates[0]
    assert date > settled, "no-record-date-ahead"
    state.record_dates[date] = 0
    state.record_dates[0] = date - 1
    if date == settled + 1:
        state.config = config & ~state.NEXT
    log state.RecordDateWithdrawn(record_date=date)
    return date


@external
@view
@reentrant
def recordDate() -> uint256:
    """
    @notice Number of the last record date that has passed; 0 if there was none.
    """
    return self._passed()


@external
@view
@reentrant
def recordDateAt(date: uint256) -> uint256:
    """
    @notice Time of a record date, in UTC seconds.
    """
    assert date != 0 and date <= state.record_dates[0], "record-date-unknown"
    return state.record_dates[date]


@external
@view
@reentrant
def balanceOfAt(wallet: address, date: uint256) -> uint256:
    """
    @notice Units of a wallet at a record date that has passed.
    """
    assert date != 0 and date <= self._passed(), "record-date-ahead"
    word: uint256 = state.positions[wallet]
    units: uint256 = position._own(word)
    seen: uint256 = (word & position.SEEN) >> position.SEEN_AT
    for i: uint256 in range(CHANGES_READ_MAX):
        if seen < date:
            return units
        entry: uint256 = state.history[wallet][seen]
        units = entry & state.UNITS_MAX
        seen = entry >> 112
    raise "history-too-long"


@external
@view
@reentrant
def totalSupplyAt(date: uint256) -> uint256:
    """
    @notice Units in existence at a record date that has passed.
    """
    assert date != 0 and date <= self._passed(), "record-date-ahead"
    word: uint256 = state.supply
    units: uint256 = word & state.UNITS_MAX
    seen: uint256 = (word & state.SUPPLY_SEEN) >> state.SUPPLY_SEEN_AT
    for i: uint256 in range(CHANGES_READ_MAX):
        if seen < date:
            return units
        entry: uint256 = state.supply_history[seen]
        units = entry & state.UNITS_MAX
        seen = entry >> 112
    raise "history-too-long"


@internal
@view
def _passed() -> uint256:
    date: uint256 = (state.config & state.RECORD) >> state.RECORD_AT
    for i: uint256 in range(state.RECORD_DATES_AHEAD_MAX):
        at: uint256 = state.record_dates[date + 1]
        if at == 0 or block.timestamp < at:
            break
        date += 1
    return date
