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
    assert state.config & state.FLAG_EXCHANGING == 0, "exchange-under-way"
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
    h: movement.Holding = movement._of(account, state.config)
    self._set_frozen_units(h, state.frozen_units[h.home], amount)
    return True


@internal
def _set_frozen(wallet: address, freeze: bool):
    h: movement.Holding = movement._of(wallet, state.config)
    if freeze:
        state.positions[h.home] = h.home_word | position.FROZEN
    else:
        state.positions[h.home] = h.home_word & ~position.FROZEN
        if h.word & position.FROZEN != 0 and wallet != h.home:
            state.positions[wallet] = h.word & ~position.FROZEN
    log state.AddressFrozen(_userAddress=wallet, _isFrozen=freeze, _owner=msg.sender)


@internal
def _freeze_more(wallet: address, amount: uint256):
    h: movement.Holding = movement._of(wallet, state.config)
    before: uint256 = state.frozen_units[h.home]
    assert amount <= state.UNITS_MAX, "insufficient-balance"
    assert before + amount <= h.total, "insufficient-balance"
    self._set_frozen_units(h, before, before + amount)


@internal
def _unfreeze(wallet: address, amount: uint256):
    h: movement.Holding = movement._of(wallet, state.config)
    before: uint256 = state.frozen_units[h.home]
    assert amount <= before, "not-so-much-frozen"
    self._set_frozen_units(h, before, before - amount)


@internal
def _set_frozen_units(h: movement.Holding, before: uint256, after: uint256):
    assert after <= state.UNITS_MAX, "amount-too-large"
    state.frozen_units[h.home] = after
    word: uint256 = h.home_word & ~position.PARTLY_FROZEN
    if after != 0 or state.legend_units[h.home] != 0:
        word |= position.PARTLY_FROZEN
    if word != h.home_word:
        state.positions[h.home] = word
    if after > before:
        log state.TokensFrozen(_userAddress=h.wallet, _amount=after - before)
    elif after < before:
        log state.TokensUnfrozen(_userAddress=h.wallet, _amount=before - after)
    log state.Frozen(account=h.wallet, amount=after)
