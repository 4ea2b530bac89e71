# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Pause and freezes
@license Apache-2.0
@notice A freeze concerns an investor: whichever of his wallets it names, it holds for all of them.
"""

from . import movement
from . import position
from . import roles
from . import state

uses: movement
uses: roles
uses: state


@external
def pause():
    roles._only_agent()
    assert state.config & state.FLAG_PAUSED == 0, "paused-already"
    state.config |= state.FLAG_PAUSED
    log state.Paused(_userAddress=msg.sender)


@external
def unpause():
    roles._only_agent()
    assert state.config & state.FLAG_PAUSED != 0, "not-paused"
    state.config &= ~state.FLAG_PAUSED
    log state.Unpaused(_userAddress=msg.sender)


@external
def setAddressFrozen(_userAddress: address, _freeze: bool):
    """
    @notice Keep an investor from sending and receiving, or allow it again.
    """
    roles._only_agent()
    self._set_frozen(_userAddress, _freeze)


@external
def batchSetAddressFrozen(
    _userAddresses: DynArray[address, 128], _freeze: DynArray[bool, 128]
):
    roles._only_agent()
    assert len(_userAddresses) == len(_freeze), "lengths-differ"
    for i: uint256 in range(len(_userAddresses), bound=128):
        self._set_frozen(_userAddresses[i], _freeze[i])


@external
def freezePartialTokens(_userAddress: address, _amount: uint256):
    """
    @notice Freeze more of the units that an investor holds.
    """
    roles._only_agent()
    self._freeze_more(_userAddress, _amount)


@external
def batchFreezePartialTokens(
    _userAddresses: DynArray[address, 128], _amounts: DynArray[uint256, 128]
):
    roles._only_agent()
    assert len(_userAddresses) == len(_amounts), "lengths-differ"
    for i: uint256 in range(len(_userAddresses), bound=128):
        self._freeze_more(_userAddresses[i], _amounts[i])


@external
def unfreezePartialTokens(_userAddress: address, _amount: uint256):
    roles._only_agent()
    self._unfreeze(_userAddress, _amount)


@external
def batchUnfreezePartialTokens(
    _userAddresses: DynArray[address, 128], _amounts: DynArray[uint256, 128]
):
    roles._only_agent()
    assert len(_userAddresses) == len(_amounts), "lengths-differ"
    for i: uint256 in range(len(_userAddresses), bound=128):
        self._unfreeze(_userAddresses[i], _amounts[i])


@external
def setFrozenTokens(account: address, amount: uint256) -> bool:
    """
    @notice ERC-7943: set the units that an investor must keep, be it more than he holds.
    """
    roles._only_agent()
    m: movement.Movement = movement._to(account, 0, state.config)
    self._set_frozen_units(m, state.frozen_units[m.receiver_home], amount)
    return True


@internal
def _set_frozen(wallet: address, freeze: bool):
    m: movement.Movement = movement._to(wallet, 0, state.config)
    if freeze:
        state.positions[m.receiver_home] = m.receiver_home_word | position.FROZEN
    else:
        state.positions[m.receiver_home] = m.receiver_home_word & ~position.FROZEN
        if m.receiver_word & position.FROZEN != 0 and wallet != m.receiver_home:
            state.positions[wallet] = m.receiver_word & ~position.FROZEN
    log state.AddressFrozen(_userAddress=wallet, _isFrozen=freeze, _owner=msg.sender)


@internal
def _freeze_more(wallet: address, amount: uint256):
    m: movement.Movement = movement._to(wallet, 0, state.config)
    before: uint256 = state.frozen_units[m.receiver_home]
    assert amount <= state.UNITS_MAX, "insufficient-balance"
    assert before + amount <= m.receiver_total, "insufficient-balance"
    self._set_frozen_units(m, before, before + amount)


@internal
def _unfreeze(wallet: address, amount: uint256):
    m: movement.Movement = movement._to(wallet, 0, state.config)
    before: uint256 = state.frozen_units[m.receiver_home]
    assert amount <= before, "not-so-much-frozen"
    self._set_frozen_units(m, before, before - amount)


@internal
def _set_frozen_units(m: movement.Movement, before: uint256, after: uint256):
    assert after <= state.UNITS_MAX, "amount-too-large"
    state.frozen_units[m.receiver_home] = after
    word: uint256 = m.receiver_home_word & ~position.PARTLY_FROZEN
    if after != 0:
        word |= position.PARTLY_FROZEN
    if word != m.receiver_home_word:
        state.positions[m.receiver_home] = word
    if after > before:
        log state.TokensFrozen(_userAddress=m.receiver, _amount=after - before)
    elif after < before:
        log state.TokensUnfrozen(_userAddress=m.receiver, _amount=before - after)
    log state.Frozen(account=m.receiver, amount=after)
