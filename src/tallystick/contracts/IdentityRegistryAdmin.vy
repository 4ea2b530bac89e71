# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Identity registry, second part: settings
@license Apache-2.0
@notice Roles, limits of the issuer, registration with ONCHAINID contracts, claim topics, trusted
        issuers, and the storage interface of ERC-3643. Reached only from `IdentityRegistry`, by delegate call.
@dev    Declares no storage. Called directly it finds its own storage empty, so that nobody holds a
        role.
"""

from modules import claim_topics
from modules import counters
from modules import investors
from modules import live_identity
from modules import purchases
from modules import record
from modules import registry_core as core
from modules import roles
from modules import trusted_issuers

uses: claim_topics
uses: investors
uses: live_identity
uses: purchases
uses: roles
uses: trusted_issuers
initializes: core

exports: (
    roles.owner, roles.pendingOwner, roles.transferOwnership, roles.acceptOwnership,
    roles.isAgent, roles.addAgent, roles.removeAgent,
    roles.isOfficer, roles.addOfficer, roles.removeOfficer,
    claim_topics.getClaimTopics, claim_topics.addClaimTopic, claim_topics.removeClaimTopic,
    trusted_issuers.getTrustedIssuers, trusted_issuers.getTrustedIssuersForClaimTopic,
    trusted_issuers.isTrustedIssuer, trusted_issuers.getTrustedIssuerClaimTopics,
    trusted_issuers.hasClaimTopic, trusted_issuers.addTrustedIssuer,
    trusted_issuers.removeTrustedIssuer, trusted_issuers.updateIssuerClaimTopics,
)


@deploy
def __init__():
    pass


@external
@view
@reentrant
def storageLayout() -> bytes32:
    """
    @notice Identifies the storage that both parts share.
    """
    return core.LAYOUT


# --- limits over all classes


@external
def setIssuerLimits(investors_max: uint256, retail_investors_max: uint256):
    """
    @notice Limit the investors who hold any class. `counters.UNLIMITED` (2**24 - 1) is no limit.
    """
    roles._only_officer()
    investors.tally = counters._with_limits(
        investors.tally, investors_max, retail_investors_max
    )
    log core.IssuerLimitsSet(investors_max=investors_max, retail_investors_max=retail_investors_max)


@external
def setPurchaserLimit(purchasers_max: uint256, days: uint256):
    """
    @notice Limit those who buy from the issuer, over all classes that say so, within so many days,
            being neither accredited nor better. `counters.UNLIMITED` (2**24 - 1) only counts them.
    """
    roles._only_officer()
    purchases._set_limit(purchasers_max, days)
    log core.PurchaserLimitSet(purchasers_max=purchasers_max, days=days)


@external
@view
@reentrant
def purchaserLimit() -> (uint256, uint256, uint256):
    """
    @notice The limit of purchasers, the days of its window, and how many count today.
    """
    word: uint256 = purchases.window
    limit: uint256 = word & purchases.COUNT
    return (
        purchases.UNLIMITED if limit == 0 else limit - 1,
        (word >> purchases.DAYS_AT) & purchases.DAYS_MAX,
        purchases._counted()[0],
    )


@external
@view
@reentrant
def purchaseOf(home: address) -> (uint256, uint256):
    """
    @notice The UTC day on which an investor bought last while he was not accredited, and as how many
            owners he counted; zeros if he never did.
    """
    word: uint256 = purchases.purchases[home]
    return word & record.FOREVER, word >> 16


@external
@view
@reentrant
def issuerTally() -> uint256:
    """
    @notice The packed counters over all classes, see `counters`.
    """
    return investors.tally


# --- ERC-3643: registration with ONCHAINID contracts


@external
def registerIdentity(_userAddress: address, _identity: address, _country: uint16):
    """
    @notice Register a wallet of the investor behind an ONCHAINID contract.
    """
    roles._only_agent()
    core._register(_userAddress, _identity, _country)


@external
def batchRegisterIdentity(
    _userAddresses: DynArray[address, 128],
    _identities: DynArray[address, 128],
    _countries: DynArray[uint16, 128],
):
    roles._only_agent()
    assert len(_userAddresses) == len(_identities), "lengths-differ"
    assert len(_userAddresses) == len(_countries), "lengths-differ"
    for i: uint256 in range(len(_userAddresses), bound=128):
        core._register(_userAddresses[i], _identities[i], _countries[i])


@external
def deleteIdentity(_userAddress: address):
    """
    @notice Forget a wallet that holds nothing. A home wallet goes last.
    """
    roles._only_agent()
    core._remove(_userAddress)


@external
def updateCountry(_userAddress: address, _country: uint16):
    roles._only_agent()
    core._set_country(_userAddress, _country)


@external
def updateIdentity(_userAddress: address, _identity: address):
    """
    @notice Give the investor behind a wallet another ONCHAINID contract.
    """
    roles._only_agent()
    core._set_identity(_userAddress, _identity)


# --- ERC-3643: the storage built in



@external
@view
@reentrant
def identityStorage() -> address:
    return self


@external
@view
@reentrant
def topicsRegistry() -> address:
    return live_identity.topics_registry


@external
@view
@reentrant
def issuersRegistry() -> address:
    return live_identity.issuers_registry


@external
def setIdentityRegistryStorage(_identityRegistryStorage: address):
    """
    @notice The storage is built in; other registries may be bound to it.
    """
    roles._only_owner()
    assert _identityRegistryStorage == self, "storage-is-built-in"
    log core.IdentityStorageSet(identityStorage=self)


@external
def setClaimTopicsRegistry(_claimTopicsRegistry: address):
    roles._only_owner()
    assert _claimTopicsRegistry.is_contract, "registry-without-code"
    live_identity.topics_registry = _claimTopicsRegistry
    log core.ClaimTopicsRegistrySet(claimTopicsRegistry=_claimTopicsRegistry)


@external
def setTrustedIssuersRegistry(_trustedIssuersRegistry: address):
    roles._only_owner()
    assert _trustedIssuersRegistry.is_contract, "registry-without-code"
    live_identity.issuers_registry = _trustedIssuersRegistry
    log core.TrustedIssuersRegistrySet(trustedIssuersRegistry=_trustedIssuersRegistry)


# --- ERC-3643: the storage of identities


@external
@view
@reentrant
def storedIdentity(_userAddress: address) -> address:
    return core._identity(_userAddress)


@external
@view
@reentrant
def storedInvestorCountry(_userAddress: address) -> uint16:
    return core._country(_userAddress)


@external
@view
@reentrant
def linkedIdentityRegistries() -> DynArray[address, 32]:
    return core.registries


@external
def addIdentityToStorage(_userAddress: address, _identity: address, _country: uint16):
    roles._only_agent()
    core._register(_userAddress, _identity, _country)
    log core.IdentityStored(investorAddress=_userAddress, identity=_identity)


@external
def removeIdentityFromStorage(_userAddress: address):
    roles._only_agent()
    log core.IdentityUnstored(investorAddress=_userAddress, identity=core._identity(_userAddress))
    core._remove(_userAddress)


@external
def modifyStoredInvestorCountry(_userAddress: address, _country: uint16):
    roles._only_agent()
    core._set_country(_userAddress, _country)
    log core.CountryModified(investorAddress=_userAddress, country=_country)


@external
def modifyStoredIdentity(_userAddress: address, _identity: address):
    roles._only_agent()
    log core.IdentityModified(oldIdentity=core._identity(_userAddress), newIdentity=_identity)
    core._set_identity(_userAddress, _identity)


@external
def bindIdentityRegistry(_identityRegistry: address):
    """
    @notice Let another registry keep its identities here: it becomes an agent.
    """
    roles._only_owner()
    assert _identityRegistry not in core.registries, "registry-bound-already"
    assert len(core.registries) < core.REGISTRIES_MAX, "too-many-registries"
    core.registries.append(_identityRegistry)
    roles._add_agent(_identityRegistry)
    log core.IdentityRegistryBound(identityRegistry=_identityRegistry)


@external
def unbindIdentityRegistry(_identityRegistry: address):
    roles._only_owner()
    count: uint256 = len(core.registries)
    for i: uint256 in range(count, bound=32):
        if core.registries[i] == _identityRegistry:
            core.registries[i] = core.registries[count - 1]
            core.registries.pop()
            break
    assert len(core.registries) < count, "registry-not-bound"
    roles._remove_agent(_identityRegistry)
    log core.IdentityRegistryUnbound(identityRegistry=_identityRegistry)


@external
@view
@reentrant
def supportsInterface(interfaceId: bytes4) -> bool:
    """
    @notice ERC-165 itself and ERC-173.
    """
    return interfaceId in [0x01ffc9a7, 0x7f5828d0]
