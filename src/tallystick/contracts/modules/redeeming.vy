# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Units that their holder gives back
@license Apache-2.0
@notice Destruction that the holder ordered by approving an agent. It needs no reason, and what keeps
        him from giving units away keeps him from giving them back: a pause, a freeze, a legend. A
        holding period does not; it is about resale.
"""

from . import callbacks
from . import codes
from . import movement
from . import position
from . import roles
from . import rules
from . import state

uses: callbacks
uses: movement
uses: roles
uses: rules
uses: state


@external
def burnFrom(holder: address, amount: uint256):
    """
    @notice Destroy units of a holder who approved the calling agent for them.
    """
    roles._only_agent()
    allowed: uint256 = state.allowances[holder][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= amount, "insufficient-allowance"
        state.allowances[holder][msg.sender] = allowed - amount
    config: uint256 = state._config()
    m: movement.Movement = movement._between(holder, empty(address), amount, config)
    code: uint256 = rules._disposal(m, movement.REDEMPTION, state.limits)
    if code == codes.ALLOWED and m.amount > m.sender_word & position.UNITS:
        code = codes.INSUFFICIENT_BALANCE
    if code != codes.ALLOWED:
        reason: String[32] = codes._name(code)
        raise reason
    movement._redeem(m)
    log state.Transfer(sender=holder, receiver=empty(address), value=amount)
    if config & state.FLAG_EXTERNAL != 0:
        callbacks._tell(holder, empty(address), amount)
