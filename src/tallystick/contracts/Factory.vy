# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Factory of securities
@license Apache-2.0
@notice Makes the registry of an issuer, and a whole security in one transaction: an EIP-1167 clone
        of `SecurityToken`, initialised with its terms, roles and rules and bound to the registry.
@dev    The address of a security follows from its issuer and its asset id, so that the same terms
        cannot be issued twice by one owner by mistake.
"""

from modules import rule_book

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

interface Token:
    def initialize(issue: Issue): nonpayable

interface Registry:
    def owner() -> address: view
    def bindToken(token: address): nonpayable

event RegistryCreated:
    registry: indexed(address)
    owner: indexed(address)

event SecurityIssued:
    token: indexed(address)
    registry: indexed(address)
    asset_id: indexed(bytes32)

TOKEN: public(immutable(address))
REGISTRY_BLUEPRINT: public(immutable(address))
REGISTRY_ADMIN: public(immutable(address))

is_registry: HashMap[address, bool]


@deploy
def __init__(token: address, registry_blueprint: address, registry_admin: address):
    """
    @param token              implementation that securities are clones of
    @param registry_blueprint ERC-5202 blueprint of `IdentityRegistry`
    @param registry_admin     second part of every registry
    """
    assert token.is_contract and registry_blueprint.is_contract, "no-code"
    assert registry_admin.is_contract, "no-code"
    TOKEN = token
    REGISTRY_BLUEPRINT = registry_blueprint
    REGISTRY_ADMIN = registry_admin


@external
def createRegistry(owner: address, agent: address, officer: address) -> address:
    """
    @notice Make the registry of an issuer. It is no clone, which saves 2,700 gas on every transfer.
    """
    registry: address = create_from_blueprint(
        REGISTRY_BLUEPRINT, owner, agent, officer, self, REGISTRY_ADMIN, code_offset=3
    )
    self.is_registry[registry] = True
    log RegistryCreated(registry=registry, owner=owner)
    return registry


@external
def issue(terms: Issue) -> address:
    """
    @notice Make a security. Only the owner of its registry can.
    """
    assert self.is_registry[terms.registry], "registry-of-another-factory"
    assert staticcall Registry(terms.registry).owner() == msg.sender, "not-owner-of-the-registry"
    token: address = create_minimal_proxy_to(
        TOKEN, salt=keccak256(abi_encode(terms.registry, terms.asset_id))
    )
    extcall Token(token).initialize(terms)
    extcall Registry(terms.registry).bindToken(token)
    log SecurityIssued(token=token, registry=terms.registry, asset_id=terms.asset_id)
    return token
