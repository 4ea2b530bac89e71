# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Security token
@license Apache-2.0
@notice Ownership of one security: ERC-20, ERC-2612, ERC-3643 token, ERC-7943 and ERC-1404 on one
        small contract whose rules are inlined. Behind an EIP-1167 clone made by `Factory`.
@dev    What holders do, what issues units, and the views that others read often. The rest is in
        `SecurityTokenAgent`, `SecurityTokenRules`, `SecurityTokenControls`, `SecurityTokenAdmin` and
        `SecurityTokenExchange`, reached by delegate call over the same storage; their merged ABI is published as that of the token.
"""

from modules import callbacks
from modules import codes
from modules import counters
from modules import lots
from modules import movement
from modules import onward
from modules import position
from modules import record
from modules import roles
from modules import rules
from modules import signatures
from modules import state
from modules import volumes
from interfaces import IRegistry

uses: roles
initializes: state
initializes: lots[state := state]
initializes: volumes[state := state]
initializes: movement[counters := counters, state := state, lots := lots, volumes := volumes]
initializes: rules[state := state, lots := lots, volumes := volumes]
initializes: callbacks[state := state]
initializes: onward

exports: onward.__default__

TRANSFER_WITH_AUTHORIZATION: constant(bytes32) = keccak256(
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
RECEIVE_WITH_AUTHORIZATION: constant(bytes32) = keccak256(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
PERMIT: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)


@deploy
def __init__(agent: address):
    """
    @param agent the second part, fixed for ever
    """
    onward.__init__(agent, state.LAYOUT)
    state.config = state.FLAG_INITIALISED


# --- what everybody may do


@external
def transfer(_to: address, _value: uint256) -> bool:
    """
    @notice Sell units to another investor, or move them between wallets of one's own.
    """
    self._resell(msg.sender, _to, _value, state._config())
    return True


@external
def transferFrom(_from: address, _to: address, _value: uint256) -> bool:
    """
    @notice `transfer` on behalf of an owner who approved it.
    """
    allowed: uint256 = state.allowances[_from][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= _value, "insufficient-allowance"
        state.allowances[_from][msg.sender] = allowed - _value
    config: uint256 = state._config()
    if config & state.RULE_VENUES != 0 and config & state.FLAG_PAUSED == 0:
        if not state.venues[msg.sender]:
            self._refuse(codes.VENUE_NOT_ALLOWED, _from, _value)
    self._resell(_from, _to, _value, config)
    return True


@external
def batchTransfer(_toList: DynArray[address, 128], _amounts: DynArray[uint256, 128]):
    """
    @notice Several transfers, all or none.
    """
    assert len(_toList) == len(_amounts), "lengths-differ"
    config: uint256 = state._config()
    for i: uint256 in range(len(_toList), bound=128):
        self._resell(msg.sender, _toList[i], _amounts[i], config)


@external
def approve(_spender: address, _value: uint256) -> bool:
    self._approve(msg.sender, _spender, _value)
    return True


@external
def permit(
    owner: address,
    spender: address,
    _value: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @notice Approve by signature (ERC-2612).
    """
    assert block.timestamp <= deadline, "signature-expired"
    nonce: uint256 = state.nonces[owner]
    message: bytes32 = keccak256(abi_encode(PERMIT, owner, spender, _value, nonce, deadline))
    assert signatures._signer(message, state.epoch, v, r, s) == owner, "signature-invalid"
    state.nonces[owner] = nonce + 1
    self._approve(owner, spender, _value)


@external
def transferWithAuthorization(
    _from: address,
    _to: address,
    _value: uint256,
    validAfter: uint256,
    validBefore: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @notice Carry out a transfer that its sender signed; anybody may submit it and pay the gas.
            In the manner of ERC-3009, through the same rules as any transfer.
    """
    self._use_authorization(
        TRANSFER_WITH_AUTHORIZATION, _from, _to, _value, validAfter, validBefore, nonce, v, r, s
    )
    self._resell(_from, _to, _value, state._config())


@external
def receiveWithAuthorization(
    _from: address,
    _to: address,
    _value: uint256,
    validAfter: uint256,
    validBefore: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @notice `transferWithAuthorization` that only the receiver may submit.
    """
    assert _to == msg.sender, "not-the-receiver"
    self._use_authorization(
        RECEIVE_WITH_AUTHORIZATION, _from, _to, _value, validAfter, validBefore, nonce, v, r, s
    )
    self._resell(_from, _to, _value, state._config())


# --- what an agent does


@external
def mint(_to: address, _amount: uint256):
    """
    @notice Issue new units. Their holding period, if there is a rule for it, runs from now.
    """
    roles._only_agent()
    self._mint(_to, _amount, block.timestamp, state._config())


@external
def batchMint(_toList: DynArray[address, 128], _amounts: DynArray[uint256, 128]):
    roles._only_agent()
    assert len(_toList) == len(_amounts), "lengths-differ"
    config: uint256 = state._config()
    for i: uint256 in range(len(_toList), bound=128):
        self._mint(_toList[i], _amounts[i], block.timestamp, config)


@external
def batchMintLots(
    receivers: DynArray[address, 128],
    amounts: DynArray[uint256, 128],
    acquired_at: DynArray[uint256, 128],
):
    """
    @notice Issue units that their holders acquired earlier, off this chain: holding periods run
            from those times (UTC seconds, not in the future).
    """
    roles._only_agent()
    assert len(receivers) == len(amounts), "lengths-differ"
    assert len(receivers) == len(acquired_at), "lengths-differ"
    config: uint256 = state._config()
    for i: uint256 in range(len(receivers), bound=128):
        assert acquired_at[i] <= block.timestamp, "acquired-in-the-future"
        self._mint(receivers[i], amounts[i], acquired_at[i], config)



# --- views


@external
@view
@reentrant
def balanceOf(_owner: address) -> uint256:
    return position._own(state.positions[_owner])


@external
@view
@reentrant
def totalSupply() -> uint256:
    return state.supply & state.UNITS_MAX


@external
@view
@reentrant
def allowance(_owner: address, _spender: address) -> uint256:
    return state.allowances[_owner][_spender]


@external
@view
@reentrant
def nonces(owner: address) -> uint256:
    return state.nonces[owner]


@external
@view
@reentrant
def paused() -> bool:
    return state.config & state.FLAG_PAUSED != 0


@external
@view
@reentrant
def isFrozen(_userAddress: address) -> bool:
    """
    @notice Whether the investor behind a wallet is frozen.
    """
    h: movement.Holding = movement._of(_userAddress, state.config)
    return (h.word | h.home_word) & position.FROZEN != 0


@external
@view
@reentrant
def getFrozenTokens(_userAddress: address) -> uint256:
    """
    @notice Units that the investor behind a wallet must keep; may exceed what he holds.
    """
    return state.frozen_units[movement._of(_userAddress, state.config).home]


# --- inside


@internal
def _resell(sender: address, receiver: address, amount: uint256, config: uint256):
    m: movement.Movement = movement._between(sender, receiver, amount, config)
    code: uint256 = rules._first_refusal(m, movement.RESALE)
    if code == codes.ON_APPROVAL:
        self._use_approval(m)
        code = codes.ALLOWED
    if code == codes.ALLOWED:
        if m.amount > m.sender_word & position.UNITS:
            code = codes.INSUFFICIENT_BALANCE
        else:
            verdict: uint256 = movement._sell(m)
            if verdict != counters.WITHIN:
                code = codes.ISSUER_HOLDER_LIMIT - 1 + verdict
    if code != codes.ALLOWED:
        self._refuse(code, sender, amount)
    log state.Transfer(sender=sender, receiver=receiver, value=amount)
    if config & state.FLAG_EXTERNAL != 0:
        callbacks._tell(sender, receiver, amount)


@internal
def _use_approval(m: movement.Movement):
    """
    @notice An approval is for one movement; the log of the transfer tells that it was made.
    """
    state.approvals[state._movement(m.sender, m.receiver, m.amount)] = 0


@internal
def _refuse(code: uint256, account: address, amount: uint256):
    """
    @notice Revert with the name of the refusal, in the words of the second part.
    """
    raw_call(
        onward.NEXT_PART,
        abi_encode(code, account, amount, method_id=method_id("refuse(uint256,address,uint256)")),
        is_delegate_call=True,
    )


@internal
def _mint(receiver: address, amount: uint256, acquired_at: uint256, config: uint256):
    m: movement.Movement = movement._to(receiver, amount, config)
    code: uint256 = rules._first_refusal(m, movement.ISSUE)
    if code == codes.ON_APPROVAL:
        self._use_approval(m)
        code = codes.ALLOWED
    if code == codes.ALLOWED:
        verdict: uint256 = movement._issue(m, acquired_at)
        if verdict != counters.WITHIN:
            code = codes.ISSUER_HOLDER_LIMIT - 1 + verdict
        elif config & state.RULE_PURCHASERS != 0:
            best: uint256 = (m.receiver_record >> rules.INSTITUTIONAL_AT) & record.FOREVER
            # An institutional buyer is no such purchaser: the most frequent case, and the cheapest.
            if best <= unsafe_div(block.timestamp, record.DAY) and rules._is_purchase(
                m.receiver_record, m.amount
            ):
                registry: address = convert(config & movement.ADDRESS, address)
                if not extcall IRegistry(registry).purchased(m.receiver_home):
                    code = codes.PURCHASER_LIMIT
    if code != codes.ALLOWED:
        self._refuse(code, receiver, amount)
    log state.Transfer(sender=empty(address), receiver=receiver, value=amount)
    if acquired_at != block.timestamp:
        log state.LotAcquired(investor=m.receiver_home, units=amount, acquired_at=acquired_at)
    if config & state.FLAG_EXTERNAL != 0:
        callbacks._tell(empty(address), receiver, amount)



@internal
def _approve(owner: address, spender: address, _value: uint256):
    state.allowances[owner][spender] = _value
    log state.Approval(owner=owner, spender=spender, value=_value)


@internal
def _use_authorization(
    type_hash: bytes32,
    sender: address,
    receiver: address,
    _value: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert block.timestamp > valid_after, "authorization-not-yet-valid"
    assert block.timestamp < valid_before, "authorization-expired"
    assert not state.authorizations[sender][nonce], "authorization-used"
    message: bytes32 = keccak256(
        abi_encode(type_hash, sender, receiver, _value, valid_after, valid_before, nonce)
    )
    assert signatures._signer(message, state.epoch, v, r, s) == sender, "signature-invalid"
    state.authorizations[sender][nonce] = True
    log state.AuthorizationUsed(authorizer=sender, nonce=nonce)
