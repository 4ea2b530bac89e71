# pragma version 0.4.3
"""
@title Meetings
@license Apache-2.0
@notice What a meeting is: classes that vote with what they held at a record date, items, the issuer's own
        wallets. Kept packed, under the hash of all of it.
"""

from . import polls
from ..interfaces import ISecurity

CLASSES_MAX: constant(uint256) = 8
ITEMS_MAX: constant(uint256) = 32
TREASURY_MAX: constant(uint256) = 16

struct Voting:
    token: address
    # Votes of its smallest unit.
    votes: uint256
    # Number of a record date of the security, and its time in UTC seconds.
    record_date: uint256
    record_at: uint256

struct Item:
    # Candidates of an election, or 3 for a resolution: for, against, abstain.
    options: uint256
    # Seats of an election; 0 for a resolution.
    seats: uint256
    # In an election, whether a holder may give all his votes for all seats to one candidate.
    cumulative: bool
    # Of a resolution: which part of the votes it needs, more than that or at least that.
    numerator: uint256
    denominator: uint256
    at_least: bool
    basis: uint256
    # Whether each class must pass it by itself.
    by_class: bool

struct Meeting:
    registry: address
    opens_at: uint256
    closes_at: uint256
    quorum_bps: uint256
    classes: DynArray[Voting, CLASSES_MAX]
    items: DynArray[Item, ITEMS_MAX]
    # Wallets of the issuer himself, which have no vote.
    treasury: DynArray[address, TREASURY_MAX]
    # Salted hash of the notice with its resolutions.
    document: bytes32

event MeetingCalled:
    id: indexed(bytes32)
    meeting: Meeting

event MeetingCancelled:
    id: indexed(bytes32)
    document: bytes32

MULTIPLIER_MAX: constant(uint256) = 2**64 - 1
RATIO_MAX: constant(uint256) = 65535
NUMBER: constant(uint256) = 2**32 - 1
ADDRESS: constant(uint256) = 2**160 - 1
NUMBER_AT: constant(uint256) = 160
TIME_MAX: constant(uint256) = 2**40 - 1
OPENS_AT: constant(uint256) = 160
CLOSES_AT: constant(uint256) = 200
QUORUM_AT: constant(uint256) = 240
DATE: constant(uint256) = 2**24 - 1
DATE_AT: constant(uint256) = 160
VOTES_AT: constant(uint256) = 184

# registry 0..159 | opens 160..199 | closes 200..239, 1 if it was cancelled | quorum 240..253
meetings: HashMap[bytes32, uint256]
# security 0..159 | record date 160..183 | votes of a unit 184..247
classes: HashMap[bytes32, DynArray[uint256, CLASSES_MAX]]
# Times of the record dates of the classes, in UTC seconds: a number alone may go to another date.
record_times: HashMap[bytes32, DynArray[uint256, CLASSES_MAX]]
# options 0..7 | seats 8..15 | numerator 16..31 | denominator 32..47 | basis 48..55 | cumulative 56
# | at least 57 | by class 58
items: HashMap[bytes32, DynArray[uint256, ITEMS_MAX]]
treasuries: HashMap[bytes32, DynArray[address, TREASURY_MAX]]
has_no_vote: HashMap[bytes32, HashMap[address, bool]]


@internal
def _call(m: Meeting) -> bytes32:
    """
    @notice Check a meeting that is called, and keep it; returns its id.
    """
    id: bytes32 = keccak256(abi_encode(m))
    assert self.meetings[id] == 0, "meeting-called-already"
    assert m.opens_at < m.closes_at and m.closes_at > block.timestamp, "meeting-without-time"
    assert m.closes_at < TIME_MAX, "time-too-large"
    assert m.quorum_bps <= polls.BASIS_POINTS, "share-too-large"
    assert len(m.classes) != 0 and len(m.items) != 0, "meeting-without-items"
    for c: Voting in m.classes:
        assert staticcall ISecurity(c.token).isAgent(msg.sender), "not-agent"
        assert staticcall ISecurity(c.token).identityRegistry() == m.registry, "registry-differs"
        for word: uint256 in self.classes[id]:
            assert word & ADDRESS != convert(c.token, uint256), "class-twice"
        assert c.votes != 0 and c.votes <= MULTIPLIER_MAX, "votes-out-of-range"
        at: uint256 = staticcall ISecurity(c.token).recordDateAt(c.record_date)
        assert at == c.record_at, "record-date-differs"
        assert at < m.closes_at, "record-date-ahead"
        self.record_times[id].append(at)
        self.classes[id].append(
            convert(c.token, uint256) | (c.record_date << DATE_AT) | (c.votes << VOTES_AT)
        )
    for item: Item in m.items:
        self._check_item(item)
        self.items[id].append(self._packed(item))
    before: uint256 = 0
    for wallet: address in m.treasury:
        assert convert(wallet, uint256) > before, "treasury-out-of-order"
        before = convert(wallet, uint256)
        self.has_no_vote[id][wallet] = True
    self.treasuries[id] = m.treasury
    self.meetings[id] = (
        convert(m.registry, uint256)
        | (m.opens_at << OPENS_AT)
        | (m.closes_at << CLOSES_AT)
        | (m.quorum_bps << QUORUM_AT)
    )
    log MeetingCalled(id=id, meeting=m)
    return id


@internal
@view
def _only_same_date(c: Voting):
    """
    @notice Refuse a class whose record date was withdrawn, and its number given to another one.
    """
    at: uint256 = staticcall ISecurity(c.token).recordDateAt(c.record_date)
    assert at == c.record_at, "record-date-differs"


@internal
@pure
def _check_item(item: Item):
    assert item.denominator <= RATIO_MAX, "item-malformed"
    assert item.numerator <= item.denominator, "item-malformed"
    assert item.basis <= polls.OF_ALL, "item-malformed"
    if item.seats == 0:
        assert item.options == 3 and item.denominator != 0, "item-malformed"
        assert not item.cumulative, "item-malformed"
    else:
        assert item.options >= item.seats and item.options > 1, "item-malformed"
        assert item.options <= polls.OPTIONS_MAX, "item-malformed"


@internal
@pure
def _registry(word: uint256) -> address:
    return convert(word & ADDRESS, address)


@internal
@pure
def _opens_at(word: uint256) -> uint256:
    return (word >> OPENS_AT) & TIME_MAX


@internal
@pure
def _closes_at(word: uint256) -> uint256:
    return (word >> CLOSES_AT) & TIME_MAX


@internal
@pure
def _packed(item: Item) -> uint256:
    word: uint256 = (
        item.options
        | (item.seats << 8)
        | (item.numerator << 16)
        | (item.denominator << 32)
        | (item.basis << 48)
    )
    if item.cumulative:
        word |= 1 << 56
    if item.at_least:
        word |= 1 << 57
    if item.by_class:
        word |= 1 << 58
    return word


@internal
@view
def _item(meeting: bytes32, item: uint256) -> Item:
    assert item < len(self.items[meeting]), "item-unknown"
    word: uint256 = self.items[meeting][item]
    return Item(
        options=word & 255,
        seats=(word >> 8) & 255,
        cumulative=(word >> 56) & 1 != 0,
        numerator=(word >> 16) & RATIO_MAX,
        denominator=(word >> 32) & RATIO_MAX,
        at_least=(word >> 57) & 1 != 0,
        basis=(word >> 48) & 255,
        by_class=(word >> 58) & 1 != 0,
    )


@internal
@view
def _class(meeting: bytes32, share_class: uint256) -> Voting:
    assert share_class < len(self.classes[meeting]), "class-unknown"
    word: uint256 = self.classes[meeting][share_class]
    return Voting(
        token=convert(word & ADDRESS, address),
        votes=word >> VOTES_AT,
        record_date=(word >> DATE_AT) & DATE,
        record_at=self.record_times[meeting][share_class],
    )


@internal
@view
def _votes(meeting: bytes32, share_class: uint256, owner: address) -> uint256:
    c: Voting = self._class(meeting, share_class)
    if self.has_no_vote[meeting][owner]:
        return 0
    self._only_same_date(c)
    return c.votes * staticcall ISecurity(c.token).balanceOfAt(owner, c.record_date)


@internal
@view
def _all_votes(meeting: bytes32, share_class: uint256) -> uint256:
    c: Voting = self._class(meeting, share_class)
    self._only_same_date(c)
    units: uint256 = staticcall ISecurity(c.token).totalSupplyAt(c.record_date)
    for wallet: address in self.treasuries[meeting]:
        units -= staticcall ISecurity(c.token).balanceOfAt(wallet, c.record_date)
    return c.votes * units
