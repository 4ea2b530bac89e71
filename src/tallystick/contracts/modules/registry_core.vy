# pragma version 0.4.3
"""
@title Storage, events and acts of an identity registry
@license Apache-2.0
@notice Both parts of a registry initialise this module first, so that they share one layout;
        neither declares storage of its own.
"""

from . import claim_topics
from . import counters
from . import countries
from . import investors
from . import live_identity
from . import record
from . import roles
from . import trusted_issuers

initializes: roles
initializes: investors
initializes: claim_topics[roles := roles]
initializes: trusted_issuers[roles := roles]
initializes: live_identity

interface Security:
    def balanceOf(wallet: address) -> uint256: view
    def refresh(wallet: address): nonpayable

# --- ERC-3643
event ClaimTopicsRegistrySet:
    claimTopicsRegistry: indexed(address)

event IdentityStorageSet:
    identityStorage: indexed(address)

event TrustedIssuersRegistrySet:
    trustedIssuersRegistry: indexed(address)

event IdentityRegistered:
    investorAddress: indexed(address)
    identity: indexed(address)

event IdentityRemoved:
    investorAddress: indexed(address)
    identity: indexed(address)

event IdentityUpdated:
    oldIdentity: indexed(address)
    newIdentity: indexed(address)

event CountryUpdated:
    investorAddress: indexed(address)
    country: indexed(uint16)

event IdentityStored:
    investorAddress: indexed(address)
    identity: indexed(address)

event IdentityUnstored:
    investorAddress: indexed(address)
    identity: indexed(address)

event IdentityModified:
    oldIdentity: indexed(address)
    newIdentity: indexed(address)

event CountryModified:
    investorAddress: indexed(address)
    country: indexed(uint16)

event IdentityRegistryBound:
    identityRegistry: indexed(address)

event IdentityRegistryUnbound:
    identityRegistry: indexed(address)

# --- Tallystick
event InvestorRecorded:
    wallet: indexed(address)
    record: uint256

event WalletLinked:
    home: indexed(address)
    wallet: indexed(address)

event WalletRetired:
    wallet: indexed(address)
    replacement: indexed(address)

event IssuerLimitsSet:
    investors_max: uint256
    retail_investors_max: uint256

event PurchaserLimitSet:
    purchasers_max: uint256
    days: uint256

event InvestorRefreshed:
    investor: indexed(address)
    tier_before: uint256
    tier_after: uint256

event TokenBound:
    _token: address

event TokenUnbound:
    _token: address

TOKENS_MAX: constant(uint256) = 32
ASK_GAS: constant(uint256) = 100_000
# An answer of the second part has at most 1,024 bytes.
REGISTRIES_MAX: constant(uint256) = 30
# Both parts must agree on this; raise it with every change of the storage.
LAYOUT: constant(bytes32) = keccak256("tallystick.identity-registry.storage.2")

tokens: DynArray[address, TOKENS_MAX]
is_bound: HashMap[address, bool]
registries: DynArray[address, REGISTRIES_MAX]


@internal
@view
def _home(wallet: address) -> address:
    assert investors.records[wallet] != 0, "wallet-unknown"
    return investors._resolve(wallet)[1]


@internal
@view
def _identity(wallet: address) -> address:
    word: uint256 = 0
    home: address = empty(address)
    word, home = investors._resolve(wallet)
    if word == 0:
        return empty(address)
    return live_identity.identities[home] if word & record.LIVE != 0 else home


@internal
@view
def _country(wallet: address) -> uint16:
    word: uint256 = investors._resolve(wallet)[0]
    return countries._numeric((word >> record.COUNTRY_AT) & 255)


@internal
def _admit(wallet: address, stated: uint256):
    assert wallet != empty(address), "empty-address"
    assert investors.records[wallet] == 0, "registered-already"
    assert stated & ~record.STATED == 0, "record-malformed"
    word: uint256 = stated | record.REGISTERED
    investors.records[wallet] = word
    log IdentityRegistered(investorAddress=wallet, identity=wallet)
    log InvestorRecorded(wallet=wallet, record=word)


@internal
def _set_record(wallet: address, stated: uint256):
    assert stated & ~record.STATED == 0, "record-malformed"
    home: address = self._home(wallet)
    self._store(home, (investors.records[home] & ~record.STATED) | stated)


@internal
def _store(home: address, word: uint256):
    """
    @notice Change what is recorded of an investor, and count him by it at once.
    """
    investors.records[home] = word
    log InvestorRecorded(wallet=home, record=word)
    self._refresh(home)


@internal
def _refresh(home: address):
    before: uint256 = (investors.records[home] & record.TIER) >> record.TIER_AT
    investors._refresh(home)
    after: uint256 = (investors.records[home] & record.TIER) >> record.TIER_AT
    log InvestorRefreshed(investor=home, tier_before=before, tier_after=after)
    for token: address in self.tokens:
        if self._uses_this(token):
            extcall Security(token).refresh(home)


@internal
@view
def _uses_this(token: address) -> bool:
    """
    @notice Whether a bound security uses this registry: it may not yet, or no longer, or be none.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        token,
        method_id("identityRegistry()"),
        max_outsize=32,
        gas=ASK_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 32:
        return False
    return extract32(answer, 0, output_type=uint256) == convert(self, uint256)


@internal
def _link(home: address, wallet: address):
    assert wallet != empty(address), "empty-address"
    assert investors.records[wallet] == 0, "registered-already"
    word: uint256 = investors.records[home]
    assert word & record.LINKS != record.LINKS, "too-many-wallets"
    investors.records[home] = word + (1 << record.LINKS_AT)
    investors.records[wallet] = (
        convert(home, uint256) | record.REGISTERED | record.LINKED
    )
    log IdentityRegistered(investorAddress=wallet, identity=self._identity(home))
    log WalletLinked(home=home, wallet=wallet)


@internal
def _register(wallet: address, identity: address, country: uint16):
    assert identity != empty(address), "empty-address"
    home: address = live_identity.homes[identity]
    if home != empty(address):
        self._link(home, wallet)
        return
    assert wallet != empty(address), "empty-address"
    assert investors.records[wallet] == 0, "registered-already"
    word: uint256 = record.REGISTERED | record.LIVE | self._country_bits(country)
    investors.records[wallet] = word
    live_identity.identities[wallet] = identity
    live_identity.homes[identity] = wallet
    log IdentityRegistered(investorAddress=wallet, identity=identity)
    log InvestorRecorded(wallet=wallet, record=word)


@internal
@pure
def _country_bits(country: uint16) -> uint256:
    index: uint256 = countries._index(country)
    assert index != 0 or country == 0, "country-unknown"
    return index << record.COUNTRY_AT


@internal
def _set_country(wallet: address, country: uint16):
    home: address = self._home(wallet)
    word: uint256 = investors.records[home] & ~record.COUNTRY
    self._store(home, word | self._country_bits(country))
    log CountryUpdated(investorAddress=wallet, country=country)


@internal
def _set_identity(wallet: address, identity: address):
    home: address = self._home(wallet)
    assert identity != empty(address), "empty-address"
    assert live_identity.homes[identity] == empty(address), "identity-of-another-investor"
    before: address = self._identity(wallet)
    if investors.records[home] & record.LIVE != 0:
        live_identity.homes[before] = empty(address)
    live_identity.identities[home] = identity
    live_identity.homes[identity] = home
    self._store(home, investors.records[home] | record.LIVE)
    log IdentityUpdated(oldIdentity=before, newIdentity=identity)


@internal
def _remove(wallet: address):
    """
    @notice Forget a wallet that holds nothing. One reported lost is remembered for ever: its
            word in each security may stand for the sum of others.
    """
    home: address = self._home(wallet)
    assert investors.records[wallet] & record.RETIRED == 0, "wallet-retired"
    identity: address = self._identity(wallet)
    for token: address in self.tokens:
        if self._uses_this(token):
            assert staticcall Security(token).balanceOf(wallet) == 0, "units-held"
    if home == wallet:
        assert investors.records[wallet] & record.LINKS == 0, "linked-wallets-first"
        assert investors.records[wallet] & record.HAS_HEIRS == 0, "heirs-counted-as-him"
        if investors.records[wallet] & record.LIVE != 0:
            live_identity.identities[wallet] = empty(address)
            live_identity.homes[identity] = empty(address)
    else:
        investors.records[home] -= 1 << record.LINKS_AT
    investors.records[wallet] = 0
    log IdentityRemoved(investorAddress=wallet, identity=identity)
