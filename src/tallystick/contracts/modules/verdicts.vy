# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Verdicts beforehand
@license Apache-2.0
@notice What the rules would say of a movement: ERC-1404, ERC-7943 and the compliance of ERC-3643.
"""

from . import codes
from . import movement
from . import position
from . import record
from . import rules
from . import state

uses: movement
uses: rules
uses: state


@external
@view
@reentrant
def detectTransferRestriction(_from: address, _to: address, _value: uint256) -> uint8:
    """
    @notice ERC-1404: the lowest code that refuses this transfer now; 0 if it would succeed.
    """
    m: movement.Movement = movement._between(_from, _to, _value, state.config)
    code: uint256 = rules._first_refusal(m, movement.RESALE)
    if code & 255 == codes.ALLOWED:
        code = codes.INSUFFICIENT_BALANCE
        if m.amount <= m.sender_word & position.UNITS:
            code = rules._of_issuer(m, movement.RESALE)
    return convert(code, uint8)


@external
@view
@reentrant
def detectIssueRestriction(to: address, amount: uint256) -> uint8:
    """
    @notice The lowest code that refuses to issue units to a wallet now; 0 if it would succeed.
    """
    m: movement.Movement = movement._to(to, amount, state.config)
    code: uint256 = rules._first_refusal(m, movement.ISSUE)
    if code & 255 == codes.ALLOWED:
        code = rules._of_issuer(m, movement.ISSUE)
    return convert(code, uint8)


@external
@view
@reentrant
def canTransfer(_from: address, _to: address, _amount: uint256) -> bool:
    """
    @notice ERC-7943 and ERC-3643 compliance: whether the rules allow a transfer. As the standard
            asks, the bare balance is not looked at.
    """
    m: movement.Movement = movement._between(_from, _to, _amount, state.config)
    if rules._first_refusal(m, movement.RESALE) & 255 != codes.ALLOWED:
        return False
    return rules._of_issuer(m, movement.RESALE) == codes.ALLOWED


@external
@view
@reentrant
def canSend(account: address) -> bool:
    """
    @notice ERC-7943: whether an account may send at all.
    """
    h: movement.Holding = movement._of(account, state.config)
    if (h.word | h.home_word) & position.FROZEN != 0:
        return False
    return h.record & record.RETIRED == 0


@external
@view
@reentrant
def canReceive(account: address) -> bool:
    """
    @notice ERC-7943: whether an account may receive at all.
    """
    m: movement.Movement = movement._to(account, 0, state.config)
    return rules._eligibility(
        m.config, m.receiver_record, m.receiver_word | m.receiver_home_word
    ) == codes.ALLOWED


@external
@view
@reentrant
def detectDeclaredRestriction(
    kind: uint256, sender: address, receiver: address, amount: uint256
) -> uint8:
    """
    @notice The lowest code that refuses a declared transfer now; 0 if it would succeed.
    """
    m: movement.Movement = movement._between(sender, receiver, amount, state.config)
    code: uint256 = rules._first_refusal(m, kind)
    if code == codes.ALLOWED and m.amount > m.sender_word & position.UNITS:
        code = codes.INSUFFICIENT_BALANCE
    if code == codes.ALLOWED and kind != movement.INHERITANCE:
        code = rules._of_issuer(m, kind)
    return convert(code, uint8)
