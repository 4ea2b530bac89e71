# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Security token, fourth part: controls
@license Apache-2.0
@notice Freezes, legends, approvals, counting, units given back. Reached from `SecurityToken`
        through the parts before it, by delegate call; what it does not know it passes on to
        `SecurityTokenAdmin`.
@dev    Declares no storage. Called directly it finds its own storage empty, so that nobody holds a
        role.
"""

from modules import callbacks
from modules import controls
from modules import counters
from modules import counting
from modules import freezing
from modules import holdings
from modules import lots
from modules import movement
from modules import onward
from modules import redeeming
from modules import roles
from modules import rules
from modules import state
from modules import volumes

initializes: state
initializes: lots[state := state]
initializes: volumes[state := state]
initializes: movement[counters := counters, state := state, lots := lots, volumes := volumes]
initializes: rules[state := state, lots := lots, volumes := volumes]
initializes: callbacks[state := state]
initializes: freezing[movement := movement, roles := roles, state := state]
initializes: controls[movement := movement, roles := roles, state := state]
initializes: counting[counters := counters, movement := movement, roles := roles, state := state]
initializes: holdings[lots := lots, movement := movement, state := state, volumes := volumes]
initializes: redeeming[callbacks := callbacks, movement := movement, roles := roles, rules := rules, state := state]
initializes: onward

exports: (
    freezing.pause, freezing.unpause, freezing.setAddressFrozen,
    freezing.batchSetAddressFrozen, freezing.freezePartialTokens,
    freezing.batchFreezePartialTokens, freezing.unfreezePartialTokens,
    freezing.batchUnfreezePartialTokens, freezing.setFrozenTokens,
    controls.approveTransfer, controls.withdrawApproval, controls.approvedUntil,
    controls.setVenue, controls.isVenue, controls.placeLegend, controls.liftLegend,
    controls.legendUnits, controls.placeStop, controls.liftStop,
    counting.holderCounts, counting.tallyWord, counting.refresh, counting.joinIssuerLimits,
    counting.enrol,
    redeeming.burnFrom,
    holdings.positionOf, holdings.unitsOf, holdings.lockOf, holdings.soldBy,
    onward.__default__,
)


@deploy
def __init__(admin: address):
    """
    @param admin the fifth part, fixed for ever
    """
    onward.__init__(admin, state.LAYOUT)
    state.config = state.FLAG_INITIALISED
