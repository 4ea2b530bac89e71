# pragma version 0.4.3
"""
@title Volumes that affiliates sold
@license Apache-2.0
@notice How much an affiliate has sold within some days, for the volume limit of 17 CFR 230.144(e).
@dev    `sales` of an affiliate: entry 0 is the number of the last entry; each of the others is a day
        on which he sold, with the running sum of all he ever sold up to that day and on it. A sum
        is found by bisection.
"""

from . import record
from . import state

uses: state

DAY_AT: constant(uint256) = 112


@internal
@view
def _sold(home: address, days: uint256) -> uint256:
    """
    @notice Units that an affiliate sold today and on the days before, so many in all.
    """
    last: uint256 = state.sales[home][0]
    today: uint256 = record._today()
    low: uint256 = 0
    high: uint256 = last + 1
    for i: uint256 in range(16):
        if high <= low + 1:
            break
        middle: uint256 = (low + high) // 2
        if (state.sales[home][middle] >> DAY_AT) + days <= today:
            low = middle
        else:
            high = middle
    before: uint256 = 0
    if low != 0:
        before = state.sales[home][low]
    sum: uint256 = 0
    if last != 0:
        sum = state.sales[home][last]
    return unsafe_sub(sum, before) & state.UNITS_MAX


@internal
def _note(home: address, units: uint256):
    """
    @notice Note that an affiliate sold units today. Sums are kept modulo 2**112.
    """
    last: uint256 = state.sales[home][0]
    today: uint256 = record._today()
    entry: uint256 = 0
    if last != 0:
        entry = state.sales[home][last]
    if last == 0 or entry >> DAY_AT != today:
        last += 1
        state.sales[home][0] = last
    state.sales[home][last] = (today << DAY_AT) | ((entry + units) & state.UNITS_MAX)
