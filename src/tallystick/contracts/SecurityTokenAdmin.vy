# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Security token, fifth part: settings and holds
@license Apache-2.0
@notice What its owner and its compliance officer set, what a security says of itself, and units
        that venues hold. Reached from `SecurityToken` through the parts before it, by delegate
        call; what it does not know it passes on to `SecurityTokenExchange`.
@dev    Declares no storage. Called directly it finds its own storage empty, so that nobody holds a
        role, and marked as initialised.
"""

from modules import compliance as modular_compliance
from modules import description
from modules import holding
from modules import onward
from modules import roles
from modules import rule_book
from modules import signatures
from modules import state

uses: roles
initializes: state
initializes: modular_compliance[roles := roles, state := state]
initializes: rule_book[roles := roles, state := state]
initializes: description[roles := roles, state := state]
initializes: holding[state := state]
initializes: onward

exports: (
    roles.owner, roles.pendingOwner, roles.transferOwnership, roles.acceptOwnership,
    roles.isAgent, roles.addAgent, roles.removeAgent,
    roles.isOfficer, roles.addOfficer, roles.removeOfficer,
    roles.isRecorder, roles.addRecorder, roles.removeRecorder,
    modular_compliance.compliance, modular_compliance.setCompliance,
    modular_compliance.addModule, modular_compliance.removeModule,
    modular_compliance.callModuleFunction, modular_compliance.getModules,
    modular_compliance.isModuleBound, modular_compliance.getTokenBound,
    modular_compliance.isTokenBound, modular_compliance.bindToken,
    modular_compliance.unbindToken, modular_compliance.transferred,
    modular_compliance.created, modular_compliance.destroyed,
    rule_book.rulesInForce, rule_book.setRules,
    description.name, description.symbol, description.decimals, description.version,
    description.onchainID, description.identityRegistry, description.assetId,
    description.epoch, description.successor, description.reasonsRequired,
    description.issuerLimitsJoined, description.setName,
    description.setSymbol, description.setOnchainID, description.setIdentityRegistry,
    description.DOMAIN_SEPARATOR, description.eip712Domain,
    description.authorizationState, description.messageForTransferRestriction,
    description.supportsInterface,
    holding.hold, holding.release, holding.heldUnits, holding.heldFor,
    onward.__default__,
)

CANCEL_AUTHORIZATION: constant(bytes32) = keccak256(
    "CancelAuthorization(address authorizer,bytes32 nonce)"
)
DECIMALS_MAX: constant(uint8) = 18


struct Issue:
    name: String[64]
    symbol: String[16]
    decimals: uint8
    asset_id: bytes32
    registry: address
    onchain_id: address
    owner: address
    agent: address
    officer: address
    reasons_required: bool
    issuer_limits: bool
    rules: rule_book.Rules


@deploy
def __init__(exchange: address):
    """
    @param exchange the sixth part, fixed for ever
    """
    onward.__init__(exchange, state.LAYOUT)
    state.config = state.FLAG_INITIALISED


@external
def initialize(issue: Issue):
    """
    @notice Make a clone the token of one security. Once only, in the transaction that made it.
    """
    assert state.config & state.FLAG_INITIALISED == 0, "initialised-already"
    assert issue.registry.is_contract, "registry-without-code"
    assert issue.asset_id != empty(bytes32), "asset-id-empty"
    assert len(issue.name) != 0, "name-empty"
    assert len(issue.symbol) != 0, "symbol-empty"
    assert issue.decimals <= DECIMALS_MAX, "too-many-decimals"
    config: uint256 = convert(issue.registry, uint256) | state.FLAG_INITIALISED
    if issue.reasons_required:
        config |= state.FLAG_REASONS
    if issue.issuer_limits:
        config |= state.FLAG_ISSUER_LIMITS
    state.config = config
    state.name = issue.name
    state.symbol = issue.symbol
    state.supply = convert(issue.decimals, uint256) << state.DECIMALS_AT
    state.asset_id = issue.asset_id
    if issue.onchain_id != empty(address):
        state.onchain_id = issue.onchain_id
    log state.Issued(asset_id=issue.asset_id, registry=issue.registry)
    log state.IdentityRegistryAdded(_identityRegistry=issue.registry)
    log state.ComplianceAdded(_compliance=self)
    roles._appoint(issue.owner, issue.agent, issue.officer)
    rule_book._set(issue.rules)
    if issue.issuer_limits:
        log state.IssuerLimitsJoined(investors_to_enrol=0)


@external
def cancelAuthorization(authorizer: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    """
    @notice Make an authorization void before it is used, by signature of its author.
    """
    assert not state.authorizations[authorizer][nonce], "authorization-used"
    message: bytes32 = keccak256(abi_encode(CANCEL_AUTHORIZATION, authorizer, nonce))
    assert signatures._signer(message, state.epoch, v, r, s) == authorizer, "signature-invalid"
    state.authorizations[authorizer][nonce] = True
    log state.AuthorizationCanceled(authorizer=authorizer, nonce=nonce)

