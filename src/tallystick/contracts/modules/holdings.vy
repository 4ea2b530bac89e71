# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title What an investor holds, in detail
@license Apache-2.0
"""

from . import lots
from . import movement
from . import state
from . import volumes

uses: lots
uses: movement
uses: state
uses: volumes


@external
@view
@reentrant
def positionOf(wallet: address) -> (uint256, uint256, uint256):
    """
    @notice The packed position word, the units in further wallets and the frozen units of a wallet;
            see `position`.
    """
    return state.positions[wallet], state.linked_units[wallet], state.frozen_units[wallet]


@external
@view
@reentrant
def unitsOf(wallet: address) -> (uint256, uint256):
    """
    @notice What the investor behind a wallet holds in all his wallets, and how much is locked now.
    """
    h: movement.Holding = movement._of(wallet, state.config)
    locked: uint256 = lots._locked(h.home, h.home_word, h.total)
    return h.total, locked


@external
@view
@reentrant
def lockOf(wallet: address, index: uint256) -> (uint256, uint256):
    """
    @notice Entry of an investor's list of locked lots: unlock time and running sum of units.
    """
    home: address = movement._of(wallet, state.config).home
    entry: uint256 = state.locks[home][index]
    return entry >> 112, entry & state.UNITS_MAX


@external
@view
@reentrant
def soldBy(wallet: address, days: uint256) -> uint256:
    """
    @notice Units that the investor behind a wallet sold as an affiliate today and on the days before,
            so many in all.
    """
    return volumes._sold(movement._of(wallet, state.config).home, days)
