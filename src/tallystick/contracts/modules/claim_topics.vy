# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Claim topics registry of ERC-3643
@license Apache-2.0
@notice Topics on which an ONCHAINID identity must hold a valid claim.
"""

from . import roles

uses: roles

event ClaimTopicAdded:
    claimTopic: indexed(uint256)

event ClaimTopicRemoved:
    claimTopic: indexed(uint256)

TOPICS_MAX: constant(uint256) = 15

topics: DynArray[uint256, TOPICS_MAX]


@external
@view
@reentrant
def getClaimTopics() -> DynArray[uint256, 15]:
    return self.topics


@external
def addClaimTopic(_claimTopic: uint256):
    roles._only_owner()
    assert _claimTopic not in self.topics, "topic-known-already"
    assert len(self.topics) < TOPICS_MAX, "too-many-topics"
    self.topics.append(_claimTopic)
    log ClaimTopicAdded(claimTopic=_claimTopic)


@external
def removeClaimTopic(_claimTopic: uint256):
    roles._only_owner()
    count: uint256 = len(self.topics)
    for i: uint256 in range(count, bound=15):
        if self.topics[i] == _claimTopic:
            self.topics[i] = self.topics[count - 1]
            self.topics.pop()
            break
    assert len(self.topics) < count, "topic-unknown"
    log ClaimTopicRemoved(claimTopic=_claimTopic)
