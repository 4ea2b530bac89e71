# pragma version 0.4.3
"""
@title Distributions
@license Apache-2.0
@notice Storage, structs and events of both parts of a distributor, and what both need.
@dev    A distribution is one word under the hash of all that defines it. Its money is kept apart:
        what it pays is bounded by its amount, since the spans of two places of a list never overlap
        and each is paid once.
"""

from . import money
from . import sum_tree

struct Announcement:
    security: address
    # Number of the record date of the security, 0: holdings are those of the logs at `record_at`.
    record_date: uint256
    # UTC seconds; who held then is paid.
    record_at: uint256
    # How long the root can be challenged.
    challenge_s: uint256
    # Wallets of the issuer himself, left out.
    treasury: DynArray[address, 16]
    # Salted hash of what was announced: the kind of payment, its reason, its terms.
    document: bytes32

struct Distribution:
    # Hash of the announcement.
    reference: bytes32
    registry: address
    cash: address
    # Who pays: gets what is withheld, refunded or left over.
    payer: address
    amount: uint256
    # UTC seconds after which what nobody claimed goes back to the payer; 0: never.
    expires_at: uint256
    # Root and sum of the list of holders, and how many they are; empty until they are known.
    root: bytes32
    total: uint256
    holders: uint256
    # Root of what is withheld of whom, in the same order, salted; empty if nothing is.
    withholding: bytes32

struct Leaf:
    index: uint256
    wallet: address
    units: uint256
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX]

struct Withholding:
    amount: uint256
    salt: bytes32
    proof: DynArray[bytes32, sum_tree.DEPTH_MAX]

event Announced:
    id: indexed(bytes32)
    security: indexed(address)
    announcement: Announcement
    distribution: Distribution

event Published:
    id: indexed(bytes32)
    announced: indexed(bytes32)
    root: bytes32
    total: uint256
    holders: uint256
    withholding: bytes32

event Paid:
    id: indexed(bytes32)
    index: uint256
    receiver: address
    amount: uint256

# Of what a holder was owed, by bank or reinvested as he had instructed.
event PaidElsewhere:
    id: indexed(bytes32)
    index: uint256
    means: uint256
    amount: uint256

event InstructionsWithdrawn:
    wallet: indexed(address)

event Withheld:
    id: indexed(bytes32)
    index: uint256
    amount: uint256

# Those paid of a page: one bit for each, from the first place of the page on.
event PagePaid:
    id: indexed(bytes32)
    start: uint256
    paid: uint256
    withheld: uint256

event Stopped:
    id: indexed(bytes32)
    by: indexed(address)
    code: uint256
    document: bytes32

event Challenged:
    id: indexed(bytes32)
    by: indexed(address)
    wallet: indexed(address)

event Expired:
    id: indexed(bytes32)
    amount: uint256

# What the cash token refused to give to the payer, and is owed to him.
event OwedToPayer:
    id: indexed(bytes32)
    amount: uint256

event PaidToPayer:
    id: indexed(bytes32)
    amount: uint256

# A holder asks to be shown where he stands in a list; unanswered by then, it can be stopped.
event Demanded:
    id: indexed(bytes32)
    wallet: indexed(address)
    until: uint256

event Answered:
    id: indexed(bytes32)
    wallet: indexed(address)

PAGE_MAX: constant(uint256) = 128

# Holders of one word of payments: one bit for each in 0..127, and what all of them got in 128..239.
WORD: constant(uint256) = 128
SPENT_AT: constant(uint256) = 128
AMOUNT_MAX: constant(uint256) = 2**112 - 1
HOLDERS_MAX: constant(uint256) = 2**19
WORDS_MAX: constant(uint256) = 4096

# State of a distribution: status 0..7 | payment opens at 8..47 | demands not answered 48..
ANNOUNCED: constant(uint256) = 1
PUBLISHED: constant(uint256) = 2
STOPPED: constant(uint256) = 3
EXPIRED: constant(uint256) = 4
STATUS: constant(uint256) = 255
OPENS_AT: constant(uint256) = 8
DEMANDS_AT: constant(uint256) = 48
TIME_MAX: constant(uint256) = 2**40 - 1

CODE_MAX: constant(uint256) = 65535

# Both parts must agree on this; raise it with every change of the storage below.
LAYOUT: constant(bytes32) = keccak256("tallystick.distributor.storage.2")

states: HashMap[bytes32, uint256]
payments: HashMap[bytes32, HashMap[uint256, uint256]]
# Of the instructions that a wallet signs.
nonces: HashMap[address, uint256]
# What the cash token refused to give to the payer.
owed: HashMap[bytes32, uint256]
# Until when a holder must be shown where he stands, in UTC seconds; 1 once he was.
demands: HashMap[bytes32, HashMap[address, uint256]]


@internal
@pure
def _id(d: Distribution) -> bytes32:
    return keccak256(abi_encode(d))


@internal
@pure
def _place(
    d: Distribution,
    index: uint256,
    wallet: address,
    units: uint256,
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX],
) -> uint256:
    """
    @notice Check that a holder stands in the list where it is said; returns the units before him.
    """
    assert units <= sum_tree.UNITS_MAX, "proof-wrong"
    hash: bytes32 = empty(bytes32)
    if wallet != empty(address) or units != 0:
        hash = sum_tree._leaf(wallet, units)
    place: sum_tree.Place = sum_tree._climb(hash, units, index, proof)
    assert place.hash == d.root and place.sum == d.total, "proof-wrong"
    return place.before


@internal
@view
def _only_before_payment(id: bytes32):
    state: uint256 = self.states[id]
    if state != ANNOUNCED:
        assert state & STATUS == PUBLISHED, "not-published"
        assert block.timestamp < state >> OPENS_AT, "open-already"


@internal
def _pay(cash: address, receiver: address, amount: uint256) -> bool:
    return True if amount == 0 else money._give(cash, receiver, amount)


@internal
def _give_to_payer(id: bytes32, d: Distribution, amount: uint256) -> uint256:
    """
    @notice Give the payer what is his; if the cash token refuses, it is owed to him, and hinders nobody.
            Returns what is owed.
    """
    if amount == 0 or money._try_to_give(d.cash, d.payer, amount):
        return 0
    self.owed[id] += amount
    log OwedToPayer(id=id, amount=amount)
    return amount


@internal
def _give_back(id: bytes32, d: Distribution):
    self.states[id] = STOPPED
    self._give_to_payer(id, d, d.amount)
