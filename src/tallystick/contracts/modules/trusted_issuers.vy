# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Trusted issuers registry of ERC-3643
@license Apache-2.0
@notice Whose claims count, and on which topics.
"""

from . import roles

uses: roles

event TrustedIssuerAdded:
    trustedIssuer: indexed(address)
    claimTopics: DynArray[uint256, 15]

event TrustedIssuerRemoved:
    trustedIssuer: indexed(address)

event ClaimTopicsUpdated:
    trustedIssuer: indexed(address)
    claimTopics: DynArray[uint256, 15]

ISSUERS_MAX: constant(uint256) = 25

issuers: DynArray[address, ISSUERS_MAX]
topics_of: HashMap[address, DynArray[uint256, 15]]


@external
@view
@reentrant
def getTrustedIssuers() -> DynArray[address, 25]:
    return self.issuers


@external
@view
@reentrant
def getTrustedIssuersForClaimTopic(claimTopic: uint256) -> DynArray[address, 25]:
    trusted: DynArray[address, 25] = []
    for issuer: address in self.issuers:
        if claimTopic in self.topics_of[issuer]:
            trusted.append(issuer)
    return trusted


@external
@view
@reentrant
def isTrustedIssuer(_issuer: address) -> bool:
    return len(self.topics_of[_issuer]) != 0


@external
@view
@reentrant
def getTrustedIssuerClaimTopics(_trustedIssuer: address) -> DynArray[uint256, 15]:
    assert len(self.topics_of[_trustedIssuer]) != 0, "issuer-unknown"
    return self.topics_of[_trustedIssuer]


@external
@view
@reentrant
def hasClaimTopic(_issuer: address, _claimTopic: uint256) -> bool:
    return _claimTopic in self.topics_of[_issuer]


@external
def addTrustedIssuer(_trustedIssuer: address, _claimTopics: DynArray[uint256, 15]):
    roles._only_owner()
    assert _trustedIssuer != empty(address), "empty-address"
    assert len(self.topics_of[_trustedIssuer]) == 0, "issuer-known-already"
    assert len(_claimTopics) != 0, "issuer-without-topics"
    assert len(self.issuers) < ISSUERS_MAX, "too-many-issuers"
    self.issuers.append(_trustedIssuer)
    self.topics_of[_trustedIssuer] = _claimTopics
    log TrustedIssuerAdded(trustedIssuer=_trustedIssuer, claimTopics=_claimTopics)


@external
def removeTrustedIssuer(_trustedIssuer: address):
    roles._only_owner()
    assert len(self.topics_of[_trustedIssuer]) != 0, "issuer-unknown"
    self.topics_of[_trustedIssuer] = []
    count: uint256 = len(self.issuers)
    for i: uint256 in range(count, bound=25):
        if self.issuers[i] == _trustedIssuer:
            self.issuers[i] = self.issuers[count - 1]
            self.issuers.pop()
            break
    log TrustedIssuerRemoved(trustedIssuer=_trustedIssuer)


@external
def updateIssuerClaimTopics(_trustedIssuer: address, _claimTopics: DynArray[uint256, 15]):
    roles._only_owner()
    assert len(self.topics_of[_trustedIssuer]) != 0, "issuer-unknown"
    assert len(_claimTopics) != 0, "issuer-without-topics"
    self.topics_of[_trustedIssuer] = _claimTopics
    log ClaimTopicsUpdated(trustedIssuer=_trustedIssuer, claimTopics=_claimTopics)
