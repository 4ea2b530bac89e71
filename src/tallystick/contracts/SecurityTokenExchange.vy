# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Security token, sixth part: exchange
@license Apache-2.0
@notice Exchanges all units for others at a ratio, investor by investor. Reached from `SecurityToken`
        through the other parts, by delegate call.
@dev    Declares no storage. Called directly it finds its own storage empty, so that nobody holds a
        role.
"""

from modules import callbacks
from modules import counters
from modules import exchanging
from modules import lots
from modules import movement
from modules import roles
from modules import state
from modules import volumes

initializes: state
initializes: lots[state := state]
initializes: volumes[state := state]
initializes: movement[counters := counters, state := state, lots := lots, volumes := volumes]
initializes: callbacks[state := state]
initializes: exchanging[callbacks := callbacks, lots := lots, movement := movement, roles := roles, state := state, volumes := volumes]

exports: (
    exchanging.announceExchange, exchanging.withdrawExchange, exchanging.setPredecessor,
    exchanging.beginExchange, exchanging.exchange, exchanging.endExchange, exchanging.takeOver,
    exchanging.exchangeOf, exchanging.isPredecessor,
)


@deploy
def __init__():
    state.config = state.FLAG_INITIALISED


@external
@view
@reentrant
def storageLayout() -> bytes32:
    """
    @notice Identifies the storage that all parts share.
    """
    return state.LAYOUT
