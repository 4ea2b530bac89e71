# pragma version 0.4.3
"""
@title Subscriptions
@license Apache-2.0
@notice Storage, structs and events of both parts of an offering, and what both need.
@dev    An offering is known by the hash of all that defines it. Money is owed to who paid it: an
        investor, or who paid for him (a wire that the issuer has received, say).
"""

from . import codes
from . import money
from . import record
from ..interfaces import IRegistry
from ..interfaces import ISecurity

struct Tier:
    # Lots and UTC seconds up to which this price holds, whichever is reached first.
    up_to: uint256
    until: uint256
    # Of a lot, in units of the cash.
    price: uint256

struct Offer:
    security: address
    registry: address
    # Empty where an escrow agent outside holds the money.
    cash: address
    proceeds: address
    # Who states payments outside; empty where the money is kept here.
    escrow: address
    units_per_lot: uint256
    soft_lots: uint256
    hard_lots: uint256
    min_lots: uint256
    max_lots: uint256
    opens_at: uint256
    closes_at: uint256
    # Until then anybody may withdraw; and whoever subscribed, for so long after.
    withdraw_until: uint256
    reflection_s: uint256
    tiers: DynArray[Tier, TIERS_MAX]
    # Whether more may be subscribed than there is, to be divided.
    pro_rata: bool
    # Whether who is not accredited needs a limit that the officer has stated.
    retail_limited: bool
    # Salted hash of the offering document.
    document: bytes32

event Opened:
    id: indexed(bytes32)
    security: indexed(address)
    offer: Offer

event Subscribed:
    id: indexed(bytes32)
    investor: indexed(address)
    payer: indexed(address)
    lots: uint256
    amount: uint256

event Withdrawn:
    id: indexed(bytes32)
    investor: indexed(address)
    lots: uint256

event Substituted:
    id: indexed(bytes32)
    lost: indexed(address)
    replacement: indexed(address)

event Rejected:
    id: indexed(bytes32)
    investor: indexed(address)
    code: uint256

event LimitStated:
    id: indexed(bytes32)
    investor: indexed(address)
    amount: uint256

event Closed:
    id: indexed(bytes32)
    lots: uint256

# How many lots those subscribed for to whom units can be issued, and whether they are enough.
event Reviewed:
    id: indexed(bytes32)
    lots: uint256
    succeeded: bool

# Too late to be settled: everybody gets back what he paid.
event Lapsed:
    id: indexed(bytes32)

event Cancelled:
    id: indexed(bytes32)
    code: uint256
    document: bytes32

event Allocated:
    id: indexed(bytes32)
    investor: indexed(address)
    lots: uint256
    cost: uint256

# The security refused to issue units to him.
event Refused:
    id: indexed(bytes32)
    investor: indexed(address)

event Refunded:
    id: indexed(bytes32)
    investor: indexed(address)
    receiver: address
    amount: uint256

event Collected:
    id: indexed(bytes32)
    amount: uint256

TIERS_MAX: constant(uint256) = 8
PAGE_MAX: constant(uint256) = 64
LOTS_MAX: constant(uint256) = 2**64 - 1
AMOUNT_MAX: constant(uint256) = 2**112 - 1
TIME_MAX: constant(uint256) = 2**40 - 1
CODE_MAX: constant(uint256) = 65535
# Both parts must agree on this; raise it with every change of the storage below.
LAYOUT: constant(bytes32) = keccak256("tallystick.offering.storage.2")

OPEN: constant(uint256) = 1
FAILED: constant(uint256) = 2
SUCCEEDED: constant(uint256) = 3
SETTLED: constant(uint256) = 4
# Closed; who cannot be issued units is being left out.
REVIEWING: constant(uint256) = 5

struct State:
    status: uint256
    # Lots subscribed.
    lots: uint256
    # In reviewing and settling: how many subscribers were dealt with, and their lots.
    place: uint256
    running: uint256
    # What the issuer may collect.
    proceeds: uint256
    # Of the security when the offering was opened: how often what a unit is was changed.
    epoch: uint256

struct Record:
    lots: uint256
    # What he paid and was not yet used or paid back.
    amount: uint256
    subscribed_at: uint256
    payer: address
    number: uint256
    # Place among the subscribers, from 1; 0 if he is none.
    place: uint256

states: HashMap[bytes32, State]
records: HashMap[bytes32, HashMap[address, Record]]
subscribers: HashMap[bytes32, DynArray[address, 2**20]]
# One more than the limit; 0: none was stated.
limits: HashMap[bytes32, HashMap[address, uint256]]
# The one wallet with which an investor subscribes, by his home wallet.
wallets: HashMap[bytes32, HashMap[address, address]]


@internal
@pure
def _id(o: Offer) -> bytes32:
    return keccak256(abi_encode(o))


@internal
@view
def _price(o: Offer, sold: uint256, lots: uint256) -> uint256:
    """
    @notice What lots cost after so many others, tier by tier.
    """
    price: uint256 = 0
    place: uint256 = sold
    left: uint256 = lots
    for tier: Tier in o.tiers:
        if left == 0:
            break
        if block.timestamp >= tier.until or place >= tier.up_to:
            continue
        part: uint256 = min(left, tier.up_to - place)
        price += part * tier.price
        place += part
        left -= part
    assert left == 0, "no-such-price"
    return price


@internal
def _drop(id: bytes32, o: Offer, investor: address):
    """
    @notice Take a subscription out and pay back what was paid; if the cash token refuses, it is owed.
    """
    r: Record = self.records[id][investor]
    self.states[id].lots -= r.lots
    self.records[id][investor].lots = 0
    self._pay_back(id, o, investor, r.payer, r.amount)


@internal
def _pay_back(id: bytes32, o: Offer, investor: address, payer: address, amount: uint256):
    # What a lost wallet paid waits for the one that takes its place.
    if amount != 0 and not self._is_retired(o.registry, payer) and self._pay(o.cash, payer, amount):
        self.records[id][investor].amount = 0
        log Refunded(id=id, investor=investor, receiver=payer, amount=amount)
    else:
        self.records[id][investor].amount = amount


@internal
def _pay(cash: address, receiver: address, amount: uint256) -> bool:
    """
    @notice Pay, where the money is kept here.
    """
    if cash == empty(address) or amount == 0:
        return True
    return money._try_to_give(cash, receiver, amount)


@internal
@view
def _is_retired(registry: address, wallet: address) -> bool:
    return (staticcall IRegistry(registry).statedRecordOf(wallet))[0] & record.RETIRED != 0


@internal
@view
def _only_as_offered(o: Offer, epoch: uint256):
    """
    @notice Refuse to go on while units are exchanged, or once they are others than were offered.
    """
    assert staticcall ISecurity(o.security).epoch() == epoch, "units-exchanged"


@internal
@view
def _refused(o: Offer, investor: address, lots: uint256) -> bool:
    """
    @notice Whether the security would refuse to issue units for so many lots. What anybody can mend is no
            answer: counters that wait to be refreshed.
    """
    code: uint256 = convert(
        staticcall ISecurity(o.security).detectIssueRestriction(
            investor, lots * o.units_per_lot
        ),
        uint256,
    )
    assert code != codes.RETAIL_LIMIT_STALE and code != codes.ISSUER_LIMIT_STALE, "refresh-first"
    return code != codes.ALLOWED
