# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Identity registry of an issuer
@license Apache-2.0
@notice Which wallets belong to which investor, what is recorded of him, and the limits over all
        classes of the issuer. The identity registry of ERC-3643 together with its storage, its claim
        topics and its trusted issuers, for all securities of one issuer.
@dev    An investor is known by his home wallet, the first he was admitted with; further wallets
        point to it. Two ways of verification: claims stated by an agent in the record, or, for an
        investor registered with an ONCHAINID contract, his live claims. Registration of such, and
        settings, are in `IdentityRegistryAdmin`, reached by delegate call over the same storage.
"""

from modules import counters
from modules import investors
from modules import live_identity
from modules import onward
from modules import purchases
from modules import record
from modules import registry_core as core
from modules import roles

interface Self:
    def isVerified(_userAddress: address) -> bool: view

uses: investors
uses: live_identity
uses: purchases
uses: roles
initializes: core
initializes: onward

exports: onward.__default__

# Makes securities and may bind them, on the word of the owner.
FACTORY: immutable(address)


@deploy
def __init__(
    owner: address, agent: address, officer: address, factory: address, admin: address
):
    """
    @param agent   may be empty, as may be the officer
    @param factory who may bind securities besides the owner
    @param admin   the second part, fixed for ever
    """
    onward.__init__(admin, core.LAYOUT)
    FACTORY = factory
    live_identity.topics_registry = self
    live_identity.issuers_registry = self
    log core.IdentityStorageSet(identityStorage=self)
    log core.ClaimTopicsRegistrySet(claimTopicsRegistry=self)
    log core.TrustedIssuersRegistrySet(trustedIssuersRegistry=self)
    roles._appoint(owner, agent, officer)


# --- admission by stated claims


@external
def admit(wallet: address, stated: uint256):
    """
    @notice Admit an investor with his first wallet.
    @param stated number, country and claims, packed as in `record`
    """
    roles._only_agent()
    core._admit(wallet, stated)


@external
def admitBatch(wallets: DynArray[address, 128], stated: DynArray[uint256, 128]):
    """
    @notice Admit several investors, all or none.
    """
    roles._only_agent()
    assert len(wallets) == len(stated), "lengths-differ"
    for i: uint256 in range(len(wallets), bound=128):
        core._admit(wallets[i], stated[i])


@external
def setRecord(wallet: address, stated: uint256):
    """
    @notice State anew the number, the country and all claims of the investor behind a wallet.
    """
    roles._only_agent()
    core._set_record(wallet, stated)


@external
def setRecords(wallets: DynArray[address, 128], stated: DynArray[uint256, 128]):
    roles._only_agent()
    assert len(wallets) == len(stated), "lengths-differ"
    for i: uint256 in range(len(wallets), bound=128):
        core._set_record(wallets[i], stated[i])


@external
def setClaim(wallet: address, claim: uint256, expiry: uint256):
    """
    @notice State or revoke one claim of the investor behind a wallet.
    @param claim  0 .. 7, see `record`
    @param expiry UTC day from which it no longer holds; 0 revokes it, 65535 is no end
    """
    roles._only_agent()
    assert claim < 8, "claim-unknown"
    assert expiry <= record.FOREVER, "expiry-out-of-range"
    home: address = core._home(wallet)
    at: uint256 = record.CLAIMS_AT + claim * 16
    word: uint256 = investors.records[home]
    core._store(home, (word & ~(record.FOREVER << at)) | (expiry << at))


@external
def linkWallet(home: address, wallet: address):
    """
    @notice Add a wallet that nobody has registered to an investor.
    @param home any wallet of the investor
    """
    roles._only_agent()
    core._link(core._home(home), wallet)


@external
def refresh(wallets: DynArray[address, 128]):
    """
    @notice Count investors, here and in every security, by the claims they have today. Anybody may
            call it; after a claim has expired somebody must, before new investors enter.
    """
    for wallet: address in wallets:
        core._refresh(investors._resolve(wallet)[1])


# --- limits over all classes


@external
@view
@reentrant
def limitVerdict(leaver: address, joiner: address) -> uint256:
    """
    @notice What the limits over all classes say of a holder who leaves a class and one who enters.
    """
    return investors._limit_verdict(leaver, joiner)


@external
def moved(leaver: address, joiner: address) -> uint256:
    """
    @notice A bound security tells that an investor gave up his last unit of it and another acquired
            his first. Returns what the limits said of it beforehand; it is for the caller to heed.
    """
    assert core.is_bound[msg.sender], "not-a-bound-token"
    return investors._moved(leaver, joiner)


@external
def inherited(giver: address, leaves: bool, heir: address):
    """
    @notice A bound security tells that an investor acquired his first unit of it by death or divorce
            of another. No limit stands in the way.
    @param leaves whether the other gave up his last unit
    """
    assert core.is_bound[msg.sender], "not-a-bound-token"
    investors._inherited(giver, leaves, heir)


@external
def acquired(home: address) -> uint256:
    """
    @notice A bound security tells that an heir acquired more units otherwise, and is to be counted.
            Returns what the limits said of it beforehand.
    """
    assert core.is_bound[msg.sender], "not-a-bound-token"
    verdict: uint256 = investors._limit_verdict(empty(address), home)
    investors._acquired(home)
    return verdict


@external
@view
@reentrant
def mayPurchase(home: address) -> bool:
    """
    @notice Whether the limit of purchasers lets somebody buy from the issuer who is not accredited.
    """
    return purchases._may_purchase(home, record._owners(investors.records[home]))


@external
def purchased(home: address) -> bool:
    """
    @notice A bound security tells that somebody who is not accredited bought from the issuer. Returns
            whether he might; it is for the caller to heed.
    """
    assert core.is_bound[msg.sender], "not-a-bound-token"
    owners: uint256 = record._owners(investors.records[home])
    may: bool = purchases._may_purchase(home, owners)
    purchases._purchased(home, owners)
    return may


@external
def enrolmentBegan():
    assert core.is_bound[msg.sender], "not-a-bound-token"
    investors.tally += 1 << counters.ENROLLED_AT


@external
def enrolmentEnded():
    assert core.is_bound[msg.sender], "not-a-bound-token"
    investors.tally -= 1 << counters.ENROLLED_AT


# --- securities


@external
def bindToken(_token: address):
    """
    @notice Let a security use this registry.
    """
    if msg.sender != FACTORY:
        roles._only_owner()
    assert _token.is_contract, "token-without-code"
    assert not core.is_bound[_token], "token-bound-already"
    assert len(core.tokens) < core.TOKENS_MAX, "too-many-tokens"
    core.tokens.append(_token)
    core.is_bound[_token] = True
    log core.TokenBound(_token=_token)


@external
def unbindToken(_token: address):
    """
    @notice Let go of a security that uses another registry by now.
    """
    roles._only_owner()
    assert core.is_bound[_token], "token-not-bound"
    assert not core._uses_this(_token), "token-in-use"
    core.is_bound[_token] = False
    count: uint256 = len(core.tokens)
    for i: uint256 in range(count, bound=32):
        if core.tokens[i] == _token:
            core.tokens[i] = core.tokens[count - 1]
            core.tokens.pop()
            break
    log core.TokenUnbound(_token=_token)


@external
@view
@reentrant
def boundTokens() -> DynArray[address, 32]:
    return core.tokens


@external
@view
@reentrant
def isBound(token: address) -> bool:
    return core.is_bound[token]


@external
def replaceWallet(lost: address, replacement: address) -> (address, bool):
    """
    @notice A bound security recovers a lost wallet: it is retired, and the replacement becomes a
            wallet of the same investor unless it is one already.
    @return his home wallet, and whether he had further wallets before
    """
    assert core.is_bound[msg.sender], "not-a-bound-token"
    assert lost != replacement, "same-wallet"
    home: address = core._home(lost)
    has_links: bool = investors.records[home] & record.LINKS != 0
    word: uint256 = investors.records[replacement]
    if word == 0:
        core._link(home, replacement)
    else:
        assert investors._resolve(replacement)[1] == home, "wallet-of-another-investor"
        assert word & record.RETIRED == 0, "wallet-retired"
    word = investors.records[lost]
    if word & record.RETIRED == 0:
        investors.records[lost] = word | record.RETIRED
        log core.WalletRetired(wallet=lost, replacement=replacement)
    return home, has_links


# --- what a wallet is


@external
@view
@reentrant
def resolve(sender: address, receiver: address) -> (uint256, address, uint256, address):
    """
    @notice Records and home wallets of the two sides of a transfer. The record of a receiver with an
            ONCHAINID contract says in its claim of verification what his live claims say now.
    """
    sender_record: uint256 = 0
    sender_home: address = empty(address)
    receiver_record: uint256 = 0
    receiver_home: address = empty(address)
    sender_record, sender_home = investors._resolve(sender)
    receiver_record, receiver_home = investors._resolve(receiver)
    if receiver_record & record.LIVE != 0:
        receiver_record = self._with_live_claim(receiver_record, receiver)
    return sender_record, sender_home, receiver_record, receiver_home


@external
@view
@reentrant
def recordOf(wallet: address) -> (uint256, address):
    """
    @notice Record and home wallet of the investor behind a wallet, as `resolve` gives a receiver.
    """
    word: uint256 = 0
    home: address = empty(address)
    word, home = investors._resolve(wallet)
    if word & record.LIVE != 0:
        word = self._with_live_claim(word, wallet)
    return word, home


@external
@view
@reentrant
def statedRecordOf(wallet: address) -> (uint256, address):
    """
    @notice Record and home wallet of the investor behind a wallet as they are stored. No identity
            contract is asked, so that a hostile one cannot make acts about its investor dear.
    """
    return investors._resolve(wallet)


@external
@view
@reentrant
def homeOf(wallet: address) -> address:
    """
    @notice Home wallet of the investor behind a wallet; an unregistered wallet is its own.
    """
    return investors._resolve(wallet)[1]


@external
@view
@reentrant
def isVerified(_userAddress: address) -> bool:
    word: uint256 = 0
    home: address = empty(address)
    word, home = investors._resolve(_userAddress)
    if word & record.RETIRED != 0:
        return False
    if word & record.LIVE != 0:
        return live_identity._is_verified(live_identity.identities[home])
    return record._holds(word, record.VERIFIED, record._due())


@external
@view
@reentrant
def retiredAmong(wallets: DynArray[address, 128]) -> uint256:
    """
    @notice Which of some wallets were reported lost, one bit for each, the first in the lowest.
    """
    result: uint256 = 0
    at: uint256 = 0
    for wallet: address in wallets:
        if investors.records[wallet] & record.RETIRED != 0:
            result |= 1 << at
        at = unsafe_add(at, 1)
    return result


@external
@view
@reentrant
def contains(_userAddress: address) -> bool:
    return investors.records[_userAddress] != 0


@external
@view
@reentrant
def identity(_userAddress: address) -> address:
    """
    @notice ONCHAINID contract of the investor, or his home wallet if he has none; empty if the
            wallet is not registered.
    """
    return core._identity(_userAddress)


@external
@view
@reentrant
def investorCountry(_userAddress: address) -> uint16:
    """
    @notice ISO 3166-1 numeric code of the country of residence; 0 if none is stated.
    """
    return core._country(_userAddress)


@internal
@view
def _with_live_claim(word: uint256, wallet: address) -> uint256:
    """
    @notice A record whose claim of verification says what the live claims say now.
    @dev    By a call to itself: the buffers of the live path would otherwise lie in the memory of
            every transfer, at 2,400 gas.
    """
    result: uint256 = word & ~(record.FOREVER << record.CLAIMS_AT)
    if staticcall Self(self).isVerified(wallet):
        result |= record.FOREVER << record.CLAIMS_AT
    return result
