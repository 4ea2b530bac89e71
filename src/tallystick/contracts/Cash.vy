# pragma version 0.4.3
"""
@title Reference settlement money
@license Apache-2.0
@notice ERC-20 with ERC-2612 permits and ERC-3009 authorizations, without a blocklist. For trying,
        testing and private books; in production settle in USDC, EURC or any such token.
@dev    Calls nobody, so that nobody can re-enter it.
"""

from modules import roles
from modules import signatures

initializes: roles

exports: (
    roles.owner, roles.pendingOwner, roles.transferOwnership, roles.acceptOwnership,
    roles.isAgent, roles.addAgent, roles.removeAgent,
)

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256

event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

event AuthorizationCanceled:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

PERMIT: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
TRANSFER_WITH_AUTHORIZATION: constant(bytes32) = keccak256(
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
RECEIVE_WITH_AUTHORIZATION: constant(bytes32) = keccak256(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
CANCEL_AUTHORIZATION: constant(bytes32) = keccak256(
    "CancelAuthorization(address authorizer,bytes32 nonce)"
)

name: public(String[64])
symbol: public(String[16])
decimals: public(uint8)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
nonces: public(HashMap[address, uint256])
authorizationState: public(HashMap[address, HashMap[bytes32, bool]])


@deploy
def __init__(name: String[64], symbol: String[16], decimals: uint8, owner: address):
    """
    @param owner appoints those who issue and redeem (agents)
    """
    self.name = name
    self.symbol = symbol
    self.decimals = decimals
    roles._appoint(owner, empty(address), empty(address))


@external
def transfer(_to: address, _value: uint256) -> bool:
    self._move(msg.sender, _to, _value)
    return True


@external
def transferFrom(_from: address, _to: address, _value: uint256) -> bool:
    allowed: uint256 = self.allowance[_from][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= _value, "insufficient-allowance"
        self.allowance[_from][msg.sender] = allowed - _value
    self._move(_from, _to, _value)
    return True


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
    nonce: uint256 = self.nonces[owner]
    message: bytes32 = keccak256(abi_encode(PERMIT, owner, spender, _value, nonce, deadline))
    assert signatures._signer(message, 0, v, r, s) == owner, "signature-invalid"
    self.nonces[owner] = nonce + 1
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
    @notice Carry out a payment that its sender signed (ERC-3009).
    """
    self._use_authorization(
        TRANSFER_WITH_AUTHORIZATION, _from, _to, _value, validAfter, validBefore, nonce, v, r, s
    )
    self._move(_from, _to, _value)


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
    @notice A signed payment that only its receiver may submit (ERC-3009).
    """
    assert _to == msg.sender, "not-the-receiver"
    self._use_authorization(
        RECEIVE_WITH_AUTHORIZATION, _from, _to, _value, validAfter, validBefore, nonce, v, r, s
    )
    self._move(_from, _to, _value)


@external
def cancelAuthorization(authorizer: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    assert not self.authorizationState[authorizer][nonce], "authorization-used"
    message: bytes32 = keccak256(abi_encode(CANCEL_AUTHORIZATION, authorizer, nonce))
    assert signatures._signer(message, 0, v, r, s) == authorizer, "signature-invalid"
    self.authorizationState[authorizer][nonce] = True
    log AuthorizationCanceled(authorizer=authorizer, nonce=nonce)


@external
def mint(to: address, amount: uint256):
    """
    @notice Issue money against what was paid in. For agents.
    """
    roles._only_agent()
    assert to != empty(address), "empty-address"
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log Transfer(sender=empty(address), receiver=to, value=amount)


@external
def burn(amount: uint256):
    """
    @notice Hand in money of one's own, to be paid out.
    """
    assert self.balanceOf[msg.sender] >= amount, "insufficient-balance"
    self.balanceOf[msg.sender] -= amount
    self.totalSupply -= amount
    log Transfer(sender=msg.sender, receiver=empty(address), value=amount)


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator(0)


@external
@view
def eip712Domain() -> (bytes1, String[10], String[1], uint256, address, bytes32, DynArray[uint256, 1]):
    """
    @notice ERC-5267.
    """
    return (0x0f, signatures.NAME, "1", chain.id, self, empty(bytes32), [])


@external
@view
def supportsInterface(interfaceId: bytes4) -> bool:
    """
    @notice ERC-165 itself, ERC-20, ERC-2612, ERC-5267, ERC-173.
    """
    return interfaceId in [0x01ffc9a7, 0x36372b07, 0x9d8ff7da, 0x84b0196e, 0x7f5828d0]


@internal
def _move(sender: address, receiver: address, amount: uint256):
    assert receiver != empty(address), "empty-address"
    held: uint256 = self.balanceOf[sender]
    assert held >= amount, "insufficient-balance"
    self.balanceOf[sender] = unsafe_sub(held, amount)
    # No more than the supply, which is counted with care.
    self.balanceOf[receiver] = unsafe_add(self.balanceOf[receiver], amount)
    log Transfer(sender=sender, receiver=receiver, value=amount)


@internal
def _approve(owner: address, spender: address, amount: uint256):
    self.allowance[owner][spender] = amount
    log Approval(owner=owner, spender=spender, value=amount)


@internal
def _use_authorization(
    type_hash: bytes32,
    sender: address,
    receiver: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert block.timestamp > valid_after, "authorization-not-yet-valid"
    assert block.timestamp < valid_before, "authorization-expired"
    assert not self.authorizationState[sender][nonce], "authorization-used"
    message: bytes32 = keccak256(
        abi_encode(type_hash, sender, receiver, amount, valid_after, valid_before, nonce)
    )
    assert signatures._signer(message, 0, v, r, s) == sender, "signature-invalid"
    self.authorizationState[sender][nonce] = True
    log AuthorizationUsed(authorizer=sender, nonce=nonce)
