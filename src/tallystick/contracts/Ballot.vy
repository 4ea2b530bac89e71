# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Ballot
@license Apache-2.0
@notice Votes of holders at a record date: resolutions and elections of a meeting, of one class or of
        several, with quorum and majorities. A holder votes with what his wallet held then, whatever
        he has sold since; he may divide his votes, change them until the meeting closes, sign them for
        somebody else to submit, and let a proxy vote for him, whom he can revoke.
@dev    A proxy votes in the name of whom he stands for, whose votes are counted by their owner: they
        cannot be passed on, so that there are no circles and nothing is counted twice. What was cast
        is stored as a hash; whoever changes it says what it was.
"""

from interfaces import IRegistry
from interfaces import ISecurity
from modules import meetings
from modules import polls
from modules import record
from modules import signatures

initializes: meetings

struct Vote:
    meeting: bytes32
    item: uint256
    share_class: uint256
    owner: address
    amounts: DynArray[uint256, polls.OPTIONS_MAX]
    # What it replaces; empty for the first vote.
    previous: DynArray[uint256, polls.OPTIONS_MAX]

struct Signature:
    signer: address
    deadline: uint256
    v: uint8
    r: bytes32
    s: bytes32

event Cast:
    meeting: indexed(bytes32)
    owner: indexed(address)
    by: indexed(address)
    item: uint256
    share_class: uint256
    amounts: DynArray[uint256, polls.OPTIONS_MAX]

event ProxyAppointed:
    meeting: indexed(bytes32)
    owner: indexed(address)
    proxy: indexed(address)

VOTE: constant(bytes32) = keccak256(
    "Vote(bytes32 meeting,uint256 item,uint256 shareClass,address owner,uint256[] amounts,uint256 number,uint256 deadline)"
)
PROXY: constant(bytes32) = keccak256(
    "Proxy(bytes32 meeting,address owner,address proxy,uint256 number,uint256 deadline)"
)
# meeting -> owner -> item * 8 + class -> hash of the amounts cast 32..255 | how often 0..31
ballots: HashMap[bytes32, HashMap[address, HashMap[uint256, uint256]]]
# meeting -> item * 8 + class -> option -> votes
totals: HashMap[bytes32, HashMap[uint256, HashMap[uint256, uint256]]]
# meeting -> owner -> proxy 0..159 | how often one was appointed 160..255
proxies: HashMap[bytes32, HashMap[address, uint256]]


# --- call


@external
def callMeeting(m: meetings.Meeting) -> bytes32:
    """
    @notice Call a meeting. By an agent of each class; the record dates must be set. Returns its id.
    """
    return meetings._call(m)


@external
def cancelMeeting(id: bytes32, document: bytes32):
    """
    @notice Cancel a meeting before it opens, for what a document says.
    """
    word: uint256 = meetings.meetings[id]
    assert meetings._closes_at(word) > 1, "meeting-unknown"
    assert staticcall IRegistry(meetings._registry(word)).isAgent(msg.sender), "not-agent"
    assert block.timestamp < meetings._opens_at(word), "meeting-open"
    assert document != empty(bytes32), "reason-without-document"
    meetings.meetings[id] = (word & ~(meetings.TIME_MAX << meetings.CLOSES_AT)) | (1 << meetings.CLOSES_AT)
    log meetings.MeetingCancelled(id=id, document=document)


# --- vote


@external
def cast(vote: Vote):
    """
    @notice Cast or change a vote: the owner of the votes, or his proxy.
    """
    self._only_for(vote.meeting, vote.owner, msg.sender)
    self._cast(vote, msg.sender)


@external
def castSigned(vote: Vote, signed: Signature):
    """
    @notice `cast` for somebody who signed it. Anybody may submit it and pay the gas.
    """
    self._only_for(vote.meeting, vote.owner, signed.signer)
    number: uint256 = self.ballots[vote.meeting][vote.owner][vote.item * 8 + vote.share_class] & meetings.NUMBER
    message: bytes32 = keccak256(
        abi_encode(
            VOTE,
            vote.meeting,
            vote.item,
            vote.share_class,
            vote.owner,
            self._hash(vote.amounts),
            number,
            signed.deadline,
        )
    )
    self._check(message, signed)
    self._cast(vote, signed.signer)


@external
def appoint(meeting: bytes32, owner: address, proxy: address):
    """
    @notice Let a proxy vote for one at a meeting; the empty address revokes. A vote that he has cast
            stands until it is changed.
    """
    self._only_owner_of(meeting, owner, msg.sender)
    self._appoint(meeting, owner, proxy)


@external
def appointSigned(meeting: bytes32, owner: address, proxy: address, signed: Signature):
    """
    @notice `appoint` for somebody who signed it.
    """
    self._only_owner_of(meeting, owner, signed.signer)
    number: uint256 = self.proxies[meeting][owner] >> meetings.NUMBER_AT
    message: bytes32 = keccak256(
        abi_encode(PROXY, meeting, owner, proxy, number, signed.deadline)
    )
    self._check(message, signed)
    self._appoint(meeting, owner, proxy)


# --- views


@external
@view
@reentrant
def meetingOf(id: bytes32) -> (address, uint256, uint256, uint256):
    """
    @notice Registry of the issuer, when the meeting opens and closes (UTC seconds; closes 0: unknown,
            1: cancelled), and its quorum in basis points.
    """
    word: uint256 = meetings.meetings[id]
    return (
        meetings._registry(word), meetings._opens_at(word), meetings._closes_at(word), word >> meetings.QUORUM_AT
    )


@external
@view
@reentrant
def proxyOf(meeting: bytes32, owner: address) -> (address, uint256):
    """
    @notice Who votes for somebody at a meeting, and the number that his next appointment must bear.
    """
    word: uint256 = self.proxies[meeting][owner]
    return convert(word & meetings.ADDRESS, address), word >> meetings.NUMBER_AT


@external
@view
@reentrant
def votesOf(meeting: bytes32, share_class: uint256, owner: address) -> uint256:
    """
    @notice The votes of a wallet, in one class.
    """
    return meetings._votes(meeting, share_class, owner)


@external
@view
@reentrant
def castOf(meeting: bytes32, owner: address, item: uint256, share_class: uint256) -> uint256:
    """
    @notice How often a vote was cast: the number that the next signature must bear.
    """
    return self.ballots[meeting][owner][item * 8 + share_class] & meetings.NUMBER


@external
@view
@reentrant
def tally(
    meeting: bytes32, item: uint256, share_class: uint256
) -> (DynArray[uint256, polls.OPTIONS_MAX], uint256):
    """
    @notice Votes by option on an item in one class, and all the votes that there are in it.
    """
    it: meetings.Item = meetings._item(meeting, item)
    return (
        self._tally(meeting, item, share_class, it.options),
        meetings._all_votes(meeting, share_class),
    )


@external
@view
@reentrant
def resultOf(meeting: bytes32, item: uint256) -> (bool, bool, uint256, bool):
    """
    @notice What a meeting that has closed decided on an item: whether it had its quorum; whether a
            resolution passed; who is elected, one bit for each candidate, and whether seats stay empty
            because candidates have equal votes.
    """
    word: uint256 = meetings.meetings[meeting]
    assert meetings._closes_at(word) > 1, "meeting-unknown"
    assert block.timestamp >= meetings._closes_at(word), "meeting-open"
    it: meetings.Item = meetings._item(meeting, item)
    sums: DynArray[uint256, polls.OPTIONS_MAX] = []
    for i: uint256 in range(it.options, bound=polls.OPTIONS_MAX):
        sums.append(0)
    all: uint256 = 0
    passes: bool = True
    for share_class: uint256 in range(len(meetings.classes[meeting]), bound=meetings.CLASSES_MAX):
        of_class: DynArray[uint256, polls.OPTIONS_MAX] = self._tally(
            meeting, item, share_class, it.options
        )
        all_of_class: uint256 = meetings._all_votes(meeting, share_class)
        for i: uint256 in range(it.options, bound=polls.OPTIONS_MAX):
            sums[i] += of_class[i]
        all += all_of_class
        if it.by_class and all_of_class != 0 and it.seats == 0:
            passes = passes and polls._passes(
                of_class, all_of_class, it.numerator, it.denominator, it.at_least, it.basis
            )
    cast: uint256 = 0
    for votes: uint256 in sums:
        cast += votes
    # In an election a holder may have cast a vote for every seat.
    has_quorum: bool = polls._has_quorum(
        cast, all * max(it.seats, 1), word >> meetings.QUORUM_AT
    )
    if it.seats != 0:
        elected: uint256 = 0
        tied: bool = False
        elected, tied = polls._elected(sums, it.seats)
        if not has_quorum:
            return False, False, 0, False
        return True, False, elected, tied
    if not it.by_class:
        passes = polls._passes(sums, all, it.numerator, it.denominator, it.at_least, it.basis)
    return has_quorum, has_quorum and passes, 0, False


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator(0)


# --- inside


@internal
@pure
def _hash(amounts: DynArray[uint256, polls.OPTIONS_MAX]) -> bytes32:
    """
    @notice EIP-712 hash of an array: that of its words, one after the other.
    """
    words: Bytes[576] = abi_encode(amounts)
    return keccak256(slice(words, 64, 32 * len(amounts)))


@internal
@view
def _check(message: bytes32, signed: Signature):
    assert block.timestamp <= signed.deadline, "signature-expired"
    signer: address = signatures._signer(message, 0, signed.v, signed.r, signed.s)
    assert signer == signed.signer, "signature-invalid"


@internal
@view
def _is_own(registry: address, owner: address, who: address) -> bool:
    """
    @notice Whether somebody acts for a wallet: it is his, or one that he lost and that was recovered.
    """
    word: uint256 = 0
    home: address = empty(address)
    word, home = staticcall IRegistry(registry).statedRecordOf(who)
    if word & record.RETIRED != 0:
        return False
    if owner == who:
        return True
    word_of_owner: uint256 = 0
    home_of_owner: address = empty(address)
    word_of_owner, home_of_owner = staticcall IRegistry(registry).statedRecordOf(owner)
    return word_of_owner & record.RETIRED != 0 and home == home_of_owner


@internal
@view
def _only_owner_of(meeting: bytes32, owner: address, who: address):
    word: uint256 = meetings.meetings[meeting]
    assert meetings._closes_at(word) > 1, "meeting-unknown"
    assert self._is_own(meetings._registry(word), owner, who), "not-the-holder"


@internal
@view
def _only_for(meeting: bytes32, owner: address, who: address):
    word: uint256 = meetings.meetings[meeting]
    assert meetings._closes_at(word) > 1, "meeting-unknown"
    if convert(self.proxies[meeting][owner] & meetings.ADDRESS, address) == who:
        return
    assert self._is_own(meetings._registry(word), owner, who), "neither-holder-nor-proxy"


@internal
def _appoint(meeting: bytes32, owner: address, proxy: address):
    assert block.timestamp < meetings._closes_at(meetings.meetings[meeting]), "meeting-closed"
    assert proxy != owner, "same-wallet"
    number: uint256 = self.proxies[meeting][owner] >> meetings.NUMBER_AT
    self.proxies[meeting][owner] = ((number + 1) << meetings.NUMBER_AT) | convert(proxy, uint256)
    log ProxyAppointed(meeting=meeting, owner=owner, proxy=proxy)


@internal
def _cast(vote: Vote, by: address):
    meeting: uint256 = meetings.meetings[vote.meeting]
    assert block.timestamp >= meetings._opens_at(meeting), "meeting-not-open"
    assert block.timestamp < meetings._closes_at(meeting), "meeting-closed"
    it: meetings.Item = meetings._item(vote.meeting, vote.item)
    assert len(vote.amounts) == it.options, "lengths-differ"
    own: uint256 = meetings._votes(vote.meeting, vote.share_class, vote.owner)
    most: uint256 = own
    if it.cumulative:
        most = own * it.seats
    sum: uint256 = 0
    for amount: uint256 in vote.amounts:
        assert amount <= most, "more-than-his-votes"
        sum += amount
    assert sum <= own * max(it.seats, 1), "more-than-his-votes"
    place: uint256 = vote.item * 8 + vote.share_class
    word: uint256 = self.ballots[vote.meeting][vote.owner][place]
    if word == 0:
        assert len(vote.previous) == 0, "previous-vote-differs"
    else:
        assert len(vote.previous) == it.options, "previous-vote-differs"
        hash: uint256 = convert(self._hash(vote.previous), uint256)
        assert (hash ^ word) >> 32 == 0, "previous-vote-differs"
    for i: uint256 in range(it.options, bound=polls.OPTIONS_MAX):
        before: uint256 = 0
        if word != 0:
            before = vote.previous[i]
        if vote.amounts[i] != before:
            self.totals[vote.meeting][place][i] = (
                self.totals[vote.meeting][place][i] + vote.amounts[i] - before
            )
    new_hash: uint256 = convert(self._hash(vote.amounts), uint256)
    self.ballots[vote.meeting][vote.owner][place] = (
        (new_hash & ~meetings.NUMBER) | ((word & meetings.NUMBER) + 1)
    )
    log Cast(
        meeting=vote.meeting,
        owner=vote.owner,
        by=by,
        item=vote.item,
        share_class=vote.share_class,
        amounts=vote.amounts,
    )


@internal
@view
def _tally(
    meeting: bytes32, item: uint256, share_class: uint256, options: uint256
) -> DynArray[uint256, polls.OPTIONS_MAX]:
    votes: DynArray[uint256, polls.OPTIONS_MAX] = []
    place: uint256 = item * 8 + share_class
    for i: uint256 in range(options, bound=polls.OPTIONS_MAX):
        votes.append(self.totals[meeting][place][i])
    return votes
