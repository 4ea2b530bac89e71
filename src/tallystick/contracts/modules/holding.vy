# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Units held for a spender
@license Apache-2.0
@notice A venue that an owner approved may hold units of his, no more than the approval has: they
        stay in his wallet, and go nowhere until they are let go. Forced movements heed no hold.
@dev    A hold is counted out of the approval and back into it, so that an approval that is taken
        back meanwhile does not undo it. Holds are of an epoch: what changes what a unit is ends
        them, with what was counted out for them.
"""

from . import position
from . import state

uses: state


@external
def hold(owner: address, units: uint256):
    """
    @notice Hold units of an owner who approved so many; for venues that the compliance officer
            allowed alone.
    """
    assert state.venues[msg.sender], "not-a-venue"
    held: uint256 = state._held_for(owner, msg.sender) + units
    allowed: uint256 = state.allowances[owner][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= units, "insufficient-allowance"
        state.allowances[owner][msg.sender] = allowed - units
    word: uint256 = state.positions[owner]
    of_wallet: uint256 = state._held(owner) + units
    assert of_wallet <= position._own(word), "insufficient-balance"
    state.positions[owner] = word | position.HELD
    self._set(owner, held, of_wallet)
    log state.UnitsHeld(owner=owner, spender=msg.sender, units=units, held=of_wallet)


@external
def release(owner: address, units: uint256):
    """
    @notice Let units go that the caller holds. They count to his approval again, whatever the owner
            approved meanwhile.
    """
    before: uint256 = state._held_for(owner, msg.sender)
    assert units <= before, "not-so-much-held"
    of_wallet: uint256 = state._held(owner) - units
    allowed: uint256 = state.allowances[owner][msg.sender]
    if allowed != max_value(uint256):
        state.allowances[owner][msg.sender] = (
            min(allowed, max_value(uint256) - 1 - units) + units
        )
    if of_wallet == 0:
        state.positions[owner] &= ~position.HELD
    self._set(owner, before - units, of_wallet)
    log state.UnitsReleased(owner=owner, spender=msg.sender, units=units, held=of_wallet)


@external
@view
@reentrant
def heldUnits(wallet: address) -> uint256:
    """
    @notice Units of a wallet that are held, for whomever.
    """
    return state._held(wallet)


@external
@view
@reentrant
def heldFor(wallet: address, spender: address) -> uint256:
    """
    @notice Units of a wallet that are held for a spender.
    """
    return state._held_for(wallet, spender)


@internal
def _set(owner: address, for_spender: uint256, of_wallet: uint256):
    state.holds[owner][msg.sender] = (state.epoch << state.EPOCH_AT) | for_spender
    state.held_units[owner] = (state.epoch << state.EPOCH_AT) | of_wallet
