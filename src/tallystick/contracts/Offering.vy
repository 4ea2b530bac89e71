# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Offering
@license Apache-2.0
@notice Primary sale of a security. What investors pay is kept here until the offering has closed: if
        too little was subscribed, everybody gets back to the unit what he paid, whoever asks for it;
        otherwise each gets his units and the issuer the money for them, in one and the same step. Of
        an offering that is oversubscribed each gets, in the order of subscription,
            floor(H * S_i / T) - floor(H * S_(i-1) / T)
        lots of the H there are, S being the running sum of the T subscribed. Whom the security refuses
        when he is to get his units is paid back.
@dev    An offering is known by the hash of all that defines it. It must be an agent of the security,
        which issues units by the security's own rules. Money is owed to who paid it: an investor, or
        who paid for him (a wire that the issuer has received, say).
"""

from interfaces import IRegistry
from interfaces import ISecurity
from modules import money
from modules import record
from modules import signatures

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

struct Subscription:
    offer: bytes32
    investor: address
    lots: uint256
    # What he pays for them; another price changes nothing.
    amount: uint256

struct Signature:
    # How often he has subscribed before.
    number: uint256
    deadline: uint256
    v: uint8
    r: bytes32
    s: bytes32

struct Authorization:
    valid_after: uint256
    valid_before: uint256
    salt: bytes32
    v: uint8
    r: bytes32
    s: bytes32

struct Permit:
    # 0: none
    deadline: uint256
    v: uint8
    r: bytes32
    s: bytes32

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
    succeeded: bool

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
# Gas left to an issue of units, and needed beside it: with less it was not tried.
ISSUE_GAS: constant(uint256) = 1_000_000
ISSUE_SPARE: constant(uint256) = 300_000

SUBSCRIPTION: constant(bytes32) = keccak256(
    "Subscription(bytes32 offer,address investor,uint256 lots,uint256 amount,uint256 number,uint256 deadline)"
)

OPEN: constant(uint256) = 1
FAILED: constant(uint256) = 2
SUCCEEDED: constant(uint256) = 3
SETTLED: constant(uint256) = 4

struct State:
    status: uint256
    # Lots subscribed.
    lots: uint256
    # In settling: how many subscribers were dealt with, and their lots.
    place: uint256
    running: uint256
    # What the issuer may collect.
    proceeds: uint256

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


# --- open


@external
def open(o: Offer) -> bytes32:
    """
    @notice Open an offering. By an agent of the issuer. Returns its id.
    """
    assert staticcall IRegistry(o.registry).isAgent(msg.sender), "not-agent"
    assert staticcall IRegistry(o.registry).isBound(o.security), "not-a-bound-token"
    id: bytes32 = self._id(o)
    assert self.states[id].status == 0, "offering-opened-already"
    if o.escrow == empty(address):
        assert o.cash.is_contract, "cash-without-code"
    else:
        assert o.cash == empty(address), "escrow-and-cash"
    assert o.proceeds != empty(address), "empty-address"
    assert o.opens_at < o.closes_at and o.closes_at > block.timestamp, "offering-without-time"
    assert o.closes_at + o.reflection_s <= TIME_MAX, "time-too-large"
    assert o.hard_lots != 0 and o.hard_lots <= LOTS_MAX, "lots-out-of-range"
    assert o.soft_lots <= o.hard_lots and o.min_lots <= o.max_lots, "lots-out-of-range"
    assert o.max_lots <= LOTS_MAX and o.units_per_lot != 0, "lots-out-of-range"
    assert len(o.tiers) != 0, "offering-without-price"
    for tier: Tier in o.tiers:
        assert tier.price <= AMOUNT_MAX, "amount-out-of-range"
    self.states[id].status = OPEN
    log Opened(id=id, security=o.security, offer=o)
    return id


@external
def stateLimit(o: Offer, investor: address, amount: uint256):
    """
    @notice State how much an investor who is not accredited may pay in all, by his home wallet. By an
            officer.
    """
    assert staticcall ISecurity(o.security).isOfficer(msg.sender), "not-officer"
    assert amount <= AMOUNT_MAX, "amount-out-of-range"
    id: bytes32 = self._id(o)
    self._only_open(id)
    self.limits[id][investor] = amount + 1
    log LimitStated(id=id, investor=investor, amount=amount)


# --- subscribe


@external
def subscribe(o: Offer, lots: uint256, amount: uint256):
    """
    @notice Subscribe for oneself, with money that this contract may take.
    """
    id: bytes32 = self._id(o)
    self._subscribe(id, o, msg.sender, msg.sender, lots, amount)
    money._take(o.cash, msg.sender, amount)


@external
def subscribeFor(o: Offer, investor: address, lots: uint256, amount: uint256):
    """
    @notice Subscribe for an investor who has paid the issuer otherwise, by a wire say. By an agent with
            his own money; or by the escrow agent, who has it. What comes back goes to the caller.
    """
    id: bytes32 = self._id(o)
    if o.escrow == empty(address):
        assert staticcall IRegistry(o.registry).isAgent(msg.sender), "not-agent"
        self._subscribe(id, o, investor, msg.sender, lots, amount)
        money._take(o.cash, msg.sender, amount)
    else:
        assert msg.sender == o.escrow, "not-escrow"
        self._subscribe(id, o, investor, msg.sender, lots, amount)


@external
def subscribeAuthorized(o: Offer, sub: Subscription, a: Authorization):
    """
    @notice Subscribe for an investor who signed an ERC-3009 authorization for just this: its nonce is
            keccak256 of offering, investor, lots, amount and a salt. Anybody may submit it.
    """
    id: bytes32 = self._id(o)
    assert sub.offer == id, "offering-differs"
    self._subscribe(id, o, sub.investor, sub.investor, sub.lots, sub.amount)
    nonce: bytes32 = keccak256(abi_encode(id, sub.investor, sub.lots, sub.amount, a.salt))
    money._take_authorized(
        o.cash, sub.investor, sub.amount, a.valid_after, a.valid_before, nonce, a.v, a.r, a.s
    )


@external
def subscribeSigned(o: Offer, sub: Subscription, signed: Signature, permit: Permit):
    """
    @notice Subscribe for an investor who signed it, with money that this contract may take or that he
            permits it to take. A permit that somebody else has submitted before is as good.
    """
    id: bytes32 = self._id(o)
    assert sub.offer == id, "offering-differs"
    assert block.timestamp <= signed.deadline, "signature-expired"
    assert signed.number == self.records[id][sub.investor].number, "signature-used"
    message: bytes32 = keccak256(
        abi_encode(
            SUBSCRIPTION, id, sub.investor, sub.lots, sub.amount, signed.number, signed.deadline
        )
    )
    signer: address = signatures._signer(message, 0, signed.v, signed.r, signed.s)
    assert signer == sub.investor, "signature-invalid"
    self._subscribe(id, o, sub.investor, sub.investor, sub.lots, sub.amount)
    if permit.deadline != 0:
        done: bool = raw_call(
            o.cash,
            abi_encode(
                sub.investor,
                self,
                sub.amount,
                permit.deadline,
                permit.v,
                permit.r,
                permit.s,
                method_id=method_id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
            ),
            revert_on_failure=False,
        )
    money._take(o.cash, sub.investor, sub.amount)


@external
def withdraw(o: Offer, investor: address):
    """
    @notice Withdraw a subscription while that is possible; what was paid comes back. By the investor,
            or by who paid for him.
    """
    id: bytes32 = self._id(o)
    r: Record = self.records[id][investor]
    assert msg.sender == investor or msg.sender == r.payer, "neither-investor-nor-payer"
    assert self.states[id].status == OPEN, "offering-not-open"
    assert r.lots != 0, "not-subscribed"
    if block.timestamp >= o.withdraw_until:
        assert block.timestamp < r.subscribed_at + o.reflection_s, "too-late-to-withdraw"
    log Withdrawn(id=id, investor=investor, lots=r.lots)
    self._drop(id, o, investor)


@external
def substitute(o: Offer, lost: address, replacement: address):
    """
    @notice Let the wallet that took the place of a lost one subscribe in its stead. Anybody may.
    """
    id: bytes32 = self._id(o)
    home: address = self._only_successor(o.registry, lost, replacement)
    r: Record = self.records[id][lost]
    assert r.place != 0, "not-subscribed"
    assert self.records[id][replacement].place == 0, "subscribed-already"
    if r.payer == lost:
        r.payer = replacement
    self.records[id][replacement] = r
    self.records[id][lost] = empty(Record)
    self.wallets[id][home] = replacement
    self.subscribers[id][r.place - 1] = replacement
    log Substituted(id=id, lost=lost, replacement=replacement)


@external
def reject(o: Offer, investor: address, code: uint256):
    """
    @notice Reject a subscription for a stated reason; what was paid comes back. By an agent.
    """
    id: bytes32 = self._id(o)
    assert staticcall IRegistry(o.registry).isAgent(msg.sender), "not-agent"
    assert self.states[id].status == OPEN, "offering-not-open"
    assert self.records[id][investor].lots != 0, "not-subscribed"
    assert code != 0 and code <= CODE_MAX, "reason-code-out-of-range"
    log Rejected(id=id, investor=investor, code=code)
    self._drop(id, o, investor)


# --- close and settle


@external
def close(o: Offer) -> bool:
    """
    @notice Close an offering whose time is over. Anybody may. Returns whether enough was subscribed.
    """
    id: bytes32 = self._id(o)
    assert self.states[id].status == OPEN, "offering-not-open"
    assert block.timestamp >= o.closes_at + o.reflection_s, "offering-goes-on"
    succeeded: bool = self.states[id].lots >= max(o.soft_lots, 1)
    self.states[id].status = SUCCEEDED if succeeded else FAILED
    log Closed(id=id, lots=self.states[id].lots, succeeded=succeeded)
    return succeeded


@external
def cancel(o: Offer, code: uint256, document: bytes32):
    """
    @notice Cancel an offering for a stated reason; everybody gets back what he paid. By an officer.
    """
    id: bytes32 = self._id(o)
    assert staticcall ISecurity(o.security).isOfficer(msg.sender), "not-officer"
    assert self.states[id].status == OPEN, "offering-not-open"
    assert code != 0 and code <= CODE_MAX, "reason-code-out-of-range"
    assert document != empty(bytes32), "reason-without-document"
    self.states[id].status = FAILED
    log Cancelled(id=id, code=code, document=document)


@external
def settle(o: Offer, count: uint256) -> uint256:
    """
    @notice Give the next subscribers their units and the issuer the money for them, all or nothing for
            each; what they paid too much comes back. Anybody may. Returns how many are left.
    """
    id: bytes32 = self._id(o)
    state: State = self.states[id]
    assert state.status == SUCCEEDED, "offering-not-settling"
    assert staticcall ISecurity(o.security).isAgent(self), "offering-no-agent"
    lots: uint256 = min(state.lots, o.hard_lots)
    all: uint256 = len(self.subscribers[id])
    for i: uint256 in range(min(count, all - state.place), bound=PAGE_MAX):
        investor: address = self.subscribers[id][state.place]
        state.place += 1
        own: uint256 = self.records[id][investor].lots
        if own == 0:
            continue
        before: uint256 = lots * state.running // state.lots
        state.running += own
        part: uint256 = lots * state.running // state.lots - before
        state.proceeds += self._deliver(id, o, investor, part)
    if state.place == all:
        state.status = SETTLED
    self.states[id] = state
    return all - state.place


@external
def refund(o: Offer, investor: address) -> uint256:
    """
    @notice Pay back what is owed to who paid: of an offering that failed, or what could not be paid back
            before. Anybody may. Returns what was paid.
    """
    id: bytes32 = self._id(o)
    r: Record = self.records[id][investor]
    assert r.amount != 0, "nothing-to-refund"
    assert r.lots == 0 or self.states[id].status == FAILED, "nothing-to-refund"
    assert not self._is_retired(o.registry, r.payer), "wallet-retired"
    self.records[id][investor].lots = 0
    self.records[id][investor].amount = 0
    log Refunded(id=id, investor=investor, receiver=r.payer, amount=r.amount)
    assert self._pay(o.cash, r.payer, r.amount), "cash-refused"
    return r.amount


@external
def collect(o: Offer) -> uint256:
    """
    @notice Pay the issuer for the units that were delivered. Anybody may. Returns what was paid.
    """
    id: bytes32 = self._id(o)
    amount: uint256 = self.states[id].proceeds
    assert amount != 0, "nothing-to-collect"
    self.states[id].proceeds = 0
    log Collected(id=id, amount=amount)
    assert self._pay(o.cash, o.proceeds, amount), "cash-refused"
    return amount


# --- views


@external
@view
@reentrant
def stateOf(id: bytes32) -> State:
    """
    @notice Status (0 unknown, 1 open, 2 failed, 3 succeeded, 4 settled), lots subscribed, how many
            subscribers were dealt with, their lots, what the issuer may collect.
    """
    return self.states[id]


@external
@view
@reentrant
def recordOf(id: bytes32, investor: address) -> Record:
    return self.records[id][investor]


@external
@view
@reentrant
def subscriberCount(id: bytes32) -> uint256:
    return len(self.subscribers[id])


@external
@view
@reentrant
def subscriberAt(id: bytes32, place: uint256) -> address:
    return self.subscribers[id][place]


@external
@view
@reentrant
def limitOf(id: bytes32, investor: address) -> (bool, uint256):
    """
    @notice Whether a limit was stated for an investor, and how much he may pay in all.
    """
    limit: uint256 = self.limits[id][investor]
    if limit == 0:
        return False, 0
    return True, limit - 1


@external
@view
@reentrant
def priceOf(o: Offer, lots: uint256) -> uint256:
    """
    @notice What so many lots cost now.
    """
    return self._price(o, self.states[self._id(o)].lots, lots)


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator(0)


# --- inside


@internal
@pure
def _id(o: Offer) -> bytes32:
    return keccak256(abi_encode(o))


@internal
@view
def _only_open(id: bytes32):
    assert self.states[id].status == OPEN, "offering-not-open"


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
def _subscribe(
    id: bytes32, o: Offer, investor: address, payer: address, lots: uint256, amount: uint256
):
    """
    @notice Note a subscription before its money is taken in.
    """
    self._only_open(id)
    assert block.timestamp >= o.opens_at and block.timestamp < o.closes_at, "offering-not-open"
    assert lots != 0 and lots <= LOTS_MAX, "lots-out-of-range"
    word: uint256 = 0
    home: address = empty(address)
    word, home = staticcall IRegistry(o.registry).statedRecordOf(investor)
    assert word != 0, "wallet-unknown"
    known: address = self.wallets[id][home]
    assert known == empty(address) or known == investor, "subscribed-already"
    subscribed: uint256 = self.states[id].lots
    assert amount == self._price(o, subscribed, lots) and amount <= AMOUNT_MAX, "price-differs"
    r: Record = self.records[id][investor]
    assert r.amount == 0 or r.lots != 0, "refund-first"
    assert r.lots == 0 or r.payer == payer, "payer-differs"
    r.lots += lots
    r.amount += amount
    assert r.lots >= o.min_lots, "below-the-minimum"
    assert r.lots <= o.max_lots, "above-the-maximum"
    if not o.pro_rata:
        assert subscribed + lots <= o.hard_lots, "offering-sold-out"
    if o.retail_limited:
        self._check_limit(word, self.limits[id][home], r.amount)
    r.subscribed_at = block.timestamp
    r.payer = payer
    r.number += 1
    if r.place == 0:
        self.subscribers[id].append(investor)
        r.place = len(self.subscribers[id])
        self.wallets[id][home] = investor
    self.records[id][investor] = r
    self.states[id].lots = subscribed + lots
    log Subscribed(id=id, investor=investor, payer=payer, lots=lots, amount=amount)


@internal
@view
def _check_limit(word: uint256, limit: uint256, amount: uint256):
    due: uint256 = record._due()
    if record._tier_of(word, due)[0] != 0:
        return
    assert limit != 0, "limit-not-stated"
    assert amount < limit, "above-his-limit"


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
def _deliver(id: bytes32, o: Offer, investor: address, part: uint256) -> uint256:
    """
    @notice Issue an investor his part of the lots; pay him back the rest. Returns what his units cost.
    """
    r: Record = self.records[id][investor]
    cost: uint256 = 0
    if part != 0:
        if self._issue(o.security, investor, part * o.units_per_lot):
            cost = r.amount * part // r.lots
            log Allocated(id=id, investor=investor, lots=part, cost=cost)
        else:
            log Refused(id=id, investor=investor)
    self.records[id][investor].lots = 0
    self._pay_back(id, o, investor, r.payer, r.amount - cost)
    return cost


@internal
def _issue(security: address, investor: address, units: uint256) -> bool:
    """
    @notice Issue units. Returns whether the security did.
    """
    assert msg.gas * 63 // 64 > ISSUE_GAS + ISSUE_SPARE, "too-little-gas"
    done: bool = raw_call(
        security,
        abi_encode(investor, units, method_id=method_id("mint(address,uint256)")),
        gas=ISSUE_GAS,
        revert_on_failure=False,
    )
    return done


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
def _only_successor(registry: address, lost: address, receiver: address) -> address:
    word: uint256 = 0
    home: address = empty(address)
    word, home = staticcall IRegistry(registry).statedRecordOf(lost)
    assert word & record.RETIRED != 0, "wallet-not-retired"
    home_of_receiver: address = empty(address)
    word, home_of_receiver = staticcall IRegistry(registry).statedRecordOf(receiver)
    assert word & record.RETIRED == 0 and home == home_of_receiver, "not-the-holder"
    return home
