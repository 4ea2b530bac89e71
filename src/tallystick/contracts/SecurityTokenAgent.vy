# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Security token, second part: the transfer agent
@license Apache-2.0
@notice Movements that the transfer agent makes: forced ones, destruction, recovery; and record
        dates, which contracts that service a security ask for. Reached
        from `SecurityToken` by delegate call; what it does not know it passes on to
        `SecurityTokenRules`.
@dev    Declares no storage. Called directly it finds its own storage empty, so that nobody holds a
        role.
"""

from modules import callbacks
from modules import counters
from modules import forced
from modules import lots
from modules import movement
from modules import onward
from modules import record_dates
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
initializes: forced[callbacks := callbacks, movement := movement, roles := roles, rules := rules, state := state]
initializes: record_dates[roles := roles, state := state]
initializes: onward

exports: (
    forced.registerReason, forced.withdrawReason, forced.reasonOf,
    forced.forcedTransfer, forced.batchForcedTransfer, forced.burn, forced.batchBurn,
    forced.recoveryAddress, forced.refuse,
    record_dates.setRecordDate, record_dates.withdrawRecordDate, record_dates.recordDate,
    record_dates.recordDateAt, record_dates.balanceOfAt, record_dates.totalSupplyAt,
    onward.__default__,
)


@deploy
def __init__(rules_part: address):
    """
    @param rules_part the third part, fixed for ever
    """
    onward.__init__(rules_part, state.LAYOUT)
    state.config = state.FLAG_INITIALISED
