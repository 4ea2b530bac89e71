# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Offering
@license Apache-2.0
@notice Primary sale of a security. What investors pay is kept here until the offering has closed. Then
        those are left out to whom no units can be issued, and paid back; if the others subscribed for
        too little, everybody gets back to the unit what he paid, whoever asks for it; otherwise each
        gets his units and the issuer the money for them, in one and the same step. Of an offering that
        is oversubscribed each gets, in the order of subscription,
            floor(H * S_i / T) - floor(H * S_(i-1) / T)
        lots of the H there are, S being the running sum of the T subscribed. Whom the security refuses
        at the last is paid back all the same.
@dev    It must be an agent of the security, which issues units by the security's own rules. What the
        issuer does with an offering is in `OfferingDesk`, reached by delegate call over the same storage.
"""

from interfaces import IRegistry
from interfaces import ISecurity
from modules import money
from modules import onward
from modules import record
from modules import signatures
from modules import subscriptions

initializes: onward
initializes: subscriptions

exports: onward.__default__

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

# Gas left to an issue of units, and needed beside it: with less it was not tried.
ISSUE_GAS: constant(uint256) = 1_000_000
ISSUE_SPARE: constant(uint256) = 300_000

SUBSCRIPTION: constant(bytes32) = keccak256(
    "Subscription(bytes32 offer,address investor,uint256 lots,uint256 amount,uint256 number,uint256 deadline)"
)


@deploy
def __init__(desk: address):
    """
    @param desk the second part, fixed for ever
    """
    onward.__init__(desk, subscriptions.LAYOUT)


# --- subscribe


@external
def subscribe(o: subscriptions.Offer, lots: uint256, amount: uint256):
    """
    @notice Subscribe for oneself, with money that this contract may take.
    """
    id: bytes32 = subscriptions._id(o)
    self._subscribe(id, o, msg.sender, msg.sender, lots, amount)
    money._take(o.cash, msg.sender, amount)


@external
def subscribeFor(o: subscriptions.Offer, investor: address, lots: uint256, amount: uint256):
    """
    @notice Subscribe for an investor who has paid the issuer otherwise, by a wire say. By an agent with
            his own money; or by the escrow agent, who has it. What comes back goes to the caller.
    """
    id: bytes32 = subscriptions._id(o)
    if o.escrow == empty(address):
        assert staticcall IRegistry(o.registry).isAgent(msg.sender), "not-agent"
        self._subscribe(id, o, investor, msg.sender, lots, amount)
        money._take(o.cash, msg.sender, amount)
    else:
        assert msg.sender == o.escrow, "not-escrow"
        self._subscribe(id, o, investor, msg.sender, lots, amount)


@external
def subscribeAuthorized(o: subscriptions.Offer, sub: Subscription, a: Authorization):
    """
    @notice Subscribe for an investor who signed an ERC-3009 authorization for just this: its nonce is
            keccak256 of offering, investor, lots, amount and a salt. Anybody may submit it.
    """
    id: bytes32 = subscriptions._id(o)
    assert sub.offer == id, "offering-differs"
    self._subscribe(id, o, sub.investor, sub.investor, sub.lots, sub.amount)
    nonce: bytes32 = keccak256(abi_encode(id, sub.investor, sub.lots, sub.amount, a.salt))
    money._take_authorized(
        o.cash, sub.investor, sub.amount, a.valid_after, a.valid_before, nonce, a.v, a.r, a.s
    )


@external
def subscribeSigned(o: subscriptions.Offer, sub: Subscription, signed: Signature, permit: Permit):
    """
    @notice Subscribe for an investor who signed it, with money that this contract may take or that he
            permits it to take. A permit that somebody else has submitted before is as good.
    """
    id: bytes32 = subscriptions._id(o)
    assert sub.offer == id, "offering-differs"
    assert block.timestamp <= signed.deadline, "signature-expired"
    assert signed.number == subscriptions.records[id][sub.investor].number, "signature-used"
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
def withdraw(o: subscriptions.Offer, investor: address):
    """
    @notice Withdraw a subscription while that is possible; what was paid comes back. By the investor,
            or by who paid for him.
    """
    id: bytes32 = subscriptions._id(o)
    r: subscriptions.Record = subscriptions.records[id][investor]
    assert msg.sender == investor or msg.sender == r.payer, "neither-investor-nor-payer"
    assert subscriptions.states[id].status == subscriptions.OPEN, "offering-not-open"
    assert r.lots != 0, "not-subscribed"
    if block.timestamp >= o.withdraw_until:
        assert block.timestamp < r.subscribed_at + o.reflection_s, "too-late-to-withdraw"
    log subscriptions.Withdrawn(id=id, investor=investor, lots=r.lots)
    subscriptions._drop(id, o, investor)


# --- settle


@external
def settle(o: subscriptions.Offer, count: uint256) -> uint256:
    """
    @notice Give the next subscribers their units and the issuer the money for them, all or nothing for
            each; what they paid too much comes back. Anybody may. Returns how many are left.
    """
    id: bytes32 = subscriptions._id(o)
    state: subscriptions.State = subscriptions.states[id]
    assert state.status == subscriptions.SUCCEEDED, "offering-not-settling"
    subscriptions._only_as_offered(o, state.epoch)
    assert staticcall ISecurity(o.security).isAgent(self), "offering-no-agent"
    lots: uint256 = min(state.lots, o.hard_lots)
    all: uint256 = len(subscriptions.subscribers[id])
    for i: uint256 in range(min(min(count, subscriptions.PAGE_MAX), all - state.place), bound=subscriptions.PAGE_MAX):
        investor: address = subscriptions.subscribers[id][state.place]
        state.place += 1
        own: uint256 = subscriptions.records[id][investor].lots
        if own == 0:
            continue
        before: uint256 = lots * state.running // state.lots
        state.running += own
        part: uint256 = lots * state.running // state.lots - before
        state.proceeds += self._deliver(id, o, investor, part)
    if state.place == all:
        state.status = subscriptions.SETTLED
    subscriptions.states[id] = state
    return all - state.place


@external
def refund(o: subscriptions.Offer, investor: address) -> uint256:
    """
    @notice Pay back what is owed to who paid: of an offering that failed, or what could not be paid back
            before. Anybody may. Returns what was paid.
    """
    id: bytes32 = subscriptions._id(o)
    r: subscriptions.Record = subscriptions.records[id][investor]
    assert r.amount != 0, "nothing-to-refund"
    assert r.lots == 0 or subscriptions.states[id].status == subscriptions.FAILED, "nothing-to-refund"
    assert not subscriptions._is_retired(o.registry, r.payer), "wallet-retired"
    subscriptions.records[id][investor].lots = 0
    subscriptions.records[id][investor].amount = 0
    log subscriptions.Refunded(id=id, investor=investor, receiver=r.payer, amount=r.amount)
    assert subscriptions._pay(o.cash, r.payer, r.amount), "cash-refused"
    return r.amount


# --- views


@external
@view
@reentrant
def priceOf(o: subscriptions.Offer, lots: uint256) -> uint256:
    """
    @notice What so many lots cost now.
    """
    return subscriptions._price(o, subscriptions.states[subscriptions._id(o)].lots, lots)


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator(0)


# --- inside


@internal
@view
def _only_open(id: bytes32):
    assert subscriptions.states[id].status == subscriptions.OPEN, "offering-not-open"


@internal
def _subscribe(
    id: bytes32, o: subscriptions.Offer, investor: address, payer: address, lots: uint256, amount: uint256
):
    """
    @notice Note a subscription before its money is taken in.
    """
    self._only_open(id)
    assert block.timestamp >= o.opens_at and block.timestamp < o.closes_at, "offering-not-open"
    assert lots != 0 and lots <= subscriptions.LOTS_MAX, "lots-out-of-range"
    word: uint256 = 0
    home: address = empty(address)
    word, home = staticcall IRegistry(o.registry).statedRecordOf(investor)
    assert word != 0, "wallet-unknown"
    known: address = subscriptions.wallets[id][home]
    assert known == empty(address) or known == investor, "subscribed-already"
    subscribed: uint256 = subscriptions.states[id].lots
    assert amount == subscriptions._price(o, subscribed, lots) and amount <= subscriptions.AMOUNT_MAX, "price-differs"
    r: subscriptions.Record = subscriptions.records[id][investor]
    assert r.amount == 0 or r.lots != 0, "refund-first"
    assert r.lots == 0 or r.payer == payer, "payer-differs"
    r.lots += lots
    r.amount += amount
    assert r.lots >= o.min_lots, "below-the-minimum"
    assert r.lots <= o.max_lots, "above-the-maximum"
    if not o.pro_rata:
        assert subscribed + lots <= o.hard_lots, "offering-sold-out"
    if o.retail_limited:
        self._check_limit(word, subscriptions.limits[id][home], r.amount)
    r.subscribed_at = block.timestamp
    r.payer = payer
    r.number += 1
    if r.place == 0:
        subscriptions.subscribers[id].append(investor)
        r.place = len(subscriptions.subscribers[id])
        subscriptions.wallets[id][home] = investor
    subscriptions.records[id][investor] = r
    subscriptions.states[id].lots = subscribed + lots
    log subscriptions.Subscribed(id=id, investor=investor, payer=payer, lots=lots, amount=amount)


@internal
@view
def _check_limit(word: uint256, limit: uint256, amount: uint256):
    due: uint256 = record._due()
    if record._tier_of(word, due)[0] != 0:
        return
    assert limit != 0, "limit-not-stated"
    assert amount < limit, "above-his-limit"


@internal
def _deliver(id: bytes32, o: subscriptions.Offer, investor: address, part: uint256) -> uint256:
    """
    @notice Issue an investor his part of the lots; pay him back the rest. Returns what his units cost.
    """
    r: subscriptions.Record = subscriptions.records[id][investor]
    cost: uint256 = 0
    if part != 0:
        if self._issue(o.security, investor, part * o.units_per_lot):
            cost = r.amount * part // r.lots
            log subscriptions.Allocated(id=id, investor=investor, lots=part, cost=cost)
        else:
            # It says what it would refuse; if that can be mended, nothing is decided yet.
            subscriptions._refused(o, investor, part)
            log subscriptions.Refused(id=id, investor=investor)
    subscriptions.records[id][investor].lots = 0
    subscriptions._pay_back(id, o, investor, r.payer, r.amount - cost)
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
