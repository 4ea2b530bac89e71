# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Security token, third part: rules
@license Apache-2.0
@notice What the rules say of a movement beforehand, and the movements that the transfer agent declares.
        Reached from `SecurityToken` through `SecurityTokenAgent`, by delegate call; what it does not
        know it passes on to `SecurityTokenControls`.
@dev    Declares no storage. Called directly it finds its own storage empty, so that nobody holds a
        role.
"""

from modules import callbacks
from modules import counters
from modules import declared
from modules import lots
from modules import movement
from modules import onward
from modules import roles
from modules import rules
from modules import state
from modules import verdicts
from modules import volumes

initializes: state
initializes: lots[state := state]
initializes: volumes[state := state]
initializes: movement[counters := counters, state := state, lots := lots, volumes := volumes]
initializes: rules[state := state, lots := lots, volumes := volumes]
initializes: callbacks[state := state]
initializes: verdicts[movement := movement, rules := rules, state := state]
initializes: declared[callbacks := callbacks, movement := movement, roles := roles, rules := rules, state := state]
initializes: onward

exports: (
    verdicts.detectTransferRestriction, verdicts.detectIssueRestriction,
    verdicts.detectDeclaredRestriction, verdicts.canTransfer, verdicts.canSend,
    verdicts.canReceive,
    declared.declaredTransfer,
    onward.__default__,
)


@deploy
def __init__(controls: address):
    """
    @param controls the fourth part, fixed for ever
    """
    onward.__init__(controls, state.LAYOUT)
    state.config = state.FLAG_INITIALISED
