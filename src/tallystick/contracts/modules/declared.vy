# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Movements that the transfer agent declares
@license Apache-2.0
@notice Private sale, gift, death or divorce, pledge: a holder's own act or fate, but no sale in the
        market. Unless the terms said otherwise each consumes a reason, see `forced`.
"""

from . import callbacks
from . import codes
from . import counters
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
def declaredTransfer(kind: uint256, sender: address, receiver: address, amount: uint256):
    """
    @notice Move units for their holder otherwise than by a sale in the market: the rules for that
            kind of movement hold, and what is locked goes on with its clock.
    @param kind 5 private sale, 6 gift, 7 death or divorce, 8 pledge
    """
    roles._only_agent()
    assert kind >= movement.PRIVATE_SALE and kind <= movement.PLEDGE, "kind-unknown"
    config: uint256 = state._config()
    m: movement.Movement = movement._between(sender, receiver, amount, config)
    code: uint256 = rules._first_refusal(m, kind)
    if code == codes.ALLOWED:
        if m.amount > m.sender_word & position.UNITS:
            code = codes.INSUFFICIENT_BALANCE
        else:
            if config & state.FLAG_REASONS != 0:
                state._use_reason(kind, sender, receiver, amount)
            verdict: uint256 = movement._hand_over(m, kind)
            if verdict != counters.WITHIN:
                code = codes.ISSUER_HOLDER_LIMIT - 1 + verdict
    if code != codes.ALLOWED:
        reason: String[32] = codes._name(code)
        raise reason
    log state.Transfer(sender=sender, receiver=receiver, value=amount)
    log state.TransferDeclared(sender=sender, receiver=receiver, kind=kind, amount=amount)
    if config & state.FLAG_EXTERNAL != 0:
        callbacks._tell(sender, receiver, amount)
