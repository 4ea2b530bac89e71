# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title What a security says of itself
@license Apache-2.0
"""

from . import codes
from . import movement
from . import signatures
from . import roles
from . import state
from ..interfaces import IRegistry

uses: roles
uses: state

VERSION: constant(String[16]) = "1"


@external
@view
@reentrant
def name() -> String[64]:
    return state.name


@external
@view
@reentrant
def symbol() -> String[16]:
    return state.symbol


@external
@view
@reentrant
def decimals() -> uint8:
    return self._decimals()


@external
@view
@reentrant
def version() -> String[16]:
    return VERSION


@external
@view
@reentrant
def onchainID() -> address:
    return state.onchain_id


@external
@view
@reentrant
def identityRegistry() -> address:
    return convert(state.config & movement.ADDRESS, address)


@external
@view
@reentrant
def assetId() -> bytes32:
    """
    @notice keccak-256 of the canonical terms of the security.
    """
    return state.asset_id


@external
@view
@reentrant
def epoch() -> uint256:
    """
    @notice Raised by whatever changes what a unit is; orders signed for an earlier one are void.
    """
    return state.epoch


@external
@view
@reentrant
def successor() -> address:
    """
    @notice The token that replaced this one; empty if none has.
    """
    return state.successor


@external
@view
@reentrant
def reasonsRequired() -> bool:
    return state.config & state.FLAG_REASONS != 0


@external
@view
@reentrant
def issuerLimitsJoined() -> bool:
    return state.config & state.FLAG_ISSUER_LIMITS != 0


@external
def setName(_name: String[64]):
    roles._only_owner()
    assert len(_name) != 0, "name-empty"
    state.name = _name
    self._tell()


@external
def setSymbol(_symbol: String[16]):
    roles._only_owner()
    assert len(_symbol) != 0, "symbol-empty"
    state.symbol = _symbol
    self._tell()


@external
def setOnchainID(_onchainID: address):
    roles._only_owner()
    state.onchain_id = _onchainID
    self._tell()


@external
def setIdentityRegistry(_identityRegistry: address):
    """
    @notice Use another registry. Once units have existed counters and positions rest on the present
            one for good.
    """
    roles._only_owner()
    assert state.config & state.FLAG_SETTLED == 0, "units-outstanding"
    assert _identityRegistry.is_contract, "registry-without-code"
    assert staticcall IRegistry(_identityRegistry).isBound(self), "not-bound-by-the-registry"
    state.config = (state.config & ~movement.ADDRESS) | convert(_identityRegistry, uint256)
    log state.IdentityRegistryAdded(_identityRegistry=_identityRegistry)


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator(state.epoch)


@external
@view
@reentrant
def eip712Domain() -> (
    bytes1, String[10], String[78], uint256, address, bytes32, DynArray[uint256, 1]
):
    """
    @notice ERC-5267.
    """
    return (
        0x0f,
        signatures.NAME,
        signatures._version(state.epoch),
        chain.id,
        self,
        empty(bytes32),
        [],
    )


@external
@view
@reentrant
def authorizationState(authorizer: address, nonce: bytes32) -> bool:
    return state.authorizations[authorizer][nonce]


@external
@view
@reentrant
def messageForTransferRestriction(restrictionCode: uint8) -> String[32]:
    """
    @notice ERC-1404: the name of a code, which is also the revert reason.
    """
    if restrictionCode == 0:
        return "allowed"
    return codes._name(convert(restrictionCode, uint256))


@external
@view
@reentrant
def supportsInterface(interfaceId: bytes4) -> bool:
    """
    @notice ERC-165 itself, ERC-20, ERC-2612, ERC-1404, ERC-7943 (fungible), ERC-5267, ERC-173.
    """
    return interfaceId in [
        0x01ffc9a7, 0x36372b07, 0x9d8ff7da, 0xab84a5c8, 0x3edbb4c4, 0x84b0196e, 0x7f5828d0
    ]


@internal
@view
def _decimals() -> uint8:
    return convert(state.supply >> state.DECIMALS_AT, uint8)


@internal
def _tell():
    log state.UpdatedTokenInformation(
        _newName=state.name,
        _newSymbol=state.symbol,
        _newDecimals=self._decimals(),
        _newVersion=VERSION,
        _newOnchainID=state.onchain_id,
    )
