# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Security token, second part: the transfer agent
@license Apache-2.0
@notice Forced movements, freezes, counting. Reached from `SecurityToken` by delegate
        call; what it does not know it passes on to `SecurityTokenAdmin`.
@dev    Declares no storage. Called directly it finds its own storage empty, so that nobody holds a
        role.
"""

from modules import callbacks
from modules import counters
from modules import counting
from modules import forced
from modules import freezing
from modules import holdings
from modules import lots
from modules import movement
from modules import onward
from modules import roles
from modules import rules
from modules import state

initializes: state
initializes: lots[state := state]
initializes: movement[counters := counters, state := state, lots := lots]
initializes: rules[state := state, lots := lots]
initializes: callbacks[state := state]
initializes: forced[callbacks := callbacks, movement := movement, roles := roles, rules := rules, state := state]
initializes: freezing[movement := movement, roles := roles, state := state]
initializes: counting[counters := counters, movement := movement, roles := roles, state := state]
initializes: holdings[lots := lots, movement := movement, state := state]
initializes: onward

exports: (
    forced.registerReason, forced.withdrawReason, forced.reasonOf,
    forced.forcedTransfer, forced.batchForcedTransfer, forced.burn, forced.batchBurn,
    forced.recoveryAddress,
    freezing.pause, freezing.unpause, freezing.setAddressFrozen,
    freezing.batchSetAddressFrozen, freezing.freezePartialTokens,
    freezing.batchFreezePartialTokens, freezing.unfreezePartialTokens,
    freezing.batchUnfreezePartialTokens, freezing.setFrozenTokens,
    counting.holderCounts, counting.tallyWord, counting.refresh, counting.joinIssuerLimits,
    counting.enrol,
    holdings.positionOf, holdings.unitsOf, holdings.lockOf,
    onward.__default__,
)


@deploy
def __init__(admin: address):
    """
    @param admin the third part, fixed for ever
    """
    onward.__init__(admin, state.LAYOUT)
    state.config = state.FLAG_INITIALISED
