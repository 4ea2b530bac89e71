# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Movements that a holder did not order
@license Apache-2.0
@notice Forced transfer, destruction and recovery of a lost wallet. Unless the terms said otherwise
        each consumes a reason: a code and the hash of a document, registered beforehand by the
        compliance officer for exactly this act.
"""

from . import callbacks
from . import codes
from . import movement
from . import position
from . import rules
from . import roles
from . import state
from ..interfaces import IRegistry

uses: callbacks
uses: movement
uses: rules
uses: roles
uses: state

RECOVERY: constant(uint256) = 4
CODE_MAX: constant(uint256) = 65535


@external
def registerReason(
    kind: uint256,
    sender: address,
    receiver: address,
    amount: uint256,
    code: uint256,
    document: bytes32,
) -> bytes32:
    """
    @notice State why one act will be done. Returns the key of the act.
    @param kind     2 forced transfer, 3 destruction (receiver empty), 4 recovery (amount 0), or
                    that of a declared transfer
    @param code     1 .. 65535, see the table of reasons in the docs
    @param document hash of the document that orders it; not empty
    """
    roles._only_officer()
    assert kind >= movement.FORCED and kind <= movement.PLEDGE, "reason-kind-unknown"
    assert code != 0 and code <= CODE_MAX, "reason-code-out-of-range"
    assert document != empty(bytes32), "reason-without-document"
    act: bytes32 = keccak256(abi_encode(kind, sender, receiver, amount))
    state.reasons[act] = (code << 40) | block.timestamp
    log state.ReasonRegistered(act=act, code=code, document=document)
    return act


@external
def withdrawReason(act: bytes32):
    """
    @notice Take back a reason that has not been used.
    """
    roles._only_officer()
    assert state.reasons[act] != 0, "reason-missing"
    state.reasons[act] = 0
    log state.ReasonWithdrawn(act=act)


@external
@view
@reentrant
def reasonOf(act: bytes32) -> (uint256, uint256):
    """
    @notice Code of the reason registered for an act and when it was; zeros if there is none.
    """
    reason: uint256 = state.reasons[act]
    return reason >> 40, reason & (2**40 - 1)


@external
def forcedTransfer(_from: address, _to: address, _amount: uint256) -> bool:
    """
    @notice Move units without their holder. The receiver must be eligible; pause, freezes, locks
            and limits do not stand in the way; what is locked stays locked.
    """
    roles._only_agent()
    self._force(_from, _to, _amount, state._config())
    return True


@external
def batchForcedTransfer(
    _fromList: DynArray[address, 128],
    _toList: DynArray[address, 128],
    _amounts: DynArray[uint256, 128],
):
    roles._only_agent()
    assert len(_fromList) == len(_toList), "lengths-differ"
    assert len(_fromList) == len(_amounts), "lengths-differ"
    config: uint256 = state._config()
    for i: uint256 in range(len(_fromList), bound=128):
        self._force(_fromList[i], _toList[i], _amounts[i], config)


@external
def burn(_userAddress: address, _amount: uint256):
    """
    @notice Destroy units of a holder.
    """
    roles._only_agent()
    self._burn(_userAddress, _amount, state._config())


@external
def batchBurn(_userAddresses: DynArray[address, 128], _amounts: DynArray[uint256, 128]):
    roles._only_agent()
    assert len(_userAddresses) == len(_amounts), "lengths-differ"
    config: uint256 = state._config()
    for i: uint256 in range(len(_userAddresses), bound=128):
        self._burn(_userAddresses[i], _amounts[i], config)


@external
def recoveryAddress(
    _lostWallet: address, _newWallet: address, _investorOnchainID: address
) -> bool:
    """
    @notice Move what a lost wallet holds to another wallet of the same investor and retire the
            lost one. The new wallet must be his already, or not registered at all.
    @param _investorOnchainID identity of the investor, as the registry states it
    """
    roles._only_agent()
    config: uint256 = state._config()
    registry: address = convert(config & movement.ADDRESS, address)
    identity: address = staticcall IRegistry(registry).identity(_lostWallet)
    assert identity != empty(address) and identity == _investorOnchainID, "identity-differs"
    if config & state.FLAG_REASONS != 0:
        state._use_reason(RECOVERY, _lostWallet, _newWallet, 0)
    amount: uint256 = position._own(state.positions[_lostWallet])
    has_links: bool = False
    home: address = empty(address)
    home, has_links = extcall IRegistry(registry).replaceWallet(_lostWallet, _newWallet)
    self._replace(
        _lostWallet, _newWallet, home, has_links, (config & state.RECORD) >> state.RECORD_AT
    )
    if amount != 0:
        log state.Transfer(sender=_lostWallet, receiver=_newWallet, value=amount)
        if config & state.FLAG_EXTERNAL != 0:
            callbacks._tell(_lostWallet, _newWallet, amount)
    log state.RecoverySuccess(
        _lostWallet=_lostWallet, _newWallet=_newWallet, _investorOnchainID=_investorOnchainID
    )
    return True


@external
@view
@reentrant
def refuse(code: uint256, account: address, amount: uint256):
    """
    @notice Reverts with the name of a refusal, or with the error that ERC-7943 names for it: a
            security says so what it refuses.
    @param account who would have given the units
    """
    if code == codes.UNITS_FROZEN:
        h: movement.Holding = movement._of(account, state.config)
        frozen: uint256 = state.frozen_units[h.home]
        free: uint256 = 0
        if frozen < h.total:
            free = min(position._own(h.word), h.total - frozen)
        raw_revert(
            abi_encode(
                account,
                amount,
                free,
                method_id=method_id(
                    "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)"
                ),
            )
        )
    reason: String[32] = codes._name(code)
    raise reason


@internal
@pure
def _only_at_rest(config: uint256):
    """
    @notice Refuse to move anything while units are exchanged.
    """
    assert config & state.FLAG_EXCHANGING == 0, "exchange-under-way"


@internal
def _force(sender: address, receiver: address, amount: uint256, config: uint256):
    m: movement.Movement = movement._between(sender, receiver, amount, config)
    code: uint256 = rules._eligibility(
        m.config, m.receiver_record, m.receiver_word | m.receiver_home_word
    )
    if code == codes.ALLOWED and m.amount > m.sender_word & position.UNITS:
        code = codes.INSUFFICIENT_BALANCE
    if code != codes.ALLOWED:
        reason: String[32] = codes._name(code)
        raise reason
    # Within an investor it changes nothing that is exchanged, and one transaction has limits.
    if m.sender_home != m.receiver_home:
        self._only_at_rest(config)
    if config & state.FLAG_REASONS != 0:
        state._use_reason(movement.FORCED, sender, receiver, amount)
    movement._hand_over(self._without_frozen(m), movement.FORCED)
    log state.Transfer(sender=sender, receiver=receiver, value=amount)
    log state.ForcedTransfer(sender=sender, receiver=receiver, amount=amount)
    if config & state.FLAG_EXTERNAL != 0:
        callbacks._tell(sender, receiver, amount)


@internal
def _burn(holder: address, amount: uint256, config: uint256):
    m: movement.Movement = movement._between(holder, empty(address), amount, config)
    assert m.amount <= m.sender_word & position.UNITS, "insufficient-balance"
    self._only_at_rest(config)
    if config & state.FLAG_REASONS != 0:
        state._use_reason(movement.REDEMPTION, holder, empty(address), amount)
    movement._redeem(self._without_frozen(m))
    log state.Transfer(sender=holder, receiver=empty(address), value=amount)
    if config & state.FLAG_EXTERNAL != 0:
        callbacks._tell(holder, empty(address), amount)


@internal
def _without_frozen(forced: movement.Movement) -> movement.Movement:
    """
    @notice Unfreeze what a movement takes of the units frozen with an investor, and say so first,
            as ERC-7943 asks.
    """
    m: movement.Movement = forced
    if m.sender_home_word & position.PARTLY_FROZEN == 0 or m.sender_home == m.receiver_home:
        return m
    frozen: uint256 = state.frozen_units[m.sender_home]
    free: uint256 = 0
    if frozen < m.sender_total:
        free = m.sender_total - frozen
    if m.amount <= free:
        return m
    left: uint256 = frozen - (m.amount - free)
    state.frozen_units[m.sender_home] = left
    log state.TokensUnfrozen(_userAddress=m.sender, _amount=m.amount - free)
    log state.Frozen(account=m.sender, amount=left)
    if left == 0 and state.legend_units[m.sender_home] == 0:
        m.sender_home_word &= ~position.PARTLY_FROZEN
        state.positions[m.sender_home] = m.sender_home_word
        if m.sender == m.sender_home:
            m.sender_word = m.sender_home_word
    return m


@internal
def _replace(lost: address, replacement: address, home: address, has_links: bool, date: uint256):
    """
    @notice Move what a lost wallet holds to another wallet of the same investor.
    @param has_links whether the investor had further wallets before
    @dev    When the home wallet itself is lost, its word goes on to describe the investor and takes
            over the sum of his other wallets, so that no further slot is written.
    """
    word: uint256 = state.positions[lost]
    moved: uint256 = position._own(word)
    if (word & position.SEEN) >> position.SEEN_AT != date:
        if word & position.SUM == 0:
            word = movement._noted(lost, word, date)
    if lost == home:
        if word & position.SUM == 0:
            word |= position.SUM
            if state.config & state.FLAG_SETTLED == 0:
                state.config |= state.FLAG_SETTLED
            if has_links:
                word += state.linked_units[home]
                state.linked_units[home] = 0
            state.positions[home] = word
    else:
        state.positions[lost] = word - moved
        if replacement == home:
            state.linked_units[home] -= moved
    if moved == 0:
        return
    word = state.positions[replacement]
    if (word & position.SEEN) >> position.SEEN_AT != date:
        word = movement._noted(replacement, word, date)
    state.positions[replacement] = word + moved
